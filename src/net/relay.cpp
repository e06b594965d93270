#include <signet/net/relay.hpp>

#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <type_traits>

#include "base/sentence.hpp"
#include "net/channel/progress.hpp"
#include "net/tls_socket_impl.hpp"

namespace signet {
namespace {

constexpr std::string_view relaying = "relaying";
constexpr std::size_t held_at_most = std::size_t{64} << 10;

// One of the two, plain or encrypted; no call waits.
class relay_side {
 public:
  relay_side(std::string_view which, net::channel& wire) noexcept : which_(which), wire_(wire) {}
  relay_side(const relay_side&) = delete;
  relay_side& operator=(const relay_side&) = delete;
  virtual ~relay_side() = default;

  // As a transport's.
  virtual result<io_status> read(byte_span buffer) = 0;
  virtual result<io_status> write(byte_view bytes) = 0;
  // True once nothing is held back that was written.
  virtual result<bool> flushed() = 0;
  virtual result<void> end_writing() = 0;
  [[nodiscard]] virtual bool write_ended() const noexcept = 0;
  // Nothing more is written, and its peer must not take that for an end.
  virtual void cut_off() noexcept {}

  // Why it cannot be relayed.
  [[nodiscard]] virtual result<void> usable() const {
    if (auto ok = wire_.pollable(); !ok) return failure(ok.error());
    return {};
  }

  [[nodiscard]] net::channel& wire() const noexcept { return wire_; }
  [[nodiscard]] error failure(const error& e) const { return e.in(which_); }

 private:
  std::string_view which_;
  net::channel& wire_;
};

class plain_side final : public relay_side {
 public:
  plain_side(std::string_view which, tcp_socket_impl& s) : relay_side(which, *s.wire), s_(s) {
    wire().begin(relaying, {}, net::waiting::forbidden);
  }

  result<io_status> read(byte_span buffer) override {
    // What a gathering read had read ahead comes first.
    if (const auto n = s_.held.take(buffer); n != 0) return io_status{n};
    return wire().read(buffer);
  }
  result<io_status> write(byte_view bytes) override {
    if (s_.write_ended) return wire().already_ended();
    return wire().write(bytes);
  }
  result<bool> flushed() override { return true; }
  result<void> end_writing() override {
    s_.write_ended = true;
    return wire().end_writing();
  }
  [[nodiscard]] bool write_ended() const noexcept override { return s_.write_ended; }
  void cut_off() noexcept override { (void)wire().reset(); }

 private:
  tcp_socket_impl& s_;
};

class tls_side final : public relay_side {
 public:
  tls_side(std::string_view which, tls_socket_impl& s)
      : relay_side(which, s.wire()), call_(&s, relaying), c_(s.connection) {}

  [[nodiscard]] result<void> usable() const override {
    if (!call_) return failure(call_.refusal());
    return relay_side::usable();
  }

  result<io_status> read(byte_span buffer) override { return c_.try_read(buffer); }
  result<io_status> write(byte_view bytes) override { return c_.try_write(bytes); }
  result<bool> flushed() override {
    if (c_.unsent() == 0) return true;
    if (auto sent = c_.try_flush(); !sent) return std::move(sent).error();
    return c_.unsent() == 0;
  }
  result<void> end_writing() override {
    if (auto sent = c_.try_end(); !sent) return std::move(sent).error();
    return {};
  }
  [[nodiscard]] bool write_ended() const noexcept override { return c_.write_ended(); }

 private:
  // One long call: nobody else uses the socket meanwhile.
  net::tls_call call_;
  net::tls_connection& c_;
};

enum class reading : unsigned char { goes_on, ended, failed };

struct direction {
  relay_side& from;
  relay_side& to;
  std::unique_ptr<std::byte[]> buffer{new std::byte[held_at_most]};
  std::size_t begin = 0;
  std::size_t end = 0;
  std::uint64_t bytes = 0;
  reading source = reading::goes_on;
  // Bytes are left that `to` does not take for the moment.
  bool blocked = false;
  // `from` has made us answer more than it takes: until it does, it is not read.
  bool answers_first = false;
  bool end_passed = false;
  bool done = false;

