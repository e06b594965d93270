#include "connection_report.hpp"

#include <nlohmann/json.hpp>

#include <signet/verify/verdict.hpp>

#include "hints.hpp"

namespace tool {

namespace {

void say_line(const char* label, const std::string& text) {
  if (!text.empty()) say(label + text);
}

void say_info(const signet::connection_info& info) {
  say_line("server name: ", info.sni);
  if (!info.cipher.empty())
    say_line("protocol:    ", std::string(signet::name(info.version)) + ", " + info.cipher +
                                  (info.group.empty() ? "" : ", " + info.group) + (info.resumed ? ", resumed" : ""));
  say_line("alpn:        ", info.alpn);
  if (!info.peer_chain.empty()) {
    const auto& leaf = info.peer_chain.front();
    std::string names;
    for (const auto& one : leaf.dns_names()) names += (names.empty() ? "" : ", ") + one;
    for (const auto& one : leaf.ip_addresses()) names += (names.empty() ? "" : ", ") + one;
    say_line("certificate: ", leaf.subject().empty() ? "(no subject)" : leaf.subject());
    say_line("names:       ", names);
    say_line("issuer:      ", leaf.issuer());
    say_line("expires:     ", signet::to_rfc3339(leaf.not_after()));
  }
}

void say_request(const signet::connection_info& info) {
  if (const auto what = requested_of_us(info); !what.empty()) say("asked:       for " + what);
}

nlohmann::ordered_json or_null(const std::string& text) {
  return text.empty() ? nlohmann::ordered_json() : nlohmann::ordered_json(text);
}

signet::error_kind kind_of(exit_status status) noexcept {
  switch (status) {
    case exit_status::usage:
      return signet::error_kind::usage;
    case exit_status::network:
      return signet::error_kind::io;
    case exit_status::judged_bad:
    case exit_status::dialogue:
      return signet::error_kind::peer;
    default:
      return signet::error_kind::file;
  }
}

nlohmann::ordered_json json_of(const signet::connection_info& info) {
  const auto chain = [](const std::vector<signet::certificate>& certificates) {
    auto list = nlohmann::ordered_json::array();
    for (const auto& one : certificates) list.push_back(one.pem());
    return list;
  };
  nlohmann::ordered_json document = {
      {"server_name", info.sni}, {"version", info.cipher.empty() ? "" : signet::name(info.version)},
      {"cipher", info.cipher},   {"group", info.group},
      {"resumed", info.resumed}, {"alpn", info.alpn},
      {"trust", info.trust},     {"loosened", info.loosened}};
  if (!info.peer_chain.empty()) {
    const auto& leaf = info.peer_chain.front();
    document["subject"] = leaf.subject();
    document["issuer"] = leaf.issuer();
    document["not_after"] = signet::to_rfc3339(leaf.not_after());
  }
  document["certificate_requested"] = info.certificate_requested;
  document["accepted_issuers"] = info.accepted_issuers;
  document["peer_chain"] = chain(info.peer_chain);
  document["verified_chain"] = chain(info.verified_chain);
  return document;
}

}  // namespace

std::string requested_of_us(const signet::connection_info& info) {
  if (!info.certificate_requested) return {};
  std::string from;
  for (const auto& one : info.accepted_issuers) from += (from.empty() ? " from " : ", ") + one;
  return "a client certificate" + from;
}

void say_connection(const signet::tls_socket& socket) {
  const auto info = socket.info();
  say_line("peer:        ", signet::to_string(socket.remote_endpoint()));
  say_info(info);
  say_request(info);
  say_line("trust:       ", info.loosened.empty() ? info.trust : "none, " + info.loosened);
}

void say_what_was_reached(const signet::error& why, told_before was) {
  if (const auto info = why.reached(); info && was == told_before::no) {
    say_info(*info);
    for (std::size_t i = 1; i < info->peer_chain.size(); ++i)
      say_line("then:        ", info->peer_chain[i].subject() + ", issued by " + info->peer_chain[i].issuer());
    say_request(*info);
  }
  if (const auto alert = why.alert())
    say("alert:       " + signet::name(*alert) +
        (alert->from == signet::alert::sender::us ? ", sent by us" : ", sent by the peer"));
}

nlohmann::ordered_json json_of(const signet::error& why) {
  nlohmann::ordered_json out = {{"error", signet::name(why.code())},
                                {"kind", signet::name(why.kind())},
                                {"whom", or_null(why.whom())},
                                {"phase", or_null(why.phase())},
                                {"message", why.message()},
                                {"also", also_of(why)},
                                {"expected", or_null(why.expected())},
                                {"presented", or_null(why.presented())},
                                {"hint", or_null(in_options(why.hint()))},
                                {"alert", nullptr},
                                {"connection", nullptr}};
  if (const auto alert = why.alert())
    out["alert"] = {{"name", signet::name(*alert)},
                    {"number", alert->description},
                    {"from", alert->from == signet::alert::sender::us ? "us" : "peer"}};
  if (const auto info = why.reached()) out["connection"] = json_of(*info);
  return out;
}

nlohmann::ordered_json json_of(const failure& why) {
  return {{"error", nullptr},
          {"kind", signet::name(kind_of(why.status()))},
          {"whom", nullptr},
          {"phase", nullptr},
          {"message", why.what()},
          {"also", why.also()},
          {"expected", nullptr},
          {"presented", nullptr},
          {"hint", or_null(in_options(why.hint()))},
          {"alert", nullptr},
          {"connection", nullptr}};
}

nlohmann::ordered_json connection_json(const signet::tls_socket& socket) {
  nlohmann::ordered_json document = {{"peer", signet::to_string(socket.remote_endpoint())}};
  document.update(json_of(socket.info()));
  return document;
}

void warn_of_findings(const signet::tls_socket& socket) {
  const auto verdict = socket.peer_verdict();
  if (!verdict) return;
  const auto& waived = verdict->waived();
  if (!waived.empty() && !verdict->accepted_by().empty()) {
    const auto more = waived.size() - 1;
    return warn("accepted by " + verdict->accepted_by() + ", although " + waived.front().message +
                (more == 0 ? "" : " (and " + std::to_string(more) + " more)"));
  }
  for (const auto& finding : waived) warn("accepted all the same: " + finding.message);
}

}  // namespace tool
