#include <signet/net/tls_socket.hpp>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <future>
#include <thread>
#include <vector>

#include <signet/native.hpp>

#include "support/net_peers.hpp"

namespace signet {
namespace {

using test::make_tls_pair;
using test::patience;
using namespace std::chrono_literals;

class tls_socket_at : public testing::TestWithParam<protocol_version> {
 protected:
  static test::tls_pair pair() {
    return make_tls_pair(test::trusting_client({.min_version = GetParam(), .max_version = GetParam()}));
  }
};
INSTANTIATE_TEST_SUITE_P(each_version, tls_socket_at,
                         testing::Values(protocol_version::tls1_2, protocol_version::tls1_3), [](const auto& version) {
                           return version.param == protocol_version::tls1_2 ? "tls12" : "tls13";
                         });

TEST_P(tls_socket_at, carries_a_conversation_to_its_clean_end) {
  auto [client, server] = pair();
  EXPECT_EQ(client.info().version, GetParam());
  EXPECT_EQ(server.info().version, GetParam());
  EXPECT_EQ(server.info().sni, "server.test");
  EXPECT_TRUE(client.peer_verdict()->trusted());
  EXPECT_NE(native::handle(client), nullptr);
  EXPECT_EQ(client.remote_endpoint(), server.local_endpoint());

  ASSERT_TRUE(client.write_all("GET /\r\n\r\n"));
  EXPECT_EQ(server.read_line({}, patience).value(), "GET /");
  EXPECT_EQ(server.read_until("\n", {}, patience).value(), "\r\n");
  const std::string much(1'000'000, 'm');
  auto writing = std::async(std::launch::async, [&much, &server = server] {
    return server.write_all(much, patience) && server.close_write(patience);
  });
  std::array<char, 10> ten{};
  ASSERT_TRUE(client.read_exactly(ten, patience));
  EXPECT_EQ(client.read_all({}, patience).value().size(), much.size() - ten.size());
  EXPECT_TRUE(writing.get());
  EXPECT_EQ(client.read_some(ten, patience).value(), 0U);
  EXPECT_EQ(client.read_some(ten, patience).value(), 0U);
  EXPECT_EQ(client.read_exactly(ten, patience).error().code(), errc::end_of_stream);
  EXPECT_TRUE(client.close());
  EXPECT_EQ(server.read_all({}, patience).value(), "");
  EXPECT_TRUE(server.close());
}

TEST_P(tls_socket_at, of_a_buffer_the_part_that_is_named_is_sent_and_nothing_beside_it) {
  auto [client, server] = pair();
  const std::string buffer = "01waaaanf23";
  const byte_view whole = buffer;
  EXPECT_EQ(client.write_some(whole.subspan(2, 7)).value(), 7U);
  std::array<char, 64> got{};
  // By itself, in a record of its own.
  EXPECT_EQ(server.read_some(got, patience).value(), 7U);
  EXPECT_EQ(std::string_view(got.data(), 7), "waaaanf");
  EXPECT_EQ(client.write_some(whole.subspan(buffer.size())).value(), 0U);
  EXPECT_EQ(client.write_some(whole.last(2)).value(), 2U);
  EXPECT_EQ(client.write_some(whole.first(2)).value(), 2U);
  ASSERT_TRUE(client.write_all(whole.subspan(4, 3)));
  // As many as it says, and from the front.
  const std::string much = "begin" + std::string(18'000, 'm') + "end";
  const auto taken = client.write_some(byte_view(much).subspan(5), patience).value();
  EXPECT_GT(taken, 0U);
  ASSERT_TRUE(client.close_write());
  EXPECT_EQ(server.read_all({}, patience).value(), "2301aaa" + much.substr(5, taken));
}

TEST_P(tls_socket_at, a_half_closed_direction_still_reads) {
  auto [client, server] = pair();
  ASSERT_TRUE(client.write_all("question"));
  ASSERT_TRUE(client.close_write());
  ASSERT_TRUE(client.close_write());
  EXPECT_EQ(client.write_all("x").error().code(), errc::closed);
  EXPECT_EQ(client.write_some("x").error().code(), errc::closed);
  EXPECT_EQ(server.read_all({}, patience).value(), "question");
  ASSERT_TRUE(server.write_all("answer"));
  ASSERT_TRUE(server.close());
  EXPECT_EQ(client.read_all({}, patience).value(), "answer");
}

TEST_P(tls_socket_at, an_end_without_close_notify_is_truncated_every_time) {
  auto [client, server] = pair();
  ASSERT_TRUE(server.write_all("part"));
  { const auto gone = std::move(server); }
  std::array<char, 4> part{};
  ASSERT_TRUE(client.read_exactly(part, patience));
  for (int i = 0; i < 2; ++i) {
    const auto more = client.read_some(part, patience);
    ASSERT_FALSE(more);
    EXPECT_EQ(more.error().code(), errc::truncated);
  }
  EXPECT_TRUE(client.close());
}

TEST_P(tls_socket_at, a_reset_is_an_error_and_raises_no_sigpipe) {
  auto [client, server] = pair();
  struct sigaction before {};
  ASSERT_EQ(::sigaction(SIGPIPE, nullptr, &before), 0);
  ASSERT_EQ(before.sa_handler, SIG_DFL);
  // The tickets of TLS 1.3 are taken first, so that what becomes readable is the reset.
  ASSERT_TRUE(server.write_all("x"));
  std::array<char, 1> one{};
  ASSERT_TRUE(client.read_exactly(one, patience));
  test::close_resets(server.native_handle());
  { const auto gone = std::move(server); }
  ASSERT_TRUE(test::wait_readable(client.native_handle()));
  const auto got = client.read_some(one, patience);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), errc::connection_reset);
  EXPECT_NE(got.error().message().find(": reading: connection reset by the peer"), std::string::npos);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(client.write_all("x"));
}

TEST_P(tls_socket_at, writing_to_a_peer_that_is_gone_is_a_reset_and_raises_no_sigpipe) {
  auto [client, server] = pair();
  test::close_resets(server.native_handle());
  { const auto gone = std::move(server); }
  pollfd reset{client.native_handle(), 0, 0};
  ASSERT_GT(::poll(&reset, 1, 20'000), 0);
  const auto sent = client.write_all("x");
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code(), errc::connection_reset);
}

TEST_P(tls_socket_at, after_a_read_that_timed_out_reading_goes_on) {
  auto [client, server] = pair();
  const auto late = client.read_line({}, 30ms);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), errc::timed_out);
  EXPECT_NE(late.error().message().find(": reading: timed out after "), std::string::npos) << late.error().message();
  EXPECT_EQ(late.error().message().find("127.0.0.1:"), 0U) << late.error().message();
  ASSERT_TRUE(server.write_all("half"));
  ASSERT_TRUE(test::wait_readable(client.native_handle()));
  EXPECT_EQ(client.read_line({}, 30ms).error().code(), errc::timed_out);
  ASSERT_TRUE(server.write_all(" line\n"));
  EXPECT_EQ(client.read_line({}, patience).value(), "half line");
  ASSERT_TRUE(client.write_all("works\n"));
  EXPECT_EQ(server.read_line({}, patience).value(), "works");
}

