// The server's door. A listener accepts connections and never runs a handshake itself: it returns an `incoming`, whose
// handshake runs where the caller wants it. So a client that stalls in its handshake delays no other client.
//
// One thread uses a listener at a time; only close() may be called from another one. For a complete server there is
// serve().
// Deliberately absent: threads, an event loop, and socket options.
#pragma once

#include <memory>
#include <optional>

#include <signet/base/deadline.hpp>
#include <signet/base/endpoint.hpp>
#include <signet/net/start_tls.hpp>
#include <signet/tls/server_config.hpp>

namespace signet {

/// What the first bytes of a client look like.
enum class client_speaks : unsigned char { tls, something_else };

/// A client that has connected. No byte of TLS has been exchanged with it yet.
class SIGNET_EXPORT incoming {
 public:
  /// A client on a connection that was made elsewhere: behind a CONNECT proxy, after STARTTLS, from inetd.
  incoming(tcp_socket client, server_config config);
  incoming(incoming&&) noexcept = default;
  incoming& operator=(incoming&&) noexcept = default;

  /// Runs the handshake and waits for the client until the deadline. On failure the connection is closed, after the
  /// alert; a client that speaks plain HTTP receives an HTTP answer that tells it to use https.
  /// Errors: not_connected, closed, timed_out, connection_reset, io_failed, plain_http, not_tls, handshake_failed,
  /// protocol_version, no_shared_cipher, no_shared_alpn, unrecognized_name, certificate_required, bad_record,
  /// alert_received, and those of verification.
  result<tls_socket> handshake(handshake_options options = {}) &&;
  /// Tells TLS from other protocols by the first byte, for plain and TLS on one port. It waits for that byte; whoever
  /// reads next still gets it. Do not use it for protocols in which the server speaks first.
  /// Errors: not_connected, timed_out, connection_reset, io_failed, closed (the client sent nothing before its end).
  [[nodiscard]] result<client_speaks> speaks(deadline until = deadline::never());
  /// The connection without TLS.
  [[nodiscard]] tcp_socket plain() && { return std::move(socket_); }
  /// The address of the client.
  [[nodiscard]] endpoint remote_endpoint() const { return socket_.remote_endpoint(); }
  /// The descriptor, borrowed. poll(2) finds it readable once the client has sent something, or has gone.
  [[nodiscard]] int native_handle() const noexcept { return socket_.native_handle(); }

 private:
  friend class nonblocking_socket;
  friend class server_loop;

  tcp_socket socket_;
  server_config config_;
};

struct listen_options {
  /// The time for the look-up of a host that is a name.
  std::chrono::milliseconds timeout = std::chrono::seconds(30);
  /// The number of connections that the system queues before accept(), 1 or more. The system may lower it.
  int backlog = 1024;
};

class SIGNET_EXPORT listener {
 public:
  /// Listens on every address of the host. The hosts "" and "::" stand for all addresses of the machine, IPv4 and IPv6.
  /// Port 0 takes a free port. A name is looked up within the timeout of the options.
  /// Errors: invalid_argument, invalid_name, name_not_found, resolve_failed, timed_out, address_in_use,
  /// permission_denied, resource_exhausted, io_failed, unreachable (no address of this machine).
  static result<listener> bind(const endpoint& at, server_config config, listen_options options = {});

  listener(listener&&) noexcept;
  listener& operator=(listener&&) noexcept;
  ~listener();

  /// Waits for the next client. After resource_exhausted, which means that no descriptor or memory is left, try again
  /// later.
  /// Errors: not_connected, timed_out, io_failed, resource_exhausted, closed (after close()).
  result<incoming> accept(deadline until = deadline::never());
  /// Returns a client, or nothing if none is waiting. It does not wait.
  /// Errors: not_connected, io_failed, resource_exhausted, closed (after close()).
  result<std::optional<incoming>> try_accept();
  /// The host that was asked for ("::" for ""), and the port that was taken.
  [[nodiscard]] endpoint local_endpoint() const;
  /// A descriptor for poll(2), borrowed. It is readable when a client waits on any of the addresses, and after close().
  [[nodiscard]] int native_handle() const noexcept;
  /// Stops listening, in every process that shares the listener. An accept() that waits returns `closed`. Any thread
  /// may call this.
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
