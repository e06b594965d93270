#include <signet/verify/known_peers.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <mutex>
#include <system_error>
#include <utility>

#include "base/file.hpp"
#include "base/printable.hpp"

namespace signet {

struct known_peers::impl {
  std::filesystem::path file;
  // Locks on a file do not keep threads of one process apart.
  mutable std::mutex mutex;
};

namespace {

constexpr std::size_t largest = std::size_t{16} << 20;

class descriptor {
 public:
  explicit descriptor(int fd) noexcept : fd_(fd) {}
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

error failed(const std::filesystem::path& file, int error_number) {
  return error(error_parts{.code = errc::io_failed,
                           .message = base::shown(file) + ": " + std::generic_category().message(error_number),
                           .system_error = error_number});
}

std::string pin_of(const certificate& cert) {
  return "sha256$pub$" + to_hex(cert.fingerprint("sha256", fingerprint_of::public_key).value());
}

struct line_parts {
  std::string_view name = {};
  std::string_view pin = {};
};

// None for a comment or an empty line.
result<std::optional<line_parts>> parse(std::string_view line) {
  const auto take_word = [&line] {
    const auto start = std::min(line.find_first_not_of(" \t\r"), line.size());
    const auto end = std::min(line.find_first_of(" \t\r", start), line.size());
    const auto word = line.substr(start, end - start);
    line.remove_prefix(end);
    return word;
  };
  line_parts out;
  out.name = take_word();
  if (out.name.empty() || out.name.starts_with('#')) return std::optional<line_parts>{};
  out.pin = take_word();
  constexpr std::size_t whole = 11 + 64;
  if (!out.pin.starts_with("sha256$pub$") || out.pin.size() != whole)
    return error(errc::file_malformed, "expected a name, a key as sha256$pub$HEX and a time");
  return std::optional(out);
}

result<known_peers::standing> look_up_in(const std::filesystem::path& file, std::string_view name,
                                         const std::string& pin) {
  std::error_code ignored;
  if (!std::filesystem::exists(file, ignored)) return known_peers::standing::unknown;
  auto text = base::read_file(file, largest);
  if (!text) return std::move(text).error();
  auto found = known_peers::standing::unknown;
  std::size_t number = 0;
  for (std::string_view rest = *text; !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto parsed = parse(rest.substr(0, end));
    ++number;
    if (!parsed) return parsed.error().in(base::shown(file) + ": line " + std::to_string(number));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!*parsed || (*parsed)->name != name) continue;
    // A peer may have more than one key, each vouched for by its line.
    if ((*parsed)->pin == pin) return known_peers::standing::known;
    found = known_peers::standing::changed;
  }
  return found;
}

}  // namespace

result<known_peers> known_peers::open(const std::filesystem::path& file) {
  auto made = std::make_shared<impl>();
  made->file = file;
  // Reads it all, so that a broken file is an error now and not in a handshake.
  if (auto all = look_up_in(file, "", ""); !all) return std::move(all).error();
  return known_peers(std::move(made));
}

result<known_peers::standing> known_peers::look_up(const server_name& name, const certificate& cert) const {
  return look_up_in(impl_->file, name.ascii(), pin_of(cert));
}

result<void> known_peers::remember(const server_name& name, const certificate& cert,
                                   std::chrono::sys_seconds at) const {
  const std::lock_guard lock(impl_->mutex);
  const descriptor out(::open(impl_->file.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (out.get() < 0) return failed(impl_->file, errno);
  while (::flock(out.get(), LOCK_EX) != 0)
    if (errno != EINTR) return failed(impl_->file, errno);
  const auto pin = pin_of(cert);
  // Another thread or program may have been quicker.
  auto now = look_up_in(impl_->file, name.ascii(), pin);
  if (!now) return std::move(now).error();
  if (*now == standing::known) return {};
  if (*now == standing::changed)
    return error(errc::certificate_rejected, "another key of " + name.display() + " was remembered meanwhile");
  // A line that somebody left unfinished does not swallow this one.
  char last = '\n';
  const off_t size = ::lseek(out.get(), 0, SEEK_END);
  if (size > 0 && ::pread(out.get(), &last, 1, size - 1) != 1) return failed(impl_->file, errno);
  const auto line = (last == '\n' ? "" : "\n") + name.ascii() + ' ' + pin + ' ' + to_rfc3339(at) + '\n';
  for (std::string_view rest = line; !rest.empty();) {
    const auto written = ::write(out.get(), rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return failed(impl_->file, errno);
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(out.get()) != 0) return failed(impl_->file, errno);
  return {};
}

const std::filesystem::path& known_peers::file() const noexcept {
  return impl_->file;
}

}  // namespace signet
