// A verified TLS connection, as connect(), start_tls() and incoming::handshake() make it. Its handshake is complete:
// there is no half-made one to misuse. One thread uses it at a time: a second one that calls meanwhile gets
// invalid_argument and disturbs nothing; split() makes two halves for two threads.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <signet/base/bytes.hpp>
#include <signet/base/deadline.hpp>
#include <signet/base/result.hpp>
#include <signet/net/endpoint.hpp>
#include <signet/net/tcp_socket.hpp>
#include <signet/tls/connection_info.hpp>
#include <signet/tls/engine.hpp>

namespace signet {

struct unwrap_options {
  /// For the peer's close_notify, counted from the call.
  std::chrono::milliseconds timeout = std::chrono::seconds(30);
  /// A point in time besides: the earlier holds.
  deadline until = {};
  /// How many bytes that the peer sent before its close_notify, and nobody has read, may be thrown away.
  std::size_t discard = 0;
};

class SIGNET_EXPORT tls_socket {
 public:
  tls_socket(tls_socket&&) noexcept;
  tls_socket& operator=(tls_socket&&) noexcept;
  /// Releases. Sends nothing, so that a forked child may drop its copy; the session stays resumable.
  ~tls_socket();

  /// For calls that are not given a deadline: how long each may take. None unless set; zero takes it away.
  void set_timeout(std::chrono::milliseconds each_call) noexcept;
  /// For everything together: no call waits longer than this, whatever else it is given.
  void set_deadline(deadline whole_connection) noexcept;

  /// At least one byte, or 0 after the peer's close_notify (and for an empty buffer). A stream that ends without
  /// close_notify is truncated, never an end. truncated, bad_record, alert_received, timed_out, connection_reset,
  /// io_failed.
  result<std::size_t> read_some(byte_span buffer, deadline until = {});
  /// As read_some, and the bytes stay to be read.
  result<std::size_t> peek(byte_span buffer, deadline until = {});
  /// Fills the buffer; end_of_stream when the peer ends earlier.
  result<void> read_exactly(byte_span buffer, deadline until = {});
  /// Up to the peer's close_notify. limit_exceeded.
  result<std::string> read_all(read_limit limit = {}, deadline until = {});
  /// Up to and without the next LF, and without a CR before it. At the end what is left, end_of_stream when nothing is.
  /// limit_exceeded.
  result<std::string> read_line(read_limit limit = {64 << 10}, deadline until = {});
  /// Up to and including the delimiter (not empty). As read_line otherwise.
  result<std::string> read_until(std::string_view delimiter, read_limit limit = {64 << 10}, deadline until = {});

  /// Takes at least one byte, and all of what it took is on its way.
  result<std::size_t> write_some(byte_view bytes, deadline until = {});
  result<void> write_all(byte_view bytes, deadline until = {});
  /// All of the parts, in their order, in as few records as they fit.
  result<void> write_gathered(std::span<const byte_view> parts, deadline until = {});

  /// Sends close_notify and ends our direction; reading goes on to the peer's end. Who must be sure that everything
  /// arrived calls this and then reads to the end.
  result<void> close_write(deadline until = {});
  /// Sends close_notify, takes what has already arrived, and closes. Does not wait for the peer: timed_out when it
  /// takes no more, so that close_notify could not be sent. After a failure that was reported before, and a second
  /// time, it does nothing but close.
  result<void> close();
  /// Lets go of the descriptor and leaves the connection as it is: for one of two processes that share it after fork().
  /// Only the other may use it from then on. A call that another thread has inside ends first.
  void abandon() noexcept;

  /// Back to plain bytes on the same connection: sends close_notify, waits for the peer's, and gives what TLS stood on
  /// with the plain bytes that came after it. Moved from only on success. unread_data while the peer has sent more than
  /// may be discarded: read it, then call again. timed_out (call again), truncated, connection_reset.
  result<tcp_socket> unwrap(unwrap_options options = {}) &&;
  /// The same without waiting for the peer's close_notify: plain bytes can be written at once. What is read is given
  /// out only once that close_notify has come; encrypted data before it is unread_data, anything else
  /// protocol_violation.
  result<tcp_socket> unwrap_early(deadline until = {}) &&;

  [[nodiscard]] bool is_open() const noexcept;
  [[nodiscard]] connection_info info() const;
  [[nodiscard]] std::shared_ptr<const verdict> peer_verdict() const noexcept;
  [[nodiscard]] endpoint local_endpoint() const;
  [[nodiscard]] endpoint remote_endpoint() const;
  /// Borrowed: stays owned and open. Reading or writing it directly breaks the connection.
  [[nodiscard]] int native_handle() const noexcept;
  /// The same, save where it stands on two descriptors.
  [[nodiscard]] int write_handle() const noexcept;
  /// Bytes that a read returns without waiting.
  [[nodiscard]] std::size_t pending() const noexcept;
  /// Whether a read returns without the descriptor: with bytes, with the end, or with what went wrong. What poll(2)
  /// says counts only where this is false.
  [[nodiscard]] bool readable() const noexcept;

  struct impl;
  [[nodiscard]] impl& get() const noexcept { return *impl_; }
  explicit tls_socket(std::unique_ptr<impl> made) noexcept;

 private:
  std::unique_ptr<impl> impl_;
};

/// While it lives, what is written is held (up to 64 KiB) and leaves together; a read sends it first. It refers to the
/// socket, which has to stay where it is.
class [[nodiscard]] SIGNET_EXPORT cork {
 public:
  explicit cork(tls_socket& of) noexcept;
  cork(const cork&) = delete;
  cork& operator=(const cork&) = delete;
  /// Sends what can be sent without waiting; the next call on the socket sends the rest, and says what went wrong.
  ~cork();

  /// Sends what is held, and holds no more. As write_all.
  result<void> release(deadline until = {});

 private:
  tls_socket* socket_;
};

}  // namespace signet
