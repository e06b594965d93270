#include "net/connect/race.hpp"

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

#include <cerrno>
#include <utility>

#include "base/sentence.hpp"
#include "net/failure.hpp"

namespace signet::net {
namespace {

constexpr std::string_view phase = "connecting";

std::string elapsed(deadline::clock::time_point since) {
  return to_text(deadline::clock::now() - since);
}

std::string hint_at_our_end(errc code) {
  switch (code) {
    case errc::address_in_use:
      return "this machine has a connection or a server there already: choose another port, or let the system choose";
    case errc::unreachable:
      return "connect from an address of this machine, or from any";
    case errc::permission_denied:
      return "ports below 1024 take a privilege (CAP_NET_BIND_SERVICE): choose a higher one";
    default:
      return {};
  }
}

}  // namespace

racing::racing(std::string whom, std::vector<socket_address> addresses, deadline until,
               std::chrono::milliseconds head_start, int watch, local_end from)
    : whom_(std::move(whom)),
      addresses_(std::move(addresses)),
      until_(until),
      head_start_(head_start),
      watch_(watch),
      from_(std::move(from)),
      trace_(addresses_.size()) {
  start_those_due();
}

result<std::optional<race_winner>> racing::step(waiting may_wait) {
  if (addresses_.empty())
    return base::sentence{.whom = whom_, .phase = phase, .why = "there is no address to connect to"}.as(
        errc::name_not_found);
  for (;;) {
    if (until_.passed()) {
      for (const auto& a : running_) note(a.index, "no answer after " + elapsed(a.began));
      return timed_out(whom_, phase, deadline::clock::now() - began_).with_details(trace());
    }
    start_those_due();
    if (running_.empty()) return nobody_won();
    auto finished = answered(may_wait);
    for (auto& a : finished)
      if (auto won = judge(std::move(a))) return won;
    if (finished.empty() && may_wait == waiting::forbidden) return std::optional<race_winner>();
  }
}

deadline racing::wake_up() const {
  if (running_.empty()) return std::chrono::milliseconds(0);
  return next_ < addresses_.size() ? deadline::earlier(until_, next_start_) : until_;
}

void racing::start_those_due() {
  while (next_ < addresses_.size() && !until_.passed() && (running_.empty() || deadline::clock::now() >= next_start_))
    start(next_++);
}

void racing::start(std::size_t index) {
  const auto now = deadline::clock::now();
  next_start_ = now + head_start_;
  const auto& to = addresses_[index];
  base::descriptor socket(::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return failed(index, now, {errno});
  const int on = 1;
  ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (const auto begun = from_.connect(socket.get(), to); begun.system_error != 0) return failed(index, now, begun);
  epoll_event answer{};
  answer.events = EPOLLOUT;
  if (watch_ >= 0 && ::epoll_ctl(watch_, EPOLL_CTL_ADD, socket.get(), &answer) != 0) return failed(index, now, {errno});
  running_.push_back({std::move(socket), index, now});
}

std::string racing::reason(local_end::outcome why) const {
  return (why.at_our_end ? "from " + from_.describe() + ": " : "") + reason_of(why.system_error);
}

void racing::failed(std::size_t index, deadline::clock::time_point began, local_end::outcome why) {
  note(index, reason(why) + " after " + elapsed(began));
  // What tells most: that a host answered and refused, else what the first address said.
  if (failure_.system_error == 0 || why.system_error == ECONNREFUSED) {
    failure_ = why;
    failed_index_ = index;
  }
  // The next one need not wait.
  next_start_ = deadline::clock::now();
}

std::vector<racing::attempt> racing::answered(waiting may_wait) {
  std::vector<pollfd> waited;
  waited.reserve(running_.size());
  for (const auto& a : running_) waited.push_back({a.socket.get(), POLLOUT, 0});
  std::vector<attempt> out;
  if (::poll(waited.data(), waited.size(), may_wait == waiting::allowed ? wake_up().poll_timeout() : 0) <= 0)
    return out;
  for (std::size_t i = waited.size(); i-- > 0;) {
    if (waited[i].revents == 0) continue;
    // A closed descriptor that another process still has would stay watched.
    if (watch_ >= 0) ::epoll_ctl(watch_, EPOLL_CTL_DEL, waited[i].fd, nullptr);
    out.push_back(std::move(running_[i]));
    running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
  }
  return out;
}

std::optional<race_winner> racing::judge(attempt a) {
  const int fd = a.socket.get();
  int status = 0;
  socklen_t size = sizeof status;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &status, &size) != 0) status = errno;
  // A closed port in the range that clients' own ports come from can be given to the socket itself: TCP then connects
  // it to itself.
  if (status == 0 && local_address(fd).same_as(addresses_[a.index])) status = ECONNREFUSED;
  int non_blocking = 0;
  if (status == 0 && ::ioctl(fd, FIONBIO, &non_blocking) != 0) status = errno;
  if (status != 0) {
    failed(a.index, a.began, {status});
    return std::nullopt;
  }
  // The trace is for those that had to look further than one address.
  if (next_ > 1) note(a.index, "connected after " + elapsed(a.began));
  return race_winner{std::move(a.socket), addresses_[a.index], trace()};
}

void racing::note(std::size_t index, const std::string& what) {
  trace_[index] = to_string(addresses_[index]) + ": " + what;
}

// Those that were tried, in the order in which they were.
std::vector<std::string> racing::trace() const {
  std::vector<std::string> out;
  for (const auto& line : trace_)
    if (!line.empty()) out.push_back(line);
  return out;
}

error racing::nobody_won() const {
  const auto& address = addresses_[failed_index_];
  const auto code = failure_.system_error == ETIMEDOUT ? errc::timed_out : code_of(failure_.system_error);
  base::sentence told{.whom = whom_, .phase = phase, .why = reason(failure_), .system_error = failure_.system_error};
  if (const auto there = to_endpoint(address); addresses_.size() == 1 && signet::to_string(there) != whom_)
    told.whom += " (" + there.host + ')';
  if (addresses_.size() > 1) told.why += " (" + std::to_string(addresses_.size()) + " addresses tried)";
  if (code == errc::connection_refused)
    told.hint = "the host is up and nothing listens on port " + std::to_string(address.port()) +
                ": is the server running, and is this its port?";
  if (failure_.at_our_end) told.hint = hint_at_our_end(code);
  return told.as(code).with_details(trace());
}

result<race_winner> race(const std::string& whom, const std::vector<socket_address>& addresses, deadline until,
                         std::chrono::milliseconds head_start, local_end from) {
  auto won = racing(whom, addresses, until, head_start, -1, std::move(from)).step(waiting::allowed);
  if (!won) return std::move(won).error();
  return **std::move(won);
}

}  // namespace signet::net
