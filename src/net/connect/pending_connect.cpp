#include "net/connect/pending_connect.hpp"

#include <sys/epoll.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <cerrno>

#include "base/sentence.hpp"
#include "net/connect/race.hpp"
#include "net/tcp_socket_impl.hpp"

namespace signet::net {

struct pending_connect::impl {
  std::string whom;
  deadline until;
  address_filter permit;
  local_end from;
  // Readable when one of the others is: the look-up, the clock, and the attempts' sockets.
  base::descriptor any;
  base::descriptor clock;
  // One after the other.
  std::optional<pending_lookup> lookup = {};
  std::optional<racing> attempts = {};

  [[nodiscard]] error system_failure() const { return io_failure({.asked = whom}, "connecting", errno); }

  [[nodiscard]] bool watch(int fd) const {
    epoll_event readable{};
    readable.events = EPOLLIN;
    return ::epoll_ctl(any.get(), EPOLL_CTL_ADD, fd, &readable) == 0;
  }

  // The descriptor wakes its owner at that time, or at once when it has passed.
  [[nodiscard]] bool set_clock(deadline at) const {
    itimerspec when{};
    if (!at.is_never()) {
      constexpr std::chrono::nanoseconds earliest{1};
      // Zero would disarm it, and less is refused.
      const auto since = std::max<std::chrono::nanoseconds>(at.when().time_since_epoch(), earliest).count();
      when.it_value.tv_sec = since / 1'000'000'000;
      when.it_value.tv_nsec = since % 1'000'000'000;
    }
    return ::timerfd_settime(clock.get(), TFD_TIMER_ABSTIME, &when, nullptr) == 0;
  }

  result<bool> look_up() {
    auto found = lookup->step();
    if (!found) return std::move(found).error();
    if (!*found) return false;
    // The thread may hold it open for a moment still.
    if (lookup->handle() >= 0) ::epoll_ctl(any.get(), EPOLL_CTL_DEL, lookup->handle(), nullptr);
    auto permitted = addresses_to_try(whom, **found, permit, from);
    if (!permitted) return std::move(permitted).error();
    attempts.emplace(whom, *std::move(permitted), until, usual_head_start, any.get(), from);
    // Not before: what the user decides may throw.
    lookup.reset();
    return true;
  }

  result<std::optional<tcp_socket>> step() {
    if (lookup) {
      auto done = look_up();
      if (!done) return std::move(done).error();
      if (!*done) return std::optional<tcp_socket>();
    }
    auto won = attempts->step(waiting::forbidden);
    if (!won) return std::move(won).error();
    if (*won)
      return std::optional(detail::access::make<tcp_socket>(
          std::make_unique<tcp_socket_impl>(std::move((*won)->socket), peer{whom, (*won)->address, side::client})));
    if (!set_clock(attempts->wake_up())) return system_failure();
    return std::optional<tcp_socket>();
  }
};

result<pending_connect> pending_connect::start(const endpoint& to, tcp_connect_options how, const system_lookup& ask) {
  if (auto ok = may_connect(to); !ok) return std::move(ok).error();
  auto from = local_end::of(how.local_address, signet::to_string(to));
  if (!from) return std::move(from).error();
  const auto until = deadline_of(how);
  auto lookup = pending_lookup::start(to, {how.family, how.lookup}, until, ask);
  if (!lookup) return std::move(lookup).error();
  // NOLINTNEXTLINE(modernize-make-unique): an aggregate is made with braces
  std::unique_ptr<impl> made(new impl{signet::to_string(to), until, std::move(how.permit), *std::move(from),
                                      base::descriptor(::epoll_create1(EPOLL_CLOEXEC)),
                                      base::descriptor(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)),
                                      *std::move(lookup)});
  if (!made->any || !made->clock || !made->watch(made->clock.get())) return made->system_failure();
  auto next = until;
  if (const int asked = made->lookup->handle(); asked >= 0) {
    if (!made->watch(asked)) return made->system_failure();
  } else {
    // An address is there already: the first attempt begins now.
    if (auto found = made->look_up(); !found) return std::move(found).error();
    next = made->attempts->wake_up();
  }
  if (!made->set_clock(next)) return made->system_failure();
  return pending_connect(std::move(made));
}

pending_connect::pending_connect(std::unique_ptr<impl> made) noexcept : impl_(std::move(made)) {}
pending_connect::pending_connect(pending_connect&&) noexcept = default;
pending_connect& pending_connect::operator=(pending_connect&&) noexcept = default;
pending_connect::~pending_connect() = default;

result<std::optional<tcp_socket>> pending_connect::step() {
  return impl_->step();
}

int pending_connect::handle() const noexcept {
  return impl_->any.get();
}

result<void> may_connect(const endpoint& to) {
  base::sentence told{.whom = signet::to_string(to), .phase = "connecting"};
  if (to.host.empty()) {
    told.why = "there is no host to connect to";
  } else if (to.port == 0) {
    told.why = "there is no port 0 to connect to";
    told.hint = "name a port from 1 to 65535";
  } else {
    return {};
  }
  return told.as(errc::invalid_endpoint);
}

}  // namespace signet::net
