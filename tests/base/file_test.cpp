#include "base/file.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <string>
#include <thread>

#include "support/pki.hpp"

namespace signet::base {
namespace {

using test::temporary_folder;
using namespace std::string_literals;

TEST(read_file, a_file_comes_whole) {
  const temporary_folder folder;
  EXPECT_EQ(read_file(folder.file("empty", "")).value(), "");
  for (const std::size_t size : {1U, 4095U, 4096U, 4097U, 1000000U}) {
    std::string content(size, 'x');
    content.front() = '\0';
    EXPECT_EQ(read_file(folder.file("some", content)).value(), content);
  }
}

TEST(read_file, a_file_whose_size_is_not_known_beforehand_comes_whole) {
  const auto self = read_file("/proc/self/maps").value();
  EXPECT_GT(self.size(), 100U);
  EXPECT_EQ(self.back(), '\n');
}

TEST(read_file, what_cannot_be_read_says_why_and_which) {
  const temporary_folder folder;
  const auto missing = read_file(folder / "missing").error();
  EXPECT_EQ(missing.code(), errc::file_not_readable);
  EXPECT_EQ(missing.system_error(), ENOENT);
  EXPECT_NE(missing.message().find("missing: cannot be read: No such file"), std::string::npos) << missing.message();

  EXPECT_NE(read_file(folder / "").error().message().find("directory"), std::string::npos);
  EXPECT_EQ(read_file(folder / "").error().code(), errc::file_not_readable);
  EXPECT_EQ(read_file("").error().code(), errc::file_not_readable);
  EXPECT_EQ(read_file("a\0b"s).error().code(), errc::file_not_readable);
  EXPECT_EQ(read_file(folder.file("file", "") / "below").error().system_error(), ENOTDIR);
  EXPECT_EQ(read_file(std::string(5000, 'a')).error().system_error(), ENAMETOOLONG);

  std::filesystem::create_symlink("loop", folder / "loop");
  EXPECT_EQ(read_file(folder / "loop").error().system_error(), ELOOP);
}

TEST(read_file, a_file_without_permission_gets_a_hint) {
  const temporary_folder folder;
  const auto secret = folder.file("secret", "x");
  ASSERT_EQ(::chmod(secret.c_str(), 0), 0);
  // Root may read everything, so root becomes somebody else for the moment.
  const bool root = ::geteuid() == 0;
  constexpr uid_t somebody = 65534;
  if (root) {
    ASSERT_EQ(::seteuid(somebody), 0);
  }
  const auto denied = read_file(secret).error();
  if (root) {
    ASSERT_EQ(::seteuid(0), 0);
  }
  EXPECT_EQ(denied.system_error(), EACCES);
  EXPECT_NE(denied.hint().find("permissions"), std::string::npos);
}

TEST(read_file, names_with_control_characters_are_harmless_in_messages) {
  const auto e = read_file("no\nsuch\x1b[31mfile").error();
  EXPECT_NE(e.message().find("no\\0Asuch\\1B[31mfile"), std::string::npos) << e.message();
}

TEST(read_file, devices_and_sockets_are_refused_at_once) {
  EXPECT_NE(read_file("/dev/zero").error().message().find("device"), std::string::npos);
  EXPECT_EQ(read_file("/dev/null").error().code(), errc::file_not_readable);

  const temporary_folder folder;
  const auto path = (folder / "socket").string();
  const int s = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  ASSERT_LT(path.size(), sizeof(address.sun_path));
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  ASSERT_EQ(::bind(s, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_NE(read_file(path).error().message().find("socket"), std::string::npos);
  ::close(s);
}

TEST(read_file, the_limit_holds_before_anything_is_read) {
  const temporary_folder folder;
  const auto huge = folder.file("huge", "");
  ASSERT_EQ(::truncate(huge.c_str(), (off_t{64} << 20) + 1), 0);
  const auto e = read_file(huge).error();
  EXPECT_EQ(e.code(), errc::file_too_large);
  EXPECT_NE(e.message().find("64 MiB"), std::string::npos);
  ASSERT_EQ(::truncate(huge.c_str(), off_t{1} << 40), 0);
  EXPECT_EQ(read_file(huge).error().code(), errc::file_too_large);

  const auto small = folder.file("small", "12345678");
  EXPECT_TRUE(read_file(small, 8).has_value());
  EXPECT_EQ(read_file(small, 7).error().code(), errc::file_too_large);
}

TEST(read_file, a_pipe_is_read_to_its_end) {
  const temporary_folder folder;
  const auto fifo = folder / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  // Open for both directions does not wait for a reader; the content stays in the pipe until it is read.
  const std::string content(200000, 'p');
  const int held = ::open(fifo.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(held, 0);
  std::thread writer([&] {
    for (std::size_t sent = 0; sent < content.size();) {
      const auto n = ::write(held, content.data() + sent, content.size() - sent);
      if (n <= 0) break;
      sent += static_cast<std::size_t>(n);
    }
    ::close(held);
  });
  const auto got = read_file(fifo);
  writer.join();
  EXPECT_EQ(got.value(), content);
}

TEST(read_file, a_pipe_without_a_writer_is_empty_and_one_without_an_end_is_refused) {
  const temporary_folder folder;
  const auto fifo = folder / "fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(read_file(fifo).value(), "");

  const int held = ::open(fifo.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_GE(held, 0);
  const std::string content(1000, 'p');
  ASSERT_EQ(::write(held, content.data(), content.size()), 1000);
  EXPECT_EQ(read_file(fifo, 999).error().code(), errc::file_too_large);
  ::close(held);
}

}  // namespace
}  // namespace signet::base
