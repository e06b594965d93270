// Gathers small writes until they fill a TLS record of 16 KiB, or until flush(): ten lines leave as one record and one
// segment. For text that is formatted and read back in lines there is signet::stream.
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
  /// Borrows the socket, which has to outlive it and stay where it is. What is written to the socket directly overtakes
  /// what is held.
  explicit buffered_writer(tls_socket& on) noexcept : on_(&on) {}
  explicit buffered_writer(tcp_socket& on) noexcept : on_(&on) {}
  buffered_writer(const buffered_writer&) = delete;
  buffered_writer& operator=(const buffered_writer&) = delete;
  /// Sends nothing: what was not flushed is lost, for a destructor does not wait and cannot tell a failure.
  ~buffered_writer() = default;

  /// Takes all of it. Waits when a record is full, and sends what is larger than one at once, after what was held.
  /// Fails as write_all() of the socket does, and then for good: what the peer got of it is not known, so every later
  /// call returns the same error.
  result<void> write(byte_view bytes, deadline until = {});
  /// Sends what is held.
  result<void> flush(deadline until = {});
  /// Bytes held.
  [[nodiscard]] std::size_t size() const noexcept { return held_.size(); }

 private:
  result<void> send(byte_view bytes, deadline until);

  std::variant<tls_socket*, tcp_socket*> on_;
  std::string held_ = {};
  std::optional<error> failure_ = {};
};

}  // namespace signet
