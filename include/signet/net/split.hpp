// One connection for two threads: split() makes a half that reads and a half that writes, and join() puts them together
// again.
//
// The halves share a lock, which is held while TLS is worked on and never while a half waits. So a reader that waits
// for a silent peer delays no writer. One thread uses a half at a time. The timeout and the deadline that were set on
// the socket still apply. The connection is released, without close_notify, when both halves are gone.
// Deliberately absent: close(), for which there is join().
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <signet/base/bytes.hpp>
#include <signet/base/deadline.hpp>
#include <signet/base/result.hpp>
#include <signet/net/tls_socket.hpp>

namespace signet {

namespace net {
struct shared_connection;
}

/// The reading half. Each call does the same as the tls_socket function of that name, and returns the same errors.
class SIGNET_EXPORT tls_reader {
 public:
  result<std::size_t> read_some(byte_span buffer, deadline until = {});
  result<std::size_t> peek(byte_span buffer, deadline until = {});
  result<void> read_exactly(byte_span buffer, deadline until = {});
  result<std::string> read_all(read_limit limit = {}, deadline until = {});
  result<std::string> read_line(read_limit limit = {64 << 10}, deadline until = {});
  result<std::string> read_until(std::string_view delimiter, read_limit limit = {64 << 10}, deadline until = {});
  /// What is known of the connection.
  [[nodiscard]] connection_info info() const;
  /// The descriptor to read from, borrowed, or -1. To read it directly breaks the connection.
  [[nodiscard]] int native_handle() const noexcept;

 private:
  friend struct net::shared_connection;
  explicit tls_reader(std::shared_ptr<net::shared_connection> shared) noexcept : shared_(std::move(shared)) {}

  std::shared_ptr<net::shared_connection> shared_;
};

/// The writing half. Each call does the same as the tls_socket function of that name, and returns the same errors, with
/// one difference: after timed_out, writing may go on, but an unknown part of the bytes has been taken.
class SIGNET_EXPORT tls_writer {
 public:
  result<std::size_t> write_some(byte_view bytes, deadline until = {});
  result<void> write_all(byte_view bytes, deadline until = {});
  /// Sends close_notify. The reading half goes on.
  result<void> close_write(deadline until = {});
  /// The descriptor to write to, borrowed, or -1. To write to it directly breaks the connection.
  [[nodiscard]] int native_handle() const noexcept;

 private:
  friend struct net::shared_connection;
  explicit tls_writer(std::shared_ptr<net::shared_connection> shared) noexcept : shared_(std::move(shared)) {}

  std::shared_ptr<net::shared_connection> shared_;
};

/// The two halves of one connection.
struct halves {
  tls_reader reader;
  tls_writer writer;
};

/// Splits a connection, which has to stand on descriptors. It is moved from only on success.
/// Errors: not_connected, not_supported.
SIGNET_EXPORT result<halves> split(tls_socket&& connected);
/// Joins the halves of one connection. No thread may be using either. On failure both halves are given up.
/// Errors: invalid_argument (the halves belong to two connections).
SIGNET_EXPORT result<tls_socket> join(halves&& of_one);

}  // namespace signet
