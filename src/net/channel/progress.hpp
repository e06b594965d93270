// Whether bytes still move on a connection while a call waits. A peer that takes little at a time is slow and no more.
// The system takes in megabytes before it lets a writer wait, so it is asked how much of them has left.
#pragma once

#include <chrono>
#include <optional>

#include <signet/base/deadline.hpp>

namespace signet::net {

class progress {
 public:
  // From now on. Zero: there is no limit, and nothing is looked at.
  explicit progress(std::chrono::milliseconds limit) noexcept;

  // When a wait has to be interrupted to look.
  [[nodiscard]] deadline next_look() const;
  // A look at the connection that is written to by `fd`: true once nothing has moved for as long as the limit says.
  [[nodiscard]] bool has_stalled(int fd) noexcept;
  // Something has moved.
  void moved() noexcept;

 private:
  std::chrono::milliseconds limit_;
  // As the last look has found it.
  std::optional<int> unsent_ = {};
  deadline::clock::time_point since_ = {};
};

}  // namespace signet::net
