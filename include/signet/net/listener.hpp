// The server's door. accept() never handshakes: it returns an `incoming` whose handshake runs where the user wants it,
// so that a client that stalls stops nobody.
#pragma once

#include <memory>
#include <optional>

#include <signet/base/deadline.hpp>
#include <signet/net/endpoint.hpp>
#include <signet/net/start_tls.hpp>
#include <signet/tls/server_config.hpp>

namespace signet {

/// A client that has connected and not been spoken to.
class SIGNET_EXPORT incoming {
 public:
  incoming(incoming&&) noexcept = default;
  incoming& operator=(incoming&&) noexcept = default;

  /// Waits for the client until the deadline. timed_out, closed, plain_http, not_tls, protocol_version,
  /// no_shared_cipher, certificate_required and the codes of verification.
  result<tls_socket> handshake(handshake_options options = {}) &&;
  /// Whether the first thing the client says begins like TLS: for plain and TLS on one port. Waits for its first byte,
  /// and takes nothing away. timed_out, closed when it says nothing at all, connection_reset.
  [[nodiscard]] result<bool> looks_like_tls(deadline until = deadline::never()) const;
  /// The plain connection, without TLS.
  [[nodiscard]] tcp_socket plain() && { return std::move(socket_); }
  [[nodiscard]] endpoint remote_endpoint() const { return socket_.remote_endpoint(); }
  /// Borrowed, for poll(2): readable once the client has said something.
  [[nodiscard]] int native_handle() const noexcept { return socket_.native_handle(); }

 private:
  friend class listener;
  friend class nonblocking_socket;
  incoming(tcp_socket socket, server_config config) : socket_(std::move(socket)), config_(std::move(config)) {}

  tcp_socket socket_;
  server_config config_;
};

struct listen_options {
  /// Connections the system queues before accept().
  int backlog = 1024;
};

class SIGNET_EXPORT listener {
 public:
  /// Listens on every address of the host; "" and "::" stand for all of them, IPv4 too. Port 0 takes a free one.
  /// address_in_use, permission_denied, unreachable (no address of this machine), name_not_found, invalid_endpoint.
  static result<listener> bind(const endpoint& at, server_config config, listen_options options = {});

  listener(listener&&) noexcept;
  listener& operator=(listener&&) noexcept;
  ~listener();

  /// Waits for the next client. timed_out, closed after close(), limit_exceeded when no descriptor is left (try again
  /// later).
  result<incoming> accept(deadline until = deadline::never());
  /// A client, or nothing when none is waiting. closed, limit_exceeded.
  result<std::optional<incoming>> try_accept();
  /// With the port that was taken.
  [[nodiscard]] endpoint local_endpoint() const;
  /// For poll(2), which finds it readable when a client waits on any of the addresses, and after close().
  [[nodiscard]] int native_handle() const noexcept;
  /// Ends a waiting accept() with `closed`; the one call that another thread may make.
  void close() noexcept;

 private:
  friend class server_loop;
  struct impl;
  // Readable after close().
  [[nodiscard]] int close_handle() const noexcept;
  explicit listener(std::unique_ptr<impl> made) noexcept;

  std::unique_ptr<impl> impl_;
};

}  // namespace signet
