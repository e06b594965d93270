#include "base/file.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <system_error>

#include <signet/base/deadline.hpp>

#include "base/descriptor.hpp"
#include "base/printable.hpp"

namespace signet::base {
namespace {

error cannot_read(const std::filesystem::path& file, std::string why, int system_error = 0) {
  error_parts parts;
  parts.code = errc::file_not_readable;
  parts.message = shown(file) + ": cannot be read: " + std::move(why);
  parts.system_error = system_error;
  if (system_error == EACCES) parts.hint = "check the permissions of the file and of the folders above it";
  return error(std::move(parts));
}

error cannot_read(const std::filesystem::path& file, int system_error) {
  return cannot_read(file, std::generic_category().message(system_error), system_error);
}

error too_large(const std::filesystem::path& file, std::size_t limit) {
  return error(errc::file_too_large, shown(file) + ": is larger than " + std::to_string(limit >> 20) + " MiB");
}

// What a path leads to that is neither file nor pipe.
std::string_view kind_of(mode_t mode) {
  if (S_ISDIR(mode)) return "it is a directory";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "it is a device";
  if (S_ISSOCK(mode)) return "it is a socket";
  return "it is not a file";
}

}  // namespace

std::string shown(const std::filesystem::path& file) {
  return printable(file.native());
}

result<std::string> read_file(const std::filesystem::path& file, std::size_t limit) {
  if (file.empty()) return error(errc::file_not_readable, "no file is named");
  if (file.native().find('\0') != std::string::npos) return cannot_read(file, "its name holds a NUL");
  // Looked at before it is opened: opening a device may do something.
  struct ::stat about {};
  if (::stat(file.c_str(), &about) != 0) return cannot_read(file, errno);
  if (!S_ISREG(about.st_mode) && !S_ISFIFO(about.st_mode))
    return cannot_read(file, std::string(kind_of(about.st_mode)));

  const descriptor in(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (in.get() < 0 || ::fstat(in.get(), &about) != 0) return cannot_read(file, errno);
  const bool is_pipe = S_ISFIFO(about.st_mode);
  if (!S_ISREG(about.st_mode) && !is_pipe) return cannot_read(file, std::string(kind_of(about.st_mode)));
  if (!is_pipe && static_cast<std::uintmax_t>(about.st_size) > limit) return too_large(file, limit);

  const deadline until = std::chrono::seconds(10);
  // One octet more than the file has, so that its end is seen without growing; files of /proc say 0.
  std::string out(std::max<std::size_t>(static_cast<std::size_t>(is_pipe ? 0 : about.st_size) + 1, 4096), '\0');
  std::size_t size = 0;
  for (;;) {
    if (size == out.size()) out.resize(std::min(out.size() * 2, limit + 1));
    const auto got = ::read(in.get(), out.data() + size, out.size() - size);
    if (got > 0) {
      size += static_cast<std::size_t>(got);
      if (size > limit) return too_large(file, limit);
    } else if (got == 0) {
      out.resize(size);
      return out;
    } else if (errno == EAGAIN) {
      ::pollfd waiting{in.get(), POLLIN, 0};
      if (until.passed() || ::poll(&waiting, 1, until.poll_timeout()) == 0)
        return cannot_read(file, "its writer did not finish within ten seconds");
    } else if (errno != EINTR) {
      return cannot_read(file, errno);
    }
  }
}

}  // namespace signet::base
