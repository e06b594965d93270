#include "net/serve/turn_away.hpp"

#include <string>

namespace signet::net {

void turn_away(channel& client, const error& why) {
  if (why.code() == errc::plain_http) {
    // A browser has no use for an alert.
    const std::string body = "This port speaks HTTPS: write https:// instead of http://.\r\n";
    const std::string answer =
        "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\nConnection: close\r\n\r\n" + body;
    client.begin("writing", {}, waiting::forbidden);
    // A courtesy: whether it arrives or not, the handshake has failed.
    static_cast<void>(client.write(answer));
  }
  client.part();
}

}  // namespace signet::net
