// The end of a connection whose conversation is over. A descriptor that is closed while bytes still come makes the
// system reset the connection, and the peer then fails in what it writes instead of reading our last words. So our
// direction is ended first, and what comes is thrown away until the peer ends too, for a short time.
#pragma once

#include <cstddef>

#include <signet/base/deadline.hpp>

#include "base/descriptor.hpp"

namespace signet::net {

inline constexpr std::chrono::seconds farewell{1};

class departing {
 public:
  static constexpr std::size_t most = std::size_t{16} << 20;

  explicit departing(base::descriptor socket) noexcept : fd_(std::move(socket)) {}

  // Ends our direction.
  void say_goodbye() noexcept;
  // Takes what has come, up to so many bytes, and does not wait. True when nothing is to be waited for any more: the peer
  // has ended, the connection has failed, or too much came.
  bool is_over(std::size_t at_once = most) noexcept;
  // Until it is over, at most until then.
  void wait(deadline until) noexcept;

  [[nodiscard]] int handle() const noexcept { return fd_.get(); }
  [[nodiscard]] base::descriptor release() noexcept { return std::move(fd_); }

 private:
  base::descriptor fd_;
  std::size_t left_ = most;
};

// Somebody who sees connections off, so that their owners need not wait.
class departures {
 public:
  departures() = default;
  departures(const departures&) = delete;
  departures& operator=(const departures&) = delete;
  virtual ~departures() = default;
  virtual void see_off(departing one) noexcept = 0;
};

}  // namespace signet::net
