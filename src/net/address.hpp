// Socket addresses as the system takes them.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <signet/base/endpoint.hpp>

namespace signet::net {

struct socket_address {
  sockaddr_storage storage = {};
  socklen_t size = 0;

  [[nodiscard]] const sockaddr* get() const noexcept { return reinterpret_cast<const sockaddr*>(&storage); }
  [[nodiscard]] sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&storage); }
  [[nodiscard]] int family() const noexcept { return size == 0 ? AF_UNSPEC : storage.ss_family; }
  [[nodiscard]] std::uint16_t port() const noexcept;
  void set_port(std::uint16_t port) noexcept;

  // The same place, byte for byte.
  [[nodiscard]] bool same_as(const socket_address& other) const noexcept;
};

socket_address from_system(const sockaddr* address, socklen_t size) noexcept;

// An IPv4 address inside IPv6 (as dual-stack sockets report it) comes out as IPv4, and the name of a local socket as
// "unix:/path", printable, or "unix:@name" where it is in no folder. Empty, port 0, for sockets without a name and for
// other families.
endpoint to_endpoint(const socket_address& address);

// "192.0.2.1:443", "[2001:db8::1]:443", "unix:/path".
std::string to_string(const socket_address& address);

// An IPv4 or IPv6 address (with or without a zone) in the text; nothing for a name.
std::optional<socket_address> from_literal(const std::string& text, std::uint16_t port);

// The address of a local socket by the path of its file, which has 1 to longest_unix_path bytes and no NUL; nothing for
// another.
std::optional<socket_address> from_path(std::string_view path) noexcept;
extern const std::size_t longest_unix_path;

// Families alternate, beginning with the first one's, and keep their order otherwise (RFC 8305 section 4).
std::vector<socket_address> interleaved(const std::vector<socket_address>& addresses);

socket_address local_address(int fd) noexcept;
socket_address remote_address(int fd) noexcept;

}  // namespace signet::net
