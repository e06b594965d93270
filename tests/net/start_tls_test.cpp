#include <signet/net/start_tls.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <future>
#include <thread>

#include <signet/net/relay.hpp>
#include <signet/net/starttls.hpp>

#include "support/faulty_calls.hpp"
#include "support/net_peers.hpp"

namespace signet {
namespace {

using test::patience;
using test::trusting_client;
using namespace std::chrono_literals;

// Both ends of one connection are upgraded, each in a thread of its own.
test::tls_pair upgraded(tcp_socket client, tcp_socket server, const client_config& trusting = trusting_client(),
                        const server_config& serving = test::test_server()) {
  auto accepted = std::async(std::launch::async,
                             [&] { return start_tls(std::move(server), serving, {.timeout = patience}).value(); });
  auto connected = start_tls(std::move(client), "server.test", trusting, {.timeout = patience}).value();
  return {std::move(connected), accepted.get()};
}

test::tls_pair upgraded(tls_socket client, tls_socket server) {
  auto accepted = std::async(std::launch::async, [&] {
    return start_tls(std::move(server), test::test_server(), {.timeout = patience}).value();
  });
  auto connected = start_tls(std::move(client), "server.test", trusting_client(), {.timeout = patience}).value();
  return {std::move(connected), accepted.get()};
}

test::plain_pair unwrapped(tls_socket client, tls_socket server) {
  auto back = std::async(std::launch::async, [&] { return std::move(server).unwrap({.timeout = patience}).value(); });
  auto plain = std::move(client).unwrap({.timeout = patience}).value();
  return {std::move(plain), back.get()};
}

template <class Socket>
void say_and_hear(Socket& from, Socket& to, const std::string& what) {
  ASSERT_TRUE(from.write_all(what + "\n", patience));
  EXPECT_EQ(to.read_line({}, patience).value(), what);
}

struct pipes {
  tcp_socket client;
  tcp_socket server;
};
pipes make_pipes() {
  std::array<int, 2> up{};
  std::array<int, 2> down{};
  if (::pipe(up.data()) != 0 || ::pipe(down.data()) != 0) throw std::runtime_error("no pipes");
  return {tcp_socket::adopt(down[0], up[1]).value(), tcp_socket::adopt(up[0], down[1]).value()};
}

TEST(start_tls, upgrades_a_plain_connection) {
  auto [client, server] = test::make_plain_pair();
  say_and_hear(client, server, "STARTTLS");
  say_and_hear(server, client, "220 go ahead");
  auto secure = upgraded(std::move(client), std::move(server));
  EXPECT_FALSE(client.is_open());  // NOLINT(bugprone-use-after-move): what a success promises
  EXPECT_FALSE(server.is_open());  // NOLINT(bugprone-use-after-move)
  say_and_hear(secure.client, secure.server, "secret");
  EXPECT_TRUE(secure.client.peer_verdict()->trusted());
}

TEST(start_tls, goes_there_and_back_as_often_as_both_like) {
  auto [client, server] = test::make_plain_pair();
  auto plain = test::plain_pair{std::move(client), std::move(server)};
  for (int round = 0; round < 3; ++round) {
    say_and_hear(plain.client, plain.server, "plain");
    auto secure = upgraded(std::move(plain.client), std::move(plain.server));
    say_and_hear(secure.client, secure.server, "secret");
    say_and_hear(secure.server, secure.client, "secret too");
    plain = unwrapped(std::move(secure.client), std::move(secure.server));
    say_and_hear(plain.server, plain.client, "plain again");
  }
}

// A client that says STARTTLS and its ClientHello without waiting for the go-ahead, and a server that has both in its
// hands and has read the line.
struct hasty {
  std::future<result<tls_socket>> client;
  tcp_socket server;
};
hasty make_hasty() {
  auto [client, server] = test::make_plain_pair();
  auto connecting = std::async(std::launch::async, [to = std::move(client)]() mutable {
    EXPECT_TRUE(to.write_all("STARTTLS\r\n"));
    return start_tls(std::move(to), "server.test", trusting_client(), {.timeout = patience});
  });
  std::array<char, 200> first{};
  const deadline until(patience);
  while (::recv(server.native_handle(), first.data(), first.size(), MSG_PEEK | MSG_WAITALL) != 200 && !until.passed()) {
  }
  EXPECT_EQ(server.read_line({}, patience).value(), "STARTTLS");
  return {std::move(connecting), std::move(server)};
}

TEST(start_tls, a_client_that_did_not_wait_for_the_go_ahead_is_served) {
  auto [client, server] = make_hasty();
  auto secure = start_tls(std::move(server), test::test_server(), {.timeout = patience});
  ASSERT_TRUE(secure) << secure.error().message();
  auto connected = client.get();
  ASSERT_TRUE(connected) << connected.error().message();
  say_and_hear(*connected, *secure, "secret");
}

TEST(start_tls, a_server_whose_identity_never_comes_keeps_to_its_deadline) {
  const auto config = server_config::make({.select_identity = [](const client_hello_info&) -> identity_choice {
                        return {.is = identity_choice::state::not_yet};
                      }}).value();
  // All that the client says has come, and nothing moves any more.
  auto [client, server] = make_hasty();
  EXPECT_EQ(start_tls(std::move(server), config, {.timeout = 50ms}).error().code(), errc::timed_out);
  server.close();  // NOLINT(bugprone-use-after-move): what a failure promises
  EXPECT_FALSE(client.get());
}

TEST(start_tls, a_server_takes_no_commands_from_before_it) {
  auto [client, server] = test::make_plain_pair();
  ASSERT_TRUE(client.write_all("STARTTLS\r\nRSET\r\n"));
  EXPECT_EQ(server.read_line({}, patience).value(), "STARTTLS");
  const auto refused = start_tls(std::move(server), test::test_server(), {.timeout = patience});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), errc::plaintext_before_tls);
  ASSERT_TRUE(server.is_open());  // NOLINT(bugprone-use-after-move): what a failure promises
  EXPECT_EQ(server.read_line({}, patience).value(), "RSET");
}

