#include "net/channel/pipe_channel.hpp"

#include <poll.h>
#include <pthread.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <ctime>

namespace signet::net {
namespace {

// write(2) of a pipe without a reader raises SIGPIPE, and knows no MSG_NOSIGNAL. Held back in this thread only, and
// taken away again unless it was pending before.
class no_sigpipe {
 public:
  no_sigpipe() noexcept {
    sigset_t pending;
    ::sigemptyset(&pending);
    ::sigpending(&pending);
    was_pending_ = ::sigismember(&pending, SIGPIPE) == 1;
    ::sigemptyset(&pipe_);
    ::sigaddset(&pipe_, SIGPIPE);
    if (!was_pending_) ::pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  no_sigpipe(const no_sigpipe&) = delete;
  no_sigpipe& operator=(const no_sigpipe&) = delete;
  ~no_sigpipe() {
    if (was_pending_) return;
    const timespec none{};
    if (raised_) {
      while (::sigtimedwait(&pipe_, nullptr, &none) < 0 && errno == EINTR) {
      }
    }
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  void raised() noexcept { raised_ = true; }

 private:
  sigset_t pipe_{};
  sigset_t before_{};
  bool was_pending_ = false;
  bool raised_ = false;
};

}  // namespace

result<bool> pipe_channel::ready(int fd, short events) {
  if (fd < 0) return failure(EPIPE);
  if (auto ok = events == POLLIN ? may_read() : may_write(); !ok) return std::move(ok).error();
  if (patient()) {
    if (auto ok = wait(fd, events); !ok) return std::move(ok).error();
    return true;
  }
  pollfd waited{fd, events, 0};
  int n = 0;
  while ((n = ::poll(&waited, 1, 0)) < 0 && errno == EINTR) {
  }
  if (n < 0) return failure(errno);
  return n > 0;
}

result<io_status> pipe_channel::read(byte_span buffer) {
  for (;;) {
    auto may = ready(in_.get(), POLLIN);
    if (!may) return std::move(may).error();
    if (!*may) return io_status{0, wait_for::read};
    const auto n = ::read(in_.get(), buffer.data(), buffer.size());
    if (n >= 0) {
      moved();
      io_status out;
      out.bytes = static_cast<std::size_t>(n);
      out.end = n == 0;
      return out;
    }
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != EWOULDBLOCK) return failure(errno);
    if (!patient()) return io_status{0, wait_for::read};
  }
}

result<io_status> pipe_channel::write(byte_view bytes) {
  for (;;) {
    auto may = ready(out_.get(), POLLOUT);
    if (!may) return std::move(may).error();
    if (!*may) return io_status{0, wait_for::write};
    // As much as a pipe that is ready takes for certain (pipe(7)).
    const auto piece = std::min<std::size_t>(bytes.size(), PIPE_BUF);
    no_sigpipe quiet;
    const auto n = ::write(out_.get(), bytes.data(), piece);
    if (n >= 0) {
      moved();
      return io_status{static_cast<std::size_t>(n)};
    }
    const int why = errno;
    if (why == EPIPE) quiet.raised();
    if (why == EINTR) continue;
    if (why != EAGAIN && why != EWOULDBLOCK) return failure(why);
    if (!patient()) return io_status{0, wait_for::write};
  }
}

result<void> pipe_channel::end_writing() {
  out_.reset();
  return {};
}

void pipe_channel::close() noexcept {
  in_.reset();
  out_.reset();
}

}  // namespace signet::net
