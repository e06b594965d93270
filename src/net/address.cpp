#include "net/address.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>

#include "base/printable.hpp"

namespace signet::net {

std::uint16_t socket_address::port() const noexcept {
  if (family() == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);
  if (family() == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6*>(&storage)->sin6_port);
  return 0;
}

void socket_address::set_port(std::uint16_t port) noexcept {
  if (family() == AF_INET) reinterpret_cast<sockaddr_in*>(&storage)->sin_port = htons(port);
  if (family() == AF_INET6) reinterpret_cast<sockaddr_in6*>(&storage)->sin6_port = htons(port);
}

bool socket_address::same_as(const socket_address& other) const noexcept {
  return size == other.size && std::memcmp(&storage, &other.storage, size) == 0;
}

socket_address from_system(const sockaddr* address, socklen_t size) noexcept {
  socket_address out;
  if (size > sizeof out.storage) return out;
  std::memcpy(&out.storage, address, size);
  out.size = size;
  return out;
}

namespace {
std::string unix_name(const socket_address& address) {
  constexpr auto before = offsetof(sockaddr_un, sun_path);
  if (address.size <= before) return {};
  const auto* path = reinterpret_cast<const sockaddr_un*>(&address.storage)->sun_path;
  const std::size_t size = address.size - before;
  // A name that no folder has begins with NUL, and may hold others.
  if (path[0] == '\0') return "unix:@" + base::printable({path + 1, size - 1});
  return "unix:" + base::printable({path, ::strnlen(path, size)});
}
}  // namespace

endpoint to_endpoint(const socket_address& address) {
  if (address.family() == AF_UNIX) return {unix_name(address), 0};
  if (address.family() == AF_INET6) {
    const auto* in6 = reinterpret_cast<const sockaddr_in6*>(&address.storage);
    if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
      std::array<char, INET_ADDRSTRLEN> text{};
      ::inet_ntop(AF_INET, &in6->sin6_addr.s6_addr[12], text.data(), text.size());
      return {text.data(), address.port()};
    }
  }
  if (address.family() != AF_INET && address.family() != AF_INET6) return {};
  std::array<char, NI_MAXHOST> text{};
  if (::getnameinfo(address.get(), address.size, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) != 0) return {};
  return {text.data(), address.port()};
}

std::string to_string(const socket_address& address) {
  return signet::to_string(to_endpoint(address));
}

std::optional<socket_address> from_literal(const std::string& text, std::uint16_t port) {
  socket_address out;
  if (auto* in = reinterpret_cast<sockaddr_in*>(&out.storage); ::inet_pton(AF_INET, text.c_str(), &in->sin_addr) == 1) {
    in->sin_family = AF_INET;
    out.size = sizeof *in;
  } else if (text.find(':') != std::string::npos) {
    // getaddrinfo and not inet_pton: it knows zones. With AI_NUMERICHOST it asks nobody.
    addrinfo hints{};
    hints.ai_family = AF_INET6;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICHOST;
    addrinfo* found = nullptr;
    if (::getaddrinfo(text.c_str(), nullptr, &hints, &found) != 0) return std::nullopt;
    out = from_system(found->ai_addr, found->ai_addrlen);
    ::freeaddrinfo(found);
  } else {
    return std::nullopt;
  }
  out.set_port(port);
  return out;
}

// A NUL behind it fits.
const std::size_t longest_unix_path = sizeof(sockaddr_un::sun_path) - 1;

std::optional<socket_address> from_path(std::string_view path) noexcept {
  if (path.empty() || path.size() > longest_unix_path || path.find('\0') != std::string_view::npos) return std::nullopt;
  socket_address out;
  auto* un = reinterpret_cast<sockaddr_un*>(&out.storage);
  un->sun_family = AF_UNIX;
  std::copy(path.begin(), path.end(), un->sun_path);
  out.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return out;
}

std::vector<socket_address> interleaved(const std::vector<socket_address>& addresses) {
  std::vector<socket_address> first;
  std::vector<socket_address> second;
  for (const auto& a : addresses) (a.family() == addresses.front().family() ? first : second).push_back(a);
  std::vector<socket_address> out;
  out.reserve(addresses.size());
  for (std::size_t i = 0; i < first.size() || i < second.size(); ++i) {
    if (i < first.size()) out.push_back(first[i]);
    if (i < second.size()) out.push_back(second[i]);
  }
  return out;
}

namespace {
socket_address ask(int (*which)(int, sockaddr*, socklen_t*), int fd) noexcept {
  socket_address out;
  socklen_t size = sizeof out.storage;
  if (which(fd, out.get(), &size) == 0 && size <= sizeof out.storage) out.size = size;
  return out;
}
}  // namespace

socket_address local_address(int fd) noexcept {
  return ask(::getsockname, fd);
}
socket_address remote_address(int fd) noexcept {
  return ask(::getpeername, fd);
}

}  // namespace signet::net