TEST(start_tls, a_failed_upgrade_of_a_server_leaves_the_plain_connection_with_its_caller) {
  auto [client, server] = test::make_plain_pair();
  ASSERT_TRUE(client.write_all("no TLS at all\n"));
  ASSERT_TRUE(test::wait_readable(server.native_handle()));
  EXPECT_EQ(start_tls(std::move(server), test::test_server(), {.timeout = patience}).error().code(),
            errc::plaintext_before_tls);
  ASSERT_TRUE(server.is_open());  // NOLINT(bugprone-use-after-move): what a failure promises
  EXPECT_EQ(server.read_line({}, patience).value(), "no TLS at all");
  EXPECT_EQ(start_tls(std::move(server), test::test_server(), {.timeout = 30ms}).error().code(), errc::timed_out);
  ASSERT_TRUE(server.is_open());  // NOLINT(bugprone-use-after-move)
  ASSERT_TRUE(server.write_all("550 that was not TLS\n"));
  EXPECT_TRUE(client.read_until("550 that was not TLS\n", {}, patience));
}

TEST(start_tls, plain_bytes_before_it_are_an_error_and_stay_readable) {
  for (const bool held_by_us : {false, true}) {
    auto [client, server] = test::make_plain_pair();
    ASSERT_TRUE(server.write_all(held_by_us ? "220 go ahead\r\n250 injected\r\n" : "250 injected\r\n"));
    ASSERT_TRUE(test::wait_readable(client.native_handle()));
    if (held_by_us) {
      EXPECT_EQ(client.read_line({}, patience).value(), "220 go ahead");
    }
    const auto refused = start_tls(std::move(client), "server.test", trusting_client(), {.timeout = patience});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), errc::plaintext_before_tls);
    ASSERT_TRUE(client.is_open());  // NOLINT(bugprone-use-after-move): what a failure promises
    EXPECT_EQ(client.read_line({}, patience).value(), "250 injected");
    // Nothing of ours has left.
    client.close();
    EXPECT_EQ(server.read_all({}, patience).value(), "");
  }
}

