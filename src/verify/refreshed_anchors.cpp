#include "verify/refreshed_anchors.hpp"

#include <system_error>
#include <utility>

#include "base/file_stamp.hpp"

namespace signet {
result<std::shared_ptr<const anchors>> refreshed_anchors::make(const std::filesystem::path& path, reader read_first,
                                                               reader read_again, clock now) {
  std::error_code failed;
  auto absolute = std::filesystem::absolute(path, failed);
  // Before it is read: what replaces it meanwhile is a change then.
  const auto seen = base::file_stamp(absolute);
  auto first = read_first(path);
  if (!first || std::filesystem::is_fifo(absolute, failed)) return first;
  return std::shared_ptr<const anchors>(
      new refreshed_anchors(std::move(absolute), seen, *std::move(first), std::move(read_again), std::move(now)));
}

refreshed_anchors::refreshed_anchors(std::filesystem::path path, std::uint64_t seen,
                                     std::shared_ptr<const anchors> first, reader read, clock now)
    : path_(std::move(path)),
      read_(std::move(read)),
      now_(std::move(now)),
      current_(std::move(first)),
      seen_(seen),
      next_look_(now_() + interval) {}

std::shared_ptr<const anchors> refreshed_anchors::held() const noexcept {
  const std::lock_guard lock(mutex_);
  return current_;
}

std::shared_ptr<const anchors> refreshed_anchors::current() const {
  std::unique_lock lock(mutex_);
  const auto now = now_();
  if (now < next_look_) return current_;
  next_look_ = now + interval;
  const auto this_look = ++looks_;
  const auto before = seen_;
  const bool must_read = !trouble_.empty();
  // The others go on with what was.
  lock.unlock();
  const auto seen = base::file_stamp(path_);
  if (seen == before && !must_read) return held();
  auto fresh = read_(path_);
  lock.lock();
  // Somebody who looked later was quicker.
  if (this_look < read_by_look_) return current_;
  read_by_look_ = this_look;
  if (!fresh) {
    if (trouble_.empty()) failing_since_ = now;
    trouble_ = fresh.error().message();
    if (now - failing_since_ < patience || current_->size() == 0) return current_;
    auto nobody = std::make_shared<parsed_anchors>(std::vector<certificate>());
    nobody->origin = current_->description();
    fresh = std::shared_ptr<const anchors>(std::move(nobody));
  } else {
    trouble_.clear();
    seen_ = seen;
  }
  current_ = *std::move(fresh);
  ++generation_;
  return current_;
}

std::string refreshed_anchors::description() const {
  const auto content = current();
  const std::lock_guard lock(mutex_);
  return content->description() + (trouble_.empty() ? "" : " (cannot be read again: " + trouble_ + ")");
}

std::size_t refreshed_anchors::size() const noexcept {
  return held()->size();
}
std::size_t refreshed_anchors::skipped() const noexcept {
  return held()->skipped();
}

std::uint64_t refreshed_anchors::generation() const {
  (void)current();
  const std::lock_guard lock(mutex_);
  return generation_;
}

}  // namespace signet
