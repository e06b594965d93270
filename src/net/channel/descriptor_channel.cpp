#include "net/channel/descriptor_channel.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace signet::net {

result<io_status> descriptor_channel::read(byte_span buffer) {
  if (auto ok = may_read(); !ok) return std::move(ok).error();
  bool polled = false;
  for (;;) {
    if (timed() && !polled) {
      if (auto ready = wait(fd_.get(), POLLIN, until()); !ready) return std::move(ready).error();
      polled = true;
    }
    const auto n = ::recv(fd_.get(), buffer.data(), buffer.size(), patient() && !timed() ? 0 : MSG_DONTWAIT);
    if (n >= 0) {
      moved();
      io_status out;
      out.bytes = static_cast<std::size_t>(n);
      out.end = n == 0;
      return out;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!patient()) return io_status{0, wait_for::read};
      // Readiness that was none, or a descriptor that somebody made non-blocking.
      polled = false;
      if (!timed()) {
        if (auto ready = wait(fd_.get(), POLLIN, deadline::never()); !ready) return std::move(ready).error();
      }
      continue;
    }
    return failure(errno);
  }
}

std::optional<result<std::size_t>> descriptor_channel::look(byte_span buffer) {
  for (;;) {
    if (auto came = wait(fd_.get(), POLLIN, until()); !came) return std::move(came).error();
    const auto n = ::recv(fd_.get(), buffer.data(), buffer.size(), MSG_PEEK | MSG_DONTWAIT);
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR && errno != EAGAIN && errno != EWOULDBLOCK) return failure(errno);
  }
}

result<io_status> descriptor_channel::write(byte_view bytes) {
  if (auto ok = may_write(); !ok) return std::move(ok).error();
  const int flags = MSG_NOSIGNAL | (patient() && !timed() ? 0 : MSG_DONTWAIT) | (last_words_ ? MSG_MORE : 0);
  for (;;) {
    const auto n = ::send(fd_.get(), bytes.data(), bytes.size(), flags);
    if (n >= 0) {
      moved();
      return io_status{static_cast<std::size_t>(n)};
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return failure(errno);
    if (!patient()) return io_status{0, wait_for::write};
    if (auto ready = wait(fd_.get(), POLLOUT, timed() ? until() : deadline::never()); !ready)
      return std::move(ready).error();
  }
}

result<void> descriptor_channel::end_writing() {
  if (::shutdown(fd_.get(), SHUT_WR) != 0) return failure(errno);
  return {};
}

bool descriptor_channel::reset() noexcept {
  sockaddr_storage at{};
  socklen_t size = sizeof at;
  const linger at_once{1, 0};
  // Among local sockets there is no reset.
  if (::getsockname(fd_.get(), reinterpret_cast<sockaddr*>(&at), &size) != 0 ||
      (at.ss_family != AF_INET && at.ss_family != AF_INET6) ||
      ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once) != 0)
    return false;
  close();
  return true;
}

void descriptor_channel::part() noexcept {
  ::shutdown(fd_.get(), SHUT_WR);
  std::array<char, 16384> scrap;
  std::size_t left = std::size_t{1} << 20;
  while (left > 0) {
    const auto n = ::recv(fd_.get(), scrap.data(), std::min(left, scrap.size()), MSG_DONTWAIT);
    // To the last byte: one that is left makes the kernel reset what the peer has not read yet.
    if (n > 0)
      left -= static_cast<std::size_t>(n);
    else if (n == 0 || errno != EINTR)
      return;
  }
}

}  // namespace signet::net
