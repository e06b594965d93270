#include "net/connect/unix_path.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>

#include <algorithm>
#include <cerrno>

#include "base/printable.hpp"
#include "base/sentence.hpp"
#include "net/failure.hpp"

namespace signet::net {
namespace {

constexpr std::string_view phase = "connecting";

error refusal(const std::filesystem::path& to, int system_error) {
  base::sentence told{
      .whom = unix_name(to), .phase = phase, .why = reason_of(system_error), .system_error = system_error};
  auto code = code_of(system_error);
  struct stat there {};
  switch (system_error) {
    case ENOENT:
    case ENOTDIR:
      code = errc::connection_refused;
      told.why = "there is no such file";
      told.hint = "is the server running, and is this its socket?";
      break;
    case ECONNREFUSED:
      if (::stat(to.c_str(), &there) == 0 && !S_ISSOCK(there.st_mode)) {
        told.why = "the file is no socket";
      } else {
        told.why = "nobody listens there";
        told.hint = "its server has ended, and has left the file behind: start it again";
      }
      break;
    case EPROTOTYPE:
      code = errc::invalid_argument;
      told.why = "it is not a stream socket";
      break;
    case EACCES:
      told.hint = "it takes the right to write to the file, and to search each folder on the way to it";
      break;
    default:
      break;
  }
  return told.as(code);
}

error too_late(const std::filesystem::path& to, std::chrono::nanoseconds waited) {
  auto parts = timed_out(unix_name(to), phase, waited).parts();
  parts.hint = "as many clients wait there as the server lets wait: does it accept any?";
  return error(std::move(parts));
}

// How long the system may wait in connect(); zero would be for as long as it takes.
bool set_patience(int fd, deadline until) noexcept {
  using std::chrono::microseconds;
  timeval most{};
  if (!until.is_never()) {
    const auto left = std::chrono::ceil<microseconds>(until.when() - deadline::clock::now());
    const auto bounded = std::clamp(left, microseconds(1), microseconds(std::chrono::hours(1)));
    most.tv_sec = static_cast<time_t>(bounded / std::chrono::seconds(1));
    most.tv_usec = static_cast<suseconds_t>((bounded % std::chrono::seconds(1)).count());
  }
  return ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &most, sizeof most) == 0;
}

}  // namespace

std::string unix_name(const std::filesystem::path& path) {
  return "unix:" + base::printable(path.native());
}

result<socket_address> unix_address(const std::filesystem::path& path, std::string_view in_phase) {
  if (auto address = from_path(path.native())) return *address;
  base::sentence told{.whom = unix_name(path), .phase = in_phase};
  const auto size = path.native().size();
  if (size == 0) {
    told.why = "the path of the socket is empty";
  } else if (size > longest_unix_path) {
    told.why = "the path has " + std::to_string(size) + " bytes, and that of a socket has " +
               std::to_string(longest_unix_path) + " at most";
    told.hint = "choose a shorter one, or a relative one";
  } else {
    told.why = "the path holds a NUL";
  }
  return told.as(errc::invalid_argument);
}

// poll(2) cannot wait for room in a local server's queue; connect() itself can.
result<base::descriptor> connect_unix(const std::filesystem::path& to, deadline until) {
  const auto address = unix_address(to, phase);
  if (!address) return address.error();
  const auto began = deadline::clock::now();
  base::descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return refusal(to, errno);
  for (;;) {
    if (until.passed()) return too_late(to, deadline::clock::now() - began);
    if (!set_patience(socket.get(), until)) return refusal(to, errno);
    if (::connect(socket.get(), address->get(), address->size) == 0) break;
    if (errno != EINTR && errno != EAGAIN) return refusal(to, errno);
  }
  if (!set_patience(socket.get(), deadline::never())) return refusal(to, errno);
  return socket;
}

knocked knock(const socket_address& at) noexcept {
  const base::descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) return {tenant::unknown, errno};
  if (::connect(socket.get(), at.get(), at.size) == 0) return {tenant::lives};
  switch (errno) {
    // Its queue is full, or it speaks in packets.
    case EAGAIN:
    case EPROTOTYPE:
      return {tenant::lives};
    case ECONNREFUSED:
    case ENOENT:
      return {tenant::gone};
    default:
      return {tenant::unknown, errno};
  }
}

}  // namespace signet::net