TEST_P(tls_socket_at, a_write_ends_by_its_deadline_when_the_peer_does_not_read) {
  auto [client, server] = pair();
  const std::string much(32 << 20, 'm');
  const auto late = client.write_all(much, 100ms);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), errc::timed_out);
  EXPECT_NE(late.error().message().find(": writing: timed out after "), std::string::npos) << late.error().message();
  // Closing does not wait for that peer either.
  const auto began = deadline::clock::now();
  static_cast<void>(client.close());
  EXPECT_LT(deadline::clock::now() - began, patience);
  EXPECT_FALSE(client.is_open());
}

TEST(tls_socket, write_then_close_loses_nothing) {
  const auto much = std::string(100'000, 'd');
  for (int round = 0; round < 10; ++round) {
    auto [client, server] = make_tls_pair();
    const int room = 1 << 20;
    ASSERT_EQ(::setsockopt(client.native_handle(), SOL_SOCKET, SO_SNDBUF, &room, sizeof room), 0);
    // The server's greeting and ticket lie unread when the client closes: without care the kernel resets the
    // connection.
    ASSERT_TRUE(server.write_all("greeting", patience));
    ASSERT_TRUE(test::wait_readable(client.native_handle()));
    ASSERT_TRUE(client.write_all(much, patience));
    ASSERT_TRUE(client.close());
    EXPECT_EQ(server.read_all({}, patience).value(), much);
  }
}

TEST(tls_socket, close_tells_when_close_notify_could_not_be_sent) {
  auto [client, server] = make_tls_pair();
  // Fills both ends' buffers under the engine, which is then left with nothing it could send.
  const std::string filler(1 << 16, 'f');
  while (::send(client.native_handle(), filler.data(), filler.size(), MSG_DONTWAIT | MSG_NOSIGNAL) > 0) {
  }
  const auto closed = client.close();
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code(), errc::timed_out);
  EXPECT_FALSE(client.is_open());
}

