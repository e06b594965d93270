#include "base/spare_descriptors.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

namespace signet::base {
namespace {

TEST(spare_descriptors, a_folder_and_a_file_in_it_can_be_opened_when_no_other_is_left) {
  keep_spare_descriptors();
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit few = before;
  few.rlim_cur = 64;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  std::vector<int> all;
  all.reserve(64);
  for (int fd = 0; (fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0;) all.push_back(fd);
  std::array<int, 3> opened{};
  {
    const lent_descriptors spare;
    for (int& fd : opened) fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    for (const int fd : opened) ::close(fd);
  }
  const int after = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  for (const int fd : all) ::close(fd);
  ::setrlimit(RLIMIT_NOFILE, &before);
  EXPECT_GE(opened[0], 0);
  EXPECT_GE(opened[1], 0);
  EXPECT_LT(opened[2], 0) << "the limit holds";
  EXPECT_LT(after, 0) << "they are kept back again";
}

TEST(spare_descriptors, are_lent_once_and_only_for_want_of_descriptors) {
  int calls = 0;
  const auto failing = [&](int why) {
    return with_spare_descriptors([&]() -> result<int> {
      ++calls;
      return error(error_parts{.code = errc::file_not_readable, .message = "x", .system_error = why});
    });
  };
  EXPECT_FALSE(failing(ENOENT));
  EXPECT_EQ(calls, 1);
  EXPECT_FALSE(failing(EMFILE));
  EXPECT_EQ(calls, 3);
}

}  // namespace
}  // namespace signet::base