  [[nodiscard]] bool empty() const noexcept { return begin == end; }
  [[nodiscard]] bool wants_bytes() const noexcept { return !done && source == reading::goes_on && empty(); }
  [[nodiscard]] bool wants_room() const noexcept { return !done && blocked; }
};

class two_way {
 public:
  two_way(relay_side& first, relay_side& second, const relay_options& options, deadline until)
      : options_(options), until_(until), there_{first, second}, back_{second, first} {}

  result<relayed> run() {
    auto out = carry();
    // A TLS connection says by itself that it has not ended. A socket would close like one that has.
    if (!out)
      for (auto* d : {&there_, &back_})
        if (!d->end_passed && !d->to.write_ended()) d->to.cut_off();
    return out;
  }

 private:
  result<relayed> carry() {
    while (!there_.done || !back_.done) {
      bool moved = false;
      for (auto* d : {&there_, &back_}) {
        moved = take(*d) || moved;
        moved = give(*d) || moved;
      }
      if (moved) {
        for (auto* side : {&first_, &second_}) side->moved();
      }
      if (there_.done && back_.done) break;
      if (auto ok = wait(moved); !ok) return told(std::move(ok).error());
    }
    if (failure_) return told(*failure_);
    return relayed{there_.bytes, back_.bytes};
  }

  [[nodiscard]] direction& opposite(const direction& d) noexcept { return &d == &there_ ? back_ : there_; }

  void failed(const relay_side& side, const error& why) {
    if (!failure_) failure_ = side.failure(why);
  }

  // Whether something happened.
  bool take(direction& d) {
    if (!d.wants_bytes()) return false;
    auto got = d.from.read(byte_span(d.buffer.get(), held_at_most));
    if (!got) {
      failed(d.from, got.error());
      d.source = reading::failed;
      // Who cannot be read any more is gone: there is nobody to carry to.
      opposite(d).done = true;
      return true;
    }
    d.begin = 0;
    d.end = got->bytes;
    d.answers_first = got->next == wait_for::write;
    if (got->end) d.source = reading::ended;
    return got->end || got->bytes != 0;
  }

  bool give(direction& d) {
    if (d.done) return false;
    bool moved = false;
    if (!d.empty()) {
      auto taken = d.to.write(byte_view(std::span<const std::byte>(d.buffer.get() + d.begin, d.end - d.begin)));
      if (!taken) return stuck(d, taken.error());
      d.begin += taken->bytes;
      d.bytes += taken->bytes;
      moved = taken->bytes != 0;
    }
    auto flushed = d.to.flushed();
    if (!flushed) return stuck(d, flushed.error());
    d.blocked = !*flushed || !d.empty();
    if (d.blocked || d.source == reading::goes_on) return moved;
    if (d.source == reading::ended && !d.end_passed) {
      d.end_passed = true;
      if (!d.to.write_ended()) {
        auto ended = d.to.end_writing();
        // Who has ended its own direction may be gone, and owes us nothing.
        if (!ended && opposite(d).source != reading::ended) return stuck(d, ended.error());
        if (ended) return true;
      }
    }
    d.done = true;
    return true;
  }

  bool stuck(direction& d, const error& why) {
    // What close_notify could not be told is of no interest to one that has said its own.
    if (!(d.end_passed && opposite(d).source == reading::ended)) failed(d.to, why);
    d.done = true;
    return true;
  }

