#include <signet/net/relay.hpp>

#include <signet/net/nonblocking_socket.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <future>

#include "support/net_peers.hpp"

namespace signet {
namespace {

using test::make_plain_pair;
using test::make_tls_pair;
using test::patience;
using namespace std::chrono_literals;

// A client that speaks TLS, the relay, and a server behind it that speaks plain.
struct front {
  test::tls_pair outside = make_tls_pair();
  test::plain_pair inside = make_plain_pair();
  tls_socket& client = outside.client;
  tcp_socket& server = inside.server;

  front() {
    client.set_timeout(patience);
    server.set_timeout(patience);
  }
  std::future<result<relayed>> run(relay_options options = {}) {
    return std::async(std::launch::async, [this, options] { return relay(outside.server, inside.client, options); });
  }
};

std::string pattern(std::size_t size, unsigned seed) {
  std::string out(size, '\0');
  for (auto& c : out) {
    seed = seed * 1664525U + 1013904223U;
    c = static_cast<char>(seed >> 24U);
  }
  return out;
}

std::vector<std::string> details(const error& e) {
  return {e.details().begin(), e.details().end()};
}

TEST(relay, carries_each_direction_to_its_own_end) {
  front f;
  auto running = f.run();
  ASSERT_TRUE(f.client.write_all("question\n"));
  EXPECT_EQ(f.server.read_line().value(), "question");
  ASSERT_TRUE(f.server.write_all("wait\n"));
  EXPECT_EQ(f.client.read_line().value(), "wait");
  // The client has said all; the server answers after that.
  ASSERT_TRUE(f.client.close_write());
  EXPECT_EQ(f.server.read_all().value(), "");
  ASSERT_TRUE(f.server.write_all("answer\n"));
  EXPECT_EQ(f.client.read_line().value(), "answer");
  EXPECT_EQ(running.wait_for(0s), std::future_status::timeout);
  ASSERT_TRUE(f.server.close_write());
  // By close_notify: a cut would be truncated.
  EXPECT_EQ(f.client.read_all().value(), "");
  const auto done = running.get();
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->first_to_second, 9U);
  EXPECT_EQ(done->second_to_first, 12U);
  // Both stay open: theirs to close.
  EXPECT_TRUE(f.outside.server.is_open());
  EXPECT_TRUE(f.inside.client.is_open());
}

TEST(relay, carries_megabytes_both_ways_at_once) {
  front f;
  const auto up = pattern(5'000'003, 1);
  const auto down = pattern(7'000'001, 2);
  auto running = f.run();
  auto client_reads = std::async(std::launch::async, [&] { return f.server.read_all(); });
  auto server_sends = std::async(std::launch::async, [s = ::dup(f.server.native_handle()), &down] {
    auto out = tcp_socket::adopt(s).value();
    return out.write_all(down, patience) && out.close_write();
  });
  // One after the other on an encrypted socket: the server's bytes wait meanwhile, and hold nothing up.
  ASSERT_TRUE(f.client.write_all(up));
  ASSERT_TRUE(f.client.close_write());
  EXPECT_TRUE(client_reads.get().value() == up);
  EXPECT_TRUE(f.client.read_all().value() == down);
  EXPECT_TRUE(server_sends.get());
  const auto done = running.get();
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->first_to_second, up.size());
  EXPECT_EQ(done->second_to_first, down.size());
}

TEST(relay, one_that_does_not_read_is_waited_for_and_does_not_hold_up_the_other_direction) {
  front f;
  auto running = f.run();
  auto sender = nonblocking_socket::from(std::move(f.client)).value();
  // Nobody reads at the server: what is under way is bounded, by the system's buffers for the most part.
  const std::string piece(64 << 10, 'x');
  std::size_t sent = 0;
  pollfd room{sender.write_handle(), POLLOUT, 0};
  do {
    sent += sender.write_some(piece).value().bytes;
    ASSERT_LT(sent, std::size_t{64} << 20) << "it takes what nobody reads";
  } while (::poll(&room, 1, 200) == 1);
  auto client = std::move(sender).blocking().value();
  ASSERT_TRUE(f.server.write_all("meanwhile\n"));
  EXPECT_EQ(client.read_line({}, patience).value(), "meanwhile");
  // And nothing of it is lost.
  auto rest = std::async(std::launch::async, [&f] { return f.server.read_all(); });
  ASSERT_TRUE(client.close_write(patience));
  EXPECT_EQ(rest.get().value().size(), sent);
  ASSERT_TRUE(f.server.close_write());
  EXPECT_TRUE(running.get());
}

