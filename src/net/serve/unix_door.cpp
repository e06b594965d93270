#include "net/serve/unix_door.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <thread>

#include "base/sentence.hpp"
#include "net/connect/unix_path.hpp"
#include "net/failure.hpp"
#include "net/serve/doors.hpp"

namespace signet::net {
namespace {

base::sentence told_of(const std::filesystem::path& at, std::string why, std::string hint = {}) {
  return {.whom = unix_name(at), .phase = listening, .why = std::move(why), .hint = std::move(hint)};
}

error occupied(const std::filesystem::path& at) {
  return told_of(at, "a server listens there already", "stop it, or choose another path").as(errc::address_in_use);
}

error failure(const std::filesystem::path& at, int system_error) {
  auto told = told_of(at, reason_of(system_error));
  told.system_error = system_error;
  switch (system_error) {
    case EADDRINUSE:
      return occupied(at);
    case ENOENT:
      told.why = "there is no folder to make the socket in";
      return told.as(errc::file_io_failed);
    case ENOTDIR:
    case EROFS:
    case ENOSPC:
    case EDQUOT:
      return told.as(errc::file_io_failed);
    case EACCES:
    case EPERM:
      told.hint = "it takes the right to write to the folder";
      break;
    default:
      break;
  }
  return told.as(code_of(system_error));
}

// Of two servers that start at once, the one does not take the other's socket, bound and not listening yet, for a dead
// one's. Nobody waits for it long: somebody else may hold the lock for good.
class folder_lock {
 public:
  explicit folder_lock(const std::filesystem::path& file) {
    const auto folder = file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
    held_.reset(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    const deadline until = std::chrono::seconds(1);
    while (held_ && ::flock(held_.get(), LOCK_EX | LOCK_NB) != 0 && !until.passed())
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  folder_lock(const folder_lock&) = delete;
  folder_lock& operator=(const folder_lock&) = delete;
  // A child that is forked meanwhile has it as well, and would keep it.
  ~folder_lock() {
    if (held_) ::flock(held_.get(), LOCK_UN);
  }

 private:
  base::descriptor held_;
};

// The file of a socket whose server is gone makes room.
result<void> make_room(const std::filesystem::path& at, const socket_address& address) {
  struct stat there {};
  if (::lstat(at.c_str(), &there) != 0) return errno == ENOENT ? result<void>() : failure(at, errno);
  if (!S_ISSOCK(there.st_mode))
    return told_of(at, "a file that is no socket is there, and stays", "choose another path, or move it away")
        .as(errc::file_exists);
  const auto found = knock(address);
  if (found.who == tenant::lives) return occupied(at);
  if (found.who == tenant::unknown) {
    auto told = told_of(at, "a socket is there, and it cannot be told whether a server listens on it: " +
                                reason_of(found.system_error));
    told.system_error = found.system_error;
    return told.as(code_of(found.system_error));
  }
  if (::unlink(at.c_str()) != 0 && errno != ENOENT) return failure(at, errno);
  return {};
}

}  // namespace

socket_file::socket_file(const std::filesystem::path& path)
    : at_(from_path(path.native()).value()), maker_(::getpid()) {
  std::error_code unknown;
  path_ = std::filesystem::absolute(path, unknown);
  if (unknown) path_ = path;
  struct stat made {};
  if (::lstat(path_.c_str(), &made) != 0) return;
  device_ = made.st_dev;
  number_ = made.st_ino;
  mode_ = made.st_mode & 0777U;
}

socket_file::~socket_file() {
  // A listener that goes is no reason for those that share it with another process.
  if (maker_ == ::getpid() && is_still_ours() && knock(at_).who == tenant::gone) remove();
}

bool socket_file::is_still_ours() const noexcept {
  struct stat there {};
  return number_ != 0 && ::lstat(path_.c_str(), &there) == 0 && there.st_dev == device_ && there.st_ino == number_;
}

void socket_file::remove() noexcept {
  if (is_still_ours()) ::unlink(path_.c_str());
}

result<unix_door> open_unix_door(const std::filesystem::path& at, const unix_listen_options& options) {
  const auto address = unix_address(at, listening);
  if (!address) return address.error();
  if (auto ok = check_backlog(unix_name(at), options.backlog); !ok) return std::move(ok).error();
  if (options.mode > 0777) return told_of(at, "the mode of the file has to be 0 to 0777").as(errc::invalid_argument);
  const folder_lock one_at_a_time(at);
  unix_door out;
  out.socket.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!out.socket) return failure(at, errno);
  const auto bind = [&] { return ::bind(out.socket.get(), address->get(), address->size) == 0 ? 0 : errno; };
  // Linux gives the file the mode of the socket, less what the umask takes away: at no time may more people connect.
  if (::fchmod(out.socket.get(), options.mode) != 0) return failure(at, errno);
  int bound = bind();
  if (bound == EADDRINUSE) {
    if (auto free = make_room(at, *address); !free) return std::move(free).error();
    bound = bind();
  }
  if (bound != 0) return failure(at, bound);
  out.file = std::make_unique<socket_file>(at);
  if (out.file->mode() != options.mode && ::fchmodat(AT_FDCWD, at.c_str(), options.mode, AT_SYMLINK_NOFOLLOW) != 0)
    return failure(at, errno);
  if (::listen(out.socket.get(), options.backlog) != 0) return failure(at, errno);
  return out;
}

}  // namespace signet::net
