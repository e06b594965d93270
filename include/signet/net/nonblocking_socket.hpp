// A TLS connection that never waits, for poll(2), epoll(7) or an event loop of one's own. "Not yet" is a success that
// says what to wait for; blocking calls are another type (tls_socket), so neither has to look out for the other's
// cases.
//
// The rule for every call: when `next` is read or write, wait until native_handle() is readable or writable, then call
// again. Bytes may be offered again from another place. Before waiting to read, read until next says so: what has been
// decrypted is in no descriptor.
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
  /// Begins name look-up, connecting and handshake; handshake() goes on with them. The deadline of the options is
  /// looked at whenever it is called. invalid_name, invalid_endpoint.
  static result<nonblocking_socket> connect(const endpoint& to, const client_config& config,
                                            connect_options options = {});
  /// Begins the upgrade of a plain connection, which is moved from only on success. It has to stand on a descriptor:
  /// not_supported. plaintext_before_tls and the like as signet::start_tls.
  static result<nonblocking_socket> start_tls(tcp_socket&& plain, std::string_view name, const client_config& config,
                                              start_tls_options options = {});
  static result<nonblocking_socket> start_tls(tcp_socket&& plain, const server_config& config,
                                              handshake_options options = {});
  /// Begins a server's handshake with a client that has connected.
  static result<nonblocking_socket> accept(incoming&& client, handshake_options options = {});
  /// Goes on with a connection without waiting. not_supported where it does not stand on a descriptor.
  static result<nonblocking_socket> from(tls_socket&& connected);

  nonblocking_socket(nonblocking_socket&&) noexcept;
  nonblocking_socket& operator=(nonblocking_socket&&) noexcept;
  /// Releases. Sends nothing and waits for nothing, name look-up included.
  ~nonblocking_socket();

  /// Goes on as far as it can; done when next is nothing. What signet::connect and incoming::handshake can say, and
  /// once the deadline has passed timed_out, for good. `application` says that an identity is not ready: call again
  /// later.
  result<io_status> handshake();
  [[nodiscard]] bool handshake_done() const noexcept;

  /// As tls_socket's, of what can be done now. not_connected before the handshake is done.
  result<io_status> read_some(byte_span buffer);
  /// bytes > 0 beside next == write: taken, and not all on the wire yet; wait, then flush().
  result<io_status> write_some(byte_view bytes);
  result<io_status> flush();
  /// Sends close_notify; reading goes on. A second call flushes.
  result<io_status> close_write();
  /// As tls_socket::close.
  result<void> close();
  void abandon() noexcept;

  /// The same connection for calls that wait. not_connected before the handshake is done.
  result<tls_socket> blocking() &&;
  /// The plain connection of start_tls after its handshake has failed, open. not_connected otherwise.
  result<tcp_socket> plain() &&;

  /// What to wait for, borrowed. Another one once the connection is made: ask again after every handshake().
  [[nodiscard]] int native_handle() const noexcept;
  [[nodiscard]] int write_handle() const noexcept;
  [[nodiscard]] bool is_open() const noexcept;
  /// When the handshake has to be done.
  [[nodiscard]] deadline handshake_deadline() const noexcept;
  /// Decrypted bytes that a read returns without the descriptor.
  [[nodiscard]] std::size_t pending() const noexcept;
  /// Ciphertext that the descriptor has not taken yet.
  [[nodiscard]] std::size_t unsent() const noexcept;
  [[nodiscard]] connection_info info() const;
  [[nodiscard]] std::shared_ptr<const verdict> peer_verdict() const noexcept;
  [[nodiscard]] endpoint local_endpoint() const;
  [[nodiscard]] endpoint remote_endpoint() const;

 private:
  struct impl;
  explicit nonblocking_socket(std::unique_ptr<impl> made) noexcept;

  std::unique_ptr<impl> impl_;
};

}  // namespace signet