TEST(relay, what_was_read_ahead_goes_first) {
  front f;
  ASSERT_TRUE(f.client.write_all("one\ntwo\n"));
  EXPECT_EQ(f.outside.server.read_line({}, patience).value(), "one");
  ASSERT_TRUE(f.server.write_all("uno\ndue\n"));
  EXPECT_EQ(f.inside.client.read_line({}, patience).value(), "uno");
  auto running = f.run();
  ASSERT_TRUE(f.client.write_all("three\n"));
  ASSERT_TRUE(f.server.write_all("tre\n"));
  ASSERT_TRUE(f.client.close_write());
  ASSERT_TRUE(f.server.close_write());
  EXPECT_EQ(f.server.read_all().value(), "two\nthree\n");
  EXPECT_EQ(f.client.read_all().value(), "due\ntre\n");
  EXPECT_TRUE(running.get());
}

TEST(relay, a_cut_encrypted_side_is_truncated_and_what_came_is_delivered) {
  front f;
  auto running = f.run();
  ASSERT_TRUE(f.client.write_all("half a mess"));
  // The end of the stream without close_notify.
  ASSERT_EQ(::shutdown(f.client.native_handle(), SHUT_WR), 0);
  const auto cut = running.get();
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code(), errc::truncated);
  EXPECT_EQ(cut.error().message().find("first side: client "), 0U) << cut.error().message();
  EXPECT_EQ(details(cut.error()), (std::vector<std::string>{"first to second: 11 bytes", "second to first: 0 bytes"}));
  std::array<char, 32> got{};
  EXPECT_EQ(f.server.read_some(byte_span(got)).value(), 11U);
  // That it was cut is not passed on as an end.
  EXPECT_EQ(f.server.read_some(byte_span(got)).error().code(), errc::connection_reset);
  EXPECT_FALSE(f.inside.client.is_open());
}

TEST(relay, whoever_has_had_the_end_of_its_stream_is_not_reset) {
  front f;
  auto running = f.run({.idle = 100ms});
  ASSERT_TRUE(f.client.write_all("all of it"));
  ASSERT_TRUE(f.client.close_write());
  EXPECT_EQ(f.server.read_all().value(), "all of it");
  // The answer is what does not come.
  EXPECT_EQ(running.get().error().code(), errc::timed_out);
  EXPECT_TRUE(f.inside.client.is_open());
}

TEST(relay, a_reset_side_is_named) {
  front f;
  auto running = f.run();
  ASSERT_TRUE(f.server.write_all("last words\n"));
  EXPECT_EQ(f.client.read_line().value(), "last words");
  test::close_resets(f.server.native_handle());
  f.server.close();
  const auto reset = running.get();
  ASSERT_FALSE(reset);
  EXPECT_EQ(reset.error().code(), errc::connection_reset);
  EXPECT_EQ(reset.error().message().find("second side: "), 0U) << reset.error().message();
  EXPECT_EQ(details(reset.error()),
            (std::vector<std::string>{"first to second: 0 bytes", "second to first: 11 bytes"}));
}

TEST(relay, one_that_goes_after_its_own_end_is_missed_at_once) {
  front f;
  auto running = f.run();
  ASSERT_TRUE(f.client.close_write());
  EXPECT_EQ(f.server.read_all({}, patience).value(), "");
  // The other side has nothing to say for the moment, so nobody writes to it.
  test::close_resets(f.client.native_handle());
  f.client.abandon();
  const auto gone = running.get();
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error().code(), errc::connection_reset);
  EXPECT_EQ(gone.error().message().find("first side: client "), 0U) << gone.error().message();
}

