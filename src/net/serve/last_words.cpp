#include "net/serve/last_words.hpp"

#include <string>

namespace signet::net {
namespace {

std::string http_answer() {
  const std::string body = "This port speaks HTTPS: write https:// instead of http://.\r\n";
  return "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: " +
         std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
}

// A fatal user_canceled (RFC 8446 section 6.1): "for some reason unrelated to a protocol failure". Before our first
// flight alerts are not encrypted.
constexpr std::string_view given_up{"\x15\x03\x03\x00\x02\x02\x5a", 7};

}  // namespace

void last_words(channel& client, const error& why) {
  // A courtesy: whether it arrives or not, the handshake has failed.
  const auto say = [&client](std::string_view words) {
    client.begin("writing", {}, waiting::forbidden);
    while (!words.empty()) {
      const auto taken = client.write(words);
      if (!taken || taken->bytes == 0) return;
      words.remove_prefix(taken->bytes);
    }
  };
  switch (why.code()) {
    // A browser has no use for an alert.
    case errc::plain_http:
      return say(http_answer());
    case errc::timed_out:
    case errc::resource_exhausted:
    case errc::closed:
      if (client.waits_for_an_answer()) say(given_up);
      return;
    default:
      return;
  }
}

}  // namespace signet::net
