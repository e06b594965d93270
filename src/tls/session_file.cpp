#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include <signet/base/deadline.hpp>
#include <signet/base/new_file.hpp>
#include <signet/tls/session_store.hpp>

#include "base/descriptor.hpp"
#include "base/file.hpp"
#include "base/file_lock.hpp"
#include "tls/session_records.hpp"

namespace signet {
namespace {

error unusable(errc code, const std::filesystem::path& file, const std::string& why, int error_number = 0,
               std::string hint = {}) {
  return error(error_parts{.code = code,
                           .message = base::shown(file) + ": cannot keep sessions: " + why,
                           .hint = std::move(hint),
                           .system_error = error_number});
}
error unusable(errc code, const std::filesystem::path& file, int error_number, std::string hint = {}) {
  return unusable(code, file, std::generic_category().message(error_number), error_number, std::move(hint));
}

std::chrono::sys_seconds now() {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

// Each change puts a new file in place of the old one. So whoever reads needs no lock, nobody meets half a change, and
// whoever had the old one open when its mode was another reads nothing of what is kept later.
class session_file_store final : public session_store {
 public:
  explicit session_file_store(std::filesystem::path file) : file_(std::move(file)) {}

  void add(const std::string& key, const std::string& value, std::chrono::sys_seconds expires) override {
    if (expires <= now()) return;
    change(O_CREAT, [&](session_records& all) { return all.add({key, value, expires}); });
  }
  std::optional<std::string> find(const std::string& key) override {
    const auto file = open(O_RDONLY);
    if (!file) return std::nullopt;
    return read(file->get()).find(key);
  }
  std::optional<std::string> take(const std::string& key) override {
    std::optional<std::string> taken;
    const auto removed = change(0, [&](session_records& all) { return (taken = all.take(key)).has_value(); });
    if (!removed) return std::nullopt;
    return taken;
  }
  void remove(const std::string& key) override {
    change(0, [&](session_records& all) { return all.remove(key); });
  }

  // The file, for its owner only from here on. file_not_readable, which has ENOENT where there is none.
  [[nodiscard]] result<base::descriptor> open(int flags) const {
    struct ::stat about {};
    // Looked at before it is opened: opening a device may do something.
    if (::stat(file_.c_str(), &about) == 0) {
      if (auto fit = check(about); !fit) return std::move(fit).error();
    } else if (errno != ENOENT) {
      return unusable(errc::file_not_readable, file_, errno);
    }
    base::descriptor file(::open(file_.c_str(), flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600));
    if (!file || ::fstat(file.get(), &about) != 0) return unusable(errc::file_not_readable, file_, errno);
    if (auto fit = check(about); !fit) return std::move(fit).error();
    if ((about.st_mode & 07777U) != 0600 && ::fchmod(file.get(), 0600) != 0)
      return unusable(errc::file_not_readable, file_, errno);
    return file;
  }

 private:
  [[nodiscard]] result<void> check(const struct ::stat& about) const {
    if (!S_ISREG(about.st_mode)) return unusable(errc::file_not_readable, file_, "it is not a regular file");
    if (about.st_uid != ::geteuid())
      return unusable(errc::file_not_readable, file_, "it belongs to somebody else", 0, "choose a file of your own");
    return {};
  }

  static session_records read(int fd) {
    struct ::stat about {};
    if (::fstat(fd, &about) != 0 || about.st_size > std::ptrdiff_t{session_records::most_octets}) return {};
    std::string content(static_cast<std::size_t>(about.st_size), '\0');
    std::size_t size = 0;
    while (size < content.size()) {
      const auto got = ::read(fd, content.data() + size, content.size() - size);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return {};
      size += static_cast<std::size_t>(got);
    }
    return session_records::parse(content, now());
  }

  [[nodiscard]] result<void> write(const session_records& all) const {
    auto made = new_file::begin(file_, file_access::owner_only, existing_file::replace);
    if (!made) return std::move(made).error();
    if (auto written = made->write(all.text()); !written) return written;
    // A handshake does not wait for the disk. What a crash of the system leaves cut is found out.
    return made->commit(file_sync::later);
  }

  [[nodiscard]] bool is_in_place(int fd) const {
    struct ::stat opened {};
    struct ::stat named {};
    return ::fstat(fd, &opened) == 0 && ::stat(file_.c_str(), &named) == 0 && opened.st_dev == named.st_dev &&
           opened.st_ino == named.st_ino;
  }

  // False: `edit` wanted no change, or it could not be made.
  template <class Edit>
  bool change(int flags, Edit&& edit) const {
    const deadline until = base::file_lock::patience;
    for (;;) {
      const auto file = open(O_RDWR | flags);
      if (!file) return false;
      const auto lock = base::file_lock::of(file->get(), file_, until);
      if (!lock) return false;
      if (is_in_place(file->get())) {
        auto all = read(file->get());
        return edit(all) && write(all);
      }
      // Who held the lock has put another file in place of this one.
      if (until.passed()) return false;
    }
  }

  std::filesystem::path file_;
};

}  // namespace

result<std::shared_ptr<session_store>> session_file(const std::filesystem::path& file) {
  if (file.empty()) return error(errc::file_not_readable, "no file is named");
  if (file.native().find('\0') != std::string::npos)
    return unusable(errc::file_not_readable, file, "its name holds a NUL");
  std::error_code why;
  const auto named = std::filesystem::absolute(file, why);
  if (why) return unusable(errc::file_not_readable, file, why.value());
  auto made = std::make_shared<session_file_store>(named);
  if (auto there = made->open(O_RDONLY); !there && there.error().system_error() != ENOENT)
    return std::move(there).error();
  const auto folder = std::filesystem::weakly_canonical(named, why).parent_path();
  if (!why && ::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) != 0)
    return unusable(errc::file_io_failed, named, errno,
                    "its folder has to be there and writable, for each change makes a new file");
  return std::shared_ptr<session_store>(std::move(made));
}

}  // namespace signet
