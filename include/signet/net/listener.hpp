// The server's door. accept() never handshakes: it returns an `incoming` whose handshake runs where the user wants it,
// so that a client that stalls stops nobody.
#pragma once

#include <memory>

#include <signet/base/deadline.hpp>
#include <signet/net/endpoint.hpp>
#include <signet/net/tcp_socket.hpp>
#include <signet/net/tls_socket.hpp>
#include <signet/tls/server_config.hpp>

namespace signet {

struct handshake_options {
  /// For the whole handshake, counted from the call.
  std::chrono::milliseconds timeout = std::chrono::seconds(30);
  /// A point in time besides: the earlier holds.
  deadline until = {};
};

/// A client that has connected and not been spoken to.
class SIGNET_EXPORT incoming {
 public:
  incoming(incoming&&) noexcept = default;
  incoming& operator=(incoming&&) noexcept = default;

  /// Waits for the client until the deadline. timed_out, closed, plain_http, not_tls, protocol_version,
  /// no_shared_cipher, certificate_required and the codes of verification.
  result<tls_socket> handshake(handshake_options options = {}) &&;
  /// The plain connection, without TLS.
  [[nodiscard]] tcp_socket plain() && { return std::move(socket_); }
  [[nodiscard]] endpoint remote_endpoint() const { return socket_.remote_endpoint(); }

 private:
  friend class listener;
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
  /// address_in_use, permission_denied, name_not_found, invalid_endpoint.
  static result<listener> bind(const endpoint& at, server_config config, listen_options options = {});

  listener(listener&&) noexcept;
  listener& operator=(listener&&) noexcept;
  ~listener();

  /// Waits for the next client. timed_out, closed after close(), limit_exceeded when no descriptor is left (try again
  /// later).
  result<incoming> accept(deadline until = deadline::never());
  /// With the port that was taken.
  [[nodiscard]] endpoint local_endpoint() const;
  [[nodiscard]] int native_handle() const noexcept;
  /// Ends a waiting accept() with `closed`; the one call that another thread may make.
  void close() noexcept;

 private:
  struct impl;
  explicit listener(std::unique_ptr<impl> made) noexcept;

  std::unique_ptr<impl> impl_;
};

}  // namespace signet
