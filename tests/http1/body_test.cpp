#include "http1/body.hpp"

#include <gtest/gtest.h>

#include "http1/decoded.hpp"

namespace signet::http1 {
namespace {

TEST(body, in_chunks_comes_out_whole_however_it_is_cut) {
  const std::string wire = "5;name=\"v\"\r\nhello\r\n00a\r\n, big worl\r\n1\r\nd\r\n0\r\nTrailer: x\r\n\r\nnext";
  for (std::size_t step = 1; step <= wire.size(); ++step)
    EXPECT_EQ(decoded(body_decoder::chunked(), wire, step).value(), "hello, big world") << step;
}

TEST(body, that_is_cut_is_an_error) {
  const std::string wire = "5\r\nhello\r\n0\r\n\r\n";
  for (std::size_t size = 0; size < wire.size(); ++size) {
    const auto cut = decoded(body_decoder::chunked(), std::string_view(wire).substr(0, size), 100);
    ASSERT_FALSE(cut) << size;
    EXPECT_EQ(cut.error().code(), errc::truncated) << size;
  }
  EXPECT_EQ(decoded(body_decoder::sized(10), "123456789", 4).error().code(), errc::truncated);
}

TEST(body, in_broken_chunks_is_a_violation) {
  for (const char* wire : {"x\r\n", "-1\r\n", "\r\n", "5\nhello\r\n0\r\n\r\n", "3\r\nhello\r\n0\r\n\r\n",
                           "0x5\r\nhello\r\n", "fffffffffffffffff\r\n", "11111111111111111\r\n", "5 5\r\nhello"}) {
    const auto broken = decoded(body_decoder::chunked(), wire, 100);
    ASSERT_FALSE(broken) << wire;
    EXPECT_EQ(broken.error().code(), errc::protocol_violation) << wire;
  }
  EXPECT_FALSE(decoded(body_decoder::chunked(), "1;" + std::string(10000, 'x'), 100));
  std::string trailer = "0\r\n";
  for (int i = 0; i < 1000; ++i) trailer += "Some-Field: some value\r\n";
  EXPECT_EQ(decoded(body_decoder::chunked(), trailer, 100).error().code(), errc::protocol_violation);
}

}  // namespace
}  // namespace signet::http1
