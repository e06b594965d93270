#include "serve/idle_clients.hpp"

#include <sys/socket.h>

namespace tool {
namespace {

// A client that pauses before a request, to look something up or for a person to type, is back by then; one that waits
// for its place has not given up yet.
constexpr std::chrono::seconds pause{5};

}  // namespace

idle_clients::stay::stay(idle_clients& with, int fd) : with_(with), fd_(fd) {
  const std::lock_guard lock(with_.mutex_);
  place_ = with_.waiting_.insert(with_.waiting_.end(), this);
}

idle_clients::stay::~stay() {
  const std::lock_guard lock(with_.mutex_);
  if (!asked_) with_.waiting_.erase(place_);
}

bool idle_clients::stay::has_to_go() const {
  {
    const std::lock_guard lock(with_.mutex_);
    if (!asked_) return false;
  }
  char next = 0;
  return ::recv(fd_, &next, 1, MSG_PEEK | MSG_DONTWAIT) <= 0;
}

void idle_clients::longest_goes() noexcept {
  const std::lock_guard lock(mutex_);
  if (waiting_.empty() || std::chrono::steady_clock::now() - waiting_.front()->since_ < pause) return;
  auto& longest = *waiting_.front();
  waiting_.pop_front();
  longest.asked_ = true;
  // It wakes whoever waits for the client to send something; what we send still arrives.
  ::shutdown(longest.fd_, SHUT_RD);
}

}  // namespace tool