TEST(start_tls, a_failed_upgrade_leaves_the_plain_connection_with_its_caller) {
  auto [client, server] = test::make_plain_pair();
  const auto late = start_tls(std::move(client), "server.test", trusting_client(), {.timeout = 50ms});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), errc::timed_out);
  ASSERT_TRUE(client.is_open());  // NOLINT(bugprone-use-after-move): what a failure promises
  ASSERT_TRUE(server.write_all("still here\n"));
  EXPECT_EQ(client.read_line({}, patience).value(), "still here");
  ASSERT_TRUE(client.write_all("so am I"));
  ASSERT_TRUE(client.close_write());
  EXPECT_TRUE(server.read_all({}, patience).value().ends_with("so am I"));
}

TEST(start_tls, needs_an_open_connection_a_name_and_a_peer) {
  auto [client, server] = test::make_plain_pair();
  EXPECT_EQ(start_tls(std::move(client), "", trusting_client()).error().code(), errc::invalid_name);
  server.close();
  ASSERT_TRUE(test::wait_readable(client.native_handle()));  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(start_tls(std::move(client), "server.test", trusting_client()).error().code(), errc::closed);
  client.close();
  EXPECT_EQ(start_tls(std::move(client), "server.test", trusting_client()).error().code(), errc::not_connected);
}

TEST(start_tls, an_ended_direction_is_not_upgraded) {
  auto [client, server] = test::make_plain_pair();
  ASSERT_TRUE(client.close_write());
  EXPECT_EQ(start_tls(std::move(client), "server.test", trusting_client()).error().code(), errc::closed);
  ASSERT_TRUE(server.close_write());
  EXPECT_EQ(start_tls(std::move(server), test::test_server()).error().code(), errc::closed);
}

TEST(unwrap, gives_the_plain_bytes_that_came_with_the_end) {
  auto [client, server] = test::make_tls_pair();
  // Both ends in one go: close_notify and what follows it.
  auto early = std::move(client).unwrap_early(patience);
  ASSERT_TRUE(early) << early.error().message();
  ASSERT_TRUE(early->write_all("plain at once\n"));
  std::array<char, 64> buffer{};
  EXPECT_EQ(server.read_some(buffer, patience).value(), 0U);
  auto plain = std::move(server).unwrap({.timeout = patience});
  ASSERT_TRUE(plain) << plain.error().message();
  EXPECT_EQ(plain->read_line({}, patience).value(), "plain at once");
  ASSERT_TRUE(plain->write_all("understood\n"));
  EXPECT_EQ(early->read_line({}, patience).value(), "understood");
}

TEST(unwrap, early_gives_out_nothing_that_came_before_the_peers_close_notify) {
  auto [client, server] = test::make_tls_pair();
  auto early = std::move(client).unwrap_early(patience).value();
  ASSERT_TRUE(server.write_all("encrypted"));
  std::array<char, 64> buffer{};
  const auto refused = early.read_some(buffer, patience);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), errc::unread_data);
}

TEST(unwrap, early_takes_no_plain_bytes_for_the_end) {
  auto [client, server] = test::make_tls_pair();
  auto early = std::move(client).unwrap_early(patience).value();
  // Somebody on the path, who cannot make a close_notify.
  ASSERT_EQ(::send(server.native_handle(), "250 injected\r\n", 14, MSG_NOSIGNAL), 14);
  for (int time = 0; time < 2; ++time) {
    const auto refused = early.read_line({}, patience);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind(), error_kind::peer) << refused.error().message();
  }
}

