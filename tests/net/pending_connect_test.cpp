#include "net/connect/pending_connect.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <array>
#include <future>

#include "support/net_peers.hpp"

namespace signet::net {
namespace {

using test::patience;
using namespace std::chrono_literals;

// Nobody looks at a clock: the descriptor alone says when to go on.
result<tcp_socket> when_woken(pending_connect pending, unsigned* wakes = nullptr) {
  const int handle = pending.handle();
  for (;;) {
    if (!test::wait_readable(handle)) return error(errc::timed_out, "the descriptor never woke anybody");
    if (wakes != nullptr) ++*wakes;
    auto made = pending.step();
    if (!made) return std::move(made).error();
    if (*made) return **std::move(made);
    EXPECT_EQ(pending.handle(), handle);
  }
}

system_lookup finding(const char* numeric) {
  return [numeric](const char*, const addrinfo* hints, addrinfo** found) {
    return ::getaddrinfo(numeric, nullptr, hints, found);
  };
}

TEST(pending_connect, connects_to_an_address_and_to_a_name) {
  const auto door = test::open_door();
  for (const char* host : {"127.0.0.1", "localhost"}) {
    unsigned wakes = 0;
    auto made = when_woken(
        pending_connect::start({host, door.port()}, {.timeout = patience, .family = address_family::ipv4}).value(),
        &wakes);
    ASSERT_TRUE(made) << made.error().message();
    EXPECT_LE(wakes, 4U);
    EXPECT_EQ(made->remote_endpoint(), (endpoint{"127.0.0.1", door.port()}));
    auto there = door.accept();
    ASSERT_TRUE(made->write_all("hello\n"));
    EXPECT_EQ(there.read_line({}, patience).value(), "hello");
  }
}

TEST(pending_connect, refuses_at_once_what_is_nobody_to_connect_to) {
  const auto code = [](const endpoint& to, address_family family = address_family::any) {
    return pending_connect::start(to, {.timeout = patience, .family = family}).error().code();
  };
  EXPECT_EQ(code({"", 1}), errc::invalid_endpoint);
  EXPECT_EQ(code({"127.0.0.1", 0}), errc::invalid_endpoint);
  EXPECT_EQ(code({"127.0.0.1", 1}, address_family::ipv6), errc::invalid_endpoint);
  EXPECT_EQ(code({"two words", 1}), errc::invalid_name);
}

TEST(pending_connect, says_what_a_connect_that_waits_says) {
  const auto closed = test::make_closed_door();
  const endpoint at{"127.0.0.1", closed.at.port()};
  const auto refused = when_woken(pending_connect::start(at, {.timeout = patience}).value());
  ASSERT_FALSE(refused);
  const auto waited = tcp_socket::connect(at, {.timeout = patience});
  EXPECT_EQ(refused.error().message(), waited.error().message());
  EXPECT_EQ(refused.error().code(), errc::connection_refused);
  EXPECT_EQ(refused.error().details().size(), 1U);

  const auto unknown = when_woken(
      pending_connect::start({"example.org", 1}, {.timeout = patience}, [](const char*, const addrinfo*, addrinfo**) {
        return EAI_NONAME;
      }).value());
  ASSERT_FALSE(unknown);
  EXPECT_EQ(unknown.error().code(), errc::name_not_found);
  EXPECT_EQ(unknown.error().message(), "example.org:1: looking up the name: no host has the name example.org");
}

TEST(pending_connect, the_next_address_gets_its_turn_when_the_first_is_silent) {
  const test::silent_door silent;
  // Both addresses of one port: one of them drops what comes, and one listens.
  const base::descriptor second(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  auto there = *from_literal("127.0.0.2", silent.door.port());
  ASSERT_EQ(::bind(second.get(), there.get(), there.size), 0);
  ASSERT_EQ(::listen(second.get(), 4), 0);
  const auto both = [](const char*, const addrinfo* hints, addrinfo** found) {
    const int first = ::getaddrinfo("127.0.0.1", nullptr, hints, found);
    return first != 0 ? first : ::getaddrinfo("127.0.0.2", nullptr, hints, &(*found)->ai_next);
  };
  unsigned wakes = 0;
  const auto made =
      when_woken(pending_connect::start({"two.test", silent.door.port()}, {.timeout = patience}, both).value(), &wakes);
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(made->remote_endpoint().host, "127.0.0.2");
  EXPECT_LE(wakes, 4U);
}

TEST(pending_connect, ends_by_its_deadline_in_each_of_its_phases) {
  std::promise<void> release;
  const system_lookup hanging = [released = release.get_future().share()](const char*, const addrinfo*, addrinfo**) {
    released.wait();
    return EAI_NONAME;
  };
  const auto looking = when_woken(pending_connect::start({"example.org", 1}, {.timeout = 50ms}, hanging).value());
  ASSERT_FALSE(looking);
  EXPECT_EQ(looking.error().code(), errc::timed_out);
  EXPECT_NE(looking.error().message().find("looking up the name"), std::string::npos);

  const test::silent_door silent;
  for (const char* host : {"127.0.0.1", "silent.test"}) {
    const auto connecting =
        when_woken(pending_connect::start({host, silent.door.port()}, {.timeout = 50ms}, finding("127.0.0.1")).value());
    ASSERT_FALSE(connecting);
    EXPECT_EQ(connecting.error().code(), errc::timed_out);
    EXPECT_NE(connecting.error().message().find(": connecting: timed out after "), std::string::npos);
    EXPECT_EQ(connecting.error().details().size(), 1U);
  }
  EXPECT_EQ(when_woken(pending_connect::start({"127.0.0.1", 1}, {.timeout = 0ms}).value()).error().code(),
            errc::timed_out);
  for (const deadline long_past : {deadline::clock::time_point::min(), deadline::clock::time_point()}) {
    const auto late =
        when_woken(pending_connect::start({"127.0.0.1", silent.door.port()}, {.until = long_past}).value());
    EXPECT_EQ(late.error().code(), errc::timed_out) << late.error().message();
  }
  release.set_value();
}

TEST(pending_connect, is_let_go_of_without_waiting_for_the_look_up) {
  std::promise<void> release;
  std::promise<void> gone;
  auto witness = std::shared_ptr<void>(nullptr, [&gone](void*) { gone.set_value(); });
  system_lookup hanging = [released = release.get_future().share(), witness](const char*, const addrinfo*, addrinfo**) {
    released.wait();
    return EAI_NONAME;
  };
  witness.reset();
  {
    auto pending =
        pending_connect::start({"example.org", 1}, {.timeout = std::chrono::milliseconds::max()}, hanging).value();
    EXPECT_FALSE(pending.step().value());
  }
  hanging = nullptr;
  // Only now may it end.
  release.set_value();
  EXPECT_EQ(gone.get_future().wait_for(patience), std::future_status::ready);
}

}  // namespace
}  // namespace signet::net