TEST(relay, told_to_stop_lets_both_finish) {
  for (const bool they_do : {true, false}) {
    front f;
    const base::descriptor stop(::eventfd(1, EFD_CLOEXEC));
    auto running = f.run({.stop = stop.get(), .finish = they_do ? std::chrono::milliseconds(patience) : 50ms});
    ASSERT_TRUE(f.server.write_all("the rest of the answer\n"));
    EXPECT_EQ(f.client.read_line({}, patience).value(), "the rest of the answer");
    if (they_do) {
      ASSERT_TRUE(f.server.close_write());
      ASSERT_TRUE(f.client.close_write());
      EXPECT_TRUE(running.get());
    } else {
      EXPECT_EQ(running.get().error().code(), errc::closed);
    }
  }
}

TEST(relay, between_two_encrypted_connections_and_two_plain_ones) {
  auto left = make_tls_pair();
  auto right = make_tls_pair();
  auto secret = std::async(std::launch::async, [&] { return relay(left.server, right.server); });
  ASSERT_TRUE(left.client.write_all("from the left"));
  ASSERT_TRUE(left.client.close_write());
  EXPECT_EQ(right.client.read_all({}, patience).value(), "from the left");
  ASSERT_TRUE(right.client.write_all("from the right"));
  ASSERT_TRUE(right.client.close_write());
  EXPECT_EQ(left.client.read_all({}, patience).value(), "from the right");
  EXPECT_EQ(secret.get().value().second_to_first, 14U);

  auto here = make_plain_pair();
  auto there = make_plain_pair();
  auto plain = std::async(std::launch::async, [&] { return relay(here.server, there.server); });
  ASSERT_TRUE(here.client.write_all("hello"));
  here.client.close();
  EXPECT_EQ(there.client.read_all({}, patience).value(), "hello");
  there.client.close();
  EXPECT_EQ(plain.get().value().first_to_second, 5U);
}

TEST(relay, a_program_answers_over_pipes) {
  int in[2];
  int out[2];
  ASSERT_EQ(::pipe2(in, O_CLOEXEC), 0);
  ASSERT_EQ(::pipe2(out, O_CLOEXEC), 0);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
  std::string name = "tr";
  std::string from = "a-z";
  std::string to = "A-Z";
  char* const argv[] = {name.data(), from.data(), to.data(), nullptr};
  pid_t child = 0;
  ASSERT_EQ(::posix_spawnp(&child, "tr", &actions, nullptr, argv, environ), 0);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(in[0]);
  ::close(out[1]);

  auto connection = make_tls_pair();
  auto program = tcp_socket::adopt(out[0], in[1]).value();
  auto running = std::async(std::launch::async, [&] { return relay(connection.server, program); });
  ASSERT_TRUE(connection.client.write_all("shout"));
  // The program sees the end of its input, answers, and ends.
  ASSERT_TRUE(connection.client.close_write());
  EXPECT_EQ(connection.client.read_all({}, patience).value(), "SHOUT");
  EXPECT_TRUE(running.get());
  int status = -1;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(relay, one_that_stops_reading_is_still_heard_out) {
  auto connection = make_tls_pair();
  auto pipes = std::array<int, 4>{};
  ASSERT_EQ(::pipe2(pipes.data(), O_CLOEXEC), 0);
  ASSERT_EQ(::pipe2(pipes.data() + 2, O_CLOEXEC), 0);
  auto program = tcp_socket::adopt(pipes[0], pipes[3]).value();
  auto running = std::async(std::launch::async, [&] { return relay(connection.server, program); });
  // It reads no more, and has something to say yet.
  ::close(pipes[2]);
  ASSERT_TRUE(connection.client.write_all("nobody listens"));
  ASSERT_EQ(::write(pipes[1], "still", 5), 5);
  std::array<char, 5> got{};
  ASSERT_TRUE(connection.client.read_exactly(byte_span(got), patience));
  ::close(pipes[1]);
  EXPECT_EQ(connection.client.read_all({}, patience).value(), "");
  const auto done = running.get();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message().find("second side: "), 0U) << done.error().message();
  EXPECT_EQ(details(done.error()), (std::vector<std::string>{"first to second: 0 bytes", "second to first: 5 bytes"}));
}