TEST(unwrap, waits_for_nobody_longer_than_it_is_told_and_can_be_tried_again) {
  auto [client, server] = test::make_tls_pair();
  const auto late = std::move(client).unwrap({.timeout = 30ms});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), errc::timed_out);
  ASSERT_TRUE(client.is_open());  // NOLINT(bugprone-use-after-move): what a failure promises
  auto other = std::move(server).unwrap({.timeout = patience});
  ASSERT_TRUE(other) << other.error().message();
  auto plain = std::move(client).unwrap({.timeout = patience});
  ASSERT_TRUE(plain) << plain.error().message();
  say_and_hear(*plain, *other, "plain");
}

TEST(unwrap, leads_to_no_plain_connection_in_the_middle_of_a_record) {
  for (const bool peer_has_ended : {false, true}) {
    auto [client, server] = test::make_tls_pair();
    if (peer_has_ended) {
      ASSERT_TRUE(server.close_write());
      ASSERT_EQ(client.read_all({}, patience).value(), "");
    }
    ASSERT_EQ(client.write_all(std::string(std::size_t{64} << 20, 'x'), 30ms).error().code(), errc::timed_out);
    for (int time = 0; time < 2; ++time) {
      EXPECT_EQ(std::move(client).unwrap_early(patience).error().code(), errc::timed_out);
      // NOLINTNEXTLINE(bugprone-use-after-move): what a failure promises
      EXPECT_EQ(std::move(client).unwrap({.timeout = patience}).error().code(), errc::timed_out);
    }
  }
}

TEST(unwrap, leaves_no_data_behind_unasked) {
  for (const bool had_been_read_ahead : {false, true}) {
    auto [client, server] = test::make_tls_pair();
    ASSERT_TRUE(server.write_all("first\nsecond\n"));
    if (had_been_read_ahead) {
      EXPECT_EQ(client.read_line({}, patience).value(), "first");
    }
    const auto refused = std::move(client).unwrap({.timeout = patience});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), errc::unread_data);
    if (!had_been_read_ahead) {
      EXPECT_EQ(client.read_line({}, patience).value(), "first");  // NOLINT(bugprone-use-after-move)
    }
    EXPECT_EQ(client.read_line({}, patience).value(), "second");
    auto other =
        std::async(std::launch::async, [&server = server] { return std::move(server).unwrap({.timeout = patience}); });
    EXPECT_TRUE(std::move(client).unwrap({.timeout = patience}));
    EXPECT_TRUE(other.get());
  }
}

TEST(unwrap, discards_as_much_as_it_may) {
  auto [client, server] = test::make_tls_pair();
  ASSERT_TRUE(server.write_all("0123456789"));
  ASSERT_TRUE(server.close_write());
  EXPECT_EQ(std::move(client).unwrap({.timeout = patience, .discard = 9}).error().code(), errc::unread_data);
  EXPECT_TRUE(std::move(client).unwrap({.timeout = patience, .discard = 10}));  // NOLINT(bugprone-use-after-move)
}

TEST(unwrap, a_connection_that_is_cut_is_truncated_and_no_way_to_plain) {
  auto [client, server] = test::make_tls_pair();
  ::shutdown(server.native_handle(), SHUT_WR);
  const auto cut = std::move(client).unwrap({.timeout = patience});
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code(), errc::truncated);
  EXPECT_EQ(std::move(client).unwrap({.timeout = patience}).error().code(),  // NOLINT(bugprone-use-after-move)
            errc::truncated);
}

