#include "net/connect/local_end.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>

#include <signet/net/nonblocking_socket.hpp>

#include "net/connect/pending_connect.hpp"
#include "net/connect/race.hpp"
#include "support/net_peers.hpp"
#include "support/nonblocking_peers.hpp"

namespace signet {
namespace {

using test::patience;

// One that nobody has at the moment.
std::uint16_t free_port() {
  return test::make_closed_door().at.port();
}

result<tcp_socket> connect_from(const endpoint& from, const endpoint& to) {
  return tcp_socket::connect(to, {.timeout = patience, .local_address = from});
}

TEST(local_end, is_where_the_other_side_sees_the_connection_come_from) {
  const auto door = test::open_door();
  const endpoint to{"127.0.0.1", door.port()};
  const auto port = free_port();
  for (const auto& from : {endpoint{"127.0.0.2", 0}, endpoint{"127.0.0.3", port}, endpoint{"", free_port()}}) {
    const auto client = connect_from(from, to);
    ASSERT_TRUE(client) << client.error().message();
    const auto server = door.accept();
    EXPECT_EQ(server.remote_endpoint().host, from.host.empty() ? "127.0.0.1" : from.host);
    if (from.port != 0) {
      EXPECT_EQ(server.remote_endpoint().port, from.port);
    }
    EXPECT_EQ(server.remote_endpoint(), client->local_endpoint());
  }
}

TEST(local_end, holds_for_ipv6_too) {
  if (!test::has_ipv6()) GTEST_SKIP() << "this machine has no IPv6 loopback";
  auto door = listener::bind({"::1", 0}, test::test_server()).value();
  const auto port = free_port();
  for (const char* host : {"::1", ""}) {
    const auto client = connect_from({host, port}, door.local_endpoint());
    ASSERT_TRUE(client) << client.error().message();
    EXPECT_EQ(door.accept(patience).value().remote_endpoint(), (endpoint{"::1", port}));
    // Nothing of it lingers where it was reset.
    test::close_resets(client->native_handle());
  }
}

TEST(local_end, holds_for_encrypted_connections_that_wait_and_that_do_not) {
  auto one = test::serve_one();
  const auto client = connect(one.at(), test::trusting_client(),
                              {.timeout = patience, .local_address = {"127.0.0.2", 0}, .name = "server.test"});
  ASSERT_TRUE(client) << client.error().message();
  EXPECT_EQ(client->local_endpoint().host, "127.0.0.2");
  EXPECT_EQ(one.served.get().value().remote_endpoint(), client->local_endpoint());

  auto second = test::serve_one();
  auto made =
      nonblocking_socket::connect(second.at(), test::trusting_client(),
                                  {.timeout = patience, .local_address = {"127.0.0.3", 0}, .name = "server.test"});
  ASSERT_TRUE(made) << made.error().message();
  test::waiter waiting;
  ASSERT_TRUE(test::shake(*made, waiting));
  EXPECT_EQ(second.served.get().value().remote_endpoint().host, "127.0.0.3");
}

TEST(local_end, one_port_serves_connections_to_several_peers) {
  const auto first = test::open_door();
  const auto second = test::open_door();
  const auto port = free_port();
  const auto one = connect_from({"127.0.0.1", port}, {"127.0.0.1", first.port()});
  const auto other = connect_from({"127.0.0.1", port}, {"127.0.0.1", second.port()});
  ASSERT_TRUE(one) << one.error().message();
  ASSERT_TRUE(other) << other.error().message();
  EXPECT_EQ(first.accept().remote_endpoint().port, port);
  EXPECT_EQ(second.accept().remote_endpoint().port, port);
  // There can be no second one between the same two ends.
  const auto same = connect_from({"127.0.0.1", port}, {"127.0.0.1", first.port()});
  ASSERT_FALSE(same);
  EXPECT_EQ(same.error().code(), errc::address_in_use) << same.error().message();
}

TEST(local_end, that_is_in_use_is_told_with_both_ends) {
  const auto door = test::open_door();
  const auto taken = test::open_door();
  const endpoint to{"127.0.0.1", door.port()};
  const endpoint from{"127.0.0.1", taken.port()};
  const auto refused = connect_from(from, to);
  ASSERT_FALSE(refused);
  const auto& e = refused.error();
  EXPECT_EQ(e.code(), errc::address_in_use);
  EXPECT_EQ(e.message(), to_string(to) + ": connecting: from " + to_string(from) + ": address already in use");
  EXPECT_EQ(e.system_error(), EADDRINUSE);
  EXPECT_FALSE(e.hint().empty());
  ASSERT_EQ(e.details().size(), 1U);
  EXPECT_EQ(e.details()[0].find(to_string(to) + ": from " + to_string(from) + ": address already in use after "), 0U);
}

TEST(local_end, has_to_be_an_address_of_this_machine) {
  const auto door = test::open_door();
  const endpoint to{"127.0.0.1", door.port()};
  for (const char* no_address : {"localhost", "127.0.0.1:80", "300.1.1.1", " ", "[::1]", "unix:/a", "a\nb"}) {
    const auto refused = connect_from({no_address, 0}, to);
    ASSERT_FALSE(refused) << no_address;
    EXPECT_EQ(refused.error().code(), errc::invalid_endpoint) << refused.error().message();
    EXPECT_EQ(refused.error().message().find('\n'), std::string::npos);
    EXPECT_EQ(
        nonblocking_socket::connect(to, test::trusting_client(), {.local_address = {no_address, 0}}).error().message(),
        refused.error().message());
  }
  const auto elsewhere = connect_from({"203.0.113.77", 0}, to);
  ASSERT_FALSE(elsewhere);
  EXPECT_EQ(elsewhere.error().code(), errc::unreachable) << elsewhere.error().message();
  EXPECT_NE(elsewhere.error().message().find(": from 203.0.113.77: "), std::string::npos);
}

TEST(local_end, leaves_addresses_of_the_other_family_out_of_the_race) {
  const auto from = net::local_end::of({"192.0.2.1", 0}, "two.test:1").value();
  const auto v4 = *net::from_literal("192.0.2.9", 1);
  const auto v6 = *net::from_literal("2001:db8::9", 1);
  const auto some = net::addresses_to_try("two.test:1", {v6, v4}, {}, from);
  ASSERT_TRUE(some) << some.error().message();
  ASSERT_EQ(some->size(), 1U);
  EXPECT_TRUE(some->front().same_as(v4));

  const auto none = net::addresses_to_try("two.test:1", {v6}, {}, from);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code(), errc::unreachable);
  EXPECT_EQ(none.error().message(),
            "two.test:1: connecting: none of its addresses can be connected to from 192.0.2.1, which is of another "
            "family");
  ASSERT_EQ(none.error().details().size(), 1U);
  EXPECT_EQ(none.error().details()[0], "[2001:db8::9]:1: of another family than 192.0.2.1");

