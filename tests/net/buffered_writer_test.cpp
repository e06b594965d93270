#include <signet/net/buffered_writer.hpp>

#include <gtest/gtest.h>

#include <future>

#include "support/net_peers.hpp"
#include "support/record_counter.hpp"

namespace signet {
namespace {

using test::make_plain_pair;
using test::make_tls_pair;
using test::patience;
using namespace std::chrono_literals;

constexpr std::size_t record = 16384;

TEST(buffered_writer, many_writes_leave_as_one_record) {
  test::record_counter peer;
  auto client = peer.connect();
  buffered_writer out(client);
  std::string all;
  for (int i = 0; i < 100; ++i) {
    const auto line = "line " + std::to_string(i) + '\n';
    all += line;
    ASSERT_TRUE(out.write(line, patience));
  }
  EXPECT_EQ(out.size(), all.size());
  ASSERT_TRUE(out.flush(patience));
  EXPECT_EQ(out.size(), 0U);
  EXPECT_EQ(peer.read(all.size()), all);
  EXPECT_EQ(peer.records(), 1U);
}

TEST(buffered_writer, what_does_not_fit_fills_a_record_and_the_rest_is_held) {
  test::record_counter peer;
  auto client = peer.connect();
  buffered_writer out(client);
  const std::string most(record - 10, 'a');
  ASSERT_TRUE(out.write(most, patience));
  EXPECT_EQ(out.size(), most.size());
  ASSERT_TRUE(out.write("0123456789", patience));
  EXPECT_EQ(out.size(), record);
  ASSERT_TRUE(out.write("bcd", patience));
  EXPECT_EQ(out.size(), 3U);
  EXPECT_EQ(peer.read(record), most + "0123456789");
  EXPECT_EQ(peer.records(), 1U);
  ASSERT_TRUE(out.flush(patience));
  EXPECT_EQ(peer.read(3), "bcd");
}

TEST(buffered_writer, order_is_kept_when_a_large_write_follows_small_ones) {
  auto [client, server] = make_plain_pair();
  const std::string large(100'000, 'L');
  auto reading = std::async(std::launch::async, [&from = server] { return from.read_all({}, patience); });
  buffered_writer out(client);
  ASSERT_TRUE(out.write("small ", patience));
  ASSERT_TRUE(out.write(large, patience));
  EXPECT_EQ(out.size(), 0U);
  ASSERT_TRUE(out.write(" end", patience));
  ASSERT_TRUE(out.flush(patience));
  ASSERT_TRUE(client.close_write());
  EXPECT_EQ(reading.get().value(), "small " + large + " end");
}

TEST(buffered_writer, nothing_leaves_before_a_flush_and_nothing_at_its_end) {
  auto [client, server] = make_plain_pair();
  {
    buffered_writer out(client);
    ASSERT_TRUE(out.write("held", patience));
  }
  ASSERT_TRUE(client.write_all("sent"));
  ASSERT_TRUE(client.close_write());
  EXPECT_EQ(server.read_all({}, patience).value(), "sent");
}

TEST(buffered_writer, an_empty_write_or_flush_is_nothing) {
  test::record_counter peer;
  auto client = peer.connect();
  buffered_writer out(client);
  ASSERT_TRUE(out.write("", patience));
  ASSERT_TRUE(out.flush(patience));
  EXPECT_EQ(out.size(), 0U);
  ASSERT_TRUE(out.write(std::string_view("\0x", 2), patience));
  ASSERT_TRUE(out.flush(patience));
  EXPECT_EQ(peer.read(2), std::string("\0x", 2));
  EXPECT_EQ(peer.records(), 1U);
}

TEST(buffered_writer, a_failure_stays) {
  auto [client, server] = make_tls_pair();
  const std::string much(32 << 20, 'm');
  buffered_writer out(client);
  const auto late = out.write(much, 50ms);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), errc::timed_out);
  // Even when the peer reads again: it does not know what is missing.
  for (const auto& again : {out.write("x", patience), out.write("", patience), out.flush(patience)}) {
    ASSERT_FALSE(again);
    EXPECT_EQ(again.error().message(), late.error().message());
  }
  EXPECT_EQ(out.size(), 0U);
}

TEST(buffered_writer, a_flush_that_fails_says_why) {
  auto [client, server] = make_tls_pair();
  buffered_writer out(client);
  ASSERT_TRUE(out.write("held", patience));
  ASSERT_TRUE(client.close());
  EXPECT_EQ(out.flush(patience).error().code(), errc::not_connected);
  EXPECT_EQ(out.write("x").error().code(), errc::not_connected);
  EXPECT_EQ(out.size(), 4U);
}

}  // namespace
}  // namespace signet