TEST(stacked_tls, carries_tls_inside_tls_and_gives_each_layer_back) {
  auto outer = test::make_tls_pair();
  say_and_hear(outer.client, outer.server, "OK_OUTER");
  auto inner = upgraded(std::move(outer.client), std::move(outer.server));
  EXPECT_TRUE(inner.client.peer_verdict()->trusted());
  say_and_hear(inner.client, inner.server, "OK_INNER");
  const std::string much(128 << 10, 'm');
  auto sending = std::async(std::launch::async, [&] { return inner.server.write_all(much + '\n', patience); });
  EXPECT_EQ(inner.client.read_line({.bytes = 2 << 20}, patience).value(), much);
  EXPECT_TRUE(sending.get());

  auto plain = unwrapped(std::move(inner.client), std::move(inner.server));
  say_and_hear(plain.client, plain.server, "outer again");
  auto client = plain.client.release_tls();
  ASSERT_TRUE(client) << client.error().message();
  auto server = plain.server.release_tls();
  ASSERT_TRUE(server) << server.error().message();
  say_and_hear(*server, *client, "outer alone");
  ASSERT_TRUE(server->close());
  EXPECT_EQ(client->read_all({}, patience).value(), "");
}

TEST(stacked_tls, the_inner_end_is_told_apart_from_a_cut) {
  auto outer = test::make_tls_pair();
  auto inner = upgraded(std::move(outer.client), std::move(outer.server));
  ASSERT_TRUE(inner.server.write_all("WORLD"));
  ASSERT_TRUE(inner.server.close());
  EXPECT_EQ(inner.client.read_all({}, patience).value(), "WORLD");

  outer = test::make_tls_pair();
  auto cut = upgraded(std::move(outer.client), std::move(outer.server));
  ::shutdown(cut.server.native_handle(), SHUT_RDWR);
  EXPECT_EQ(cut.client.read_all({}, patience).error().code(), errc::truncated);
}

// An encrypted connection as the stream that another stands on, while its owner can still ask how it ended.
class lent final : public byte_stream {
 public:
  explicit lent(tls_socket& below) : below_(&below) {}
  result<std::size_t> read_some(byte_span buffer, deadline until) override { return below_->read_some(buffer, until); }
  result<std::size_t> write_some(byte_view bytes, deadline until) override { return below_->write_some(bytes, until); }
  result<void> close_write() override { return below_->close_write(); }
  void close() noexcept override { static_cast<void>(below_->close()); }

 private:
  tls_socket* below_;
};

TEST(stacked_tls, closing_ends_the_inner_layer_then_the_outer_one_and_then_the_connection) {
  // What close() has to say it says once.
  const test::faults none({});
  auto outer = test::make_tls_pair();
  auto accepted = std::async(std::launch::async, [&] {
    return start_tls(std::move(outer.server), test::test_server(), {.timeout = patience}).value();
  });
  auto client = start_tls(tcp_socket::over(std::make_unique<lent>(outer.client)), "server.test", trusting_client(),
                          {.timeout = patience})
                    .value();
  auto server = accepted.get();
  ASSERT_TRUE(server.write_all("WORLD"));
  ASSERT_TRUE(server.close());
  EXPECT_FALSE(server.is_open());
  // An end, by the close_notify of the inner layer.
  EXPECT_EQ(client.read_all({}, patience).value(), "WORLD");
  // Nothing but the close_notify of the outer one has followed it.
  std::array<char, 16> more{};
  const auto end = outer.client.read_some(more, patience);
  ASSERT_TRUE(end) << end.error().message();
  EXPECT_EQ(*end, 0U);
  ASSERT_TRUE(test::wait_readable(outer.client.native_handle()));
  EXPECT_EQ(::recv(outer.client.native_handle(), more.data(), more.size(), MSG_DONTWAIT), 0);
}