TEST(tls_socket, a_closed_one_says_so_and_closes_again_quietly) {
  auto [client, server] = make_tls_pair();
  ASSERT_TRUE(client.close());
  EXPECT_TRUE(client.close());
  std::array<char, 1> one{};
  EXPECT_FALSE(client.is_open());
  EXPECT_EQ(client.read_some(one).error().code(), errc::not_connected);
  EXPECT_EQ(client.read_line().error().code(), errc::not_connected);
  EXPECT_EQ(client.write_all("x").error().code(), errc::not_connected);
  EXPECT_EQ(client.close_write().error().code(), errc::not_connected);
  EXPECT_EQ(client.native_handle(), -1);
  EXPECT_EQ(client.pending(), 0U);
  auto elsewhere = std::move(server);
  EXPECT_EQ(server.read_line().error().code(), errc::not_connected);  // NOLINT(bugprone-use-after-move)
  EXPECT_TRUE(server.close());
  EXPECT_EQ(elsewhere.read_all({}, patience).value(), "");
}

TEST(tls_socket, limits_hold) {
  auto [client, server] = make_tls_pair();
  ASSERT_TRUE(server.write_all("0123456789\nrest"));
  EXPECT_EQ(client.read_line({9}, patience).error().code(), errc::limit_exceeded);
  EXPECT_EQ(client.read_line({10}, patience).value(), "0123456789");
  ASSERT_TRUE(server.close());
  EXPECT_EQ(client.read_all({3}, patience).error().code(), errc::limit_exceeded);
  EXPECT_EQ(client.read_all({4}, patience).value(), "rest");
}

TEST(tls_socket, its_own_timeout_holds_for_calls_without_a_deadline) {
  auto [client, server] = make_tls_pair();
  client.set_timeout(30ms);
  std::array<char, 1> one{};
  EXPECT_EQ(client.read_some(one).error().code(), errc::timed_out);
  client.set_timeout(0ms);
  ASSERT_TRUE(server.write_all("x"));
  EXPECT_EQ(client.read_some(one).value(), 1U);
}

TEST(tls_socket, a_forked_copy_that_goes_says_nothing) {
  auto [client, server] = make_tls_pair();
  // The tickets are read, so that the last descriptor to close ends the connection and does not reset it.
  std::array<char, 8> some{};
  ASSERT_TRUE(server.write_all("x"));
  ASSERT_EQ(client.read_some(some, patience).value(), 1U);
  {
    // What a child process does with its copy: the descriptor is shared, and the socket over it is destroyed.
    const int fd = client.native_handle();
    const int kept = ::dup(fd);
    { const auto gone = std::move(client); }
    EXPECT_EQ(server.read_some(some, 30ms).error().code(), errc::timed_out);
    ::close(kept);
  }
  EXPECT_EQ(server.read_some(some, patience).error().code(), errc::truncated);
}

// The types of the TLS records that a plain peer has been sent, beyond a handshake's.
std::size_t records_in(std::string_view bytes) {
  std::size_t count = 0;
  while (bytes.size() >= 5) {
    const auto length =
        static_cast<std::size_t>(static_cast<unsigned char>(bytes[3])) << 8 | static_cast<unsigned char>(bytes[4]);
    if (bytes.size() < 5 + length) break;
    bytes.remove_prefix(5 + length);
    ++count;
  }
  return count;
}

