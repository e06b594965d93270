// Through a proxy (CONNECT), and the upgrade of an HTTP connection.
#include "http1/response.hpp"
#include "net/starttls/conversation.hpp"

namespace signet::net {
namespace {

struct head {
  http1::status_line status = {};
  bool upgrades_to_tls = false;
};

bool is_tls(std::string_view upgrade) noexcept {
  return base::starts_with_ignoring_case(upgrade, "TLS/");
}

// The head of the final answer. What follows it is not read: of a CONNECT that succeeds there is no body, whatever the
// fields say (RFC 9110 section 9.3.6).
result<head> read_head(conversation& with, std::string_view awaited) {
  for (;;) {
    auto first = with.line(awaited);
    if (!first) return std::move(first).error();
    auto status = http1::status_line::parse(*first);
    if (!status) return with.unexpected(awaited, *first);
    head out{*std::move(status)};
    for (;;) {
      auto line = with.line(awaited);
      if (!line) return std::move(line).error();
      if (line->empty()) break;
      const auto colon = line->find(':');
      if (colon == std::string::npos) return with.unexpected(awaited, *line);
      const std::string_view field = *line;
      if (same_ignoring_case(field.substr(0, colon), "Upgrade") && http1::any_member(field.substr(colon + 1), is_tls))
        out.upgrades_to_tls = true;
    }
    if (out.status.code >= 200 || out.status.code == 101) return out;
  }
}

}  // namespace

result<void> connect_dialogue(conversation& with, std::string_view authority) {
  const std::string target(authority);
  if (auto sent = with.say("CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n"); !sent) return sent;
  constexpr std::string_view awaited = "the proxy's answer to CONNECT";
  auto answer = read_head(with, awaited);
  if (!answer) return std::move(answer).error();
  const auto code = answer->status.code;
  if (code >= 200 && code < 300) return {};
  if (code < 200) return with.unexpected(awaited, answer->status.words);
  return with.refused(answer->status.words, code == 407                  ? "the proxy wants a name and a password first"
                                            : code == 405 || code == 501 ? "this is no proxy, or none for CONNECT"
                                            : code == 403 ? "the proxy does not connect to this host and port"
                                            : code >= 500 ? "the proxy could not reach the host"
                                                          : "");
}

result<void> upgrade_dialogue(conversation& with, std::string_view authority) {
  // OPTIONS *: so that nothing of worth is asked for in plain.
  auto sent = with.say("OPTIONS * HTTP/1.1\r\nHost: " + std::string(authority) +
                       "\r\nUpgrade: TLS/1.2\r\nConnection: Upgrade\r\n");
  if (!sent) return sent;
  constexpr std::string_view awaited = "the answer to Upgrade";
  auto answer = read_head(with, awaited);
  if (!answer) return std::move(answer).error();
  const auto& status = answer->status;
  if (status.code != 101) return with.refused(status.words, "few servers upgrade: try https on another port");
  if (!answer->upgrades_to_tls) return with.failed("the server upgrades, but not to TLS");
  return {};
}

}  // namespace signet::net