TEST(stacked_tls, leaving_it_sends_what_was_held_and_loses_nothing_that_came) {
  auto outer = test::make_tls_pair();
  auto inner = upgraded(std::move(outer.client), std::move(outer.server));
  ASSERT_TRUE(inner.server.write_all("unread"));
  const cork held(inner.client);
  ASSERT_TRUE(inner.client.write_all("held"));
  auto other = std::async(std::launch::async, [&] {
    EXPECT_EQ(inner.server.read_all({}, patience).value(), "held");
    auto back = std::move(inner.server).unwrap({.timeout = patience}).value();
    // Right behind the end of the inner layer.
    EXPECT_TRUE(back.write_all("outer at once\n", patience));
    return back;
  });
  const auto refused = std::move(inner.client).unwrap({.timeout = patience});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), errc::unread_data);
  std::array<char, 6> unread{};
  ASSERT_TRUE(inner.client.read_exactly(unread, patience));  // NOLINT(bugprone-use-after-move): what a failure promises
  EXPECT_EQ(std::string_view(unread.data(), unread.size()), "unread");
  auto client = std::move(inner.client).unwrap({.timeout = patience});
  ASSERT_TRUE(client) << client.error().message();
  auto server = other.get();
  EXPECT_EQ(client->read_line({}, patience).value(), "outer at once");
  say_and_hear(*client, server, "outer again");
  // The outer connection is what is left, and nothing sticks in between.
  EXPECT_EQ(client->buffered(), 0U);
  auto alone = client->release_tls();
  ASSERT_TRUE(alone) << alone.error().message();
  ASSERT_TRUE(server.write_all("outer alone\n", patience));
  EXPECT_EQ(alone->read_line({}, patience).value(), "outer alone");
}

TEST(stacked_tls, leaving_it_sends_what_was_held_though_the_peer_has_ended_already) {
  auto outer = test::make_tls_pair();
  auto inner = upgraded(std::move(outer.client), std::move(outer.server));
  ASSERT_TRUE(inner.server.close_write());
  EXPECT_EQ(inner.client.read_all({}, patience).value(), "");
  const cork held(inner.client);
  ASSERT_TRUE(inner.client.write_all("held"));
  // Nothing is left to wait for, and a wait would have sent it.
  auto client = std::move(inner.client).unwrap({.timeout = patience});
  ASSERT_TRUE(client) << client.error().message();
  EXPECT_EQ(inner.server.read_all({}, patience).value(), "held");
  auto server = std::move(inner.server).unwrap({.timeout = patience});
  ASSERT_TRUE(server) << server.error().message();
  say_and_hear(*client, *server, "outer again");
}

TEST(stacked_tls, a_refused_inner_peer_leaves_the_outer_connection_with_its_caller) {
  auto outer = test::make_tls_pair();
  auto accepted = std::async(std::launch::async, [&] {
    return start_tls(std::move(outer.server), test::test_server(), {.timeout = patience});
  });
  const auto refused = start_tls(std::move(outer.client), "other.test", trusting_client(), {.timeout = patience});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), errc::name_mismatch) << refused.error().message();
  EXPECT_FALSE(accepted.get());
  ASSERT_TRUE(outer.client.is_open());
  say_and_hear(outer.client, outer.server, "still here");
}

TEST(stacked_tls, an_early_line_stays_readable_where_the_inner_handshake_is_refused) {
  auto outer = test::make_tls_pair();
  ASSERT_TRUE(outer.server.write_all("early\nlater\n"));
  ASSERT_TRUE(test::wait_readable(outer.client.native_handle()));
  const auto refused = start_tls(std::move(outer.client), "server.test", trusting_client(), {.timeout = patience});
  EXPECT_EQ(refused.error().code(), errc::plaintext_before_tls);
  EXPECT_EQ(outer.client.read_line({}, patience).value(), "early");
  EXPECT_EQ(outer.client.read_line({}, patience).value(), "later");
}

TEST(stacked_tls, a_plain_socket_over_it_ends_it_and_lets_go_of_it) {
  auto ended = test::make_tls_pair();
  auto over = tcp_socket::over(std::move(ended.client));
  ASSERT_TRUE(over.write_all("last words", patience));
  over.close();
  EXPECT_EQ(ended.server.read_all({}, patience).value(), "last words");

  auto cut = test::make_tls_pair();
  over = tcp_socket::over(std::move(cut.client));
  over.abandon();
  EXPECT_EQ(cut.server.read_all({}, patience).error().code(), errc::truncated);
}

