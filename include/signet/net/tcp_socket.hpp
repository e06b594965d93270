// A connected stream that speaks plain bytes: a socket, as a rule, or whatever else it was made to stand on. It never
// raises SIGPIPE, is closed on exec, sends without delay, and closes its descriptor when it goes.
#pragma once

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <signet/base/bytes.hpp>
#include <signet/base/deadline.hpp>
#include <signet/base/result.hpp>
#include <signet/net/byte_stream.hpp>
#include <signet/net/endpoint.hpp>

namespace signet {

struct tcp_connect_options {
  /// For name look-up and all attempts to connect together, counted from the call.
  std::chrono::milliseconds timeout = std::chrono::seconds(30);
  /// A point in time besides: the earlier holds.
  deadline until = {};
  address_family family = address_family::any;
};

/// Limits for reads that gather: no peer may make a caller hold more than this.
struct read_limit {
  std::size_t bytes = std::size_t{64} << 20;
};

class tls_socket;

class SIGNET_EXPORT tcp_socket {
 public:
  /// Resolves the name and races its addresses (RFC 8305): the next one is tried 250 ms after the last, or as soon as
  /// that one has failed. name_not_found, resolve_failed, connection_refused, unreachable, timed_out; details() tells
  /// each attempt.
  static result<tcp_socket> connect(const endpoint& to, tcp_connect_options options = {});
  /// Takes ownership of a connected stream socket; a failure leaves it with the caller. invalid_argument.
  static result<tcp_socket> adopt(int descriptor);
  /// Takes ownership of two descriptors, one a direction: pipes, a terminal, stdin and stdout. They stay blocking; of
  /// two that are the same socket one is kept. A failure leaves them with the caller. invalid_argument.
  static result<tcp_socket> adopt(int in, int out);
  /// Stands on a stream that somebody else made, or on an encrypted connection.
  static tcp_socket over(std::unique_ptr<byte_stream> below);
  static tcp_socket over(tls_socket below);

  tcp_socket(tcp_socket&&) noexcept;
  tcp_socket& operator=(tcp_socket&&) noexcept;
  ~tcp_socket();

  /// For calls that are not given a deadline: how long each may take. None unless set; zero takes it away.
  void set_timeout(std::chrono::milliseconds each_call) noexcept;
  /// For everything together: no call waits longer than this, whatever else it is given.
  void set_deadline(deadline whole_connection) noexcept;

  /// At least one byte, or 0 at the end (and for an empty buffer). timed_out, connection_reset, io_failed.
  result<std::size_t> read_some(byte_span buffer, deadline until = {});
  /// As read_some, and the bytes stay to be read.
  result<std::size_t> peek(byte_span buffer, deadline until = {});
  /// Fills the buffer; end_of_stream when the peer ends earlier.
  result<void> read_exactly(byte_span buffer, deadline until = {});
  /// Up to the end. limit_exceeded.
  result<std::string> read_all(read_limit limit = {}, deadline until = {});
  /// Up to and without the next LF, and without a CR before it. At the end what is left, end_of_stream when nothing is.
  /// limit_exceeded.
  result<std::string> read_line(read_limit limit = {64 << 10}, deadline until = {});
  /// Up to and including the delimiter (not empty). As read_line otherwise.
  result<std::string> read_until(std::string_view delimiter, read_limit limit = {64 << 10}, deadline until = {});

  result<std::size_t> write_some(byte_view bytes, deadline until = {});
  result<void> write_all(byte_view bytes, deadline until = {});
  /// All of the parts, in their order, in as few segments as they fit.
  result<void> write_gathered(std::span<const byte_view> parts, deadline until = {});
  /// Ends our direction; reading goes on.
  result<void> close_write();
  /// Closes. Never waits.
  void close() noexcept;
  /// Lets go of the descriptor and leaves the connection as it is: for one of two processes that share it after fork().
  void abandon() noexcept;

  [[nodiscard]] bool is_open() const noexcept;
  [[nodiscard]] endpoint local_endpoint() const;
  [[nodiscard]] endpoint remote_endpoint() const;
  /// Borrowed: stays owned and open. Of two descriptors the one to read from; -1 where there is none.
  [[nodiscard]] int native_handle() const noexcept;
  /// The same, save where there are two.
  [[nodiscard]] int write_handle() const noexcept;
  /// Gives the descriptor up. unread_data while bytes are held that were read ahead by read_line and its like.
  result<int> release();
  /// Gives up the encrypted connection that it stands on. unread_data as above, not_supported where there is none.
  result<tls_socket> release_tls();
  /// Bytes held that were read ahead.
  [[nodiscard]] std::size_t buffered() const noexcept;

  struct impl;
  [[nodiscard]] impl& get() const noexcept { return *impl_; }
  explicit tcp_socket(std::unique_ptr<impl> made) noexcept;

 private:
  std::unique_ptr<impl> impl_;
};

}  // namespace signet
