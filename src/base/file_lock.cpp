#include "base/file_lock.hpp"

#include <sys/file.h>

#include <cerrno>
#include <system_error>
#include <thread>

#include "base/file.hpp"

namespace signet::base {

result<file_lock> file_lock::of(int fd, const std::filesystem::path& named, deadline until) {
  // Between two tries: short, for those who hold it do so for less.
  constexpr auto pause = std::chrono::milliseconds(1);
  while (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    const int why = errno;
    if (why != EWOULDBLOCK && why != EINTR)
      return error(error_parts{.code = errc::file_io_failed,
                               .message = shown(named) + ": " + std::generic_category().message(why),
                               .system_error = why});
    if (until.passed()) return error(errc::file_io_failed, shown(named) + ": is locked by somebody else");
    std::this_thread::sleep_for(pause);
  }
  return file_lock(fd);
}

void file_lock::release() noexcept {
  if (fd_ >= 0) ::flock(std::exchange(fd_, -1), LOCK_UN);
}

}  // namespace signet::base
