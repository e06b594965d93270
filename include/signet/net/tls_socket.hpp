// A verified TLS connection. connect(), start_tls() and incoming::handshake() make one, and its handshake is complete
// from the start.
//
// A stream that ends without the peer's close_notify is the error truncated, never an end. A call waits until its
// deadline, else for the socket's timeout, else without limit. A read that timed out may be repeated and loses nothing.
// Every other failure of the connection is final: a failed read ends the connection, a failed write ends writing.
// One thread uses a socket at a time. A second thread that calls meanwhile gets invalid_argument and disturbs nothing;
// split() makes two halves for two threads. For event loops there is nonblocking_socket.
// Deliberately absent: renegotiation, and a state in which the peer is not verified yet.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <signet/base/bytes.hpp>
#include <signet/base/deadline.hpp>
#include <signet/base/endpoint.hpp>
#include <signet/base/result.hpp>
#include <signet/net/tcp_socket.hpp>
#include <signet/tls/connection_info.hpp>
#include <signet/tls/engine.hpp>

namespace signet {

/// Options of unwrap().
struct unwrap_options {
  /// The time for the peer's close_notify, counted from the call.
  std::chrono::milliseconds timeout = std::chrono::seconds(30);
  /// A point in time by which the call ends as well. The earlier of the two applies.
  deadline until = {};
  /// How many unread bytes from before the peer's close_notify may be thrown away. Do not raise it if every byte
  /// counts.
  std::size_t discard = 0;
};

class SIGNET_EXPORT tls_socket {
 public:
  tls_socket(tls_socket&&) noexcept;
  tls_socket& operator=(tls_socket&&) noexcept;
  /// Releases the connection without close_notify, so that a forked child may drop its copy. The session stays
  /// resumable.
  ~tls_socket();

  /// Sets how long each call may wait that is not given a deadline. None at first; zero removes it.
  void set_timeout(std::chrono::milliseconds each_call) noexcept;
  /// Sets how long a call that is not given a deadline may wait while no byte moves, in either direction: the call then
  /// returns timed_out. A peer that takes or sends little at a time is not cut off. None at first; zero removes it.
  void set_stall_limit(std::chrono::milliseconds without_progress) noexcept;
  /// Sets a deadline for the whole connection: no call waits beyond it, whatever deadline the call is given.
  void set_deadline(deadline whole_connection) noexcept;

  /// Waits for at least one byte and returns how many it read, or 0 after the peer's close_notify. A server of TLS 1.3
  /// judges the client's certificate after the client's handshake is complete, so the first read may report its
  /// refusal.
  /// Errors: truncated, bad_record, protocol_violation, alert_received, certificate_required, timed_out,
  /// connection_reset, unreachable, io_failed, not_connected, invalid_argument.
  result<std::size_t> read_some(byte_span buffer, deadline until = {});
  /// Copies bytes without taking them: the next read returns them again. Otherwise the same as read_some().
  result<std::size_t> peek(byte_span buffer, deadline until = {});
  /// Fills the buffer.
  /// Errors: those of read_some(), and end_of_stream if the peer ends before.
  result<void> read_exactly(byte_span buffer, deadline until = {});
  /// Reads everything up to the peer's close_notify.
  /// Errors: those of read_some(), and limit_exceeded.
  result<std::string> read_all(read_limit limit = {}, deadline until = {});
  /// Reads up to the next LF, and returns the line without the LF and without a CR before it. A last line without LF is
  /// returned at the end.
  /// Errors: those of read_some(), limit_exceeded, and end_of_stream if nothing is left.
  result<std::string> read_line(read_limit limit = {64 << 10}, deadline until = {});
  /// Reads up to the delimiter and returns the bytes together with it. At the end it returns what is left, without the
  /// delimiter: check with ends_with().
  /// Errors: those of read_line(), and invalid_argument if the delimiter is empty.
  result<std::string> read_until(std::string_view delimiter, read_limit limit = {64 << 10}, deadline until = {});

  /// Waits until at least one byte is sent, and returns how many were. A write that timed out is final: part of a
  /// record may have been sent.
  /// Errors: timed_out, connection_reset, unreachable, io_failed, not_connected, invalid_argument, closed (after
  /// close_write()).
  result<std::size_t> write_some(byte_view bytes, deadline until = {});
  /// Sends all of the bytes.
  /// Errors: those of write_some().
  result<void> write_all(byte_view bytes, deadline until = {});
  /// Sends all of the parts in their order, in as few records as possible.
  /// Errors: those of write_some().
  result<void> write_gathered(std::span<const byte_view> parts, deadline until = {});