TEST(relay, ends_when_nothing_moves_or_its_time_is_up_or_it_is_told) {
  {
    front f;
    const auto idle = relay(f.outside.server, f.inside.client, {.idle = 50ms});
    ASSERT_FALSE(idle);
    EXPECT_EQ(idle.error().code(), errc::timed_out);
    EXPECT_NE(idle.error().message().find("relaying with nothing to pass on: timed out after "), std::string::npos)
        << idle.error().message();
  }
  {
    // Something always moves, and the deadline holds all the same.
    front f;
    auto running = f.run({.idle = patience, .until = 200ms});
    while (running.wait_for(0s) == std::future_status::timeout && f.client.write_all("x", 50ms)) {
    }
    const auto late = running.get();
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code(), errc::timed_out) << late.error().message();
  }
  {
    front f;
    f.outside.server.set_deadline(50ms);
    EXPECT_EQ(relay(f.outside.server, f.inside.client).error().code(), errc::timed_out);
  }
  {
    front f;
    const base::descriptor stop(::eventfd(0, EFD_CLOEXEC));
    auto running = f.run({.stop = stop.get()});
    ASSERT_TRUE(f.client.write_all("one\n"));
    EXPECT_EQ(f.server.read_line().value(), "one");
    const std::uint64_t now = 1;
    ASSERT_EQ(::write(stop.get(), &now, sizeof now), 8);
    const auto stopped = running.get();
    ASSERT_FALSE(stopped);
    EXPECT_EQ(stopped.error().code(), errc::closed);
    EXPECT_FALSE(stopped.error().whom().empty()) << stopped.error().message();
    EXPECT_EQ(stopped.error().details().front(), "first to second: 4 bytes");
    EXPECT_EQ(f.server.read_line().error().code(), errc::connection_reset);
  }
}

TEST(relay, the_longest_idle_is_no_limit) {
  front f;
  auto running = f.run({.idle = std::chrono::milliseconds::max()});
  EXPECT_EQ(running.wait_for(20ms), std::future_status::timeout);
  ASSERT_TRUE(f.client.write_all("question\n"));
  EXPECT_EQ(f.server.read_line().value(), "question");
  ASSERT_TRUE(f.client.close_write());
  ASSERT_TRUE(f.server.close_write());
  const auto done = running.get();
  EXPECT_TRUE(done) << done.error().message();
}

TEST(relay, waits_without_work_for_a_side_that_has_ended_its_direction) {
  front f;
  auto running = f.run();
  ASSERT_TRUE(f.client.close_write());
  EXPECT_EQ(f.server.read_all().value(), "");
  timespec before{};
  timespec after{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
  EXPECT_EQ(running.wait_for(300ms), std::future_status::timeout);
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
  const auto used = (after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1'000'000;
  EXPECT_LT(used, 200) << "waiting keeps a processor busy";
  ASSERT_TRUE(f.server.close_write());
  EXPECT_TRUE(running.get());
}

TEST(relay, says_what_it_cannot_carry) {
  front f;
  auto closed = make_plain_pair();
  closed.client.close();
  const auto gone = relay(f.outside.server, closed.client);
  EXPECT_EQ(gone.error().code(), errc::not_connected);
  EXPECT_EQ(gone.error().message().find("second side: "), 0U) << gone.error().message();
  auto stacked = tcp_socket::over(std::move(f.outside.server));
  const auto over_tls = relay(stacked, f.inside.client);
  EXPECT_EQ(over_tls.error().code(), errc::not_supported);
  EXPECT_EQ(over_tls.error().message().find("first side: "), 0U) << over_tls.error().message();
}

}  // namespace
}  // namespace signet
