#include "files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "output.hpp"

namespace tool {
namespace {

[[noreturn]] void cannot_read(const std::filesystem::path& file, const std::string& option, const std::string& why) {
  throw failure(exit_status::local, (option.empty() ? "" : option + ": ") + "reading " + file.string() + ": " + why);
}

std::string read_up_to(const std::filesystem::path& file, std::size_t limit, std::string_view stop_at,
                       const std::string& option) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY);
  if (fd < 0) cannot_read(file, option, std::strerror(errno));
  std::string text;
  char buffer[16384];
  for (;;) {
    const ssize_t n = ::read(fd, buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) {
      const int why = errno;
      ::close(fd);
      cannot_read(file, option, std::strerror(why));
    }
    if (n == 0) break;
    text.append(buffer, static_cast<std::size_t>(n));
    if (!stop_at.empty() && text.find(stop_at) != std::string::npos) break;
    if (text.size() > limit) {
      ::close(fd);
      cannot_read(file, option, "larger than " + std::to_string(limit) + " bytes");
    }
  }
  ::close(fd);
  return text;
}

}  // namespace

std::string first_line(const std::filesystem::path& file, const std::string& option) {
  std::string text = read_up_to(file, 4096, "\n", option);
  text.resize(std::min(text.find('\n'), text.size()));
  if (!text.empty() && text.back() == '\r') text.pop_back();
  return text;
}

std::string whole_file(const std::filesystem::path& file, std::size_t limit, const std::string& option) {
  return read_up_to(file, limit, {}, option);
}

}  // namespace tool