  // Whom the caller refuses is not told to be out of reach.
  const auto refused = net::addresses_to_try(
      "two.test:1", {v4}, [](const endpoint&) { return false; }, from);
  EXPECT_EQ(refused.error().code(), errc::permission_denied);
  // A port alone is of both families.
  const auto any = net::local_end::of({"", 4000}, "two.test:1").value();
  EXPECT_EQ(net::addresses_to_try("two.test:1", {v6, v4}, {}, any).value().size(), 2U);
  EXPECT_EQ(any.describe(), "port 4000");
}

TEST(local_end, of_another_family_than_the_only_address_is_refused_at_once) {
  const auto waited = connect_from({"127.0.0.1", 0}, {"::1", 1});
  ASSERT_FALSE(waited);
  EXPECT_EQ(waited.error().code(), errc::unreachable) << waited.error().message();
  EXPECT_EQ(net::pending_connect::start({"::1", 1}, {.local_address = {"127.0.0.1", 0}}).error().message(),
            waited.error().message());
}

TEST(local_end, that_is_of_no_use_is_told_for_each_address_that_was_tried) {
  const auto door = test::open_door();
  const auto other = test::open_door();
  const auto taken = test::open_door();
  const auto from = net::local_end::of({"127.0.0.1", taken.port()}, "two.test:1").value();
  const auto won = net::race("two.test:1", {door.at, other.at}, patience, net::usual_head_start, from);
  ASSERT_FALSE(won);
  EXPECT_EQ(won.error().code(), errc::address_in_use);
  EXPECT_NE(won.error().message().find("address already in use (2 addresses tried)"), std::string::npos);
  EXPECT_EQ(won.error().details().size(), 2U);
}

}  // namespace
}  // namespace signet
