// The interface to implement for a stream of your own: a tunnel, a channel of another protocol, a device. A tcp_socket
// is made over it by tcp_socket::over(), and TLS over that by start_tls().
//
// A stream behaves like a blocking socket: a call waits until its deadline, or moves what is ready. One thread uses it
// at a time. Errors are signet errors and reach the caller of the socket as they are.
// Deliberately absent: everything about TLS, and a way to wait for several streams at once.
#pragma once

#include <signet/base/bytes.hpp>
#include <signet/base/deadline.hpp>
#include <signet/base/export.hpp>
#include <signet/base/result.hpp>

namespace signet {

/// A stream of bytes in both directions.
class SIGNET_EXPORT byte_stream {
 public:
  /// Releases the stream. It sends nothing and does not wait.
  virtual ~byte_stream() = default;

  /// Waits for at least one byte and returns how many it read, or 0 at the end. If the deadline has passed already, it
  /// takes what has come and does not wait.
  /// Errors: timed_out if no byte came by the deadline, and any other that ends the connection.
  virtual result<std::size_t> read_some(byte_span buffer, deadline until) = 0;
  /// Waits until it can take at least one byte and returns how many it took. If the deadline has passed already, it
  /// takes what it can and does not wait.
  /// Errors: timed_out if it could take none by the deadline, and any other that ends the connection.
  virtual result<std::size_t> write_some(byte_view bytes, deadline until) = 0;
  /// Ends our direction. Reading goes on.
  virtual result<void> close_write() = 0;
  /// Ends both directions, and sends what the stream's own protocol sends at its end. It does not wait.
  virtual void close() noexcept = 0;
  /// A descriptor that poll(2) finds readable whenever read_some() need not wait, or -1. Without one,
  /// nonblocking_socket, split() and relay() refuse the connection. Do not return one if the stream reads ahead into a
  /// buffer.
  [[nodiscard]] virtual int native_handle() const noexcept { return -1; }

 protected:
  byte_stream() = default;
  byte_stream(const byte_stream&) = default;
  byte_stream& operator=(const byte_stream&) = default;
};

}  // namespace signet
