#include "serve/access_log.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstring>

#include "json_text.hpp"

namespace tool {
namespace {

nlohmann::ordered_json or_null(const std::string& text) {
  return text.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(text);
}

nlohmann::ordered_json document_of(const char* event, const access_log::entry& of, std::size_t lost) {
  using namespace std::chrono;
  nlohmann::ordered_json out = {
      {"time", signet::to_rfc3339(floor<seconds>(system_clock::now()))}, {"event", event}, {"peer", of.peer}};
  const auto& info = of.info.value_or(signet::connection_info{});
  const bool is_tls = !info.cipher.empty();
  out["version"] = is_tls ? nlohmann::ordered_json(signet::name(info.version)) : nlohmann::ordered_json();
  out["cipher"] = or_null(info.cipher);
  out["group"] = or_null(info.group);
  out["sni"] = or_null(info.sni);
  out["alpn"] = or_null(info.alpn);
  out["resumed"] = info.resumed;
  out["client_subject"] = or_null(info.verified_chain.empty() ? "" : info.verified_chain.front().subject());
  out["psk_identity"] = or_null(info.pre_shared_key_identity);
  out["seconds"] = duration<double>(of.lasted).count();
  out["error"] = nullptr;
  if (of.failed) out["error"] = {{"code", signet::name(of.failed->code())}, {"message", of.failed->message()}};
  if (lost != 0) out["lines_lost_before"] = lost;
  return out;
}

std::string line_of(const access_log::entry& of) {
  const auto& info = *of.info;
  std::string out =
      of.peer + ": " + std::string(signet::name(info.version)) + ", " + info.cipher + (info.resumed ? ", resumed" : "");
  const auto add = [&out](const char* label, const std::string& text) {
    if (!text.empty()) out += std::string(", ") + label + printable(text);
  };
  add("for ", info.sni);
  add("alpn ", info.alpn);
  if (!info.verified_chain.empty()) add("client ", info.verified_chain.front().subject());
  add("shared key ", info.pre_shared_key_identity);
  return out;
}

}  // namespace

access_log::access_log(const std::string& json_file, bool lines) : lines_(lines) {
  if (json_file.empty()) return;
  // A pipe whose reader is slow holds up nobody.
  file_ = owned_descriptor(
      ::open(json_file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0600));
  if (!file_) throw failure(exit_status::local, "--json-log: " + json_file + ": " + std::strerror(errno));
}

void access_log::write(const char* event, const entry& of) {
  if (lines_ && of.info && !of.info->cipher.empty() && !of.failed) say(line_of(of));
  if (!file_) return;
  const std::lock_guard lock(mutex_);
  // Half a line may have gone where a pipe or a disk was full.
  const auto text = (is_cut_ ? "\n" : "") + to_text(document_of(event, of, lost_), json_layout::one_line) + "\n";
  const auto written = ::write(file_.get(), text.data(), text.size());
  const bool is_whole = written == static_cast<ssize_t>(text.size());
  if (written > 0) is_cut_ = !is_whole;
  lost_ = is_whole ? 0 : lost_ + 1;
}

}  // namespace tool
