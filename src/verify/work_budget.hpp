// What is done for a peer that nobody vouches for yet: one budget for OpenSSL's builder, the search after it and the
// judging of each way, since a peer chooses how many certificates it sends and what each of them costs.
#pragma once

#include <chrono>
#include <ctime>
#include <optional>

namespace signet {

class work_budget {
 public:
  void count_signature() noexcept { count(signatures_); }
  void count_step() noexcept { count(steps_); }
  void count_path() noexcept { count(paths_); }

  // For the judging of a way that has been counted.
  [[nodiscard]] bool allows_signatures() const noexcept {
    return signatures_ < most_signatures && (!until_ || clock::now() < *until_);
  }
  [[nodiscard]] bool is_used_up() const noexcept {
    return !allows_signatures() || steps_ >= most_steps || paths_ >= most_paths;
  }

 private:
  // The work of this thread: on a busy machine a good way would be refused by the wall's time.
  struct clock {
    static std::chrono::nanoseconds now() noexcept {
      timespec spent{};
      ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
      return std::chrono::seconds(spent.tv_sec) + std::chrono::nanoseconds(spent.tv_nsec);
    }
  };
  // Enough for each real hierarchy and for those of test suites that try (docs/proven.md 6). Signatures count twice
  // over where a way is searched for and then judged.
  static constexpr int most_signatures = 200;
  static constexpr int most_steps = 1000;
  static constexpr int most_paths = 16;
  static constexpr auto longest = std::chrono::milliseconds(100);

  // The time begins with the first of them: what the user brought along to look through is the user's.
  void count(int& what) noexcept {
    ++what;
    if (!until_) until_ = clock::now() + longest;
  }

  int signatures_ = 0;
  int steps_ = 0;
  int paths_ = 0;
  std::optional<std::chrono::nanoseconds> until_ = {};
};

}  // namespace signet
