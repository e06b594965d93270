#include <signet/net/split.hpp>

#include <poll.h>

#include <cerrno>
#include <mutex>

#include "base/sentence.hpp"
#include "net/channel/progress.hpp"
#include "net/tls_socket_impl.hpp"

namespace signet {
namespace {

constexpr std::string_view reading = "reading";
constexpr std::string_view writing = "writing";
constexpr std::string_view closing = "closing";

enum class amount : unsigned char { some, all };

}  // namespace

// The state that both halves work on under the lock; `held` and what precedes a read's lock is the reader's alone.
struct net::shared_connection {
  explicit shared_connection(tls_socket whole) noexcept : socket(std::move(whole)) {}

  static halves make(tls_socket whole) {
    auto shared = std::make_shared<shared_connection>(std::move(whole));
    return {tls_reader(shared), tls_writer(std::move(shared))};
  }
  static std::shared_ptr<shared_connection> take(halves&& of) {
    auto shared = std::move(of.reader.shared_);
    if (of.writer.shared_ != shared) shared.reset();
    of.writer.shared_.reset();
    return shared;
  }

  // What a step of the engine has come to, and what it left to be sent.
  struct stepped {
    result<io_status> outcome;
    bool unsent;
  };
  template <class Step>
  stepped step(std::string_view phase, Step&& work) {
    const std::lock_guard lock(mutex);
    auto& s = inside(socket);
    s.wire().begin(phase, {}, waiting::forbidden);
    auto outcome = work(s.connection);
    return {std::move(outcome), s.connection.unsent() != 0};
  }

  // Outside the lock.
  result<void> wait(std::string_view phase, short events, time_limits limits, deadline::clock::time_point began) const {
    auto& wire = inside(socket).wire();
    progress bytes(limits.stall);
    pollfd both[2] = {{(events & POLLIN) != 0 ? wire.read_handle() : -1, POLLIN, 0},
                      {(events & POLLOUT) != 0 ? wire.write_handle() : -1, POLLOUT, 0}};
    for (;;) {
      const int ready = ::poll(both, 2, deadline::earlier(limits.until, bytes.next_look()).poll_timeout());
      // One that is always ready does not outlive the deadline.
      if (limits.until.passed()) return timed_out(wire.describe(), phase, deadline::clock::now() - began);
      if (ready > 0) return {};
      if (ready < 0 && errno != EINTR) return io_failure(wire.whom(), phase, errno);
      if (bytes.has_stalled(wire.write_handle())) return stalled(wire.whom(), phase, limits.stall);
    }
  }

  [[nodiscard]] time_limits limits_of(deadline own) {
    const std::lock_guard lock(mutex);
    return inside(socket).patience.of_call(own);
  }

  result<std::size_t> read(byte_span buffer, time_limits limits, deadline::clock::time_point began) {
    for (;;) {
      auto [got, unsent] = step(reading, [&](tls_connection& c) { return c.try_receive(buffer); });
      if (!got) return std::move(got).error();
      if (got->end || got->bytes != 0) return got->bytes;
      // A peer that takes none of the answers that it made us give is not read from until it does.
      const auto events = static_cast<short>(got->next == wait_for::write ? POLLOUT
                                             : unsent                     ? POLLIN | POLLOUT
                                                                          : POLLIN);
      if (auto ok = wait(reading, events, limits, began); !ok) return std::move(ok).error();
    }
  }

  // Takes bytes, and returns when all that is to be sent is on its way.
  result<std::size_t> write(byte_view bytes, time_limits limits, amount wanted) {
    const auto began = deadline::clock::now();
    std::size_t total = 0;
    const auto enough = [&] { return total == bytes.size() || (total != 0 && wanted == amount::some); };
    for (;;) {
      auto [taken, unsent] = step(writing, [&](tls_connection& c) {
        if (!enough()) return c.try_write(byte_view(bytes.subspan(total)));
        return total == 0 && c.write_ended() ? c.wire().already_ended() : c.try_flush();
      });
      if (!taken) return std::move(taken).error();
      total += taken->bytes;
      if (!unsent && enough()) return total;
      if (!unsent) continue;
      if (auto ok = wait(writing, POLLOUT, limits, began); !ok) return std::move(ok).error();
    }
  }

