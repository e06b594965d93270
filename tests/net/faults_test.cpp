// One conversation in which each system call fails in turn: no hang, no leak, and either it goes on as if nothing had
// been, or the error says what happened. Nothing that was broken looks whole.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <future>
#include <utility>

#include "support/faulty_calls.hpp"
#include "support/net_peers.hpp"

namespace signet {
namespace {

using test::fault_plan;
using test::patience;
using once = fault_plan::once;

const std::string& answer() {
  static const std::string text = "answer\n" + std::string(40'000, 'a');
  return text;
}

std::ptrdiff_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return std::distance(begin(all), end(all));
}

// Both note how many calls they had made when all was said and heard.
result<std::string> ask(const endpoint& server, const client_config& config, unsigned& before_close) {
  auto on = connect(server, config, {.timeout = patience, .name = "server.test"});
  if (!on) return std::move(on).error();
  on->set_timeout(patience);
  if (auto sent = on->write_all("question\n"); !sent) return std::move(sent).error();
  auto line = on->read_line();
  if (!line) return line;
  auto rest = std::string(20'000, '\0');
  if (auto got = on->read_exactly(rest); !got) return std::move(got).error();
  if (auto ended = on->close_write(); !ended) return std::move(ended).error();
  auto more = on->read_all();
  if (!more) return more;
  before_close = test::faults::calls();
  if (auto closed = on->close(); !closed) return std::move(closed).error();
  return *line + '\n' + rest + *more;
}

result<std::string> reply(incoming client, unsigned& before_close) {
  auto on = std::move(client).handshake({.timeout = patience});
  if (!on) return std::move(on).error();
  on->set_timeout(patience);
  auto line = on->read_line();
  if (!line) return line;
  if (auto sent = on->write_all(answer()); !sent) return std::move(sent).error();
  if (auto ended = on->close_write(); !ended) return std::move(ended).error();
  auto more = on->read_all();
  if (!more) return more;
  before_close = test::faults::calls();
  if (auto closed = on->close(); !closed) return std::move(closed).error();
  return *line + *more;
}

struct outcome {
  result<std::string> text;
  unsigned before_close = 0;
  unsigned calls = 0;
  unsigned injected = 0;
  unsigned first_injected = 0;
};

enum class side { client, server };

class conversation : public testing::TestWithParam<std::tuple<side, protocol_version>> {
 protected:
  // The plan is followed by one side; the other has a system as ever.
  outcome talk(fault_plan plan) {
    auto asked = std::async(std::launch::async, [this, plan] {
      const auto at = door_.local_endpoint();
      return run(faulty_ == side::client, plan, [&](unsigned& told) { return ask(at, client_, told); });
    });
    auto replied = door_.accept(patience).transform([&](incoming&& in) {
      return run(faulty_ == side::server, plan, [&](unsigned& told) { return reply(std::move(in), told); });
    });
    auto at_client = asked.get();
    return faulty_ == side::client ? at_client : replied.value();
  }
  std::string whole() const { return faulty_ == side::client ? answer() : "question"; }

 private:
  static outcome run(bool faulty, fault_plan plan, const std::function<result<std::string>(unsigned&)>& part) {
    const test::faults armed(faulty ? plan : fault_plan{});
    unsigned before_close = 0;
    auto text = part(before_close);
    return {std::move(text), before_close, test::faults::calls(), test::faults::injected(),
            test::faults::first_injected()};
  }

  side faulty_ = std::get<0>(GetParam());
  client_config client_ = test::trusting_client({.min_version = std::get<1>(GetParam()),
                                                 .max_version = std::get<1>(GetParam()),
                                                 .resumption = resumption::disabled});
  listener door_ = listener::bind({"127.0.0.1", 0}, test::test_server()).value();
};
class faulty_conversation : public conversation {
 protected:
  void SetUp() override {
    if (!test::faults_possible) GTEST_SKIP() << "ThreadSanitizer has to see the system calls";
    const auto plain = talk({});
    ASSERT_TRUE(plain.text) << plain.text.error().message();
    ASSERT_EQ(*plain.text, whole());
    ASSERT_GT(plain.calls, 8U) << "the calls are not seen";
    open_ = open_descriptors();
  }
  void TearDown() override {
    if (test::faults_possible) {
      EXPECT_EQ(open_descriptors(), open_);
    }
  }

  // Until the conversation is over before its call comes.
  void at_each_call(once what, const std::function<void(unsigned, const outcome&)>& check) {
    unsigned failures = 0;
    for (unsigned k = 1;; ++k) {
      ASSERT_LT(k, 500U);
      const auto got = talk({.what = what, .at = k});
      if (got.injected == 0) break;
      ++failures;
      check(k, got);
      if (HasFatalFailure()) return;
    }
    EXPECT_GT(failures, 3U);
  }
  void must_go_on(once what) {
    at_each_call(what, [this](unsigned k, const outcome& got) {
      ASSERT_TRUE(got.text) << "call " << k << ": " << got.text.error().message();
      EXPECT_EQ(*got.text, whole()) << k;
    });
  }
  void must_fail(once what, std::initializer_list<errc> with) {
    at_each_call(what, [&](unsigned k, const outcome& got) {
      if (got.text) {
        // What breaks after both have said all there was, and their ends, breaks nothing.
        EXPECT_GT(got.first_injected, got.before_close) << k;
        EXPECT_EQ(*got.text, whole()) << k;
        return;
      }
      EXPECT_NE(std::find(with.begin(), with.end(), got.text.error().code()), with.end())
          << "call " << k << ": " << name(got.text.error().code()) << ": " << got.text.error().message();
    });
  }

 private:
  std::ptrdiff_t open_ = 0;
};
INSTANTIATE_TEST_SUITE_P(each, faulty_conversation,
                         testing::Combine(testing::Values(side::client, side::server),
                                          testing::Values(protocol_version::tls1_2, protocol_version::tls1_3)),
                         [](const auto& each) {
                           return std::string(std::get<0>(each.param) == side::client ? "client" : "server") +
                                  (std::get<1>(each.param) == protocol_version::tls1_2 ? "_tls12" : "_tls13");
                         });

TEST_P(faulty_conversation, an_interruption_at_any_call_is_not_noticed) {
  must_go_on(once::eintr);
}

TEST_P(faulty_conversation, readiness_that_was_none_at_any_call_is_not_noticed) {
  must_go_on(once::eagain);
}

// A write that fails leads to a last read, for an alert that says why; what that finds is told.
TEST_P(faulty_conversation, a_reset_at_any_call_is_told) {
  must_fail(once::econnreset, {errc::connection_reset, errc::closed, errc::truncated});
}

TEST_P(faulty_conversation, a_broken_pipe_at_any_write_is_told) {
  must_fail(once::epipe, {errc::connection_reset, errc::closed, errc::truncated});
}

TEST_P(faulty_conversation, an_end_at_any_read_is_told_from_one_that_was_declared) {
  must_fail(once::end, {errc::closed, errc::truncated});
}

TEST_P(faulty_conversation, goes_on_in_pieces_of_any_size) {
  for (const unsigned size : {1U, 2U, 3U, 5U, 6U, 64U, 1'000U, 16'384U}) {
    const auto got = talk({.split = size});
    ASSERT_TRUE(got.text) << size << ": " << got.text.error().message();
    EXPECT_EQ(*got.text, whole()) << size;
  }
}

TEST_P(faulty_conversation, goes_on_with_all_of_it_at_once) {
  const auto got = talk({.split = 2, .eintr = 2, .eagain = 2});
  ASSERT_TRUE(got.text) << got.text.error().message();
  EXPECT_EQ(*got.text, whole());
  EXPECT_GT(got.injected, 100U);
}

TEST(faults, plans_are_read_or_refused) {
  const auto plan = fault_plan::parse("split=7,eintr=2,eagain=3");
  EXPECT_EQ(plan.split, 7U);
  EXPECT_EQ(plan.eintr, 2U);
  EXPECT_EQ(plan.eagain, 3U);
  for (const char* wrong :
       {"split", "split=", "split=0", "eintr=1", "split=7x", "=7", "other=2", "split=7,,eintr=2", ","})
    EXPECT_THROW(fault_plan::parse(wrong), std::invalid_argument) << wrong;
}

// That the calls of this program are the ones of faulty_calls.cpp, each of them.
TEST(faults, every_call_follows_the_plan) {
  if (!test::faults_possible) GTEST_SKIP() << "ThreadSanitizer has to see the system calls";
  std::array<int, 2> both{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both.data()), 0);
  const base::descriptor left(both[0]);
  const base::descriptor right(both[1]);
  std::array<char, 8> buffer{};
  std::array<iovec, 2> parts{{{buffer.data(), 2}, {buffer.data() + 2, 4}}};
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  {
    const test::faults armed({.split = 3});
    EXPECT_EQ(::send(left.get(), "abcdef", 6, 0), 3);
    EXPECT_EQ(::write(left.get(), "abcdef", 6), 3);
    EXPECT_EQ(::writev(left.get(), parts.data(), 2), 3);
    EXPECT_EQ(::sendmsg(left.get(), &message, 0), 3);
    EXPECT_EQ(::recv(right.get(), buffer.data(), 8, MSG_PEEK), 8);
    EXPECT_EQ(::recv(right.get(), buffer.data(), 8, 0), 3);
    EXPECT_EQ(::read(right.get(), buffer.data(), 8), 3);
    EXPECT_EQ(::readv(right.get(), parts.data(), 2), 3);
    EXPECT_EQ(test::faults::calls(), 7U);
    EXPECT_EQ(test::faults::injected(), 0U);
  }
  {
    const test::faults armed({.eintr = 2});
    pollfd waited{left.get(), POLLOUT, 0};
    EXPECT_EQ(::poll(&waited, 1, 1000), 1);
    EXPECT_EQ(::poll(&waited, 1, 1000), -1);
    EXPECT_EQ(errno, EINTR);
    EXPECT_EQ(::write(STDOUT_FILENO, "", 0), 0);
    EXPECT_EQ(test::faults::injected(), 1U);
  }
  const auto door = test::open_door();
  const auto client = tcp_socket::connect({"127.0.0.1", door.port()}, {.timeout = patience}).value();
  ASSERT_TRUE(test::wait_readable(door.socket.get()));
  const test::faults armed({.what = once::eagain, .at = 1});
  EXPECT_EQ(::accept4(door.socket.get(), nullptr, nullptr, SOCK_CLOEXEC), -1);
  EXPECT_EQ(errno, EAGAIN);
  const base::descriptor taken(::accept4(door.socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
  EXPECT_TRUE(taken);
}

}  // namespace
}  // namespace signet
