// A std::iostream over a socket: std::getline, >> and << with a verified peer.
//
// Output is gathered, up to one TLS record of 16 KiB. It leaves with std::flush or std::endl, when the record is full,
// on close(), and before a read that asks the socket. Nothing is translated: getline() leaves the CR of a CRLF in its
// line. A stream has no position to tell or to seek.
//
// An end that the peer declared sets eofbit and failbit, as the end of a file does. Every other failure (truncated,
// timed out, reset, a bad record) sets badbit as well, and error() returns it. To learn whether everything arrived,
// check bad() at the end. The stream throws nothing unless exceptions() asks for it; what() is then the error's
// message. One thread uses a stream at a time.
// Deliberately absent: deadlines for single calls.
#pragma once

#include <chrono>
#include <istream>
#include <memory>
#include <optional>
#include <variant>

#include <signet/net/tcp_socket.hpp>
#include <signet/net/tls_socket.hpp>

namespace signet {

class SIGNET_EXPORT stream : public std::iostream {
 public:
  /// The socket that a stream stands on.
  using any_socket = std::variant<tls_socket, tcp_socket>;

  /// Makes a stream that owns the socket.
  explicit stream(tls_socket on);
  explicit stream(tcp_socket on);
  /// A stream that was moved from is bad(), and reads and writes nothing.
  stream(stream&& other) noexcept;
  stream& operator=(stream&& other) noexcept;
  /// Releases the socket. It sends nothing, gathered output included, because a destructor must not wait and cannot
  /// report a failure. Call close() first.
  ~stream() override;

  /// The reason why badbit is set, or nothing if it is not. After clear(), a read that timed out may be repeated and
  /// has lost nothing. After a write that failed, every later write fails with the same error.
  [[nodiscard]] std::optional<signet::error> error() const;

  /// Sets the timeout of the socket: the longest time that one read or write may wait. Zero removes it. At first there
  /// is the timeout that the socket came with, if any.
  void set_timeout(std::chrono::milliseconds each_call);

  /// Sends the gathered output, then closes the socket; over TLS it sends close_notify. It returns the first error. A
  /// second call does nothing, and returns the error of a failed write again.
  /// Errors: those of tls_socket::write_all() and tls_socket::close().
  result<void> close();

  /// The socket, borrowed, for its other functions: std::get<tls_socket>(s.socket()).info(). To read or write it
  /// directly breaks the order of the bytes. Do not call this on a stream that was moved from.
  [[nodiscard]] any_socket& socket();
  /// Gives the socket up. It refuses while the stream holds bytes: read those that were read ahead, and flush() those
  /// that were not sent.
  /// Errors: unread_data, not_connected.
  result<any_socket> release();

 private:
  class buffer;
  explicit stream(any_socket on);
  void take_over(stream& other) noexcept;

  std::unique_ptr<buffer> buffer_;
};

}  // namespace signet