TEST(stacked_tls, the_end_of_a_direction_keeps_to_its_deadline) {
  auto [client, server] = test::make_tls_pair();
  // The kernel's buffers are full under the engine.
  const std::string filler(1 << 16, 'f');
  while (::send(client.native_handle(), filler.data(), filler.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
  }
  while (::send(client.native_handle(), filler.data(), 1, MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
  }
  auto plain = tcp_socket::over(std::move(client));
  plain.set_timeout(30ms);
  EXPECT_EQ(plain.close_write().error().code(), errc::timed_out);
}

TEST(stacked_tls, half_left_over_an_outer_one_is_not_for_poll) {
  auto outer = test::make_tls_pair();
  auto inner = upgraded(std::move(outer.client), std::move(outer.server));
  auto plain = std::move(inner.client).unwrap_early(patience).value();
  auto other = test::make_plain_pair();
  EXPECT_EQ(relay(other.server, plain, {.until = patience}).error().code(), errc::not_supported);
}

TEST(stacked_tls, waits_no_longer_than_its_deadline) {
  auto outer = test::make_tls_pair();
  EXPECT_EQ(start_tls(std::move(outer.client), "server.test", trusting_client(), {.timeout = 50ms}).error().code(),
            errc::timed_out);
}

TEST(stacked_tls, runs_over_pipes) {
  auto [client, server] = make_pipes();
  say_and_hear(client, server, "plain");
  auto secure = upgraded(std::move(client), std::move(server));
  say_and_hear(secure.client, secure.server, "secret");
  const std::string much(1 << 20, 'm');
  for (auto* from : {&secure.client, &secure.server}) {
    auto& to = from == &secure.client ? secure.server : secure.client;
    auto sending = std::async(std::launch::async, [&] { return from->write_all(much, patience); });
    std::string got(much.size(), 0);
    EXPECT_TRUE(to.read_exactly(got, patience));
    EXPECT_EQ(got, much);
    EXPECT_TRUE(sending.get());
  }
  ASSERT_TRUE(secure.client.close());
  EXPECT_EQ(secure.server.read_all({}, patience).value(), "");
}

TEST(stacked_tls, a_pipe_without_a_reader_is_an_error_and_raises_no_sigpipe) {
  auto [client, server] = make_pipes();
  server.close();
  const auto refused = client.write_all("nobody listens");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), errc::connection_reset);
  std::array<char, 4> buffer{};
  EXPECT_EQ(client.read_some(buffer, patience).value(), 0U);
}

TEST(stacked_tls, a_full_pipe_ends_by_its_deadline) {
  auto [client, server] = make_pipes();
  EXPECT_EQ(client.write_all(std::string(1 << 20, 'x'), 50ms).error().code(), errc::timed_out);
}

TEST(stacked_tls, descriptors_that_go_the_wrong_way_are_refused) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  EXPECT_EQ(tcp_socket::adopt(ends[1], ends[0]).error().code(), errc::invalid_argument);
  EXPECT_EQ(tcp_socket::adopt(ends[0], -1).error().code(), errc::invalid_argument);
  // Back with their owner as they were.
  EXPECT_EQ(::fcntl(ends[0], F_GETFD), 0);
  ::close(ends[0]);
  ::close(ends[1]);
}

TEST(stacked_tls, one_socket_on_two_descriptors_ends_for_the_peer_but_not_by_abandon) {
  for (const bool ends : {true, false}) {
    auto [client, server] = test::make_plain_pair();
    const int in = client.release().value();
    const int kept = ::dup(in);
    auto both = tcp_socket::adopt(in, ::dup(in)).value();
    auto other_process = tcp_socket::adopt(kept).value();
    say_and_hear(both, server, "there");
    if (ends) {
      ASSERT_TRUE(both.close_write());
      EXPECT_EQ(server.read_all({}, patience).value(), "");
      say_and_hear(server, both, "and back");
    } else {
      both.abandon();
      say_and_hear(other_process, server, "still there");
    }
  }
}