  /// Sends close_notify and ends our direction; reading goes on. To be sure the peer received everything, call this,
  /// then read until 0.
  /// Errors: timed_out, connection_reset, unreachable, io_failed, not_connected, invalid_argument.
  result<void> close_write(deadline until = {});
  /// Sends close_notify, takes what has already arrived, at most 16 MiB, and closes. A server then takes what the
  /// client still sends, until the client ends and for a second at most, so that the client can read our last bytes; a
  /// socket from serve() leaves that to serve(). Otherwise it does not wait. timed_out means that the peer takes no
  /// more, so close_notify was not sent; the socket is closed all the same. After an error other than timed_out that
  /// was reported before, and on a second call, it only closes and succeeds.
  /// Errors: timed_out, connection_reset, unreachable, io_failed, invalid_argument.
  result<void> close();
  /// Releases the descriptor and leaves the connection as it is, for one of two processes that share it after fork().
  /// Only the other process may use it from then on. If a thread is in a call, the descriptor is released after it.
  void abandon() noexcept;

  /// Returns to plain bytes on the same connection: sends close_notify, waits for that of the peer, and returns what
  /// TLS stood on, with the plain bytes that came after the close_notify. The socket is moved from only on success.
  /// After unread_data, read or raise `discard`, then call again. After timed_out, while the peer's close_notify is
  /// missing, call again.
  /// Errors: unread_data, timed_out, truncated, bad_record, protocol_violation, alert_received, connection_reset,
  /// unreachable, io_failed, not_connected, invalid_argument.
  result<tcp_socket> unwrap(unwrap_options options = {}) &&;
  /// Does the same without waiting for the peer's close_notify, so that plain bytes can be written at once. The socket
  /// that it returns reads nothing before that close_notify has come: application data before it is unread_data, and
  /// plain bytes before it are protocol_violation.
  /// Errors: unread_data, timed_out, connection_reset, unreachable, io_failed, not_connected, invalid_argument.
  result<tcp_socket> unwrap_early(deadline until = {}) &&;

  /// Asks the client for a certificate after the handshake (engine::request_certificate()), and waits for the answer.
  /// What the client sends meanwhile, up to 64 KiB, is kept for later reads. A client that is refused is told why, and
  /// the connection is over.
  /// Errors: those of engine::request_certificate() and read_some(), those of verification, limit_exceeded, closed
  /// (the client ended before it answered).
  result<void> request_certificate(client_certificates how = client_certificates::required, deadline until = {});
  /// See engine::export_keying_material() and engine::binding().
  [[nodiscard]] result<std::string> export_keying_material(std::string_view label, std::size_t size,
                                                           std::optional<byte_view> context = {}) const;
  [[nodiscard]] result<std::string> binding(channel_binding kind) const;

  [[nodiscard]] bool is_open() const noexcept;
  /// What is known of the connection, also after closing.
  [[nodiscard]] connection_info info() const;
  /// What was decided about the peer. Null if a client showed no certificate.
  [[nodiscard]] std::shared_ptr<const verdict> peer_verdict() const noexcept;
  /// The address of our end. Its host is empty if there is none or the socket is closed.
  [[nodiscard]] endpoint local_endpoint() const;
  /// The address of the peer, also after closing. Its host is empty if there is none.
  [[nodiscard]] endpoint remote_endpoint() const;
  /// The descriptor to read from, borrowed, or -1. To read or write it directly breaks the connection.
  [[nodiscard]] int native_handle() const noexcept;
  /// The descriptor to write to, borrowed, or -1. It differs from native_handle() only if there are two.
  [[nodiscard]] int write_handle() const noexcept;
  /// The number of bytes that a read returns without waiting.
  [[nodiscard]] std::size_t pending() const noexcept;
  /// True if a read returns without the descriptor: with bytes, the end, or an error. Ask this before each poll(2),
  /// which does not know of bytes that have been taken from the descriptor.
  [[nodiscard]] bool readable() const noexcept;

 private:
  friend struct detail::access;
  struct impl;
  explicit tls_socket(std::unique_ptr<impl> made) noexcept;

  std::unique_ptr<impl> impl_;
};

/// While it lives, the socket holds what is written, up to about 64 KiB, so that it leaves together. A read that has to
/// wait sends it first. A cork borrows the socket, which has to outlive it and may not be moved meanwhile.
class [[nodiscard]] SIGNET_EXPORT cork {
 public:
  explicit cork(tls_socket& of) noexcept;
  cork(const cork&) = delete;
  cork& operator=(const cork&) = delete;
  /// Sends what can be sent without waiting. The next call on the socket sends the rest, or returns the error.
  ~cork();

  /// Sends what is held, and holds nothing from now on.
  /// Errors: those of tls_socket::write_all().
  result<void> release(deadline until = {});

 private:
  tls_socket* socket_;
};

}  // namespace signet
