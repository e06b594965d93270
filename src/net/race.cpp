#include "net/race.hpp"

#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <cerrno>

#include "net/failure.hpp"

namespace signet::net {
namespace {

constexpr std::string_view phase = "connecting";

struct attempt {
  descriptor socket;
  std::size_t index;
  deadline::clock::time_point began;
};

class runner {
 public:
  runner(const std::string& whom, const std::vector<socket_address>& addresses, deadline until,
         std::chrono::milliseconds head_start)
      : whom_(whom), addresses_(addresses), until_(until), head_start_(head_start), trace_(addresses.size()) {}

  result<race_winner> run() {
    const auto began = deadline::clock::now();
    for (;;) {
      if (until_.passed()) {
        for (const auto& a : running_) note(a.index, "no answer after " + elapsed(a.began));
        return timed_out(whom_, phase, deadline::clock::now() - began).with_details(trace());
      }
      while (next_ < addresses_.size() && (running_.empty() || deadline::clock::now() >= next_start_)) {
        if (auto won = start(next_++)) return *std::move(won);
      }
      if (running_.empty()) return nobody_won();
      if (auto won = wait()) return *std::move(won);
    }
  }

 private:
  static std::string elapsed(deadline::clock::time_point since) { return to_text(deadline::clock::now() - since); }

  void note(std::size_t index, const std::string& what) { trace_[index] = to_string(addresses_[index]) + ": " + what; }

  // Those that were tried, in the order in which they were.
  std::vector<std::string> trace() const {
    std::vector<std::string> out;
    for (const auto& line : trace_)
      if (!line.empty()) out.push_back(line);
    return out;
  }

  void failed(std::size_t index, deadline::clock::time_point began, int system_error) {
    note(index, reason_of(system_error) + " after " + elapsed(began));
    // What tells most: that a host answered and refused, else what the first address said.
    if (failure_ == 0 || system_error == ECONNREFUSED) {
      failure_ = system_error;
      failed_index_ = index;
    }
    // The next one need not wait.
    next_start_ = deadline::clock::now();
  }

  std::optional<race_winner> start(std::size_t index) {
    const auto now = deadline::clock::now();
    next_start_ = now + head_start_;
    const auto& to = addresses_[index];
    descriptor socket(::socket(to.family(), SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) return failed(index, now, errno), std::nullopt;
    const int on = 1;
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    attempt made{std::move(socket), index, now};
    if (::connect(made.socket.get(), to.get(), to.size) == 0) return won(made);
    // An interrupted connect() goes on by itself.
    if (errno != EINPROGRESS && errno != EINTR) return failed(index, now, errno), std::nullopt;
    running_.push_back(std::move(made));
    return std::nullopt;
  }

  std::optional<race_winner> wait() {
    std::vector<pollfd> waited;
    waited.reserve(running_.size());
    for (const auto& a : running_) waited.push_back({a.socket.get(), POLLOUT, 0});
    auto until = until_;
    if (next_ < addresses_.size()) until = deadline::earlier(until, deadline(next_start_));
    if (::poll(waited.data(), waited.size(), until.poll_timeout()) <= 0) return std::nullopt;
    for (std::size_t i = waited.size(); i-- > 0;) {
      if (waited[i].revents == 0) continue;
      auto finished = std::move(running_[i]);
      running_.erase(running_.begin() + static_cast<std::ptrdiff_t>(i));
      int status = 0;
      socklen_t size = sizeof status;
      if (::getsockopt(finished.socket.get(), SOL_SOCKET, SO_ERROR, &status, &size) != 0) status = errno;
      if (status == 0) {
        if (auto winner = won(finished)) return winner;
      } else {
        failed(finished.index, finished.began, status);
      }
    }
    return std::nullopt;
  }

  std::optional<race_winner> won(attempt& a) {
    const int fd = a.socket.get();
    // A closed port in the range that clients' own ports come from can be given to the socket itself: TCP then connects
    // it to itself.
    if (local_address(fd).same_as(addresses_[a.index])) return failed(a.index, a.began, ECONNREFUSED), std::nullopt;
    int non_blocking = 0;
    if (::ioctl(fd, FIONBIO, &non_blocking) != 0) return failed(a.index, a.began, errno), std::nullopt;
    // The trace is for those that had to look further than one address.
    if (next_ > 1) note(a.index, "connected after " + elapsed(a.began));
    return race_winner{std::move(a.socket), addresses_[a.index], trace()};
  }

  error nobody_won() const {
    const auto& address = addresses_[failed_index_];
    error_parts parts;
    parts.code = failure_ == ETIMEDOUT ? errc::timed_out : code_of(failure_);
    parts.message = whom_;
    if (const auto there = to_endpoint(address); addresses_.size() == 1 && signet::to_string(there) != whom_)
      parts.message += " (" + there.host + ')';
    parts.message += ": " + std::string(phase) + ": " + reason_of(failure_);
    if (addresses_.size() > 1) parts.message += " (" + std::to_string(addresses_.size()) + " addresses tried)";
    if (parts.code == errc::connection_refused)
      parts.hint = "the host is up and nothing listens on port " + std::to_string(address.port()) +
                   ": is the server running, and is this its port?";
    parts.system_error = failure_;
    parts.details = trace();
    return error(std::move(parts));
  }

  const std::string& whom_;
  const std::vector<socket_address>& addresses_;
  deadline until_;
  std::chrono::milliseconds head_start_;
  std::vector<std::string> trace_;
  std::vector<attempt> running_;
  std::size_t next_ = 0;
  deadline::clock::time_point next_start_ = {};
  int failure_ = 0;
  std::size_t failed_index_ = 0;
};

}  // namespace

result<race_winner> race(const std::string& whom, const std::vector<socket_address>& addresses, deadline until,
                         std::chrono::milliseconds head_start) {
  if (addresses.empty()) return error(errc::name_not_found, whom + ": connecting: there is no address to connect to");
  return runner(whom, addresses, until, head_start).run();
}

}  // namespace signet::net
