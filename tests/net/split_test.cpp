#include <signet/net/split.hpp>

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <future>
#include <thread>

#include <signet/native.hpp>

#include "support/net_peers.hpp"

namespace signet {
namespace {

using test::make_tls_pair;
using test::patience;
using namespace std::chrono_literals;

constexpr std::size_t much = std::size_t{4} << 20;

TEST(split, one_thread_reads_while_another_writes) {
  for (const auto version : {protocol_version::tls1_2, protocol_version::tls1_3}) {
    auto [client, server] = make_tls_pair(test::trusting_client({.min_version = version, .max_version = version}));
    auto ours = split(std::move(client)).value();
    auto theirs = split(std::move(server)).value();
    const std::string up(much, 'u');
    const std::string down(much, 'd');
    // More than the kernel holds goes both ways at once: whoever waited with the lock in hand would never end.
    auto sending = std::async(std::launch::async, [&] { return ours.writer.write_all(up, patience); });
    auto answering = std::async(std::launch::async, [&] { return theirs.writer.write_all(down, patience); });
    auto hearing = std::async(std::launch::async, [&] {
      std::string got(much, 0);
      EXPECT_TRUE(theirs.reader.read_exactly(got, patience));
      return got;
    });
    std::string got(much, 0);
    EXPECT_TRUE(ours.reader.read_exactly(got, patience));
    EXPECT_EQ(got, down);
    EXPECT_EQ(hearing.get(), up);
    EXPECT_TRUE(sending.get());
    EXPECT_TRUE(answering.get());
  }
}

TEST(split, a_reader_that_waits_stops_no_writer) {
  auto [client, server] = make_tls_pair();
  auto ours = split(std::move(client)).value();
  auto waiting = std::async(std::launch::async, [&] { return ours.reader.read_line({}, patience); });
  for (int i = 0; i < 100; ++i) {
    ASSERT_TRUE(ours.writer.write_all("x\n", patience));
    ASSERT_EQ(server.read_line({}, patience).value(), "x");
  }
  ASSERT_TRUE(server.write_all("enough\n"));
  EXPECT_EQ(waiting.get().value(), "enough");
}

TEST(split, a_peer_that_sends_everything_but_data_outlives_no_deadline) {
  auto [client, server] = make_tls_pair();
  auto* ssl = native::handle(server);
  ASSERT_TRUE(server.write_all("x"));
  std::array<char, 1> one{};
  ASSERT_TRUE(client.read_some(one, patience));
  auto ours = split(std::move(client)).value();
  std::atomic<bool> over = false;
  auto flooding = std::async(std::launch::async, [&, &server = server] {
    while (!over) {
      for (int i = 0; i < 100; ++i) {
        SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED);
        SSL_do_handshake(ssl);
      }
      if (!server.write_all("", patience)) break;
    }
  });
  EXPECT_EQ(ours.reader.read_some(one, 100ms).error().code(), errc::timed_out);
  EXPECT_TRUE(ours.writer.write_all("not held up", patience));
  over = true;
  { const auto gone = std::move(ours); }
  flooding.get();
}

TEST(split, each_half_keeps_to_its_deadline) {
  auto [client, server] = make_tls_pair();
  auto ours = split(std::move(client)).value();
  EXPECT_EQ(ours.reader.read_line({}, 30ms).error().code(), errc::timed_out);
  EXPECT_EQ(ours.writer.write_all(std::string(std::size_t{64} << 20, 'x'), 50ms).error().code(), errc::timed_out);
}

TEST(split, the_end_and_its_absence_are_told_apart) {
  auto [client, server] = make_tls_pair();
  auto ours = split(std::move(client)).value();
  ASSERT_TRUE(ours.writer.close_write());
  EXPECT_EQ(ours.writer.write_all("more").error().code(), errc::closed);
  EXPECT_EQ(server.read_all({}, patience).value(), "");
  ASSERT_TRUE(server.write_all("last words"));
  ::shutdown(server.native_handle(), SHUT_RDWR);
  EXPECT_EQ(ours.reader.read_all({}, patience).error().code(), errc::truncated);
}

TEST(split, the_halves_can_be_joined_again) {
  auto [client, server] = make_tls_pair();
  ASSERT_TRUE(server.write_all("first\nsecond\n"));
  auto ours = split(std::move(client)).value();
  EXPECT_EQ(ours.reader.read_line({}, patience).value(), "first");
  auto whole = join(std::move(ours));
  ASSERT_TRUE(whole) << whole.error().message();
  EXPECT_EQ(whole->read_line({}, patience).value(), "second");
  EXPECT_EQ(ours.reader.read_line().error().code(), errc::not_connected);  // NOLINT(bugprone-use-after-move)

  auto [one, other] = make_tls_pair();
  auto a = split(std::move(one)).value();
  auto b = split(std::move(other)).value();
  std::swap(a.reader, b.reader);
  EXPECT_EQ(join(std::move(a)).error().code(), errc::invalid_argument);
}

TEST(split, takes_only_what_can_be_waited_for_apart) {
  auto outer = make_tls_pair();
  auto accepted = std::async(std::launch::async, [&] {
    return start_tls(std::move(outer.server), test::test_server(), {.timeout = patience}).value();
  });
  auto inner = start_tls(std::move(outer.client), "server.test", test::trusting_client()).value();
  EXPECT_EQ(split(std::move(inner)).error().code(), errc::not_supported);
  EXPECT_TRUE(inner.is_open());  // NOLINT(bugprone-use-after-move): what a failure promises
  accepted.get();
}

}  // namespace
}  // namespace signet
