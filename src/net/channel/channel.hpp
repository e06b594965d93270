// What a socket stands on: a transport that can wait, that knows whom it leads to, and that can be ended. Plain and
// encrypted sockets are made over one, and an upgrade hands it from the one to the other.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string_view>
#include <utility>

#include <signet/base/deadline.hpp>
#include <signet/tls/transport.hpp>

#include "net/channel/departures.hpp"
#include "net/failure.hpp"

namespace signet {
class tls_socket;
}

namespace signet::net {

enum class waiting : unsigned char { allowed, forbidden };

// How long a call may wait: until then, and for as long as bytes move (zero: no such limit).
struct time_limits {
  deadline until = {};
  std::chrono::milliseconds stall{0};
};

class channel : public transport {
 public:
  // Opens a call: what errors name as its phase (a literal), how long it may wait, and whether it may.
  virtual void begin(std::string_view phase, time_limits limits, waiting may_wait) noexcept;
  void begin(std::string_view phase, time_limits limits) noexcept { begin(phase, limits, waiting::allowed); }
  result<io_status> try_read(byte_span buffer) override;
  result<io_status> try_write(byte_view bytes) override;
  // Within a call: what it may do from here on. Answers what it might do so far.
  virtual waiting allow(waiting may_wait) noexcept { return std::exchange(may_wait_, may_wait); }
  // timed_out once the deadline has passed.
  [[nodiscard]] result<void> in_time() const;
  // The same once something has moved: a call whose deadline had passed before it began still moves what is ready.
  [[nodiscard]] result<void> check() const;
  // poll(2) of one descriptor, within the limits of the call.
  [[nodiscard]] result<void> wait(int fd, short events) const;
  [[nodiscard]] const peer& whom() const noexcept { return whom_; }
  [[nodiscard]] std::string describe() const override { return whom_.describe(); }
  // An error of the call that is under way: whom, its phase, and why.
  [[nodiscard]] error problem(errc code, std::string why, std::string hint = {}) const;
  // What a write says after the end of our direction.
  [[nodiscard]] error already_ended() const { return problem(errc::closed, "our direction has been ended"); }
  // Of a connection that was made for us, its far end speaks first or last as a client does.
  void set_side(side ours) noexcept { whom_.ours = ours; }

  [[nodiscard]] virtual bool is_open() const noexcept = 0;
  // -1 where there is none. Borrowed.
  [[nodiscard]] virtual int read_handle() const noexcept = 0;
  [[nodiscard]] virtual int write_handle() const noexcept { return read_handle(); }
  // Whether poll(2) can wait for it and then says all there is to say. not_supported.
  [[nodiscard]] result<void> pollable() const;
  // What is written next is the last of this connection: it may wait for the segment that ends it.
  virtual void last_words() noexcept {}
  // The next bytes, which stay where they are; nothing where that cannot be had without taking them. Waits as a read.
  virtual std::optional<result<std::size_t>> look(byte_span) { return {}; }
  // Ends our direction.
  virtual result<void> end_writing() = 0;
  // Our end of a conversation that is over: says that we are done, and takes what has come. It leaves the descriptor
  // open, or to whoever sees it off. True when nothing is to be waited for any more.
  virtual bool part() noexcept = 0;
  // The same, and closes: after the peer's end, or then, and no later than `farewell` from now.
  virtual void depart(deadline) noexcept {
    part();
    close();
  }
  // Who is to see it off. Forgotten where that is of no use.
  virtual void leave_to(std::weak_ptr<departures>) noexcept {}
  // The peer has said something, and nothing of ours has left.
  [[nodiscard]] bool waits_for_an_answer() const noexcept { return has_read_ && !has_written_; }
  // Closes; sends nothing.
  virtual void close() noexcept = 0;
  // Closes so that the peer sees an error and no end; false, and still open, where nothing can tell it so.
  virtual bool reset() noexcept { return false; }
  // Closes, after what a stream has to say at its end.
  virtual void end() noexcept { close(); }
  // Gives the one descriptor up, where that is all there is.
  virtual result<int> release();
  // The encrypted connection below, where there is one.
  virtual tls_socket* below() noexcept { return nullptr; }

 protected:
  [[nodiscard]] virtual bool polled_by_descriptor() const noexcept { return read_handle() >= 0; }
  explicit channel(peer whom) noexcept : whom_(std::move(whom)) {}

  [[nodiscard]] bool patient() const noexcept { return may_wait_ == waiting::allowed; }
  [[nodiscard]] bool timed() const noexcept { return patient() && (!until().is_never() || limits_.stall.count() > 0); }
  // Before each move of a call with a deadline: a peer that always has one more byte ready does not outlive it. A read
  // that began too late waits for nothing, and takes all that is there.
  [[nodiscard]] result<void> may_read() const { return timed() && !late_ ? check() : result<void>(); }
  [[nodiscard]] result<void> may_write() const { return timed() ? check() : result<void>(); }
  [[nodiscard]] deadline until() const noexcept { return limits_.until; }
  [[nodiscard]] const time_limits& limits() const noexcept { return limits_; }
  [[nodiscard]] error failure(int system_error) const { return io_failure(whom_, phase_, system_error); }
  [[nodiscard]] error timed_out_now() const;
  [[nodiscard]] error stalled_now() const { return stalled(whom_, phase_, limits_.stall); }
  void moved() noexcept { moved_ = true; }
  void has_read() noexcept { moved_ = has_read_ = true; }
  void has_written() noexcept { moved_ = has_written_ = true; }

 private:
  peer whom_;
  std::string_view phase_ = "reading";
  time_limits limits_ = {};
  deadline::clock::time_point began_ = {};
  waiting may_wait_ = waiting::allowed;
  bool moved_ = false;
  bool late_ = false;
  bool has_read_ = false;
  bool has_written_ = false;
};

}  // namespace signet::net
