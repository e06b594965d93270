// A server's whole loop: accepts, shakes hands with everybody at once, and gives each client to a handler in a thread
// of its own. A client that stalls in its handshake holds no thread and delays nobody.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include <signet/base/error.hpp>
#include <signet/base/export.hpp>
#include <signet/base/result.hpp>
#include <signet/net/endpoint.hpp>
#include <signet/net/listener.hpp>
#include <signet/net/tls_socket.hpp>

namespace signet {

/// Tells handlers that the server is to end. Threads may share it, and a copy may outlive serve().
class SIGNET_EXPORT stop_signal {
 public:
  [[nodiscard]] bool requested() const noexcept;
  /// Readable once it is requested: for poll(2) beside a socket, and for relay().
  [[nodiscard]] int native_handle() const noexcept;

 private:
  friend class server_loop;
  struct impl;
  explicit stop_signal(std::shared_ptr<impl> shared) noexcept;

  std::shared_ptr<impl> impl_;
};

using client_handler = std::function<void(tls_socket client, const stop_signal& stop)>;

struct serve_options {
  /// Handlers that run at once, 1 or more; clients beyond them wait with their handshake done. Each has a thread, which
  /// is started when it is needed first; as many as there are processors come on top, for handshakes.
  std::size_t threads = 64;
  /// Clients in all, 1 or more. Beyond them the one that has been in its handshake longest gives way; while there is
  /// none, new ones wait in the system's queue. So it is, too, when the process has no descriptor left.
  std::size_t max_connections = 4096;
  /// For each client's handshake, from its being accepted.
  std::chrono::milliseconds handshake_timeout = std::chrono::seconds(10);
  /// For handlers that are running when the server is told to stop; after it serve() returns without them: timed_out.
  /// What they refer to has to outlive them then.
  std::chrono::milliseconds drain_timeout = std::chrono::seconds(30);
  /// Told of each client that was not served, or whose handler threw, and why; by one thread at a time, which holds up
  /// the others that have something to tell. Never called once serve() has returned.
  std::function<void(const endpoint& client, const error& why)> on_refused = {};
  /// With it, clients that do not begin with TLS are served too, as plain ones. Without it, one that speaks plain HTTP
  /// is told in its own words to speak HTTPS.
  std::function<void(tcp_socket client, const stop_signal& stop)> on_plain = {};
};

/// Serves until listener::close() is called, by a handler or another thread; then accepts nobody, lets handlers finish,
/// and returns. The listener has to stay where it is meanwhile. What a handler throws ends its client only, and goes to
/// on_refused. invalid_argument, not_connected, limit_exceeded when no thread can be started, io_failed, timed_out.
SIGNET_EXPORT result<void> serve(listener& door, client_handler handler, serve_options options = {});

}  // namespace signet
