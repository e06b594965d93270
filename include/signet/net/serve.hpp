// A complete server: serve() accepts clients, runs their handshakes side by side, and gives each client to a handler,
// which has a thread for as long as it runs.
//
// A client that stalls in its handshake holds no thread and delays no other client. A client in a handler holds its
// thread until the handler returns, so its socket has a stall limit. When a handler closes a socket, the client
// still has a second to read what was said last, and no thread waits for that.
// Deliberately absent: signals, processes, limits per address, and a reload of the config. For a loop of your own there
// are listener and nonblocking_socket.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include <signet/base/endpoint.hpp>
#include <signet/base/error.hpp>
#include <signet/base/export.hpp>
#include <signet/base/result.hpp>
#include <signet/net/listener.hpp>
#include <signet/net/tls_socket.hpp>

namespace signet {

/// Tells handlers that the server is about to end. Threads may share one, and a copy may outlive serve().
class SIGNET_EXPORT stop_signal {
 public:
  /// True once the server has been told to stop.
  [[nodiscard]] bool requested() const noexcept;
  /// A descriptor, borrowed, that is readable once the server has been told to stop: for poll(2) together with a
  /// socket, and for relay_options::stop.
  [[nodiscard]] int native_handle() const noexcept;

 private:
  friend class server_loop;
  struct impl;
  explicit stop_signal(std::shared_ptr<impl> shared) noexcept;

  std::shared_ptr<impl> impl_;
};

/// A function that serves one client and owns its socket. Several threads call it at once. An exception from it ends
/// its client only, and goes to on_refused.
using client_handler = std::function<void(tls_socket client, const stop_signal& stop)>;

struct serve_options {
  /// The number of handlers that may run at once, 1 or more. Clients beyond it wait with their handshake complete. A
  /// thread is started when it is first needed. Handshakes have threads of their own, one per processor.
  std::size_t threads = 64;
  /// The number of clients at once, 1 or more. More of them wait in the system's queue, unless a client has been silent
  /// in its handshake for a second or more: the one that has been silent longest is then refused. The same happens when
  /// the process has no descriptor left. Do not raise it above half the limit of descriptors.
  std::size_t max_connections = 4096;
  /// The time for each client's handshake, longer than 0, counted from its being accepted.
  std::chrono::milliseconds handshake_timeout = std::chrono::seconds(10);
  /// The stall limit of each socket that is given to a handler (tls_socket::set_stall_limit()). Zero: none.
  std::chrono::milliseconds stall_limit = std::chrono::seconds(60);
  /// The time for handlers that are running when the server is told to stop. After that, serve() returns timed_out and
  /// leaves them running, so all that they refer to has to outlive them.
  std::chrono::milliseconds drain_timeout = std::chrono::seconds(30);
  /// Called for each client that was not served, or whose handler threw, with the reason. One thread calls it at a
  /// time, and the others wait for it, so keep it short. It is not called any more once serve() has returned.
  std::function<void(const endpoint& client, const error& why)> on_refused = {};
  /// Called when a client waits and there is no room for it, at most ten times a second, so that a handler whose client
  /// is idle can be told to end. The thread that accepts clients calls it: do not wait in it.
  std::function<void()> on_full = {};
  /// Serves clients that do not begin with TLS. Do not set it for protocols in which the server speaks first. Without
  /// it, such clients are refused; one that speaks plain HTTP receives an HTTP answer that tells it to use https.
  std::function<void(tcp_socket client, const stop_signal& stop)> on_plain = {};
};

/// Serves until listener::close() is called, by a handler or by another thread. Then it accepts no more clients,
/// refuses those that have no handler yet, waits for the handlers to finish, and returns. It borrows the listener,
/// which may not be moved meanwhile.
/// Errors: invalid_argument, not_connected, resource_exhausted, io_failed, timed_out (handlers were left running).
SIGNET_EXPORT result<void> serve(listener& door, client_handler handler, serve_options options = {});

}  // namespace signet