// What `say` puts on the wire, read beside TLS.
template <class Say>
std::string on_the_wire(Say&& say) {
  auto [client, server] = make_tls_pair();
  say(client);
  std::string bytes(1 << 16, 0);
  EXPECT_TRUE(test::wait_readable(server.native_handle()));
  const auto n = ::recv(server.native_handle(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  bytes.resize(n > 0 ? static_cast<std::size_t>(n) : 0);
  return bytes;
}

TEST(tls_socket, peeked_bytes_stay_to_be_read) {
  auto [client, server] = make_tls_pair();
  ASSERT_TRUE(server.write_all("waaaanf"));
  EXPECT_EQ(client.pending(), 0U);
  std::array<char, 4> first{};
  for (int time = 0; time < 2; ++time) {
    EXPECT_EQ(client.peek(first, patience).value(), 4U);
    EXPECT_EQ(std::string_view(first.data(), 4), "waaa");
    EXPECT_EQ(client.pending(), 7U);
  }
  std::array<char, 64> all{};
  EXPECT_EQ(client.peek(all, patience).value(), 7U);
  EXPECT_EQ(client.read_some(all, patience).value(), 7U);
  EXPECT_EQ(std::string_view(all.data(), 7), "waaaanf");
  EXPECT_EQ(client.pending(), 0U);
  EXPECT_EQ(client.peek(all, 10ms).error().code(), errc::timed_out);
  ASSERT_TRUE(server.close());
  EXPECT_EQ(client.peek(all, patience).value(), 0U);
  EXPECT_EQ(client.read_some(all, patience).value(), 0U);
}

TEST(tls_socket, parts_leave_in_one_record) {
  const std::string body(1000, 'b');
  const auto bytes = on_the_wire([&](tls_socket& s) {
    const std::array<byte_view, 4> parts{"HTTP/1.1 200 OK\r\n", "\r\n", "", body};
    ASSERT_TRUE(s.write_gathered(parts));
  });
  EXPECT_EQ(records_in(bytes), 1U);
}

TEST(tls_socket, large_parts_arrive_whole_and_in_order) {
  auto [client, server] = make_tls_pair();
  std::string expected;
  std::vector<std::string> texts;
  for (const std::size_t size : {1U, 16383U, 16384U, 16385U, 100000U, 0U, 5U, 40000U})
    texts.emplace_back(size, static_cast<char>('a' + texts.size()));
  std::vector<byte_view> parts;
  for (const auto& one : texts) {
    expected += one;
    parts.emplace_back(one);
  }
  auto sending = std::async(std::launch::async, [&, from = &client] { return from->write_gathered(parts, patience); });
  std::string got(expected.size(), 0);
  ASSERT_TRUE(server.read_exactly(got, patience));
  EXPECT_TRUE(sending.get());
  EXPECT_EQ(got, expected);
}

TEST(tls_socket, under_a_cork_writes_leave_together) {
  const auto bytes = on_the_wire([&](tls_socket& s) {
    cork held(s);
    ASSERT_TRUE(s.write_all("one"));
    ASSERT_TRUE(s.write_all("two"));
    ASSERT_EQ(s.write_some("three").value(), 5U);
    ASSERT_TRUE(held.release());
  });
  EXPECT_EQ(records_in(bytes), 3U);
}

TEST(tls_socket, a_cork_that_goes_holds_nothing_back) {
  auto [client, server] = make_tls_pair();
  {
    const cork held(client);
    ASSERT_TRUE(client.write_all("held"));
    std::array<char, 8> buffer{};
    EXPECT_EQ(server.read_some(buffer, 30ms).error().code(), errc::timed_out);
  }
  std::array<char, 4> got{};
  EXPECT_TRUE(server.read_exactly(got, patience));
}

TEST(tls_socket, a_cork_outlives_its_connection_in_peace) {
  {
    auto [client, server] = make_tls_pair();
    cork held(client);
    ASSERT_TRUE(client.close());
    EXPECT_EQ(held.release().error().code(), errc::not_connected);
  }
  auto [client, server] = make_tls_pair();
  const cork held(client);
  const auto elsewhere = std::move(client);
  cork of_nothing(client);  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(of_nothing.release().error().code(), errc::not_connected);
}

TEST(tls_socket, a_read_under_a_cork_sends_first) {
  auto [client, server] = make_tls_pair();
  const cork held(client);
  ASSERT_TRUE(client.write_all("question\n"));
  auto answering = std::async(std::launch::async, [&, to = &server] {
    EXPECT_EQ(to->read_line({}, patience).value(), "question");
    return to->write_all("answer\n");
  });
  EXPECT_EQ(client.read_line({}, patience).value(), "answer");
  EXPECT_TRUE(answering.get());
}

TEST(tls_socket, no_call_outlives_the_deadline_of_the_connection) {
  auto [client, server] = make_tls_pair();
  client.set_deadline(30ms);
  client.set_timeout(patience);
  std::array<char, 4> buffer{};
  EXPECT_EQ(client.read_some(buffer).error().code(), errc::timed_out);
  EXPECT_EQ(client.read_some(buffer, patience).error().code(), errc::timed_out);
  client.set_deadline({});
  ASSERT_TRUE(server.write_all("late"));
  EXPECT_TRUE(client.read_exactly(buffer, patience));
}

TEST(tls_socket, a_write_that_timed_out_is_never_taken_for_done) {
  auto [client, server] = make_tls_pair();
  EXPECT_EQ(client.write_all(std::string(std::size_t{64} << 20, 'x'), 30ms).error().code(), errc::timed_out);
  EXPECT_EQ(client.write_all("more", patience).error().code(), errc::timed_out);
  for (int time = 0; time < 2; ++time) EXPECT_EQ(client.close_write(patience).error().code(), errc::timed_out);
  EXPECT_EQ(client.write_all("more", patience).error().code(), errc::timed_out);
}

TEST(tls_socket, says_when_poll_has_nothing_to_say) {
  auto [client, server] = make_tls_pair();
  {
    const cork together(server);
    ASSERT_TRUE(server.write_all("question\n"));
    ASSERT_TRUE(server.close_write());
  }
  EXPECT_EQ(client.read_line({}, patience).value(), "question");
  // The end came with it.
  EXPECT_TRUE(client.readable());
  EXPECT_EQ(client.pending(), 0U);
  std::array<char, 1> one{};
  EXPECT_EQ(client.read_some(one, 0s).value(), 0U);
}

TEST(tls_socket, what_has_come_is_read_whole_without_waiting) {
  auto [client, server] = make_tls_pair();
  const std::string record(16000, 'r');
  ASSERT_TRUE(server.write_all(record));
  ASSERT_TRUE(test::wait_readable(client.native_handle()));
  std::string got(record.size(), '\0');
  // More than one read of the system's, and no time.
  EXPECT_EQ(client.read_some(got, 0s).value(), record.size());
}

TEST(tls_socket, two_threads_at_once_are_told) {
  auto [client, server] = make_tls_pair();
  auto reading = std::async(std::launch::async, [from = &client] {
    for (;;) {
      // It may be the one that is refused, as long as it has not got in.
      auto line = from->read_line({}, patience);
      if (line || line.error().code() != errc::invalid_argument) return line;
    }
  });
  // Once the other thread is inside, this one is refused.
  const deadline until(patience);
  for (;;) {
    auto refused = client.write_all("");
    if (!refused) {
      EXPECT_EQ(refused.error().code(), errc::invalid_argument);
      EXPECT_NE(refused.error().message().find("another thread"), std::string::npos) << refused.error().message();
      break;
    }
    ASSERT_FALSE(until.passed());
    std::this_thread::yield();
  }
  ASSERT_TRUE(server.write_all("undisturbed\n"));
  EXPECT_EQ(reading.get().value(), "undisturbed");
  EXPECT_TRUE(client.write_all("free again"));
}

TEST(tls_socket, one_thread_closes_it_between_two_calls_of_another) {
  auto [client, server] = make_tls_pair();
  auto reading = std::async(std::launch::async, [from = &client] {
    std::array<char, 8> piece{};
    for (;;) {
      const auto got = from->read_some(piece, 0s);
      if (!got && got.error().code() != errc::timed_out && got.error().code() != errc::invalid_argument)
        return got.error().code();
    }
  });
  for (const deadline until(patience); !client.close();) ASSERT_FALSE(until.passed());
  EXPECT_EQ(reading.get(), errc::not_connected);
}

TEST(tls_socket, an_abandoned_one_leaves_the_connection_to_the_other_process) {
  auto [client, server] = make_tls_pair();
  const auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // The child serves; the parent has let go.
    const auto line = server.read_line({}, patience);
    const bool answered = line && server.write_all("child: " + *line + "\n") && server.close();
    ::_exit(answered ? 0 : 1);
  }
  server.abandon();
  EXPECT_FALSE(server.is_open());
  EXPECT_EQ(server.write_all("x").error().code(), errc::not_connected);
  ASSERT_TRUE(client.write_all("who is there?\n"));
  EXPECT_EQ(client.read_all({}, patience).value(), "child: who is there?\n");
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(tls_socket, abandoned_by_another_thread_it_ends_after_the_call_that_is_inside) {
  auto [client, server] = make_tls_pair();
  auto reading = std::async(std::launch::async, [&server = server] {
    auto line = server.read_line({}, patience);
    // Until it finds nobody inside.
    while (!line && line.error().code() == errc::invalid_argument) line = server.read_line({}, patience);
    return line;
  });
  for (const deadline until(patience); server.write_all("");) ASSERT_FALSE(until.passed());
  server.abandon();
  ASSERT_TRUE(client.write_all("still there\n"));
  EXPECT_EQ(reading.get().value(), "still there");
  EXPECT_FALSE(server.is_open());
  EXPECT_EQ(server.read_line({}, patience).error().code(), errc::not_connected);
}

// How we end against how the peer ends.
enum class peer_ends : unsigned char { first, meanwhile, never };

class ending : public testing::TestWithParam<peer_ends> {
 protected:
  test::tls_pair pair_ = make_tls_pair();
  std::future<result<void>> peer_;

  void SetUp() override {
    if (GetParam() == peer_ends::first) {
      ASSERT_TRUE(pair_.server.close_write());
      std::array<char, 4> buffer{};
      ASSERT_EQ(pair_.client.read_some(buffer, patience).value(), 0U);
    } else if (GetParam() == peer_ends::meanwhile) {
      peer_ = std::async(std::launch::async, [this] { return pair_.server.close_write(patience); });
    }
  }
  void TearDown() override {
    if (peer_.valid()) {
      EXPECT_TRUE(peer_.get());
    }
  }
};
INSTANTIATE_TEST_SUITE_P(when, ending, testing::Values(peer_ends::first, peer_ends::meanwhile, peer_ends::never),
                         [](const auto& when) {
                           return when.param == peer_ends::first       ? "the_peer_has_ended"
                                  : when.param == peer_ends::meanwhile ? "the_peer_ends_meanwhile"
                                                                       : "the_peer_never_ends";
                         });

TEST_P(ending, by_close_waits_for_nobody_and_is_seen) {
  EXPECT_TRUE(pair_.client.close());
  EXPECT_FALSE(pair_.client.is_open());
  // Whether its own end still finds us there depends on who was first.
  if (peer_.valid()) static_cast<void>(peer_.get());
  EXPECT_EQ(pair_.server.read_all({}, patience).value(), "");
}

TEST_P(ending, by_unwrap_waits_for_the_peer_and_no_longer_than_its_deadline) {
  const bool answered = GetParam() != peer_ends::never;
  auto plain = std::move(pair_.client).unwrap({.timeout = answered ? std::chrono::milliseconds(patience) : 50ms});
  ASSERT_EQ(plain.has_value(), answered);
  if (!answered) {
    EXPECT_EQ(plain.error().code(), errc::timed_out);
  }
  if (peer_.valid()) {
    EXPECT_TRUE(peer_.get());
  }
  EXPECT_EQ(pair_.server.read_all({}, patience).value(), "");
}

TEST_P(ending, by_going_away_says_nothing_and_is_no_end) {
  { const auto gone = std::move(pair_.client); }
  if (peer_.valid()) {
    // Whether its own end still gets through depends on who was first.
    static_cast<void>(peer_.get());
  }
  const auto cut = pair_.server.read_all({}, patience);
  ASSERT_FALSE(cut);
  EXPECT_TRUE(cut.error().code() == errc::truncated || cut.error().code() == errc::connection_reset)
      << cut.error().message();
}

}  // namespace
}  // namespace signet
