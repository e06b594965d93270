#include "net/descriptor_transport.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>

namespace signet::net {

void descriptor_transport::begin(std::string_view phase, deadline until, waiting may_wait) noexcept {
  phase_ = phase;
  until_ = until;
  may_wait_ = may_wait;
  moved_ = false;
  if (!until.is_never()) began_ = deadline::clock::now();
}

error descriptor_transport::timed_out_now() const {
  return timed_out(whom_.describe(), phase_, deadline::clock::now() - began_);
}

result<void> descriptor_transport::check() const {
  if (moved_ && until_.passed()) return timed_out_now();
  return {};
}

result<void> descriptor_transport::poll_until(short events, deadline until) {
  pollfd waited{fd_, events, 0};
  for (;;) {
    const int ready = ::poll(&waited, 1, until.poll_timeout());
    if (ready > 0) return {};
    if (ready == 0) {
      // Rounding aside, the time is up: poll_timeout() is capped for deadlines weeks away.
      if (until.passed()) return timed_out_now();
    } else if (errno != EINTR) {
      return io_failure(whom_, phase_, errno);
    }
  }
}

result<io_status> descriptor_transport::read(byte_span buffer) {
  const bool patient = may_wait_ == waiting::allowed;
  const bool timed = patient && !until_.is_never();
  if (timed) {
    // A peer that always has one more byte ready does not outlive the deadline.
    if (auto ok = check(); !ok) return std::move(ok).error();
  }
  bool polled = false;
  for (;;) {
    if (timed && !polled) {
      if (auto ready = poll_until(POLLIN, until_); !ready) return std::move(ready).error();
      polled = true;
    }
    const auto n = ::recv(fd_, buffer.data(), buffer.size(), patient && !timed ? 0 : MSG_DONTWAIT);
    if (n >= 0) {
      moved_ = true;
      io_status out;
      out.bytes = static_cast<std::size_t>(n);
      out.end = n == 0;
      return out;
    }
    if (errno == EINTR) continue;
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      if (!patient) return io_status{0, wait_for::read};
      // Readiness that was none, or a descriptor that somebody made non-blocking.
      polled = false;
      if (!timed) {
        if (auto ready = poll_until(POLLIN, deadline::never()); !ready) return std::move(ready).error();
      }
      continue;
    }
    return io_failure(whom_, phase_, errno);
  }
}

result<io_status> descriptor_transport::write(byte_view bytes) {
  const bool patient = may_wait_ == waiting::allowed;
  const bool timed = patient && !until_.is_never();
  if (timed) {
    if (auto ok = check(); !ok) return std::move(ok).error();
  }
  const int flags = MSG_NOSIGNAL | (patient && !timed ? 0 : MSG_DONTWAIT) | (last_words_ ? MSG_MORE : 0);
  for (;;) {
    const auto n = ::send(fd_, bytes.data(), bytes.size(), flags);
    if (n >= 0) {
      moved_ = true;
      return io_status{static_cast<std::size_t>(n)};
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return io_failure(whom_, phase_, errno);
    if (!patient) return io_status{0, wait_for::write};
    if (auto ready = poll_until(POLLOUT, timed ? until_ : deadline::never()); !ready) return std::move(ready).error();
  }
}

}  // namespace signet::net
