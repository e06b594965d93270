// The server's door. A listener accepts connections and never runs a handshake itself: it returns an `incoming`, whose
// handshake runs where the caller wants it. So a client that stalls in its handshake delays no other client.
//
// One thread uses a listener at a time; only close() may be called from another one. For a complete server there is
// serve().
// Deliberately absent: threads, an event loop, and other socket options: set them on what listening_descriptors() of
// <signet/native.hpp> returns.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <span>

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
  /// The addresses to listen on. With ipv6, the hosts "" and "::" leave IPv4 alone, and another socket may have its
  /// port; with ipv4, the host "" stands for all IPv4 addresses of the machine.
  address_family family = address_family::any;
  /// Lets other sockets listen at the same address if they are of the same user and set this too (SO_REUSEPORT). The
  /// system gives each client to one of them, and clients that wait in the queue of one that closes are lost. Set it
  /// for processes that start on their own. Do not set it for children of one process, which share a listener that was
  /// bound before fork(), nor for a single server: a second one started by mistake would get half of its clients.
  bool reuse_port = false;
};

struct unix_listen_options {
  /// The permissions of the socket's file, 0 to 0777, whatever the umask: to connect takes the right to write. Do not
  /// open it to more than those who have to connect.
  unsigned mode = 0600;
  /// The number of connections that the system queues before accept(), 1 or more. The system may lower it.
  int backlog = 1024;
};

class SIGNET_EXPORT listener {
 public:
  /// Listens on every address of the host. The hosts "" and "::" stand for all addresses of the machine, IPv4 and IPv6.
  /// Port 0 takes a free port. A name is looked up within the timeout of the options.
  /// Errors: invalid_argument, invalid_name, invalid_endpoint (an address of another family), name_not_found,
  /// resolve_failed, timed_out, address_in_use, permission_denied, resource_exhausted, io_failed, unreachable (no
  /// address of this machine).
  static result<listener> bind(const endpoint& at, server_config config, listen_options options = {});
  /// Listens on a local (UNIX) stream socket, whose file it makes. A socket's file that a dead server has left there is
  /// replaced; one where somebody listens is address_in_use, and any other file is file_exists and stays. The file is
  /// removed by close(), and with the listener in the process that made it if no other process listens; in both cases
  /// only if it is still this listener's.
  /// Errors: invalid_argument, address_in_use, file_exists, permission_denied, resource_exhausted, file_io_failed,
  /// io_failed.
  static result<listener> bind_unix(const std::filesystem::path& at, server_config config,
                                    unix_listen_options options = {});
  /// Takes ownership of stream sockets that listen, which somebody else has opened: systemd (<signet/net/systemd.hpp>),
  /// a parent process. They become non-blocking, for every process that has them, and are closed on exec. close() then
  /// gives them up and leaves them listening in processes that got them elsewhere, where clients go on waiting.
  /// A failure leaves them with the caller.
  /// Errors: invalid_argument, resource_exhausted, io_failed.
  static result<listener> adopt(int descriptor, server_config config);
  static result<listener> adopt(std::span<const int> descriptors, server_config config);

  listener(listener&&) noexcept;
  listener& operator=(listener&&) noexcept;
  ~listener();

  /// Waits for the next client. After resource_exhausted, which means that no descriptor or memory is left, try again
  /// later.
  /// Errors: not_connected, timed_out, io_failed, resource_exhausted, closed (after close()).
  result<incoming> accept(deadline until = deadline::never());
  /// Returns a client, or nothing if none is waiting. It does not wait for clients. A
  /// reload that is due (server_config::refresh()) reads its files in this call.
  /// Errors: not_connected, io_failed, resource_exhausted, closed (after close()).
  result<std::optional<incoming>> try_accept();
  /// The host that was asked for ("::" for "", "0.0.0.0" with address_family::ipv4), and the port that was taken. Of
  /// sockets that were adopted, the address of the first. Of a local socket, "unix:" and its path, and no port.
  [[nodiscard]] endpoint local_endpoint() const;
  /// A descriptor for poll(2), borrowed. It is readable when a client waits on any of the addresses, and after close().
  [[nodiscard]] int native_handle() const noexcept;
  /// Stops listening, in every process that shares the listener by fork(). An accept() that waits returns `closed`. Any
  /// thread may call this.
  void close() noexcept;

 private:
  friend struct detail::access;
  friend class server_loop;
  struct impl;
  // Readable after close().
  [[nodiscard]] int close_handle() const noexcept;
  explicit listener(std::unique_ptr<impl> made) noexcept;

  std::unique_ptr<impl> impl_;
};

}  // namespace signet
