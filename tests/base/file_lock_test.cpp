#include "base/file_lock.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include <array>
#include <chrono>

#include "base/descriptor.hpp"
#include "support/pki.hpp"

namespace signet {
namespace {

using base::descriptor;
using base::file_lock;

descriptor opened(const std::filesystem::path& file) {
  return descriptor(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
}

TEST(file_lock, keeps_out_whoever_opened_the_file_for_itself_and_ends_with_its_scope) {
  const test::temporary_folder folder;
  const auto file = folder / "locked";
  const auto one = opened(file), other = opened(file);
  {
    const auto held = file_lock::of(one.get(), file);
    ASSERT_TRUE(held);
    const auto refused = file_lock::of(other.get(), file, std::chrono::milliseconds(0));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), errc::file_io_failed);
    EXPECT_NE(refused.error().message().find("locked: is locked by somebody else"), std::string::npos);
  }
  EXPECT_TRUE(file_lock::of(other.get(), file, std::chrono::milliseconds(0)));
}

TEST(file_lock, is_moved_and_released_once) {
  const test::temporary_folder folder;
  const auto file = folder / "locked";
  const auto one = opened(file), other = opened(file);
  auto held = file_lock::of(one.get(), file).value();
  auto moved = std::move(held);
  EXPECT_FALSE(file_lock::of(other.get(), file, std::chrono::milliseconds(0)));
  moved.release();
  const auto others = file_lock::of(other.get(), file, std::chrono::milliseconds(0));
  ASSERT_TRUE(others);
  // It is not released a second time, for somebody else.
  moved.release();
  EXPECT_FALSE(file_lock::of(one.get(), file, std::chrono::milliseconds(0)));
}

TEST(file_lock, does_not_stay_with_a_child_that_has_the_descriptor) {
  const test::temporary_folder folder;
  const auto file = folder / "locked";
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  auto one = opened(file);
  auto held = file_lock::of(one.get(), file).value();
  const auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // Until the parent closes its end.
    ::close(ends[1]);
    char none = 0;
    ::_exit(::read(ends[0], &none, 1) == 0 ? 0 : 1);
  }
  held.release();
  one.reset();
  const auto other = opened(file);
  EXPECT_TRUE(file_lock::of(other.get(), file, std::chrono::milliseconds(0)));
  ::close(ends[0]);
  ::close(ends[1]);
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(file_lock, needs_a_file) {
  const auto refused = file_lock::of(-1, "none");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().system_error(), EBADF);
}

}  // namespace
}  // namespace signet
