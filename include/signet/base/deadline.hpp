// When a call that waits has to end: a point in time, not a length, so that it holds for the whole of a call however
// many waits that call is made of.
#pragma once

#include <chrono>
#include <limits>

namespace signet {

/// An absolute deadline on the monotonic clock. Made by default it is unset, and the socket's own timeout applies.
class deadline {
 public:
  using clock = std::chrono::steady_clock;

  constexpr deadline() noexcept = default;
  constexpr deadline(clock::time_point when) noexcept : when_(when), state_(state::at) {}
  /// So long from now. Zero or less has already passed: nothing waits.
  template <class Rep, class Period>
  deadline(std::chrono::duration<Rep, Period> from_now) : deadline(saturated(from_now)) {}

  /// Waits as long as it takes.
  static constexpr deadline never() noexcept {
    deadline d;
    d.state_ = state::never;
    return d;
  }

  [[nodiscard]] constexpr bool is_set() const noexcept { return state_ != state::unset; }
  [[nodiscard]] constexpr bool is_never() const noexcept { return state_ != state::at; }
  /// The point in time; meaningless when is_never().
  [[nodiscard]] constexpr clock::time_point when() const noexcept { return when_; }
  [[nodiscard]] bool passed() const noexcept { return state_ == state::at && clock::now() >= when_; }
  /// Milliseconds left, rounded up, in the form poll(2) takes: -1 for never, 0 once passed.
  [[nodiscard]] int poll_timeout() const noexcept {
    if (is_never()) return -1;
    const auto now = clock::now();
    // The difference to a time long past would overflow.
    if (when_ <= now) return 0;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(when_ - now).count();
    constexpr auto most = std::numeric_limits<int>::max();
    return left > most ? most : static_cast<int>(left);
  }
  /// The earlier of two; an unset one gives way.
  [[nodiscard]] static constexpr deadline earlier(deadline a, deadline b) noexcept {
    if (a.is_never()) return b.is_set() ? b : a;
    if (b.is_never()) return a;
    return a.when_ < b.when_ ? a : b;
  }

 private:
  enum class state : unsigned char { unset, at, never };

  template <class Rep, class Period>
  static deadline saturated(std::chrono::duration<Rep, Period> from_now) {
    constexpr auto far = std::chrono::hours(24 * 365 * 100);
    if (std::chrono::duration<double>(from_now) >= std::chrono::duration<double>(far)) return never();
    if (from_now <= from_now.zero()) return clock::now();
    return clock::now() + std::chrono::ceil<clock::duration>(from_now);
  }

  clock::time_point when_{};
  state state_ = state::unset;
};

}  // namespace signet
