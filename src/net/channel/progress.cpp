#include "net/channel/progress.hpp"

#include <linux/sockios.h>
#include <sys/ioctl.h>

#include <algorithm>

namespace signet::net {
namespace {

// What the system holds for the peer. For what is no socket it cannot say.
int unsent_in(int fd) noexcept {
  int bytes = 0;
  return ::ioctl(fd, SIOCOUTQ, &bytes) == 0 ? bytes : 0;
}

}  // namespace

progress::progress(std::chrono::milliseconds limit) noexcept : limit_(limit) {
  if (limit_.count() <= 0) return;
  // As long as that is no limit.
  if (deadline(limit).is_never())
    limit_ = {};
  else
    moved();
}

// Most calls end without a look.
void progress::moved() noexcept {
  unsent_.reset();
  since_ = deadline::clock::now();
}

deadline progress::next_look() const {
  if (limit_.count() <= 0) return deadline::never();
  const auto now = deadline::clock::now();
  // Often enough for the limit to mean what it says.
  const auto pause =
      std::clamp<std::chrono::milliseconds>(limit_ / 4, std::chrono::milliseconds(1), std::chrono::seconds(1));
  const auto end = since_ + limit_;
  return end > now ? deadline::earlier(now + pause, end) : deadline(now + pause);
}

bool progress::has_stalled(int fd) noexcept {
  if (limit_.count() <= 0) return false;
  const auto now = deadline::clock::now();
  const auto unsent = unsent_in(fd);
  if (unsent != unsent_.value_or(unsent)) since_ = now;
  unsent_ = unsent;
  return now - since_ >= limit_;
}

}  // namespace signet::net
