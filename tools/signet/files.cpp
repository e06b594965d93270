#include "files.hpp"

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <utility>

#include "output.hpp"

namespace tool {
namespace {

[[noreturn]] void cannot_read(const std::filesystem::path& file, int error_number) {
  throw failure(exit_status::local, "reading " + file.string() + ": " + std::strerror(error_number));
}

std::string read_up_to(const std::filesystem::path& file, std::size_t limit, std::string_view stop_at) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) cannot_read(file, errno);
  std::string text;
  char buffer[16384];
  for (;;) {
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int why = errno;
      ::close(fd);
      cannot_read(file, why);
    }
    if (n == 0) break;
    text.append(buffer, static_cast<std::size_t>(n));
    if (!stop_at.empty() && text.find(stop_at) != std::string::npos) break;
    if (text.size() > limit) {
      ::close(fd);
      throw failure(exit_status::local,
                    "reading " + file.string() + ": larger than " + std::to_string(limit) + " bytes");
    }
  }
  ::close(fd);
  return text;
}

constexpr mode_t secret = 0600;

std::string random_suffix() {
  std::uint64_t bits = 0;
  if (::getrandom(&bits, sizeof bits, 0) != static_cast<ssize_t>(sizeof bits))
    bits = static_cast<std::uint64_t>(::getpid());
  std::string text;
  for (int i = 0; i < 12; ++i, bits >>= 5) text += "abcdefghijklmnopqrstuvwxyz234567"[bits & 31];
  return text;
}

}  // namespace

std::string first_line(const std::filesystem::path& file) {
  std::string text = read_up_to(file, 4096, "\n");
  text.resize(std::min(text.find('\n'), text.size()));
  if (!text.empty() && text.back() == '\r') text.pop_back();
  return text;
}

std::string whole_file(const std::filesystem::path& file, std::size_t limit) {
  return read_up_to(file, limit, {});
}

new_file::new_file(std::filesystem::path target, mode_t mode, existing_file policy)
    : target_(std::move(target)), policy_(policy) {
  struct stat there = {};
  if (::stat(target_.c_str(), &there) == 0) {
    if (S_ISDIR(there.st_mode)) fail(EISDIR, "writing ");
    if (!S_ISREG(there.st_mode)) {
      direct_ = true;
      descriptor_ = ::open(target_.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
      if (descriptor_ < 0) fail(errno, "writing ");
      return;
    }
    if (policy_ == existing_file::keep) fail(EEXIST, "writing ");
    // What is secret stays so, whatever stood there.
    if (mode != secret) kept_mode_ = there.st_mode & 07777;
    if (mode != secret) kept_owner_ = {there.st_uid, there.st_gid};
  }
  // A link stays one: what it leads to is written.
  std::error_code ignored;
  if (policy_ == existing_file::replace && std::filesystem::is_symlink(target_, ignored)) {
    const auto led_to = std::filesystem::weakly_canonical(target_, ignored);
    if (!ignored) target_ = led_to;
  }
  const auto folder = target_.has_parent_path() ? target_.parent_path() : std::filesystem::path(".");
  descriptor_ = ::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, mode);
  if (descriptor_ < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) open_named(mode);
  if (descriptor_ < 0) fail(errno, "writing ");
  if (!kept_owner_) return;
  // As far as we may.
  if (const auto [user, group] = *kept_owner_; ::fchown(descriptor_, user, group) != 0 && kept_mode_)
    kept_mode_ = *kept_mode_ & 0777U;
  if (kept_mode_ && ::fchmod(descriptor_, *kept_mode_) != 0) fail(errno, "writing ");
}

void new_file::open_named(mode_t mode) {
  temporary_ = target_;
  temporary_.replace_filename("." + target_.filename().string() + "." + random_suffix());
  descriptor_ = ::open(temporary_.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, mode);
  if (descriptor_ < 0) temporary_.clear();
}

new_file::~new_file() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void new_file::fail(int error_number, const char* doing) const {
  throw failure(exit_status::local, doing + target_.string() + ": " + std::strerror(error_number),
                error_number == EEXIST ? "choose another name, or allow it with --force" : "");
}

void new_file::write(signet::byte_view bytes) {
  std::string_view rest = bytes.text();
  while (!rest.empty()) {
    const ssize_t n = ::write(descriptor_, rest.data(), rest.size());
    if (n >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(n));
    } else if (errno != EINTR) {
      fail(errno, "writing ");
    }
  }
}

void new_file::commit() {
  if (direct_) return;
  if (::fsync(descriptor_) != 0 && errno != EINVAL && errno != EROFS) fail(errno, "writing ");
  const std::string self = "/proc/self/fd/" + std::to_string(descriptor_);
  if (temporary_.empty()) {
    // link(2) does not replace: what is to be kept is kept even when it came into being a moment ago.
    if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, target_.c_str(), AT_SYMLINK_FOLLOW) == 0) {
      made_ = true;
      return;
    }
    if (errno != EEXIST || policy_ == existing_file::keep) fail(errno, "writing ");
    auto named = target_;
    named.replace_filename("." + target_.filename().string() + "." + random_suffix());
    if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, named.c_str(), AT_SYMLINK_FOLLOW) != 0) fail(errno, "writing ");
    temporary_ = std::move(named);
  }
  if (policy_ == existing_file::keep) {
    if (::link(temporary_.c_str(), target_.c_str()) != 0) fail(errno, "writing ");
    made_ = true;
    return;  // the destructor removes the temporary name
  }
  if (::rename(temporary_.c_str(), target_.c_str()) != 0) fail(errno, "writing ");
  temporary_.clear();
}

void new_file::withdraw() noexcept {
  if (made_) ::unlink(target_.c_str());
  made_ = false;
}

}  // namespace tool