  // Until something can move. When something has just moved it only looks whether to stop.
  result<void> wait(bool moved) {
    // What nothing is wanted of is left out: its hang-up would wake us again and again.
    const auto watch = [moved](bool wanted, int fd, short events) {
      return pollfd{wanted && !moved ? fd : -1, events, 0};
    };
    const auto watch_source = [&watch](const direction& d) {
      return d.answers_first ? watch(d.wants_bytes(), d.from.wire().write_handle(), POLLOUT)
                             : watch(d.wants_bytes(), d.from.wire().read_handle(), POLLIN);
    };
    // Nobody reads from one that has ended its own direction: that it has gone is for the one that writes to it to see.
    const auto watch_sink = [&](direction& d) {
      const bool unread = !d.done && opposite(d).source == reading::ended;
      return watch(d.wants_room() || unread, d.to.wire().write_handle(), d.wants_room() ? POLLOUT : 0);
    };
    std::array<pollfd, 5> waited{watch_source(there_),
                                 watch_sink(there_),
                                 watch_source(back_),
                                 watch_sink(back_),
                                 {stopping_ ? -1 : options_.stop, POLLIN, 0}};
    if (!moved || options_.stop >= 0) {
      const auto until = deadline::earlier(until_, deadline::earlier(first_.next_look(), second_.next_look()));
      if (::poll(waited.data(), waited.size(), moved ? 0 : until.poll_timeout()) < 0 && errno != EINTR)
        return base::sentence{.phase = relaying, .why = net::reason_of(errno)}.as(net::code_of(errno));
    }
    const auto now = deadline::clock::now();
    if (waited.back().revents != 0) {
      stopping_ = true;
      until_ = deadline::earlier(until_, deadline(options_.finish));
    }
    if (until_.passed() && stopping_)
      return base::sentence{.whom = whom(), .phase = relaying, .why = "told to stop"}.as(errc::closed);
    if (until_.passed()) return net::timed_out(whom(), relaying, now - began_);
    look_whether_gone(there_, waited[1]);
    look_whether_gone(back_, waited[3]);
    const bool ready = std::any_of(waited.begin(), waited.end(), [](const pollfd& p) { return p.revents != 0; });
    // What was ready once without having moved anything was no data.
    const bool idle = !moved && (!ready || was_ready_);
    was_ready_ = ready && !moved;
    if (idle && have_stalled()) return net::timed_out(whom(), "relaying with nothing to pass on", options_.idle);
    return {};
  }

  void look_whether_gone(direction& d, const pollfd& seen) {
    if (d.done || seen.events != 0 || (seen.revents & (POLLERR | POLLHUP)) == 0) return;
    if ((seen.revents & POLLERR) != 0) failed(d.to, net::io_failure(d.to.wire().whom(), relaying, ECONNRESET));
    d.done = true;
  }

  bool have_stalled() noexcept {
    // Each has to look.
    const bool first = first_.has_stalled(there_.from.wire().write_handle());
    return second_.has_stalled(there_.to.wire().write_handle()) && first;
  }

  [[nodiscard]] std::string whom() const {
    return there_.from.wire().describe() + " and " + there_.to.wire().describe();
  }

  [[nodiscard]] error told(const error& why) const {
    auto parts = why.parts();
    parts.details.push_back("first to second: " + std::to_string(there_.bytes) + " bytes");
    parts.details.push_back("second to first: " + std::to_string(back_.bytes) + " bytes");
    return error(std::move(parts));
  }

  const relay_options& options_;
  deadline until_;
  direction there_;
  direction back_;
  std::optional<error> failure_;
  deadline::clock::time_point began_ = deadline::clock::now();
  net::progress first_{options_.idle};
  net::progress second_{options_.idle};
  bool was_ready_ = false;
  bool stopping_ = false;
};

constexpr std::string_view first_side = "first side";
constexpr std::string_view second_side = "second side";

template <class Socket>
using side_of = std::conditional_t<std::is_same_v<Socket, tls_socket>, tls_side, plain_side>;

template <class First, class Second>
result<relayed> relay_sockets(First& first, Second& second, const relay_options& options) {
  if (!first.is_open()) return net::not_open(relaying).in(first_side);
  if (!second.is_open()) return net::not_open(relaying).in(second_side);
  side_of<First> one(first_side, inside(first));
  side_of<Second> other(second_side, inside(second));
  for (const relay_side* side : {static_cast<relay_side*>(&one), static_cast<relay_side*>(&other)})
    if (auto ok = side->usable(); !ok) return std::move(ok).error();
  const auto whole = deadline::earlier(inside(first).patience.whole, inside(second).patience.whole);
  return two_way(one, other, options, deadline::earlier(options.until, whole)).run();
}

}  // namespace

result<relayed> relay(tls_socket& first, tcp_socket& second, relay_options options) {
  return relay_sockets(first, second, options);
}
result<relayed> relay(tcp_socket& first, tls_socket& second, relay_options options) {
  return relay_sockets(first, second, options);
}
result<relayed> relay(tls_socket& first, tls_socket& second, relay_options options) {
  return relay_sockets(first, second, options);
}
result<relayed> relay(tcp_socket& first, tcp_socket& second, relay_options options) {
  return relay_sockets(first, second, options);
}

}  // namespace signet
