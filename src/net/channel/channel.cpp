#include "net/channel/channel.hpp"

#include <poll.h>

#include <cerrno>

#include "base/sentence.hpp"
#include "net/channel/progress.hpp"

namespace signet::net {

void channel::begin(std::string_view phase, time_limits limits, waiting may_wait) noexcept {
  phase_ = phase;
  limits_ = limits;
  may_wait_ = may_wait;
  moved_ = false;
  late_ = false;
  if (until().is_never()) return;
  began_ = deadline::clock::now();
  late_ = began_ >= until().when();
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
  return timed_out(describe(), phase_, deadline::clock::now() - began_);
}

error channel::problem(errc code, std::string why, std::string hint) const {
  return base::sentence{.whom = describe(), .phase = phase_, .why = std::move(why), .hint = std::move(hint)}.as(code);
}

result<void> channel::in_time() const {
  if (until().passed()) return timed_out_now();
  return {};
}

result<void> channel::check() const {
  return moved_ ? in_time() : result<void>();
}

result<void> channel::wait(int fd, short events) const {
  pollfd waited{fd, events, 0};
  progress bytes(limits_.stall);
  for (;;) {
    const int ready = ::poll(&waited, 1, deadline::earlier(until(), bytes.next_look()).poll_timeout());
    if (ready > 0) return {};
    if (ready == 0) {
      // Rounding aside, the time is up: poll_timeout() is capped for deadlines weeks away.
      if (until().passed()) return timed_out_now();
      if (bytes.has_stalled(write_handle())) return stalled_now();
    } else if (errno != EINTR) {
      return failure(errno);
    }
  }
}

result<void> channel::pollable() const {
  if (polled_by_descriptor()) return {};
  return base::sentence{.whom = describe(),
                        .why = "it does not stand on a descriptor that poll(2) can wait for",
                        .hint = "use a tls_socket, whose calls wait"}
      .as(errc::not_supported);
}

result<int> channel::release() {
  return base::sentence{.whom = describe(), .phase = "releasing", .why = "it does not stand on one descriptor"}.as(
      errc::not_supported);
}

}  // namespace signet::net
