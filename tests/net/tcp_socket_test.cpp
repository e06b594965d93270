#include <signet/net/tcp_socket.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <future>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "support/net_peers.hpp"

namespace signet {
namespace {

using test::make_plain_pair;
using test::patience;
using namespace std::chrono_literals;
using namespace std::string_literals;

TEST(tcp_socket, connects_by_name_and_knows_both_ends) {
  const auto door = test::open_door();
  auto client = tcp_socket::connect({"localhost", door.port()}, {.timeout = patience});
  ASSERT_TRUE(client) << client.error().message();
  EXPECT_EQ(client->remote_endpoint(), (endpoint{"127.0.0.1", door.port()}));
  auto server = door.accept();
  EXPECT_EQ(server.remote_endpoint(), client->local_endpoint());
  EXPECT_NE(::fcntl(client->native_handle(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(tcp_socket, a_refusal_names_whom_and_what_to_do) {
  const auto closed = test::make_closed_door();
  const auto refused = tcp_socket::connect({"localhost", closed.at.port()}, {.timeout = patience});
  ASSERT_FALSE(refused);
  const auto& e = refused.error();
  EXPECT_EQ(e.code(), errc::connection_refused);
  const auto whom = "localhost:" + std::to_string(closed.at.port());
  EXPECT_EQ(e.message().find(whom), 0U) << e.message();
  EXPECT_NE(e.message().find(": connecting: connection refused"), std::string::npos) << e.message();
  EXPECT_FALSE(e.hint().empty());
  ASSERT_FALSE(e.details().empty());
  EXPECT_NE(e.details()[0].find("connection refused after "), std::string::npos);
}

TEST(tcp_socket, an_address_that_was_asked_for_is_said_once) {
  const auto closed = test::make_closed_door();
  const auto whom = net::to_string(closed.at);
  EXPECT_EQ(tcp_socket::connect({"127.0.0.1", closed.at.port()}, {.timeout = patience}).error().message(),
            whom + ": connecting: connection refused");
}

TEST(tcp_socket, nothing_to_connect_to_is_an_invalid_endpoint) {
  EXPECT_EQ(tcp_socket::connect({"", 443}).error().code(), errc::invalid_endpoint);
  EXPECT_EQ(tcp_socket::connect({"localhost", 0}).error().code(), errc::invalid_endpoint);
  EXPECT_EQ(tcp_socket::connect({"127.0.0.1", 443}, {.family = address_family::ipv6}).error().code(),
            errc::invalid_endpoint);
}

TEST(tcp_socket, a_deadline_that_has_passed_connects_to_nobody) {
  const auto door = test::open_door();
  EXPECT_EQ(tcp_socket::connect({"127.0.0.1", door.port()}, {.timeout = 0ms}).error().code(), errc::timed_out);
  const auto by_name = tcp_socket::connect({"localhost", door.port()}, {.timeout = 0ms});
  ASSERT_FALSE(by_name);
  EXPECT_EQ(by_name.error().code(), errc::timed_out);
  EXPECT_NE(by_name.error().message().find("looking up the name: timed out"), std::string::npos);
}

TEST(tcp_socket, adopts_connected_stream_sockets_only) {
  EXPECT_EQ(tcp_socket::adopt(-1).error().code(), errc::invalid_argument);
  std::array<int, 2> pipes{};
  ASSERT_EQ(::pipe(pipes.data()), 0);
  const base::descriptor in(pipes[0]);
  const base::descriptor out(pipes[1]);
  EXPECT_EQ(tcp_socket::adopt(in.get()).error().code(), errc::invalid_argument);
  const base::descriptor datagram(::socket(AF_INET, SOCK_DGRAM, 0));
  EXPECT_EQ(tcp_socket::adopt(datagram.get()).error().code(), errc::invalid_argument);
  const base::descriptor alone(::socket(AF_INET, SOCK_STREAM, 0));
  EXPECT_EQ(tcp_socket::adopt(alone.get()).error().code(), errc::invalid_argument);
  // What was refused is still open.
  EXPECT_GE(::fcntl(alone.get(), F_GETFD), 0);

  std::array<int, 2> both{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, both.data()), 0);
  auto left = tcp_socket::adopt(both[0]);
  auto right = tcp_socket::adopt(both[1]);
  ASSERT_TRUE(left && right);
  EXPECT_NE(::fcntl(both[0], F_GETFD) & FD_CLOEXEC, 0);
  ASSERT_TRUE(left->write_all("hi\n"));
  EXPECT_EQ(right->read_line().value(), "hi");
  EXPECT_EQ(right->remote_endpoint(), endpoint{});
}

TEST(tcp_socket, reads_lines_as_they_were_ended) {
  auto [client, server] = make_plain_pair();
  ASSERT_TRUE(client.write_all("one\r\ntwo\n\r\n\nlast"));
  ASSERT_TRUE(client.close_write());
  for (const char* line : {"one", "two", "", "", "last"}) EXPECT_EQ(server.read_line({}, patience).value(), line);
  EXPECT_EQ(server.read_line({}, patience).error().code(), errc::end_of_stream);
  EXPECT_EQ(server.read_all({}, patience).value(), "");
}

TEST(tcp_socket, a_line_may_be_as_long_as_its_limit_and_no_longer) {
  auto [client, server] = make_plain_pair();
  ASSERT_TRUE(client.write_all("12345\r\n123456\r\n"));
  EXPECT_EQ(server.read_line({5}, patience).value(), "12345");
  const auto longer = server.read_line({5}, patience);
  ASSERT_FALSE(longer);
  EXPECT_EQ(longer.error().code(), errc::limit_exceeded);
  // Nothing is lost by it.
  EXPECT_EQ(server.read_line({6}, patience).value(), "123456");
}

TEST(tcp_socket, a_line_without_end_stops_at_the_limit_while_the_peer_still_sends) {
  auto [client, server] = make_plain_pair();
  ASSERT_TRUE(client.write_all(std::string(10'000, 'x')));
  EXPECT_EQ(server.read_line({9'000}, patience).error().code(), errc::limit_exceeded);
  EXPECT_EQ(server.read_until("\r\n\r\n", {100}, patience).error().code(), errc::limit_exceeded);
}

TEST(tcp_socket, reads_up_to_a_delimiter_that_comes_in_pieces) {
  auto [client, server] = make_plain_pair();
  auto reading =
      std::async(std::launch::async, [&server = server] { return server.read_until("\r\n\r\n", {}, patience); });
  for (const char* piece : {"Status: 200\r", "\nA: b\r\n", "\r", "\nbody"}) ASSERT_TRUE(client.write_all(piece));
  EXPECT_EQ(reading.get().value(), "Status: 200\r\nA: b\r\n\r\n");
  std::array<char, 4> body{};
  ASSERT_TRUE(server.read_exactly(body, patience));
  EXPECT_EQ(std::string_view(body.data(), body.size()), "body");
  EXPECT_EQ(server.read_until("").error().code(), errc::invalid_argument);
}

TEST(tcp_socket, reads_records_of_each_kind_in_turn) {
  auto [client, server] = make_plain_pair();
  ASSERT_TRUE(client.write_all("multi\nple\n\n1234567890line\n\n\n\nbla|blubbENDsome\nrest\nof it"));
  ASSERT_TRUE(client.close_write());
  std::array<char, 10> ten{};
  EXPECT_EQ(server.read_until("\n\n", {}, patience).value(), "multi\nple\n\n");
  ASSERT_TRUE(server.read_exactly(ten, patience));
  EXPECT_EQ(std::string_view(ten.data(), ten.size()), "1234567890");
  // A paragraph ends with the first empty line; others that follow it are there to be read.
  EXPECT_EQ(server.read_until("\n\n", {}, patience).value(), "line\n\n");
  for (int empty = 0; empty < 2; ++empty) EXPECT_EQ(server.read_line({}, patience).value(), "");
  EXPECT_EQ(server.read_until("|", {}, patience).value(), "bla|");
  EXPECT_EQ(server.read_until("END", {}, patience).value(), "blubbEND");
  EXPECT_EQ(server.read_line({}, patience).value(), "some");
  EXPECT_EQ(server.read_all({}, patience).value(), "rest\nof it");
  EXPECT_EQ(server.read_all({}, patience).value(), "");
}

// All the records of a stream, and what was left when there was none any more.
template <class Read>
std::pair<std::vector<std::string>, std::string> records_of(const std::string& stream, Read&& read) {
  auto [client, server] = make_plain_pair();
  EXPECT_TRUE(client.write_all(stream));
  EXPECT_TRUE(client.close_write());
  std::vector<std::string> out;
  for (;;) {
    result<std::string> one = read(server);
    if (!one) {
      EXPECT_EQ(one.error().code(), errc::end_of_stream) << one.error().message();
      return {out, server.read_all({}, patience).value()};
    }
    out.push_back(*std::move(one));
  }
}

TEST(tcp_socket, records_of_each_kind_come_one_by_one_up_to_the_end) {
  using records = std::vector<std::string>;
  const auto up_to = [](const char* delimiter) {
    return [delimiter](tcp_socket& from) { return from.read_until(delimiter, {}, patience); };
  };
  const auto of_size = [](std::size_t size) {
    return [size](tcp_socket& from) -> result<std::string> {
      std::string record(size, '\0');
      if (auto got = from.read_exactly(record, patience); !got) return std::move(got).error();
      return record;
    };
  };
  const auto line = [](tcp_socket& from) { return from.read_line({}, patience); };
  EXPECT_EQ(records_of("a\nb\n\nc\nd\n\ne", up_to("\n\n")), std::pair(records{"a\nb\n\n", "c\nd\n\n", "e"}, ""s));
  EXPECT_EQ(records_of("a|b||c|", up_to("|")), std::pair(records{"a|", "b|", "|", "c|"}, ""s));
  EXPECT_EQ(records_of("bla\n0blubb\nno newline", line), std::pair(records{"bla", "0blubb", "no newline"}, ""s));
  EXPECT_EQ(records_of("1234567890", of_size(2)), std::pair(records{"12", "34", "56", "78", "90"}, ""s));
  // What is less than a record is none, and not lost.
  EXPECT_EQ(records_of("ab\ncdefg", of_size(3)), std::pair(records{"ab\n", "cde"}, "fg"s));
  EXPECT_EQ(records_of("", of_size(3)), std::pair(records{}, ""s));
}

TEST(tcp_socket, what_is_left_at_the_end_is_given_even_at_the_limit) {
  auto [client, server] = make_plain_pair();
  ASSERT_TRUE(client.write_all("12345"));
  ASSERT_TRUE(client.close_write());
  EXPECT_EQ(server.read_until("#", {5}, patience).value(), "12345");
  EXPECT_EQ(server.read_until("#", {5}, patience).error().code(), errc::end_of_stream);
}

TEST(tcp_socket, reads_all_within_its_limit) {
  auto [client, server] = make_plain_pair();
  const std::string much(300'000, 'm');
  auto writing = std::async(std::launch::async, [&client = client, &much] {
    const auto sent = client.write_all(much, patience);
    return sent && client.close_write();
  });
  EXPECT_EQ(server.read_all({299'999}, patience).error().code(), errc::limit_exceeded);
  EXPECT_EQ(server.read_all({300'000}, patience).value(), much);
  EXPECT_TRUE(writing.get());
}

TEST(tcp_socket, an_early_end_keeps_what_came) {
  auto [client, server] = make_plain_pair();
  ASSERT_TRUE(client.write_all("abc"));
  ASSERT_TRUE(client.close_write());
  std::array<char, 4> four{};
  const auto short_read = server.read_exactly(four, patience);
  ASSERT_FALSE(short_read);
  EXPECT_EQ(short_read.error().code(), errc::end_of_stream);
  EXPECT_NE(short_read.error().message().find("after 3 of 4 bytes"), std::string::npos) << short_read.error().message();
  EXPECT_EQ(server.read_all({}, patience).value(), "abc");
}

TEST(tcp_socket, a_timeout_names_its_phase_and_loses_nothing) {
  auto [client, server] = make_plain_pair();
  ASSERT_TRUE(client.write_all("half"));
  const auto late = server.read_line({}, 30ms);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), errc::timed_out);
  EXPECT_EQ(late.error().kind(), error_kind::timed_out);
  EXPECT_NE(late.error().message().find(": reading: timed out after "), std::string::npos) << late.error().message();
  std::array<char, 8> eight{};
  EXPECT_EQ(server.read_exactly(eight, 30ms).error().code(), errc::timed_out);
  ASSERT_TRUE(client.write_all(" line\n"));
  EXPECT_EQ(server.read_line({}, patience).value(), "half line");
}

TEST(tcp_socket, its_own_timeout_holds_for_calls_without_a_deadline) {
  auto [client, server] = make_plain_pair();
  server.set_timeout(30ms);
  std::array<char, 1> one{};
  EXPECT_EQ(server.read_some(one).error().code(), errc::timed_out);
  ASSERT_TRUE(client.write_all("x"));
  EXPECT_EQ(server.read_some(one, patience).value(), 1U);
}

TEST(tcp_socket, what_is_ready_is_read_without_waiting) {
  auto [client, server] = make_plain_pair();
  std::array<char, 8> some{};
  EXPECT_EQ(server.read_some(some, 0ms).error().code(), errc::timed_out);
  ASSERT_TRUE(client.write_all("now"));
  ASSERT_TRUE(test::wait_readable(server.native_handle()));
  EXPECT_EQ(server.read_some(some, 0ms).value(), 3U);
  EXPECT_EQ(server.read_some(byte_span(some.data(), 0)).value(), 0U);
}

TEST(tcp_socket, a_peer_that_trickles_does_not_outlive_the_deadline) {
  auto [client, server] = make_plain_pair();
  std::atomic<bool> done = false;
  std::jthread trickle([&done, &client = client] {
    while (!done && client.write_all("x", patience)) {
      pollfd paced{client.native_handle(), POLLIN, 0};
      ::poll(&paced, 1, 5);
    }
  });
  const auto began = deadline::clock::now();
  const auto all = server.read_all({}, 200ms);
  const auto took = deadline::clock::now() - began;
  done = true;
  ASSERT_FALSE(all);
  EXPECT_EQ(all.error().code(), errc::timed_out);
  EXPECT_GE(took, 200ms);
  EXPECT_LT(took, patience);
}

TEST(tcp_socket, a_write_ends_by_its_deadline_when_the_peer_does_not_read) {
  auto [client, server] = make_plain_pair();
  const std::string much(32 << 20, 'm');
  const auto late = client.write_all(much, 100ms);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), errc::timed_out);
  EXPECT_NE(late.error().message().find(": writing: timed out after "), std::string::npos) << late.error().message();
}

TEST(tcp_socket, a_reset_is_an_error_and_raises_no_sigpipe) {
  auto [client, server] = make_plain_pair();
  struct sigaction before {};
  ASSERT_EQ(::sigaction(SIGPIPE, nullptr, &before), 0);
  ASSERT_EQ(before.sa_handler, SIG_DFL);
  test::close_resets(server.native_handle());
  server.close();
  ASSERT_TRUE(test::wait_readable(client.native_handle()));
  std::array<char, 1> one{};
  const auto got = client.read_some(one, patience);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), errc::connection_reset);
  EXPECT_EQ(got.error().system_error(), ECONNRESET);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(client.write_all("x").error().code(), errc::connection_reset);
}

std::atomic<int> signals_seen = 0;

// ThreadSanitizer keeps a signal back until a call that waits has returned.
#if defined(SIGNET_UNDER_THREAD_SANITIZER)
constexpr bool signals_interrupt = false;
#else
constexpr bool signals_interrupt = true;
#endif

TEST(tcp_socket, a_signal_interrupts_no_call) {
  if (!signals_interrupt) GTEST_SKIP() << "ThreadSanitizer delays signals";
  struct sigaction counting {};
  counting.sa_handler = [](int) { ++signals_seen; };  // and no SA_RESTART: every call that waits gets EINTR
  struct sigaction before {};
  ASSERT_EQ(::sigaction(SIGUSR1, &counting, &before), 0);
  for (const deadline until : {deadline::never(), deadline(patience)}) {
    auto [client, server] = make_plain_pair();
    std::promise<pthread_t> id;
    auto reading = std::async(std::launch::async, [&id, until, &server = server] {
      id.set_value(::pthread_self());
      return server.read_line({}, until);
    });
    const auto reader = id.get_future().get();
    for (int i = 0; i < 20; ++i) {
      const int seen = signals_seen;
      EXPECT_EQ(::pthread_kill(reader, SIGUSR1), 0);
      for (const deadline patient(patience); signals_seen == seen && !patient.passed();) std::this_thread::yield();
      EXPECT_GT(signals_seen, seen);
    }
    ASSERT_TRUE(client.write_all("calm\n"));
    EXPECT_EQ(reading.get().value(), "calm");
  }
  ::sigaction(SIGUSR1, &before, nullptr);
}

TEST(tcp_socket, a_signal_does_not_lengthen_a_deadline) {
  if (!signals_interrupt) GTEST_SKIP() << "ThreadSanitizer delays signals";
  struct sigaction counting {};
  counting.sa_handler = [](int) { ++signals_seen; };
  struct sigaction before {};
  ASSERT_EQ(::sigaction(SIGUSR1, &counting, &before), 0);
  auto [client, server] = make_plain_pair();
  std::promise<pthread_t> id;
  std::atomic<bool> done = false;
  auto reading = std::async(std::launch::async, [&, &from = server] {
    id.set_value(::pthread_self());
    auto out = from.read_line({}, 200ms);
    done = true;
    return out;
  });
  const auto reader = id.get_future().get();
  const auto began = deadline::clock::now();
  while (!done && deadline::clock::now() - began < patience) {
    ::pthread_kill(reader, SIGUSR1);
    pollfd nothing{-1, 0, 0};
    ::poll(&nothing, 1, 5);
  }
  EXPECT_LT(deadline::clock::now() - began, patience);
  EXPECT_EQ(reading.get().error().code(), errc::timed_out);
  ::sigaction(SIGUSR1, &before, nullptr);
}

TEST(tcp_socket, a_descriptor_that_was_made_non_blocking_still_waits) {
  auto [client, server] = make_plain_pair();
  const int fd = server.native_handle();
  ASSERT_EQ(::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK), 0);
  auto reading = std::async(std::launch::async, [&server = server] { return server.read_line(); });
  ASSERT_TRUE(client.write_all("there\n"));
  EXPECT_EQ(reading.get().value(), "there");
}

TEST(tcp_socket, a_closed_one_says_so) {
  auto [client, server] = make_plain_pair();
  client.close();
  client.close();
  std::array<char, 1> one{};
  EXPECT_FALSE(client.is_open());
  EXPECT_EQ(client.read_some(one).error().code(), errc::not_connected);
  EXPECT_EQ(client.write_all("x").error().code(), errc::not_connected);
  EXPECT_EQ(client.close_write().error().code(), errc::not_connected);
  EXPECT_EQ(client.release().error().code(), errc::not_connected);
  EXPECT_EQ(client.native_handle(), -1);
  auto elsewhere = std::move(server);
  EXPECT_EQ(server.read_line().error().code(), errc::not_connected);  // NOLINT(bugprone-use-after-move)
  EXPECT_TRUE(elsewhere.is_open());
}

TEST(tcp_socket, after_close_write_writing_is_an_error_and_reading_goes_on) {
  auto [client, server] = make_plain_pair();
  ASSERT_TRUE(client.close_write());
  EXPECT_EQ(client.write_all("x").error().code(), errc::closed);
  ASSERT_TRUE(server.write_all("answer"));
  server.close();
  EXPECT_EQ(client.read_all({}, patience).value(), "answer");
}

TEST(tcp_socket, gives_its_descriptor_up_only_with_all_its_bytes) {
  auto [client, server] = make_plain_pair();
  ASSERT_TRUE(client.write_all("line\nahead"));
  ASSERT_TRUE(client.close_write());
  EXPECT_EQ(server.read_line({}, patience).value(), "line");
  EXPECT_EQ(server.buffered(), 5U);
  EXPECT_EQ(server.release().error().code(), errc::unread_data);
  EXPECT_EQ(server.read_all({}, patience).value(), "ahead");
  const base::descriptor released(server.release().value());
  EXPECT_FALSE(server.is_open());
  EXPECT_GE(::fcntl(released.get(), F_GETFD), 0);
}

TEST(tcp_socket, peeked_bytes_stay_to_be_read) {
  auto [client, server] = test::make_plain_pair();
  ASSERT_TRUE(server.write_all("plain"));
  std::array<char, 3> first{};
  EXPECT_EQ(client.peek(first, patience).value(), 3U);
  EXPECT_EQ(std::string_view(first.data(), 3), "pla");
  EXPECT_EQ(client.buffered(), 5U);
  ASSERT_TRUE(server.close_write());
  EXPECT_EQ(client.read_all({}, patience).value(), "plain");
  EXPECT_EQ(client.peek(first, patience).value(), 0U);
}

TEST(tcp_socket, parts_leave_in_one_segment) {
  auto [client, server] = test::make_plain_pair();
  const auto before = test::data_segments_sent(client.native_handle());
  const std::string body(500, 'b');
  const std::array<byte_view, 3> parts{"head\r\n", "", body};
  ASSERT_TRUE(client.write_gathered(parts));
  std::string got(506, 0);
  ASSERT_TRUE(server.read_exactly(got, patience));
  EXPECT_EQ(got, "head\r\n" + body);
  EXPECT_EQ(test::data_segments_sent(client.native_handle()), before + 1);
}

TEST(tcp_socket, no_call_outlives_the_deadline_of_the_connection) {
  auto [client, server] = test::make_plain_pair();
  client.set_deadline(20ms);
  std::array<char, 4> buffer{};
  EXPECT_EQ(client.read_some(buffer, patience).error().code(), errc::timed_out);
  EXPECT_EQ(client.write_all(std::string(std::size_t{64} << 20, 'x'), patience).error().code(), errc::timed_out);
}

}  // namespace
}  // namespace signet
