// A kernel that gives less than it is asked for: recv(), send(), poll() and their like of the whole program, made
// short, interrupted, refused or broken by a plan. A program that links faulty_calls.cpp has them. SIGNET_FAULTS in its
// environment ("split=7", "eintr=2", "eagain=3") is the plan of every thread that was given none.
#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace signet::test {

// ThreadSanitizer learns from these calls what happens before what, and has to see them.
#if defined(SIGNET_UNDER_THREAD_SANITIZER)
inline constexpr bool faults_possible = false;
#else
inline constexpr bool faults_possible = true;
#endif

// What is counted are calls on sockets and pipes: reads, writes, poll() and accept4().
struct fault_plan {
  // The most bytes that one call moves; 0 for no limit.
  unsigned split = 0;
  // Every so many-th call of its kind is interrupted; 0 for none.
  unsigned eintr = 0;
  // Every so many-th call that waits, or that a poll() said is ready, has nothing after all; 0 for none.
  unsigned eagain = 0;
  // This happens at the call of that number, from 1, or at the first after it that can fail so. What breaks a
  // connection stays: after ECONNRESET and EPIPE nothing is written, and after those and the end nothing is read.
  enum class once : unsigned char { nothing, eintr, eagain, econnreset, epipe, end } what = once::nothing;
  unsigned at = 0;

  static fault_plan parse(std::string_view text);
};

// The calling thread's plan, for as long as this lives.
class faults {
 public:
  explicit faults(fault_plan plan) noexcept;
  faults(const faults&) = delete;
  faults& operator=(const faults&) = delete;
  ~faults();

  // How many calls there were, how many of them were not let through, and which was the first of those.
  [[nodiscard]] static unsigned calls() noexcept;
  [[nodiscard]] static unsigned injected() noexcept;
  [[nodiscard]] static unsigned first_injected() noexcept;
  // How long each of the first calls of poll() was to wait at most, in milliseconds; -1 for as long as it takes.
  [[nodiscard]] static std::span<const int> waits() noexcept;
};

// A resolver that takes its time, for as long as this lives: each name is found so much later, at these addresses.
class late_lookup {
 public:
  late_lookup(std::chrono::milliseconds by, std::vector<std::string> addresses);
  late_lookup(const late_lookup&) = delete;
  late_lookup& operator=(const late_lookup&) = delete;
  ~late_lookup();
};

}  // namespace signet::test
