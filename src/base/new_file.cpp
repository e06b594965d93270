#include <signet/base/new_file.hpp>

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "base/descriptor.hpp"
#include "base/file.hpp"

namespace signet {
namespace {

std::string random_suffix() {
  std::uint64_t bits = 0;
  if (::getrandom(&bits, sizeof bits, 0) != static_cast<ssize_t>(sizeof bits))
    bits = static_cast<std::uint64_t>(::getpid());
  std::string text;
  for (int i = 0; i < 12; ++i, bits >>= 5) text += "abcdefghijklmnopqrstuvwxyz234567"[bits & 31];
  return text;
}

// A link stays one: what it leads to is written, be it there or not.
std::filesystem::path led_to(std::filesystem::path target) {
  std::error_code ignored;
  for (int i = 0; i < 40 && std::filesystem::is_symlink(target, ignored); ++i)
    target = target.parent_path() / std::filesystem::read_symlink(target, ignored);
  return target;
}

}  // namespace

struct new_file::impl {
  std::filesystem::path target;
  existing_file existing;
  base::descriptor file = {};
  std::filesystem::path temporary = {};
  bool direct = false;
  bool made = false;

  ~impl() { drop(); }
  void drop() noexcept {
    if (!temporary.empty()) ::unlink(temporary.c_str());
    temporary.clear();
  }

  [[nodiscard]] error failed(int error_number) const {
    const bool exists = error_number == EEXIST;
    return error(
        error_parts{.code = exists ? errc::file_exists : errc::file_io_failed,
                    .message = "writing " + base::shown(target) + ": " + std::generic_category().message(error_number),
                    .hint = exists ? "choose another name, or allow it with existing_file::replace" : "",
                    .system_error = error_number});
  }
  [[nodiscard]] std::filesystem::path beside() const {
    auto named = target;
    return named.replace_filename("." + target.filename().string() + "." + random_suffix());
  }

  result<void> open(file_access access) {
    const mode_t mode = access == file_access::owner_only ? 0600 : access == file_access::others_read ? 0644 : 0666;
    struct stat there = {};
    const bool is_there = ::stat(target.c_str(), &there) == 0;
    // Also what the system keeps us from following: a stranger's link in a folder for everybody.
    if (!is_there && errno != ENOENT) return failed(errno);
    if (is_there) {
      if (S_ISDIR(there.st_mode)) return failed(EISDIR);
      if (!S_ISREG(there.st_mode)) {
        // A pipe that a stranger has put there is no place for a secret.
        if (access == file_access::owner_only && !S_ISCHR(there.st_mode) && there.st_uid != ::geteuid())
          return failed(EACCES);
        direct = true;
        file = base::descriptor(::open(target.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY));
        return file ? result<void>() : failed(errno);
      }
      if (existing == existing_file::keep) return failed(EEXIST);
    }
    if (existing == existing_file::replace) target = led_to(std::move(target));
    const auto folder = target.has_parent_path() ? target.parent_path() : std::filesystem::path(".");
    file = base::descriptor(::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, mode));
    if (!file && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
      temporary = beside();
      file = base::descriptor(::open(temporary.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC | O_NOFOLLOW, mode));
      const int why = errno;
      if (!file) temporary.clear();
      errno = why;
    }
    if (!file) return failed(errno);
    if (!is_there || access == file_access::owner_only) return {};
    // Owner and group as far as we may; what the mode gives to them it gives to nobody else.
    const bool is_his = ::fchown(file.get(), there.st_uid, there.st_gid) == 0;
    const bool is_theirs = is_his || ::fchown(file.get(), static_cast<uid_t>(-1), there.st_gid) == 0;
    const mode_t kept = is_his ? 07777U : is_theirs ? 0777U : 0707U;
    if (::fchmod(file.get(), there.st_mode & kept) != 0) return failed(errno);
    return {};
  }

  result<void> name_it(file_sync sync) {
    if (sync == file_sync::now && ::fsync(file.get()) != 0 && errno != EINVAL && errno != EROFS) return failed(errno);
    const std::string self = "/proc/self/fd/" + std::to_string(file.get());
    if (temporary.empty()) {
      // link(2) does not replace: what is to be kept is kept even when it came into being a moment ago.
      if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, target.c_str(), AT_SYMLINK_FOLLOW) == 0) {
        made = true;
        return {};
      }
      if (errno != EEXIST || existing == existing_file::keep) return failed(errno);
      auto named = beside();
      if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, named.c_str(), AT_SYMLINK_FOLLOW) != 0) return failed(errno);
      temporary = std::move(named);
    }
    if (::link(temporary.c_str(), target.c_str()) == 0) {
      made = true;
      drop();
      return {};
    }
    if (errno != EEXIST || existing == existing_file::keep) return failed(errno);
    if (::rename(temporary.c_str(), target.c_str()) != 0) return failed(errno);
    temporary.clear();
    return {};
  }
};

result<new_file> new_file::begin(std::filesystem::path target, file_access access, existing_file existing) {
  // NOLINTNEXTLINE(modernize-make-unique): an aggregate is made with braces
  std::unique_ptr<impl> made(new impl{std::move(target), existing});
  if (auto opened = made->open(access); !opened) return std::move(opened).error();
  return new_file(std::move(made));
}

new_file::new_file(std::unique_ptr<impl> made) noexcept : impl_(std::move(made)) {}
new_file::new_file(new_file&&) noexcept = default;
new_file& new_file::operator=(new_file&&) noexcept = default;
new_file::~new_file() = default;

result<void> new_file::write(byte_view bytes) {
  std::string_view rest = bytes.text();
  while (!rest.empty()) {
    const ssize_t n = ::write(impl_->file.get(), rest.data(), rest.size());
    if (n >= 0)
      rest.remove_prefix(static_cast<std::size_t>(n));
    else if (errno != EINTR)
      return impl_->failed(errno);
  }
  return {};
}

result<void> new_file::commit(file_sync sync) {
  return impl_->direct ? result<void>() : impl_->name_it(sync);
}

void new_file::withdraw() noexcept {
  if (std::exchange(impl_->made, false)) ::unlink(impl_->target.c_str());
}

}  // namespace signet
