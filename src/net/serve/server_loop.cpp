#include "net/serve/server_loop.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/sentence.hpp"
#include "net/failure.hpp"

namespace signet {
namespace {

constexpr std::chrono::milliseconds without_descriptors{50};
// Clients taken in before those who have something to say are looked after.
constexpr int accepted_at_once = 64;

void raise(const base::descriptor& event) noexcept {
  const std::uint64_t one = 1;
  // Cannot fail: the counter is far from full.
  [[maybe_unused]] const auto written = ::write(event.get(), &one, sizeof one);
}

bool somebody_waits(const listener& door) noexcept {
  pollfd waiting{door.native_handle(), POLLIN, 0};
  return ::poll(&waiting, 1, 0) > 0;
}

}  // namespace

bool server_loop::control(int operation, int fd, std::uint32_t events, std::uint64_t id) const noexcept {
  epoll_event wanted{};
  wanted.events = events;
  wanted.data.u64 = id;
  return ::epoll_ctl(epoll_.get(), operation, fd, &wanted) == 0;
}

void server_loop::wake() const noexcept {
  raise(wake_);
}

error server_loop::failure_of_the_system(int system_error) {
  return base::sentence{.phase = "serving", .why = net::reason_of(system_error), .system_error = system_error}.as(
      net::code_of(system_error));
}

int server_loop::client::handle() const noexcept {
  if (const auto* talking = std::get_if<nonblocking_socket>(&stage)) return talking->native_handle();
  if (const auto* silent = std::get_if<incoming>(&stage)) return silent->native_handle();
  return std::get<tcp_socket>(stage).native_handle();
}

error server_loop::client::failure(errc code, std::string_view why) const {
  return base::sentence{.whom = "client " + to_string(from), .phase = "handshake", .why = std::string(why)}.as(code);
}

error server_loop::client::too_late() const {
  return net::timed_out("client " + to_string(from), "handshake", clock::now() - came);
}

server_loop::server_loop(client_handler handler, serve_options options)
    : handler_(std::move(handler)),
      options_(std::move(options)),
      steppers_(std::max(1U, std::thread::hardware_concurrency())),
      stop_(std::make_shared<stop_signal::impl>()) {}

result<void> server_loop::run(listener& door) {
  if (auto ready = prepare(door); !ready) return ready;
  result<void> ended;
  try {
    ended = loop(door);
  } catch (...) {
    static_cast<void>(finish());
    throw;
  }
  auto drained = finish();
  return ended ? drained : ended;
}

result<void> server_loop::prepare(listener& door) {
  if (door.native_handle() < 0) return net::not_open("serving");
  epoll_ = base::descriptor(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_) return failure_of_the_system(errno);
  wake_ = base::descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake_) return failure_of_the_system(errno);
  stop_.impl_->handle = base::descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop_.impl_->handle) return failure_of_the_system(errno);
  if (!control(EPOLL_CTL_ADD, door.close_handle(), EPOLLIN, closed_tag) ||
      !control(EPOLL_CTL_ADD, wake_.get(), EPOLLIN, wake_tag))
    return failure_of_the_system(errno);
  const std::lock_guard lock(mutex_);
  if (!start_worker())
    return base::sentence{.phase = "serving", .why = "no thread can be started"}.as(errc::resource_exhausted);
  return {};
}

result<void> server_loop::loop(listener& door) {
  std::array<epoll_event, 256> events;
  for (;;) {
    if (auto ok = watch_door(door); !ok) return ok;
    const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), time_left());
    if (count < 0 && errno != EINTR) return failure_of_the_system(errno);
    for (int i = 0; i < count; ++i) {
      const auto id = events[static_cast<std::size_t>(i)].data.u64;
      if (id == closed_tag) return {};
      if (id == wake_tag) {
        std::uint64_t times = 0;
        [[maybe_unused]] const auto taken = ::read(wake_.get(), &times, sizeof times);
      } else if (id == door_tag) {
        if (auto ok = take_new(door); !ok) return ok;
      } else {
        heard_from(id);
      }
    }
    on_time();
  }
}

bool server_loop::may_accept() const {
  return total_ < options_.max_connections || !shaking_.empty();
}

// Who cannot be taken in waits in the system's queue, and may not keep the loop awake.
result<void> server_loop::watch_door(listener& door) {
  bool wanted = accept_again_.is_never();
  {
    const std::lock_guard lock(mutex_);
    full_ = !may_accept();
    wanted = wanted && !full_;
  }
  if (wanted == door_watched_) return {};
  if (!control(wanted ? EPOLL_CTL_ADD : EPOLL_CTL_DEL, door.native_handle(), EPOLLIN, door_tag))
    return failure_of_the_system(errno);
  door_watched_ = wanted;
  return {};
}