  // What gathers asks for its bytes one step at a time.
  template <class Read>
  auto gather(deadline own, Read&& read_held) {
    const auto limits = limits_of(own);
    const auto began = deadline::clock::now();
    return read_held(
        inside(socket).connection.held(),
        [this, limits, began](byte_span buffer) { return read(buffer, limits, began); },
        [this] { return inside(socket).wire().describe(); });
  }

  std::mutex mutex;
  tls_socket socket;
};

result<halves> split(tls_socket&& connected) {
  if (!connected.is_open()) return net::not_open("splitting");
  if (auto ok = inside(connected).wire().pollable(); !ok) return std::move(ok).error();
  return net::shared_connection::make(std::move(connected));
}

result<tls_socket> join(halves&& of_one) {
  auto shared = net::shared_connection::take(std::move(of_one));
  if (!shared)
    return base::sentence{.phase = "joining", .why = "these are not the two halves of one connection"}.as(
        errc::invalid_argument);
  return std::move(shared->socket);
}

result<std::size_t> tls_reader::read_some(byte_span buffer, deadline until) {
  if (!shared_) return net::not_open(reading);
  return shared_->gather(until, [&](auto& held, auto step, auto) { return held.read_some(buffer, step); });
}
result<std::size_t> tls_reader::peek(byte_span buffer, deadline until) {
  if (!shared_) return net::not_open(reading);
  return shared_->gather(until, [&](auto& held, auto step, auto) { return held.peek(buffer, step); });
}
result<void> tls_reader::read_exactly(byte_span buffer, deadline until) {
  if (!shared_) return net::not_open(reading);
  return shared_->gather(until,
                         [&](auto& held, auto step, auto whom) { return held.read_exactly(buffer, step, whom); });
}
result<std::string> tls_reader::read_all(read_limit limit, deadline until) {
  if (!shared_) return net::not_open(reading);
  return shared_->gather(until, [&](auto& held, auto step, auto whom) { return held.read_all(limit, step, whom); });
}
result<std::string> tls_reader::read_line(read_limit limit, deadline until) {
  if (!shared_) return net::not_open(reading);
  return shared_->gather(until, [&](auto& held, auto step, auto whom) { return held.read_line(limit, step, whom); });
}
result<std::string> tls_reader::read_until(std::string_view delimiter, read_limit limit, deadline until) {
  if (!shared_) return net::not_open(reading);
  return shared_->gather(
      until, [&](auto& held, auto step, auto whom) { return held.read_until(delimiter, limit, step, whom); });
}
connection_info tls_reader::info() const {
  if (!shared_) return {};
  const std::lock_guard lock(shared_->mutex);
  return shared_->socket.info();
}
int tls_reader::native_handle() const noexcept {
  if (!shared_) return -1;
  const std::lock_guard lock(shared_->mutex);
  return shared_->socket.native_handle();
}

result<std::size_t> tls_writer::write_some(byte_view bytes, deadline until) {
  if (!shared_) return net::not_open(writing);
  return shared_->write(bytes, shared_->limits_of(until), amount::some);
}
result<void> tls_writer::write_all(byte_view bytes, deadline until) {
  if (!shared_) return net::not_open(writing);
  if (auto written = shared_->write(bytes, shared_->limits_of(until), amount::all); !written)
    return std::move(written).error();
  return {};
}
result<void> tls_writer::close_write(deadline until) {
  if (!shared_) return net::not_open(closing);
  const auto own = shared_->limits_of(until);
  const auto began = deadline::clock::now();
  for (;;) {
    auto [sent, unsent] = shared_->step(closing, [](net::tls_connection& c) { return c.try_end(); });
    if (!sent) return std::move(sent).error();
    if (!unsent) return {};
    if (auto ok = shared_->wait(closing, POLLOUT, own, began); !ok) return ok;
  }
}
int tls_writer::native_handle() const noexcept {
  if (!shared_) return -1;
  const std::lock_guard lock(shared_->mutex);
  return shared_->socket.write_handle();
}

}  // namespace signet
