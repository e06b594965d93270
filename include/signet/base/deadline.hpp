// The time at which a call that waits has to end. A deadline is a point in time and not a length of time, so it covers
// the whole of a call, however many waits the call consists of.
#pragma once

#include <chrono>
#include <limits>

namespace signet {

/// An absolute deadline on the monotonic clock. A default-constructed deadline is unset: the socket's own timeout
/// applies.
class deadline {
 public:
  using clock = std::chrono::steady_clock;

  constexpr deadline() noexcept = default;
  constexpr deadline(clock::time_point when) noexcept : when_(when), state_(state::at) {}
  /// `from_now` after this moment. With zero or less the deadline has already passed and nothing waits; 100 years or
  /// more is the same as never().
  template <class Rep, class Period>
  deadline(std::chrono::duration<Rep, Period> from_now) : deadline(saturated(from_now)) {}

  /// A deadline that never passes: the call waits as long as it takes.
  static constexpr deadline never() noexcept {
    deadline d;
    d.state_ = state::never;
    return d;
  }

  /// False only for a default-constructed deadline.
  [[nodiscard]] constexpr bool is_set() const noexcept { return state_ != state::unset; }
  /// True for never(), and also for an unset deadline.
  [[nodiscard]] constexpr bool is_never() const noexcept { return state_ != state::at; }
  /// The point in time. It has no meaning when is_never() is true.
  [[nodiscard]] constexpr clock::time_point when() const noexcept { return when_; }
  /// Whether the point in time has come. Always false when is_never() is true.
  [[nodiscard]] bool passed() const noexcept { return state_ == state::at && clock::now() >= when_; }
  /// The milliseconds left, rounded up, in the form that poll(2) takes: -1 when is_never() is true, 0 once the deadline
  /// has passed.
  [[nodiscard]] int poll_timeout() const noexcept {
    if (is_never()) return -1;
    const auto now = clock::now();
    // The difference to a time in the distant past would overflow.
    if (when_ <= now) return 0;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(when_ - now).count();
    constexpr auto most = std::numeric_limits<int>::max();
    return left > most ? most : static_cast<int>(left);
  }
  /// The earlier of the two deadlines. When one of them is unset, the other one.
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
