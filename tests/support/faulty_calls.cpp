#include "support/faulty_calls.hpp"

#include <dlfcn.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace signet::test {
namespace {

enum class kind : unsigned char { read, write, poll, accept };

struct state {
  bool armed = false;
  fault_plan plan = {};
  unsigned calls = 0;
  unsigned injected = 0;
  unsigned first_injected = 0;
  std::array<unsigned, 4> of_kind = {};
  unsigned could_be_unready = 0;
  // What the last call, a poll(), said is ready.
  int ready = -1;
  bool done = false;
  bool nothing_to_read = false;
  bool nothing_to_write = false;
  std::array<int, 64> waits = {};
  std::size_t waited = 0;
};

// Without constructors: these calls are made before those have run.
constinit state environment = {};
constinit thread_local state own = {};
constinit thread_local bool asked_environment = false;

state& current() noexcept {
  if (!asked_environment) {
    asked_environment = true;
    own = environment;
  }
  return own;
}

[[maybe_unused]] const bool environment_read = [] {
  if (const char* text = std::getenv("SIGNET_FAULTS")) {
    environment.plan = fault_plan::parse(text);
    environment.armed = true;
    asked_environment = false;
  }
  return true;
}();

struct answer {
  bool let_through = true;
  // 0 is the end.
  int error = 0;
};

class call {
 public:
  call(kind what, int fd, bool may_wait) noexcept
      : s_(current()), what_(what), may_wait_(may_wait), ready_(std::exchange(s_.ready, -1) == fd) {}

  // Counts the call and says what becomes of it.
  answer judge() noexcept {
    ++s_.calls;
    const auto nth = ++s_.of_kind[static_cast<std::size_t>(what_)];
    if (!s_.done && s_.plan.at != 0 && s_.calls >= s_.plan.at) {
      if (auto out = once(); !out.let_through) return s_.done = true, counted(out);
    }
    if (s_.nothing_to_read && what_ == kind::read) return counted({false, 0});
    if (s_.nothing_to_write && what_ == kind::write) return counted({false, EPIPE});
    if (s_.plan.eintr != 0 && may_be_interrupted() && nth % s_.plan.eintr == 0) return counted({false, EINTR});
    if (s_.plan.eagain != 0 && may_be_unready() && ++s_.could_be_unready % s_.plan.eagain == 0)
      return counted({false, EAGAIN});
    return {};
  }
  [[nodiscard]] std::size_t most(std::size_t size) const noexcept {
    return s_.plan.split == 0 ? size : std::min<std::size_t>(size, s_.plan.split);
  }

 private:
  [[nodiscard]] bool may_be_interrupted() const noexcept { return what_ != kind::poll || may_wait_; }
  [[nodiscard]] bool may_be_unready() const noexcept { return what_ != kind::poll && (may_wait_ || ready_); }

  answer once() noexcept {
    const bool reads = what_ == kind::read;
    const bool writes = what_ == kind::write;
    switch (s_.plan.what) {
      case fault_plan::once::eintr:
        return {!may_be_interrupted(), EINTR};
      case fault_plan::once::eagain:
        return {!may_be_unready(), EAGAIN};
      case fault_plan::once::econnreset:
        s_.nothing_to_read = s_.nothing_to_write = reads || writes;
        return {!reads && !writes, ECONNRESET};
      case fault_plan::once::epipe:
        s_.nothing_to_read = s_.nothing_to_write = writes;
        return {!writes, EPIPE};
      case fault_plan::once::end:
        s_.nothing_to_read = reads;
        return {!reads, 0};
      default:
        return {};
    }
  }
  answer counted(answer out) noexcept {
    if (++s_.injected == 1) s_.first_injected = s_.calls;
    return out;
  }

