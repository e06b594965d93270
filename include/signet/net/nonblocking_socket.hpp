// A TLS connection whose calls never wait, for poll(2), epoll(7) or an event loop of your own. "Not yet" is a success
// that says what to wait for. Calls that wait belong to another type, tls_socket; from() and blocking() lead from one
// to the other.
//
// The rule for every call: when `next` is read, wait until native_handle() is readable; when it is write, wait until
// write_handle() is writable; then call again. The bytes of a repeated write may be in another place. Before you wait
// to read, read until next says so, because poll(2) does not know of bytes that are decrypted already.
//
// Deliberately absent: an event loop, callbacks, and timers. Bring a timer for handshake_deadline().
#pragma once

#include <memory>
#include <string_view>

#include <signet/base/bytes.hpp>
#include <signet/base/deadline.hpp>
#include <signet/base/result.hpp>
#include <signet/net/connect.hpp>
#include <signet/net/listener.hpp>
#include <signet/net/start_tls.hpp>
#include <signet/net/tls_socket.hpp>
#include <signet/tls/transport.hpp>

namespace signet {

class SIGNET_EXPORT nonblocking_socket {
 public:
  /// Begins name look-up, connecting and the handshake; handshake() goes on with them. A look-up runs in a thread of
  /// its own.
  /// Errors: invalid_name, invalid_endpoint, timed_out, resolve_failed, unreachable (`local_address` is of another
  /// family), permission_denied (`permit` refuses every address), resource_exhausted, io_failed.
  static result<nonblocking_socket> connect(const endpoint& to, const client_config& config,
                                            connect_options options = {});
  /// Begins the upgrade of a plain connection as the client. The server has to prove `name`. The connection has to
  /// stand on descriptors, and is moved from only on success.
  /// Errors: invalid_name, not_supported, not_connected, plaintext_before_tls, closed, connection_reset, io_failed.
  static result<nonblocking_socket> start_tls(tcp_socket&& plain, std::string_view name, const client_config& config,
                                              start_tls_options options = {});
  /// Begins the upgrade of a plain connection as the server.
  /// Errors: not_supported, not_connected, plaintext_before_tls, closed, connection_reset, io_failed.
  static result<nonblocking_socket> start_tls(tcp_socket&& plain, const server_config& config,
                                              handshake_options options = {});
  /// Begins a server's handshake with a client that has connected. It is moved from only on success.
  /// Errors: not_connected, not_supported, closed.
  static result<nonblocking_socket> accept(incoming&& client, handshake_options options = {});
  /// Takes over a connection, which has to stand on descriptors. It is moved from only on success.
  /// Errors: not_supported, not_connected.
  static result<nonblocking_socket> from(tls_socket&& connected);

  nonblocking_socket(nonblocking_socket&&) noexcept;
  nonblocking_socket& operator=(nonblocking_socket&&) noexcept;
  /// Releases the connection. It sends nothing and does not wait, even for a look-up that is under way.
  ~nonblocking_socket();

  /// Goes as far as it can. The handshake is complete when next is nothing. When next is application, a selector or
  /// an evidence_source needs more time: call again later. Every error is final, timed_out included; the deadline is
  /// checked at each call.
  /// Errors: those of signet::connect(), signet::start_tls() or incoming::handshake(), whichever began it.
  result<io_status> handshake();
  [[nodiscard]] bool handshake_done() const noexcept;

  /// Reads what is there. The peer's close_notify is reported as `end`.
  /// Errors: those of tls_socket::read_some() except timed_out; not_connected before the handshake is complete.
  result<io_status> read_some(byte_span buffer);
  /// Takes as many bytes as it can. When bytes > 0 and next is write, they are accepted but not all on the wire: wait,
  /// then call flush().
  /// Errors: those of tls_socket::write_some() except timed_out; not_connected before the handshake is complete.
  result<io_status> write_some(byte_view bytes);
  /// Sends what was accepted and is not on the wire yet.
  /// Errors: those of write_some().
  result<io_status> flush();
  /// Sends close_notify and ends our direction; reading goes on. A second call only flushes.
  /// Errors: those of write_some().
  result<io_status> close_write();
  /// Sends close_notify, takes what has already arrived, at most 16 MiB, and closes. timed_out means that the peer
  /// takes no more, so close_notify was not sent; the socket is closed all the same. Before the handshake is complete,
  /// it only releases.
  /// Errors: timed_out, connection_reset, unreachable, io_failed, invalid_argument.
  result<void> close();
  /// Releases the descriptor and leaves the connection as it is, for one of two processes that share it after fork().
  void abandon() noexcept;

  /// Asks the client for a certificate after the handshake. The answer comes with later reads: client_answered() tells
  /// when.
  /// Errors: those of engine::request_certificate().
  result<io_status> request_certificate(client_certificates how = client_certificates::required);
  [[nodiscard]] bool client_answered() const noexcept;
  /// See engine::export_keying_material() and engine::binding().
  [[nodiscard]] result<std::string> export_keying_material(std::string_view label, std::size_t size,
                                                           std::optional<byte_view> context = {}) const;
  [[nodiscard]] result<std::string> binding(channel_binding kind) const;

  /// Returns the connection as a socket whose calls wait.
  /// Errors: not_connected before the handshake is complete; the handshake's error once it has failed.
  result<tls_socket> blocking() &&;
  /// Returns the plain connection that was given to start_tls(), open, after its handshake has failed.
  /// Errors: not_connected.
  result<tcp_socket> plain() &&;

  /// The descriptor to wait for, borrowed. While connecting it is readable when handshake() has something to do, its
  /// deadline included. It changes once the connection is made, so ask again after every handshake().
  [[nodiscard]] int native_handle() const noexcept;
  /// The descriptor to write to, borrowed. It differs from native_handle() only if the connection stands on two.
  [[nodiscard]] int write_handle() const noexcept;
  /// True until the socket is closed; a failed handshake does not close it.
  [[nodiscard]] bool is_open() const noexcept;
  /// The time by which the handshake has to be complete.
  [[nodiscard]] deadline handshake_deadline() const noexcept;
  /// The number of decrypted bytes that a read returns without the descriptor.
  [[nodiscard]] std::size_t pending() const noexcept;
  /// The number of bytes of ciphertext that the descriptor has not taken yet.
  [[nodiscard]] std::size_t unsent() const noexcept;
  /// What is known of the connection. All fields have their defaults until the handshake is complete.
  [[nodiscard]] connection_info info() const;
  /// What was decided about the peer, also after a failed handshake. Null if no certificate was judged.
  [[nodiscard]] std::shared_ptr<const verdict> peer_verdict() const noexcept;
  /// The address of our end. Its host is empty if there is none.
  [[nodiscard]] endpoint local_endpoint() const;
  /// The address of the peer. Its host is empty if there is none, or while connecting.
  [[nodiscard]] endpoint remote_endpoint() const;

 private:
  friend struct detail::access;
  friend class server_loop;
  // Ends a handshake that nobody waits for any more.
  void give_up(const error& why);

  struct impl;
  explicit nonblocking_socket(std::unique_ptr<impl> made) noexcept;

  std::unique_ptr<impl> impl_;
};

}  // namespace signet
