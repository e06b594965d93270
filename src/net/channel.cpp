#include "net/channel.hpp"

#include <poll.h>

#include <cerrno>

namespace signet::net {

void channel::begin(std::string_view phase, deadline until, waiting may_wait) noexcept {
  phase_ = phase;
  until_ = until;
  may_wait_ = may_wait;
  moved_ = false;
  late_ = false;
  if (until.is_never()) return;
  began_ = deadline::clock::now();
  late_ = began_ >= until.when();
}

result<io_status> channel::try_read(byte_span buffer) {
  const auto before = allow(waiting::forbidden);
  auto got = read(buffer);
  allow(before);
  return got;
}

result<io_status> channel::try_write(byte_view bytes) {
  const auto before = allow(waiting::forbidden);
  auto taken = write(bytes);
  allow(before);
  return taken;
}

error channel::timed_out_now() const {
  return timed_out(whom_.describe(), phase_, deadline::clock::now() - began_);
}

result<void> channel::in_time() const {
  if (until_.passed()) return timed_out_now();
  return {};
}

result<void> channel::check() const {
  return moved_ ? in_time() : result<void>();
}

result<void> channel::wait(int fd, short events, deadline until) const {
  pollfd waited{fd, events, 0};
  for (;;) {
    const int ready = ::poll(&waited, 1, until.poll_timeout());
    if (ready > 0) return {};
    if (ready == 0) {
      // Rounding aside, the time is up: poll_timeout() is capped for deadlines weeks away.
      if (until.passed()) return timed_out_now();
    } else if (errno != EINTR) {
      return failure(errno);
    }
  }
}

result<void> channel::pollable() const {
  if (polled_by_descriptor()) return {};
  return error(errc::not_supported, whom_.describe() + ": it does not stand on a descriptor that poll(2) can wait for",
               "use a tls_socket, whose calls wait");
}

result<int> channel::release() {
  return error(errc::not_supported, whom_.describe() + ": releasing: it does not stand on one descriptor");
}

}  // namespace signet::net