  state& s_;
  kind what_;
  bool may_wait_;
  bool ready_;
};

[[maybe_unused]] bool concerns(int fd) noexcept {
  if (!current().armed) return false;
  const int before = errno;
  struct stat about {};
  const bool yes = ::fstat(fd, &about) == 0 && (S_ISSOCK(about.st_mode) || S_ISFIFO(about.st_mode));
  errno = before;
  return yes;
}

[[maybe_unused]] long failed(int error) noexcept {
  errno = error;
  return error == 0 ? 0 : -1;
}

// `go` makes the call, with at most so many bytes.
template <class Go>
long transfer(kind what, int fd, std::size_t size, bool may_wait, Go go) noexcept {
  if (!concerns(fd)) return go(size);
  call c(what, fd, may_wait);
  if (const auto out = c.judge(); !out.let_through) return failed(out.error);
  return go(c.most(size));
}

// As transfer(), of parts.
template <class Go>
long transfer_parts(kind what, int fd, const iovec* parts, std::size_t count, bool may_wait, Go go) {
  if (!concerns(fd)) return go(parts, count);
  call c(what, fd, may_wait);
  if (const auto out = c.judge(); !out.let_through) return failed(out.error);
  std::vector<iovec> fewer(parts, parts + count);
  std::size_t left = 0;
  for (const auto& part : fewer) left += part.iov_len;
  left = c.most(left);
  for (auto& part : fewer) {
    part.iov_len = std::min(part.iov_len, left);
    left -= part.iov_len;
  }
  return go(fewer.data(), fewer.size());
}

[[maybe_unused]] constexpr bool waits(int flags) noexcept {
  return (flags & MSG_DONTWAIT) == 0;
}

}  // namespace

fault_plan fault_plan::parse(std::string_view text) {
  const auto malformed = [text] {
    return std::invalid_argument("SIGNET_FAULTS is split=N, eintr=N or eagain=N, with commas between them, and not '" +
                                 std::string(text) + '\'');
  };
  fault_plan out;
  for (auto rest = text; !rest.empty();) {
    const auto one = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    const auto equals = std::min(one.find('='), one.size() - 1);
    const auto name = one.substr(0, equals);
    auto* const field = name == "split"    ? &out.split
                        : name == "eintr"  ? &out.eintr
                        : name == "eagain" ? &out.eagain
                                           : nullptr;
    const auto* const last = one.data() + one.size();
    // Each call failing, nothing would ever go on.
    const unsigned least = field == &out.split ? 1 : 2;
    if (field == nullptr) throw malformed();
    const auto [end, failure] = std::from_chars(one.data() + equals + 1, last, *field);
    if (failure != std::errc() || end != last || *field < least) throw malformed();
  }
  return out;
}

faults::faults(fault_plan plan) noexcept {
  asked_environment = true;
  own = {};
  own.armed = true;
  own.plan = plan;
}
faults::~faults() {
  asked_environment = false;
}
unsigned faults::calls() noexcept {
  return current().calls;
}
unsigned faults::injected() noexcept {
  return current().injected;
}
unsigned faults::first_injected() noexcept {
  return current().first_injected;
}
std::span<const int> faults::waits() noexcept {
  return std::span(current().waits).first(current().waited);
}

namespace {

struct lookup_plan {
  std::chrono::milliseconds by;
  std::vector<std::string> addresses;
};

// Look-ups have threads of their own, which may outlive who asked.
std::mutex lookup_mutex;
std::shared_ptr<const lookup_plan> lookup_planned;

[[maybe_unused]] std::shared_ptr<const lookup_plan> planned_lookup() {
  const std::lock_guard lock(lookup_mutex);
  return lookup_planned;
}

void plan_lookups(std::shared_ptr<const lookup_plan> plan) {
  const std::lock_guard lock(lookup_mutex);
  lookup_planned = std::move(plan);
}

}  // namespace

late_lookup::late_lookup(std::chrono::milliseconds by, std::vector<std::string> addresses) {
  plan_lookups(std::make_shared<lookup_plan>(lookup_plan{by, std::move(addresses)}));
}
late_lookup::~late_lookup() {
  plan_lookups({});
}

}  // namespace signet::test

#if !defined(SIGNET_UNDER_THREAD_SANITIZER)

using signet::test::call;
using signet::test::concerns;
using signet::test::current;
using signet::test::kind;
using signet::test::planned_lookup;
using signet::test::transfer;
using signet::test::transfer_parts;

