#include "net/channel/departures.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace signet::net {

void departing::say_goodbye() noexcept {
  ::shutdown(fd_.get(), SHUT_WR);
}

bool departing::is_over(std::size_t at_once) noexcept {
  std::array<char, 16384> scrap;
  // To the last byte: one that is left makes the system reset what the peer has not read yet.
  for (auto now = std::min(at_once, left_); now > 0;) {
    const auto n = ::recv(fd_.get(), scrap.data(), std::min(now, scrap.size()), MSG_DONTWAIT);
    if (n > 0) {
      now -= static_cast<std::size_t>(n);
      left_ -= static_cast<std::size_t>(n);
    } else if (n == 0 || errno != EINTR) {
      return n == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
    }
  }
  return left_ == 0;
}

void departing::wait(deadline until) noexcept {
  pollfd waited{fd_.get(), POLLIN, 0};
  while (!is_over() && !until.passed())
    if (::poll(&waited, 1, until.poll_timeout()) < 0 && errno != EINTR) return;
}

}  // namespace signet::net
