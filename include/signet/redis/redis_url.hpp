// Where a Redis server is, and who asks it: `redis://user:password@host:6379/0`, `rediss://host` over TLS, or
// `unix:/run/redis.sock`.
//
// The parts of a URL are percent-encoded, an IPv6 address stands in brackets, and the port is 6379 where none is given.
// The password appears in no message and in no text(); it is wiped when the last copy goes.
// Deliberately absent: options in the query, and lists of servers.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <signet/base/export.hpp>
#include <signet/base/result.hpp>

namespace signet {

class SIGNET_EXPORT redis_url {
 public:
  enum class transport : unsigned char { plain, tls, local_socket };

  /// Reads `redis[s]://[[user]:password@]host[:port][/database]` or `unix:/path`, in at most 4096 bytes.
  /// Errors: invalid_argument. The message repeats nothing of the text.
  static result<redis_url> parse(std::string_view text);

  [[nodiscard]] transport over() const noexcept;
  /// A DNS name, or an address without brackets. Empty for a local socket.
  [[nodiscard]] const std::string& host() const& noexcept;
  [[nodiscard]] std::string host() &&;
  /// 1 to 65535, or 0 for a local socket.
  [[nodiscard]] std::uint16_t port() const noexcept;
  /// The path of a local socket. Empty for a host.
  [[nodiscard]] const std::string& path() const& noexcept;
  [[nodiscard]] std::string path() &&;
  [[nodiscard]] std::uint32_t database() const noexcept;
  /// The URL without user and password: "rediss://redis.example.org:6379/2", "unix:/run/redis.sock".
  [[nodiscard]] std::string text() const;

 private:
  friend struct detail::access;
  struct impl;
  explicit redis_url(std::shared_ptr<const impl> made) noexcept : impl_(std::move(made)) {}

  std::shared_ptr<const impl> impl_;
};

}  // namespace signet
