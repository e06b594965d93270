#include "net/connect/race.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>

#include <cerrno>

#include "support/net_peers.hpp"

namespace signet::net {
namespace {

using test::patience;
using namespace std::chrono_literals;

TEST(race, the_second_address_is_tried_at_once_when_the_first_refuses) {
  const auto refusing = test::make_closed_door();
  const auto open = test::open_door();
  // A head start nobody would wait for: only the refusal can have started the second attempt.
  auto won = race("two.test:1", {refusing.at, open.at}, patience, 1h);
  ASSERT_TRUE(won) << won.error().message();
  EXPECT_EQ(won->address.port(), open.port());
  ASSERT_EQ(won->trace.size(), 2U);
  EXPECT_EQ(won->trace[0].find(to_string(refusing.at) + ": connection refused after "), 0U) << won->trace[0];
  EXPECT_EQ(won->trace[1].find(to_string(open.at) + ": connected after "), 0U) << won->trace[1];
}

TEST(race, a_silent_address_loses_its_head_start_and_the_race) {
  const test::silent_door silent;
  const auto open = test::open_door();
  const auto began = deadline::clock::now();
  auto won = race("two.test:1", {silent.door.at, open.at}, patience, 60ms);
  ASSERT_TRUE(won) << won.error().message();
  EXPECT_EQ(won->address.port(), open.port());
  EXPECT_GE(deadline::clock::now() - began, 60ms);
  EXPECT_LT(deadline::clock::now() - began, patience);
}

TEST(race, nobody_answers_before_the_deadline) {
  const test::silent_door silent;
  auto won = race("silent.test:1", {silent.door.at}, 80ms);
  ASSERT_FALSE(won);
  const auto& e = won.error();
  EXPECT_EQ(e.code(), errc::timed_out);
  EXPECT_EQ(e.message().find("silent.test:1: connecting: timed out after "), 0U) << e.message();
  ASSERT_EQ(e.details().size(), 1U);
  EXPECT_EQ(e.details()[0].find(to_string(silent.door.at) + ": no answer after "), 0U) << e.details()[0];
  EXPECT_FALSE(e.hint().empty());
}

TEST(race, all_refuse_and_each_is_told) {
  const auto first = test::make_closed_door();
  const auto second = test::make_closed_door();
  const auto won = race("two.test:1", {first.at, second.at}, patience);
  ASSERT_FALSE(won);
  EXPECT_EQ(won.error().code(), errc::connection_refused);
  EXPECT_EQ(won.error().message(), "two.test:1: connecting: connection refused (2 addresses tried)");
  EXPECT_EQ(won.error().details().size(), 2U);
  EXPECT_EQ(won.error().system_error(), ECONNREFUSED);
}

TEST(race, ipv6_open_and_ipv4_closed_connects) {
  if (!test::has_ipv6()) GTEST_SKIP() << "this machine has no IPv6 loopback";
  const auto refusing = test::make_closed_door();
  const auto door = listener::bind({"::1", 0}, test::test_server());
  ASSERT_TRUE(door) << door.error().message();
  const auto v6 = *from_literal("::1", door->local_endpoint().port);
  const auto won = race("both.test:1", interleaved({refusing.at, v6}), patience);
  ASSERT_TRUE(won) << won.error().message();
  EXPECT_EQ(won->address.family(), AF_INET6);
}

TEST(race, the_winner_is_blocking_closed_on_exec_and_undelayed) {
  const auto open = test::open_door();
  const auto won = race("one.test:1", {open.at}, patience);
  ASSERT_TRUE(won);
  const int fd = won->socket.get();
  EXPECT_EQ(::fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
  int no_delay = 0;
  socklen_t size = sizeof no_delay;
  ASSERT_EQ(::getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size), 0);
  EXPECT_NE(no_delay, 0);
}

TEST(race, families_alternate_and_keep_their_order) {
  const auto a = [](const char* text) { return *from_literal(text, 1); };
  const auto mixed = interleaved({a("::1"), a("::2"), a("::3"), a("192.0.2.1"), a("192.0.2.2")});
  const char* expected[] = {"::1", "192.0.2.1", "::2", "192.0.2.2", "::3"};
  ASSERT_EQ(mixed.size(), 5U);
  for (std::size_t i = 0; i < mixed.size(); ++i) EXPECT_EQ(to_endpoint(mixed[i]).host, expected[i]);
  EXPECT_TRUE(interleaved({}).empty());
}

}  // namespace
}  // namespace signet::net
