// What `signet serve` does with a client, encrypted or (with --also-plain) not. Each runs in the client's own thread
// and returns when the conversation is over, or soon after `stop` has become readable. Throws signet::exception and
// failure.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include <signet/net/tcp_socket.hpp>
#include <signet/net/tls_socket.hpp>

#include "http/static_site.hpp"

namespace tool {

struct service_limits {
  /// For the head of a request, for reaching the server of --forward, and for what is carried to end by itself after
  /// `stop`.
  std::chrono::milliseconds each_step = std::chrono::seconds(10);
  /// For a client that is in the middle of something, without a byte that moves. Clients come with it as the limit of
  /// their sockets.
  std::chrono::milliseconds stall = std::chrono::seconds(60);
  /// Between two requests, or with nothing to echo or to carry.
  std::chrono::milliseconds idle = std::chrono::seconds(300);
};

/// The same service for both kinds of client. `stop` is for poll(2); -1 when nobody will ask for the end.
struct client_service {
  std::function<void(signet::tls_socket&, int stop)> secure = {};
  std::function<void(signet::tcp_socket&, int stop)> plain = {};
  /// Others wait for room. Does not wait.
  std::function<void()> make_room = {};
  /// The server ends at once, and with it what was started for clients.
  std::function<void()> end_at_once = {};
};

/// Sends back what comes, until the client ends.
client_service echo_service(const service_limits& limits);

/// Answers HTTP/1.1 requests from a folder.
client_service site_service(static_site site, const service_limits& limits);

/// Carries everything to a server in plain, and back.
client_service forward_service(const signet::endpoint& to, const service_limits& limits);

/// Gives each client to a program of its own, as its stdin and stdout. /bin/sh reads the command; what is known of the
/// client stands in its environment.
client_service exec_service(std::string command, const service_limits& limits);

}  // namespace tool