result<void> server_loop::take_new(listener& door) {
  bool gave_way = false;
  for (int i = 0; i < accepted_at_once; ++i) {
    {
      const std::lock_guard lock(mutex_);
      if (!may_accept()) return {};
    }
    auto accepted = door.try_accept();
    if (accepted) {
      if (!*accepted) return {};
      gave_way = false;
      admit(**std::move(accepted));
      continue;
    }
    // The loop is about to be told.
    if (accepted.error().code() == errc::closed) return {};
    if (accepted.error().code() != errc::resource_exhausted) return std::move(accepted).error();
    // accept(2) says so when nobody waits, too.
    if (!somebody_waits(door)) return {};
    // One that has given its descriptor up in vain is enough: another process may be what uses them up.
    if (gave_way || !oldest_gives_way("gives way to newer clients: no descriptor is left")) {
      accept_again_ = without_descriptors;
      return {};
    }
    gave_way = true;
  }
  return {};
}

void server_loop::admit(incoming&& accepted) {
  bool one_too_many = false;
  {
    const std::lock_guard lock(mutex_);
    one_too_many = total_ >= options_.max_connections;
  }
  // Only this thread takes clients out of `shaking_`, and there was one.
  if (one_too_many)
    oldest_gives_way("gives way to newer clients: there are " + std::to_string(options_.max_connections) +
                     ", as many as may be");
  auto from = accepted.remote_endpoint();
  // NOLINTNEXTLINE(modernize-make-unique): an aggregate is made with braces
  client_ptr c(new client{next_id_++, std::move(from), clock::now(), options_.handshake_timeout, std::move(accepted)});
  if (!c->until.is_never()) deadlines_.push_back({c->id, c->until.when()});
  bool watched = false;
  {
    const std::lock_guard lock(mutex_);
    ++total_;
    watched = control(EPOLL_CTL_ADD, c->handle(), EPOLLIN | EPOLLONESHOT, c->id);
    if (watched) shaking_.emplace(c->id, std::move(c));
  }
  if (!watched) refuse(std::move(c), failure_of_the_system(errno));
}

bool server_loop::oldest_gives_way(std::string_view why) {
  client_ptr oldest;
  {
    const std::lock_guard lock(mutex_);
    if (shaking_.empty()) return false;
    oldest = std::move(shaking_.begin()->second);
    shaking_.erase(shaking_.begin());
  }
  const auto told = oldest->failure(errc::resource_exhausted, why);
  refuse(std::move(oldest), told);
  return true;
}

// An event of one that has gone meanwhile is nobody's.
void server_loop::heard_from(std::uint64_t id) {
  {
    const std::lock_guard lock(mutex_);
    auto found = shaking_.extract(id);
    if (found.empty()) return;
    ready_.push_back(std::move(found.mapped()));
    start_worker_if_needed();
  }
  work_.notify_one();
}

void server_loop::on_time() {
  if (accept_again_.passed()) accept_again_ = deadline::never();
  const auto now = clock::now();
  std::vector<client_ptr> late;
  std::vector<std::uint64_t> again;
  {
    const std::lock_guard lock(mutex_);
    for (; !deadlines_.empty() && deadlines_.front().when <= now; deadlines_.pop_front())
      // Who is with a worker finds out when it comes back.
      if (auto found = shaking_.extract(deadlines_.front().id); !found.empty())
        late.push_back(std::move(found.mapped()));
    for (; !retries_.empty() && retries_.front().when <= now; retries_.pop_front())
      again.push_back(retries_.front().id);
  }
  for (auto& c : late) {
    const auto why = c->too_late();
    refuse(std::move(c), why);
  }
  for (const auto id : again) heard_from(id);
}

int server_loop::time_left() {
  auto until = accept_again_;
  if (!deadlines_.empty()) until = deadline::earlier(until, deadlines_.front().when);
  const std::lock_guard lock(mutex_);
  if (!retries_.empty()) until = deadline::earlier(until, retries_.front().when);
  return until.poll_timeout();
}

result<void> server_loop::finish() {
  std::vector<client_ptr> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (auto& [id, c] : shaking_) dropped.push_back(std::move(c));
    shaking_.clear();
    for (auto* queue : {&ready_, &made_}) {
      for (auto& c : *queue) dropped.push_back(std::move(c));
      queue->clear();
    }
  }
  stop_.impl_->requested.store(true, std::memory_order_release);
  raise(stop_.impl_->handle);
  work_.notify_all();
  for (auto& c : dropped) {
    const auto why = c->failure(errc::closed, "the server ends");
    refuse(std::move(c), why);
  }

  const auto began = clock::now();
  const deadline until(options_.drain_timeout);
  std::vector<std::thread> workers;
  std::size_t left = 0;
  {
    std::unique_lock lock(mutex_);
    const auto over = [this] { return serving_ == 0; };
    if (until.is_never())
      drained_.wait(lock, over);
    else
      drained_.wait_until(lock, until.when(), over);
    left = serving_;
    workers.swap(workers_);
  }
  for (auto& w : workers) {
    if (left == 0)
      w.join();
    else
      w.detach();
  }
  if (left == 0) return {};
  // They keep all of this alive; only the caller's function is not theirs to call any more.
  const std::lock_guard lock(telling_);
  silent_ = true;
  return net::timed_out("serving", "waiting for " + std::to_string(left) + (left == 1 ? " handler" : " handlers"),
                        clock::now() - began);
}

}  // namespace signet
