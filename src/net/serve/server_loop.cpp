#include "net/serve/server_loop.hpp"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/sentence.hpp"
#include "net/failure.hpp"
#include "net/tcp_socket_impl.hpp"

namespace signet {
namespace {

constexpr std::chrono::milliseconds without_descriptors{50};
// Clients taken in before those who have something to say are looked after.
constexpr int accepted_at_once = 64;
// A client that says nothing for so long in its handshake may have to make room.
constexpr std::chrono::seconds silence{1};
constexpr std::chrono::milliseconds between_requests_for_room{100};

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

// A client of a local socket mostly has no name.
std::string server_loop::client::whom() const {
  return from.host.empty() ? "client" : "client " + to_string(from);
}

error server_loop::client::failure(errc code, std::string_view why) const {
  return base::sentence{.whom = whom(), .phase = "handshake", .why = std::string(why)}.as(code);
}

error server_loop::client::too_late() const {
  return net::timed_out(whom(), "handshake", clock::now() - came);
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
    static_cast<void>(finish(door));
    throw;
  }
  auto drained = finish(door);
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
  for (;;) {
    if (auto ok = watch_door(door); !ok) return ok;
    const auto count = wait_for_events(time_left());
    if (!count) return count.error();
    for (int i = 0; i < *count; ++i) {
      const auto id = events_[static_cast<std::size_t>(i)].data.u64;
      if (id == closed_tag) return {};
      if (id == wake_tag) {
        take_leaving();
      } else if (id == door_tag) {
        if (auto ok = take_new(door); !ok) return ok;
      } else if (!went(id)) {
        heard_from(id);
      }
    }
    on_time();
  }
}

result<int> server_loop::wait_for_events(int timeout) {
  const int count = ::epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), timeout);
  if (count < 0 && errno != EINTR) return failure_of_the_system(errno);
  return std::max(count, 0);
}

bool server_loop::may_accept() const {
  return total_ < options_.max_connections || has_silent_one();
}

bool server_loop::has_silent_one() const {
  return !silent_since_.empty() && clock::now() - silent_since_.begin()->first >= silence;
}

void server_loop::park(client_ptr c) {
  silent_since_.emplace(c->heard, c->id);
  const auto id = c->id;
  shaking_.emplace(id, std::move(c));
}

server_loop::client_ptr server_loop::take(std::uint64_t id) {
  auto found = shaking_.extract(id);
  if (found.empty()) return {};
  silent_since_.erase({found.mapped()->heard, id});
  return std::move(found.mapped());
}