// Straight into the kernel: past the sanitizers' own, which would take these for the ones below.
extern "C" {

ssize_t recv(int fd, void* buffer, size_t size, int flags) {
  // What is only looked at comes as it is: who waits for a second byte would find the first one ready for ever.
  if ((flags & MSG_PEEK) != 0) return ::syscall(SYS_recvfrom, fd, buffer, size, flags, nullptr, nullptr);
  return transfer(kind::read, fd, size, signet::test::waits(flags),
                  [=](size_t n) { return ::syscall(SYS_recvfrom, fd, buffer, n, flags, nullptr, nullptr); });
}

ssize_t send(int fd, const void* bytes, size_t size, int flags) {
  return transfer(kind::write, fd, size, signet::test::waits(flags),
                  [=](size_t n) { return ::syscall(SYS_sendto, fd, bytes, n, flags, nullptr, 0); });
}

ssize_t read(int fd, void* buffer, size_t size) {
  return transfer(kind::read, fd, size, true, [=](size_t n) { return ::syscall(SYS_read, fd, buffer, n); });
}

ssize_t write(int fd, const void* bytes, size_t size) {
  return transfer(kind::write, fd, size, true, [=](size_t n) { return ::syscall(SYS_write, fd, bytes, n); });
}

ssize_t readv(int fd, const iovec* parts, int count) {
  return transfer_parts(kind::read, fd, parts, static_cast<size_t>(count), true,
                        [=](const iovec* fewer, size_t n) { return ::syscall(SYS_readv, fd, fewer, n); });
}

ssize_t writev(int fd, const iovec* parts, int count) {
  return transfer_parts(kind::write, fd, parts, static_cast<size_t>(count), true,
                        [=](const iovec* fewer, size_t n) { return ::syscall(SYS_writev, fd, fewer, n); });
}

ssize_t sendmsg(int fd, const msghdr* message, int flags) {
  return transfer_parts(kind::write, fd, message->msg_iov, message->msg_iovlen, signet::test::waits(flags),
                        [=](const iovec* fewer, size_t n) {
                          auto shorter = *message;
                          shorter.msg_iov = const_cast<iovec*>(fewer);
                          shorter.msg_iovlen = n;
                          return ::syscall(SYS_sendmsg, fd, &shorter, flags);
                        });
}

int accept4(int fd, sockaddr* address, socklen_t* size, int flags) {
  return static_cast<int>(
      transfer(kind::accept, fd, 0, true, [=](size_t) { return ::syscall(SYS_accept4, fd, address, size, flags); }));
}

int getaddrinfo(const char* host, const char* service, const addrinfo* hints, addrinfo** found) {
  static const auto real = reinterpret_cast<decltype(&::getaddrinfo)>(::dlsym(RTLD_NEXT, "getaddrinfo"));
  const auto plan = planned_lookup();
  if (!plan) return real(host, service, hints, found);
  // A name server that is slow. No test waits for it.
  std::this_thread::sleep_for(plan->by);
  for (const auto& address : plan->addresses) {
    if (const int status = real(address.c_str(), service, hints, found); status != 0) return status;
    while (*found != nullptr) found = &(*found)->ai_next;
  }
  return 0;
}

int poll(pollfd* waited, nfds_t count, int timeout) {
  if (auto& s = current(); s.armed && timeout != 0 && s.waited < s.waits.size()) s.waits[s.waited++] = timeout;
  constexpr size_t signals = 8;
  const auto go = [&] {
    timespec time{timeout / 1000, timeout % 1000 * 1'000'000L};
    return static_cast<int>(::syscall(SYS_ppoll, waited, count, timeout < 0 ? nullptr : &time, nullptr, signals));
  };
  if (std::none_of(waited, waited + count, [](const pollfd& one) { return concerns(one.fd); })) return go();
  call c(kind::poll, -1, timeout != 0);
  if (const auto out = c.judge(); !out.let_through) return static_cast<int>(signet::test::failed(out.error));
  // A connection that was broken is ready: for the call that says so.
  int ready = 0;
  for (nfds_t i = 0; i < count; ++i) {
    auto& one = waited[i];
    one.revents = 0;
    if (current().nothing_to_read) one.revents |= one.events & POLLIN;
    if (current().nothing_to_write) one.revents |= one.events & POLLOUT;
    if (one.revents != 0) ++ready;
  }
  if (ready == 0) ready = go();
  const auto* const first = std::find_if(waited, waited + count, [](const pollfd& one) { return one.revents != 0; });
  if (ready > 0 && first != waited + count) current().ready = first->fd;
  return ready;
}

}  // extern "C"

#endif
