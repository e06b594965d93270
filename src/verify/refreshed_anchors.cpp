#include "verify/refreshed_anchors.hpp"

#include <dirent.h>
#include <sys/stat.h>

#include <system_error>
#include <utility>

namespace signet {
namespace {

void add(std::uint64_t& hash, std::uint64_t value) noexcept {
  hash = (hash ^ value) * 0x100000001b3;
}

void add(std::uint64_t& hash, const struct stat& s) noexcept {
  add(hash, s.st_dev);
  add(hash, s.st_ino);
  add(hash, static_cast<std::uint64_t>(s.st_size));
  for (const auto& time : {s.st_mtim, s.st_ctim}) {
    add(hash, static_cast<std::uint64_t>(time.tv_sec));
    add(hash, static_cast<std::uint64_t>(time.tv_nsec));
  }
}

// Changes whenever the file, or a file of the folder, does.
std::uint64_t look(const std::filesystem::path& path) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;
  struct stat s {};
  if (::stat(path.c_str(), &s) != 0) return 0;
  add(hash, s);
  if (!S_ISDIR(s.st_mode)) return hash;
  DIR* folder = ::opendir(path.c_str());
  if (folder == nullptr) return 0;
  // The order of entries may change by itself.
  std::uint64_t files = 0;
  while (const dirent* entry = ::readdir(folder)) {
    if (::fstatat(::dirfd(folder), entry->d_name, &s, 0) != 0 || !S_ISREG(s.st_mode)) continue;
    std::uint64_t one = 0xcbf29ce484222325;
    add(one, s);
    files += one;
  }
  ::closedir(folder);
  add(hash, files);
  return hash;
}

}  // namespace

result<std::shared_ptr<const anchors>> refreshed_anchors::make(const std::filesystem::path& path, reader read_first,
                                                               reader read_again, clock now) {
  std::error_code failed;
  auto absolute = std::filesystem::absolute(path, failed);
  // Before it is read: what replaces it meanwhile is a change then.
  const auto seen = look(absolute);
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
  const auto seen = look(path_);
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
