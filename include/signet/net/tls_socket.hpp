// A verified TLS connection over a socket, as connect(), start_tls() and incoming::handshake() make it. Its handshake
// is complete: there is no half-made one to misuse. One thread uses it at a time.
#pragma once

#include <chrono>
#include <memory>
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

class SIGNET_EXPORT tls_socket {
 public:
  tls_socket(tls_socket&&) noexcept;
  tls_socket& operator=(tls_socket&&) noexcept;
  /// Releases. Sends nothing, so that a forked child may drop its copy; the session stays resumable.
  ~tls_socket();

  /// For calls that are not given a deadline: how long each may take. None unless set; zero takes it away.
  void set_timeout(std::chrono::milliseconds each_call) noexcept;

  /// At least one byte, or 0 after the peer's close_notify (and for an empty buffer). A stream that ends without
  /// close_notify is truncated, never an end. truncated, bad_record, alert_received, timed_out, connection_reset,
  /// io_failed.
  result<std::size_t> read_some(byte_span buffer, deadline until = {});
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

  /// Sends close_notify and ends our direction; reading goes on to the peer's end. Who must be sure that everything
  /// arrived calls this and then reads to the end.
  result<void> close_write(deadline until = {});
  /// Sends close_notify, takes what has already arrived, and closes. Does not wait for the peer: timed_out when it
  /// takes no more, so that close_notify could not be sent. After a failure that was reported before, and a second
  /// time, it does nothing but close.
  result<void> close();

  [[nodiscard]] bool is_open() const noexcept;
  [[nodiscard]] connection_info info() const;
  [[nodiscard]] std::shared_ptr<const verdict> peer_verdict() const noexcept;
  [[nodiscard]] endpoint local_endpoint() const;
  [[nodiscard]] endpoint remote_endpoint() const;
  /// Borrowed: stays owned and open. Reading or writing it directly breaks the connection.
  [[nodiscard]] int native_handle() const noexcept;
  /// Decrypted bytes that a read returns without waiting.
  [[nodiscard]] std::size_t pending() const noexcept;

  struct impl;
  [[nodiscard]] impl& get() const noexcept { return *impl_; }
  explicit tls_socket(std::unique_ptr<impl> made) noexcept;

 private:
  std::unique_ptr<impl> impl_;
};

}  // namespace signet
