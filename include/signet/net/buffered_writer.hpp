// Gathers small writes until they fill one TLS record of 16 KiB, or until flush(). Ten lines then leave as one record
// and one segment.
//
// Every call that may wait takes a deadline and returns a result. A writer cannot be copied or moved.
// Deliberately absent: reading, and formatted text. For both there is signet::stream.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include <signet/base/bytes.hpp>
#include <signet/base/deadline.hpp>
#include <signet/base/result.hpp>
#include <signet/net/tcp_socket.hpp>
#include <signet/net/tls_socket.hpp>

namespace signet {

class SIGNET_EXPORT buffered_writer {
 public:
  /// Borrows the socket, which has to outlive the writer and may not be moved meanwhile. Bytes that are written to the
  /// socket directly overtake those that are held.
  explicit buffered_writer(tls_socket& on) noexcept : on_(&on) {}
  explicit buffered_writer(tcp_socket& on) noexcept : on_(&on) {}
  buffered_writer(const buffered_writer&) = delete;
  buffered_writer& operator=(const buffered_writer&) = delete;
  /// Sends nothing: bytes that were not flushed are lost, because a destructor must not wait and cannot report a
  /// failure.
  ~buffered_writer() = default;

  /// Takes all of `bytes`. It sends, and so may wait, only when more than one record would be held. Bytes larger than a
  /// record are sent at once, after those that are held. The first error is final, because it is not known how much of
  /// the record the peer has received: every later call returns the same error.
  /// Errors: those of the socket's write_all().
  result<void> write(byte_view bytes, deadline until = {});
  /// Sends the bytes that are held.
  /// Errors: those of the socket's write_all().
  result<void> flush(deadline until = {});
  /// The number of bytes that are held.
  [[nodiscard]] std::size_t size() const noexcept { return held_.size(); }

 private:
  result<void> send(byte_view bytes, deadline until);

  std::variant<tls_socket*, tcp_socket*> on_;
  std::string held_ = {};
  std::optional<error> failure_ = {};
};

}  // namespace signet
