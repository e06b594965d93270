// A door, whoever comes through it, and an orderly end: SIGTERM and SIGINT stop it, what is being served is finished
// within a bound.
#pragma once

#include <functional>

#include <signet/net/listener.hpp>

#include "serve/access_log.hpp"
#include "serve/service.hpp"

namespace tool {

struct server_limits {
  /// Clients at once; more of them wait to be accepted.
  std::size_t clients = 1024;
  /// For a client that is being served, without a byte that moves.
  std::chrono::milliseconds stall = std::chrono::seconds(60);
  std::chrono::milliseconds handshake = std::chrono::seconds(10);
  /// For clients still being served when the server is told to stop.
  std::chrono::milliseconds farewell = std::chrono::seconds(10);
};

enum class plain_clients : unsigned char { refused, served };

/// Signals have to be blocked before any other thread begins.
void block_server_signals();

/// Accepts until a signal says stop, and returns when the clients are served. SIGHUP calls `on_hangup`, beside the
/// clients that are served. `on_open` runs once clients can connect. What a client's service throws becomes one line on
/// stderr.
void run_server(signet::listener door, const client_service& service, plain_clients plain, const server_limits& limits,
                access_log& log, const std::function<void()>& on_hangup, const std::function<void()>& on_open);

}  // namespace tool
