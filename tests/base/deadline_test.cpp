#include <signet/base/bytes.hpp>
#include <signet/base/deadline.hpp>

#include <gtest/gtest.h>

#include <array>
#include <limits>
#include <string>
#include <vector>

namespace signet {
namespace {

using namespace std::chrono_literals;

TEST(deadline, is_unset_until_it_is_given) {
  EXPECT_FALSE(deadline().is_set());
  EXPECT_TRUE(deadline().is_never());
  EXPECT_TRUE(deadline::never().is_set());
  EXPECT_TRUE(deadline(1s).is_set());
  EXPECT_FALSE(deadline(1s).is_never());
}

TEST(deadline, counts_down_to_poll_milliseconds_rounded_up) {
  EXPECT_EQ(deadline::never().poll_timeout(), -1);
  EXPECT_EQ(deadline(0s).poll_timeout(), 0);
  EXPECT_EQ(deadline(-5s).poll_timeout(), 0);
  EXPECT_TRUE(deadline(0s).passed());
  EXPECT_FALSE(deadline(1h).passed());
  EXPECT_FALSE(deadline::never().passed());
  const int left = deadline(10s).poll_timeout();
  EXPECT_GT(left, 9000);
  EXPECT_LE(left, 10000);
  EXPECT_EQ(deadline(24h * 365).poll_timeout(), std::numeric_limits<int>::max());
}

TEST(deadline, does_not_overflow) {
  EXPECT_TRUE(deadline(std::chrono::hours::max()).is_never());
  EXPECT_TRUE(deadline(std::chrono::duration<double>(1e300)).is_never());
  EXPECT_TRUE(deadline(std::chrono::seconds::min()).passed());
  EXPECT_EQ(deadline(deadline::clock::time_point::min()).poll_timeout(), 0);
  EXPECT_EQ(deadline(deadline::clock::time_point::max()).poll_timeout(), std::numeric_limits<int>::max());
}

TEST(deadline, of_two_the_earlier_holds) {
  EXPECT_EQ(deadline::earlier(deadline(1h), deadline(2h)).poll_timeout() <= 3600'000, true);
  EXPECT_FALSE(deadline::earlier(deadline(), deadline(1s)).is_never());
  EXPECT_FALSE(deadline::earlier(deadline(1s), deadline::never()).is_never());
  EXPECT_TRUE(deadline::earlier(deadline(), deadline::never()).is_set());
}

TEST(byte_view, is_made_of_what_callers_have) {
  const std::string text = "abc";
  const std::vector<unsigned char> octets = {1, 2};
  const std::array<std::byte, 4> raw{};
  EXPECT_EQ(byte_view(text).size(), 3U);
  EXPECT_EQ(byte_view("abcd").size(), 4U) << "without the NUL";
  EXPECT_EQ(byte_view(std::string_view("a\0b", 3)).size(), 3U);
  EXPECT_EQ(byte_view(octets).size(), 2U);
  EXPECT_EQ(byte_view(raw).size(), 4U);
  EXPECT_EQ(byte_view(text).text(), "abc");
  EXPECT_FALSE((std::is_constructible_v<byte_view, std::vector<int>>)) << "what has a layout is not bytes";
}

TEST(byte_span, writes_into_what_callers_have) {
  char array[8];
  std::string text(5, '\0');
  std::vector<std::byte> octets(3);
  EXPECT_EQ(byte_span(array).size(), 8U);
  EXPECT_EQ(byte_span(text).size(), 5U);
  EXPECT_EQ(byte_span(octets).size(), 3U);
  EXPECT_FALSE((std::is_constructible_v<byte_span, const std::string&>));
}

}  // namespace
}  // namespace signet