// Who cannot be taken in waits in the system's queue, and may not keep the loop awake.
result<void> server_loop::watch_door(listener& door) {
  bool wanted = accept_again_.is_never();
  {
    const std::lock_guard lock(mutex_);
    full_ = !may_accept();
    wanted = wanted && (!full_ || (options_.on_full && ask_again_.is_never()));
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
    bool full = false;
    {
      const std::lock_guard lock(mutex_);
      full = !may_accept();
    }
    if (full) {
      if (somebody_waits(door)) ask_for_room();
      return {};
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
    const bool had_left = !leaving_.empty();
    if (had_left) forget(leaving_.begin());
    if (gave_way || !(had_left || a_silent_one_gives_way("gives way to newer clients: no descriptor is left"))) {
      ask_for_room();
      accept_again_ = without_descriptors;
      return {};
    }
    gave_way = true;
  }
  return {};
}

void server_loop::ask_for_room() {
  if (!options_.on_full || !ask_again_.is_never()) return;
  ask_again_ = between_requests_for_room;
  options_.on_full();
}

void server_loop::admit(incoming&& accepted) {
  bool one_too_many = false;
  {
    const std::lock_guard lock(mutex_);
    one_too_many = total_ >= options_.max_connections;
  }
  // Only this thread takes clients out of `shaking_`, and there was one.
  if (one_too_many)
    a_silent_one_gives_way("gives way to newer clients: there are " + std::to_string(options_.max_connections) +
                           ", as many as may be, and it is silent");
  inside(accepted.socket_).wire->leave_to(weak_from_this());
  auto from = accepted.remote_endpoint();
  const auto now = clock::now();
  // NOLINTNEXTLINE(modernize-make-unique): an aggregate is made with braces
  client_ptr c(new client{next_id_++, std::move(from), now, now, options_.handshake_timeout, std::move(accepted)});
  if (!c->until.is_never()) deadlines_.push_back({c->id, c->until.when()});
  bool watched = false;
  {
    const std::lock_guard lock(mutex_);
    ++total_;
    watched = control(EPOLL_CTL_ADD, c->handle(), EPOLLIN | EPOLLONESHOT, c->id);
    if (watched) park(std::move(c));
  }
  if (!watched) refuse(std::move(c), failure_of_the_system(errno));
}

bool server_loop::a_silent_one_gives_way(std::string_view why) {
  client_ptr longest;
  {
    const std::lock_guard lock(mutex_);
    if (!has_silent_one()) return false;
    longest = take(silent_since_.begin()->second);
  }
  const auto told = longest->failure(errc::resource_exhausted, why);
  refuse(std::move(longest), told);
  return true;
}

// An event of one that has gone meanwhile is nobody's.
void server_loop::heard_from(std::uint64_t id) {
  {
    const std::lock_guard lock(mutex_);
    auto found = take(id);
    if (!found) return;
    ready_.push_back(std::move(found));
    start_worker_if_needed();
  }
  work_.notify_one();
}

void server_loop::on_time() {
  for (auto* again : {&accept_again_, &ask_again_})
    if (again->passed()) *again = deadline::never();
  while (!leaving_.empty() && leaving_.begin()->second.until.passed()) forget(leaving_.begin());
  const auto now = clock::now();
  std::vector<client_ptr> late;
  std::vector<std::uint64_t> again;
  {
    const std::lock_guard lock(mutex_);
    for (; !deadlines_.empty() && deadlines_.front().when <= now; deadlines_.pop_front())
      // Who is with a worker finds out when it comes back.
      if (auto found = take(deadlines_.front().id)) late.push_back(std::move(found));
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
  auto until = deadline::earlier(accept_again_, ask_again_);
  if (!deadlines_.empty()) until = deadline::earlier(until, deadlines_.front().when);
  if (!leaving_.empty()) until = deadline::earlier(until, leaving_.begin()->second.until);
  const std::lock_guard lock(mutex_);
  if (full_ && !silent_since_.empty()) until = deadline::earlier(until, silent_since_.begin()->first + silence);
  if (!retries_.empty()) until = deadline::earlier(until, retries_.front().when);
  return until.poll_timeout();
}

// A connection that its handler is done with.
void server_loop::see_off(net::departing one) noexcept {
  const std::lock_guard lock(mutex_);
  try {
    // Once the loop has ended there is nobody to wait with it.
    if (!over_) departed_.push_back(std::move(one));
  } catch (const std::bad_alloc&) {
    // It is closed at once.
    return;
  }
  wake();
}

void server_loop::take_leaving() {
  std::uint64_t times = 0;
  [[maybe_unused]] const auto taken = ::read(wake_.get(), &times, sizeof times);
  std::vector<net::departing> departed;
  {
    const std::lock_guard lock(mutex_);
    departed.swap(departed_);
  }
  for (auto& one : departed) {
    const auto id = next_id_++;
    const int fd = one.handle();
    // It may be known from its handshake.
    if (!control(EPOLL_CTL_ADD, fd, EPOLLIN, id) && !control(EPOLL_CTL_MOD, fd, EPOLLIN, id)) continue;
    leaving_.emplace(id, leaver{std::move(one), net::farewell});
    if (leaving_.size() > options_.max_connections) forget(leaving_.begin());
  }
}

// Whether it is one that leaves.
bool server_loop::went(std::uint64_t id) {
  const auto found = leaving_.find(id);
  if (found == leaving_.end()) return false;
  // One that sends without end does not keep the others waiting.
  if (found->second.socket.is_over(std::size_t{256} << 10)) forget(found);
  return true;
}

// Where a forked process has a copy of it, closing does not end the watch.
void server_loop::forget(std::map<std::uint64_t, leaver>::iterator one) {
  control(EPOLL_CTL_DEL, one->second.socket.handle(), 0, 0);
  leaving_.erase(one);
}

result<void> server_loop::finish(const listener& door) {
  std::vector<client_ptr> dropped;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (auto& [id, c] : shaking_) dropped.push_back(std::move(c));
    shaking_.clear();
    silent_since_.clear();
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
  const auto left = drain(door);
  std::vector<std::thread> workers;
  {
    const std::lock_guard lock(mutex_);
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

// Waits for the handlers that are running, and for the clients that leave. How many handlers were left.
std::size_t server_loop::drain(const listener& door) {
  for (const int fd : {door.close_handle(), door_watched_ ? door.native_handle() : -1})
    control(EPOLL_CTL_DEL, fd, 0, 0);
  deadlines_.clear();
  accept_again_ = ask_again_ = deadline::never();
  const deadline until(options_.drain_timeout);
  std::size_t left = 0;
  for (;;) {
    take_leaving();
    on_time();
    {
      const std::lock_guard lock(mutex_);
      left = serving_;
      if ((left == 0 || until.passed()) && leaving_.empty() && departed_.empty()) {
        over_ = true;
        return left;
      }
    }
    auto next = deadline(std::chrono::milliseconds(time_left() < 0 ? 60000 : time_left()));
    if (left != 0 && !until.passed()) next = deadline::earlier(next, until);
    const auto count = wait_for_events(next.poll_timeout());
    for (int i = 0; count && i < *count; ++i) static_cast<void>(went(events_[static_cast<std::size_t>(i)].data.u64));
  }
}

}  // namespace signet
