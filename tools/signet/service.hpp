// What `signet serve` does with a client once its handshake is complete. Each runs in the client's own thread and
// returns when the conversation is over, or soon after the server was told to stop.
#pragma once

#include <chrono>

#include <signet/net/tls_socket.hpp>

#include "http/static_site.hpp"

namespace tool {

/// Raised once, seen by every thread, and something that poll(2) can wait for.
class stop_signal {
 public:
  stop_signal();
  void raise() noexcept;
  [[nodiscard]] bool raised() const noexcept;
  [[nodiscard]] int descriptor() const noexcept { return event_.get(); }

 private:
  owned_descriptor event_;
};

struct service_limits {
  /// For a whole request, and for the client to take each piece of an answer.
  std::chrono::milliseconds each_step = std::chrono::seconds(10);
  /// Between two requests, or with nothing to echo.
  std::chrono::milliseconds idle = std::chrono::seconds(300);
};

/// Sends back what comes, until the client ends. Throws signet::exception.
void serve_echo(signet::tls_socket& client, const stop_signal& stop, const service_limits& limits);

/// Answers HTTP/1.1 requests from a folder. Throws signet::exception.
void serve_site(signet::tls_socket& client, const static_site& site, const stop_signal& stop,
                const service_limits& limits);

}  // namespace tool
