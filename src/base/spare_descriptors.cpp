#include "base/spare_descriptors.hpp"

#include <fcntl.h>

#include <array>
#include <cerrno>
#include <mutex>

#include "base/descriptor.hpp"

namespace signet::base {
namespace {

struct spares {
  std::mutex in_use;
  // A folder and a file in it.
  std::array<descriptor, 2> kept;

  void take() noexcept {
    for (auto& one : kept)
      if (!one) one.reset(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  }
  void give() noexcept {
    for (auto& one : kept) one.reset();
  }
};

// One a process, never destroyed: trust is read again for as long as anything runs.
spares& of_this_process() {
  static auto* const made = new spares;
  return *made;
}

}  // namespace

bool is_without_descriptors(const error& why) noexcept {
  return why.system_error() == EMFILE || why.system_error() == ENFILE;
}

lent_descriptors::lent_descriptors() {
  auto& all = of_this_process();
  all.in_use.lock();
  all.give();
}

lent_descriptors::~lent_descriptors() {
  auto& all = of_this_process();
  all.take();
  all.in_use.unlock();
}

void keep_spare_descriptors() {
  auto& all = of_this_process();
  const std::lock_guard lock(all.in_use);
  all.take();
}

}  // namespace signet::base
