#include "net/channel/descriptor_channel.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

namespace signet::net {

result<io_status> descriptor_channel::read(byte_span buffer) {
  if (auto ok = may_read(); !ok) return std::move(ok).error();
  bool polled = false;
  for (;;) {
    if (timed() && !polled) {
      if (auto ready = wait(fd_.get(), POLLIN); !ready) return std::move(ready).error();
      polled = true;
    }
    const auto n = ::recv(fd_.get(), buffer.data(), buffer.size(), patient() && !timed() ? 0 : MSG_DONTWAIT);
    if (n >= 0) {
      if (n > 0)
        has_read();
      else
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
        if (auto ready = wait(fd_.get(), POLLIN); !ready) return std::move(ready).error();
      }
      continue;
    }
    return failure(errno);
  }
}

std::optional<result<std::size_t>> descriptor_channel::look(byte_span buffer) {
  for (;;) {
    if (auto came = wait(fd_.get(), POLLIN); !came) return std::move(came).error();
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
      has_written();
      return io_status{static_cast<std::size_t>(n)};
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return failure(errno);
    if (!patient()) return io_status{0, wait_for::write};
    if (auto ready = wait(fd_.get(), POLLOUT); !ready) return std::move(ready).error();
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

bool descriptor_channel::part() noexcept {
  departing leaves(std::move(fd_));
  leaves.say_goodbye();
  const bool over = leaves.is_over();
  if (const auto others = over ? nullptr : departures_.lock()) {
    others->see_off(std::move(leaves));
    return true;
  }
  fd_ = leaves.release();
  return over;
}

void descriptor_channel::depart(deadline until) noexcept {
  if (!part()) departing(std::move(fd_)).wait(deadline::earlier(until, farewell));
  close();
}

// A plain connection that nobody sees off is closed as it is.
void descriptor_channel::end() noexcept {
  if (!departures_.expired()) part();
  close();
}

}  // namespace signet::net