TEST(stacked_tls, reaches_a_server_through_an_https_proxy) {
  auto origin = test::serve_one();
  auto door = listener::bind({"127.0.0.1", 0}, test::test_server()).value();
  // A proxy that is spoken to by TLS itself.
  auto proxy = std::async(std::launch::async, [&door, at = origin.at()] {
    auto client = door.accept(patience).value();
    auto asked = std::move(client).handshake({.timeout = patience}).value();
    const auto head = asked.read_until("\r\n\r\n", {}, patience).value();
    auto beyond = tcp_socket::connect(at, {.timeout = patience}).value();
    asked.write_all("HTTP/1.1 200 OK\r\n\r\n").value();
    static_cast<void>(relay(asked, beyond, {.until = patience}));
    return head;
  });
  auto outer = connect(door.local_endpoint(), trusting_client(), {.until = patience, .name = "server.test"}).value();
  auto tunnel = tcp_socket::over(std::move(outer));
  const endpoint target{"server.test", 443};
  ASSERT_TRUE(starttls::negotiate(tunnel, starttls::protocol::http_connect, {.peer = target}, patience));
  auto inner = start_tls(std::move(tunnel), target.host, trusting_client(), {.timeout = patience});
  ASSERT_TRUE(inner) << inner.error().message();
  auto served = origin.served.get();
  ASSERT_TRUE(served) << served.error().message();
  say_and_hear(*inner, *served, "nobody in between can read this");
  ASSERT_TRUE(inner->close());
  EXPECT_EQ(served->read_all({}, patience).value(), "");
  served->close().value();
  EXPECT_TRUE(proxy.get().starts_with("CONNECT server.test:443 HTTP/1.1\r\n"));
}

TEST(stacked_tls, over_nothing_there_is_nothing) {
  auto pair = test::make_tls_pair();
  ASSERT_TRUE(pair.client.close());
  auto plain = tcp_socket::over(std::move(pair.client));
  EXPECT_FALSE(plain.is_open());
  EXPECT_EQ(plain.write_all("x").error().code(), errc::not_connected);
  EXPECT_FALSE(tcp_socket::over(std::unique_ptr<byte_stream>()).is_open());
}

// A stream of somebody else's: a plain connection that turns every octet around.
class mirrored final : public byte_stream {
 public:
  explicit mirrored(tcp_socket below) : below_(std::move(below)) {}
  result<std::size_t> read_some(byte_span buffer, deadline until) override {
    auto got = below_.read_some(buffer, until);
    if (got) turn(byte_span(std::span<std::byte>(buffer.first(*got))));
    return got;
  }
  result<std::size_t> write_some(byte_view bytes, deadline until) override {
    std::string copy(bytes.text().substr(0, 1000));
    turn(byte_span(copy));
    return below_.write_some(copy, until);
  }
  result<void> close_write() override { return below_.close_write(); }
  void close() noexcept override { below_.close(); }

 private:
  static void turn(byte_span bytes) {
    for (auto& one : bytes) one ^= std::byte{0xff};
  }
  tcp_socket below_;
};

TEST(stacked_tls, runs_over_a_stream_that_somebody_else_made) {
  auto [client, server] = test::make_plain_pair();
  auto secure = upgraded(tcp_socket::over(std::make_unique<mirrored>(std::move(client))),
                         tcp_socket::over(std::make_unique<mirrored>(std::move(server))));
  say_and_hear(secure.client, secure.server, "secret");
  ASSERT_TRUE(secure.server.close());
  EXPECT_EQ(secure.client.read_all({}, patience).value(), "");
}

}  // namespace
}  // namespace signet
