// What workers do for a server_loop, and how a client goes.
#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>

#include "net/serve/server_loop.hpp"

namespace signet {
namespace {

constexpr std::chrono::milliseconds without_identity{5};

}  // namespace

bool server_loop::start_worker() {
  try {
    workers_.emplace_back([self = shared_from_this()] { self->work(); });
  } catch (const std::exception&) {
    return false;
  }
  ++live_;
  return true;
}

std::size_t server_loop::work_there() const noexcept {
  return ready_.size() + std::min(made_.size(), options_.threads - serving_);
}

// Those that run no handler are as many as there are processors, for a start; where none can be started the ones that
// are there go on.
void server_loop::start_worker_if_needed() {
  if (!stopping_ && work_there() > idle_ && live_ - serving_ < steppers_) static_cast<void>(start_worker());
}

void server_loop::work() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (!made_.empty() && handler_is_free()) {
      auto c = std::move(made_.front());
      made_.pop_front();
      ++serving_;
      start_worker_if_needed();
      lock.unlock();
      handle(std::move(c));
      lock.lock();
    } else if (!ready_.empty()) {
      auto c = std::move(ready_.front());
      ready_.pop_front();
      lock.unlock();
      take_further(std::move(c));
      lock.lock();
    } else {
      ++idle_;
      work_.wait(lock, [this] { return stopping_ || work_there() != 0; });
      --idle_;
    }
  }
  --live_;
}

void server_loop::take_further(client_ptr c) {
  result<wait_for> next = wait_for::nothing;
  try {
    next = step(*c);
  } catch (const std::exception& e) {
    next = c->failure(errc::internal, e.what());
  }
  if (!next) return refuse(std::move(c), next.error());
  if (*next != wait_for::nothing) return put_back(std::move(c), *next);
  // It is the handler's from here on.
  control(EPOLL_CTL_DEL, c->handle(), 0, 0);
  bool ends = false;
  {
    const std::lock_guard lock(mutex_);
    ends = stopping_;
    if (!ends && (!handler_is_free() || !made_.empty())) {
      made_.push_back(std::move(c));
      return;
    }
    if (!ends) {
      ++serving_;
      start_worker_if_needed();
    }
  }
  if (!ends) return handle(std::move(c));
  const auto why = c->failure(errc::closed, "the server ends");
  refuse(std::move(c), why);
}

result<wait_for> server_loop::step(client& c) {
  if (auto* silent = std::get_if<incoming>(&c.stage)) {
    if (options_.on_plain) {
      const auto heard = silent->speaks(std::chrono::milliseconds(0));
      if (!heard && heard.error().code() == errc::timed_out) return wait_for::read;
      if (!heard) return heard.error();
      if (*heard == client_speaks::something_else) {
        tcp_socket plain = std::move(*silent).plain();
        c.stage = std::move(plain);
        return wait_for::nothing;
      }
    }
    // Only now: who stays silent costs a descriptor and no more.
    auto begun =
        nonblocking_socket::accept(std::move(*silent), {.timeout = options_.handshake_timeout, .until = c.until});
    if (!begun) return std::move(begun).error();
    c.stage = *std::move(begun);
  }
  auto status = std::get<nonblocking_socket>(c.stage).handshake();
  if (!status) return std::move(status).error();
  return status->next;
}

void server_loop::put_back(client_ptr c, wait_for what) {
  std::optional<error> why;
  {
    const std::lock_guard lock(mutex_);
    const auto id = c->id;
    const std::uint32_t events = what == wait_for::write ? EPOLLOUT : what == wait_for::read ? EPOLLIN : 0U;
    if (stopping_) {
      why = c->failure(errc::closed, "the server ends");
    } else if (c->until.passed()) {
      // The loop has looked for it in vain, or is about to: its deadline comes once.
      why = c->too_late();
    } else if (events != 0 && !control(EPOLL_CTL_MOD, c->handle(), events | EPOLLONESHOT, id)) {
      why = failure_of_the_system(errno);
    } else {
      c->heard = clock::now();
      park(std::move(c));
      if (events == 0) retries_.push_back({id, clock::now() + without_identity});
      // The one that may give way now, or the time to look again.
      if (full_ || events == 0) wake();
    }
  }
  if (why) refuse(std::move(c), *why);
}

void server_loop::handle(client_ptr c) {
  const auto ready_for_handler = [this](auto socket) {
    socket.set_stall_limit(options_.stall_limit);
    return socket;
  };
  const auto from = c->from;
  std::optional<error> why;
  try {
    if (auto* plain = std::get_if<tcp_socket>(&c->stage))
      options_.on_plain(ready_for_handler(std::move(*plain)), stop_);
    else
      handler_(ready_for_handler(std::move(std::get<nonblocking_socket>(c->stage)).blocking().value()), stop_);
  } catch (const exception& e) {
    why = e.error();
  } catch (const std::exception& e) {
    why = error(errc::internal, "client " + to_string(from) + ": serving: " + e.what());
  } catch (...) {
    why = error(errc::internal, "client " + to_string(from) + ": serving: the handler threw what is no exception");
  }
  gone(std::move(c));
  if (why) tell(from, *why);
  const std::lock_guard lock(mutex_);
  --serving_;
  if (stopping_) wake();
}

void server_loop::refuse(client_ptr c, const error& why) {
  const auto from = c->from;
  if (auto* talking = std::get_if<nonblocking_socket>(&c->stage)) talking->give_up(why);
  gone(std::move(c));
  tell(from, why);
}

void server_loop::gone(client_ptr c) {
  // Its descriptor first: whoever is let in for it may need it.
  c.reset();
  const std::lock_guard lock(mutex_);
  --total_;
  if (full_) wake();
}

void server_loop::tell(const endpoint& from, const error& why) noexcept {
  if (!options_.on_refused) return;
  const std::lock_guard lock(telling_);
  if (silent_) return;
  try {
    options_.on_refused(from, why);
  } catch (...) {
    // There is nobody left to tell.
  }
}

}  // namespace signet
