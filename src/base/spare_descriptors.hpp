// Two descriptors that a process keeps back, for reading what decides whom it trusts when all others are in use: a peer
// can bring that about by connecting often enough.
#pragma once

#include <signet/base/result.hpp>

namespace signet::base {

// This process, or this machine, has none left.
[[nodiscard]] bool is_without_descriptors(const error& why) noexcept;

// The spare ones are free to be used while this lives. One thread at a time; the others wait.
class lent_descriptors {
 public:
  lent_descriptors();
  lent_descriptors(const lent_descriptors&) = delete;
  lent_descriptors& operator=(const lent_descriptors&) = delete;
  ~lent_descriptors();
};
// Sees to it that there are some to lend from now on.
void keep_spare_descriptors();

// `read` once, and once more with the spare ones where descriptors were what it lacked.
template <class F>
auto with_spare_descriptors(F&& read) {
  keep_spare_descriptors();
  auto outcome = read();
  if (!outcome && is_without_descriptors(outcome.error())) {
    const lent_descriptors spare;
    outcome = read();
  }
  return outcome;
}

}  // namespace signet::base
