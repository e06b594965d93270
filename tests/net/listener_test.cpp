#include <signet/net/listener.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <future>
#include <thread>

#include "support/net_peers.hpp"

namespace signet {
namespace {

using test::patience;
using test::test_server;
using namespace std::chrono_literals;

tcp_socket reach(const listener& door, const char* host = "127.0.0.1") {
  return tcp_socket::connect({host, door.local_endpoint().port}, {.timeout = patience}).value();
}

TEST(listener, takes_a_free_port_and_tells_it) {
  auto door = listener::bind({"127.0.0.1", 0}, test_server());
  ASSERT_TRUE(door) << door.error().message();
  EXPECT_EQ(door->local_endpoint().host, "127.0.0.1");
  EXPECT_NE(door->local_endpoint().port, 0);
  EXPECT_NE(::fcntl(door->native_handle(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(listener, everywhere_takes_ipv4_and_ipv6) {
  for (const char* host : {"", "::"}) {
    auto door = listener::bind({host, 0}, test_server());
    ASSERT_TRUE(door) << door.error().message();
    EXPECT_EQ(door->local_endpoint().host, "::");
    const auto v4 = reach(*door);
    // What came over IPv4 is shown as IPv4.
    EXPECT_EQ(door->accept(patience).value().remote_endpoint(), v4.local_endpoint());
    if (!test::has_ipv6()) continue;
    const auto v6 = reach(*door, "::1");
    EXPECT_EQ(door->accept(patience).value().remote_endpoint(), v6.local_endpoint());
  }
}

TEST(listener, an_ipv6_address_alone) {
  if (!test::has_ipv6()) GTEST_SKIP() << "this machine has no IPv6 loopback";
  auto door = listener::bind({"::1", 0}, test_server());
  ASSERT_TRUE(door) << door.error().message();
  const auto client = reach(*door, "::1");
  EXPECT_EQ(door->accept(patience).value().remote_endpoint().host, "::1");
}

TEST(listener, a_name_stands_for_its_addresses) {
  auto door = listener::bind({"localhost", 0}, test_server());
  ASSERT_TRUE(door) << door.error().message();
  const auto client = reach(*door, "localhost");
  EXPECT_TRUE(door->accept(patience));
}

TEST(listener, says_why_it_cannot_listen) {
  const auto first = listener::bind({"127.0.0.1", 0}, test_server()).value();
  const auto taken = listener::bind(first.local_endpoint(), test_server());
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code(), errc::address_in_use);
  EXPECT_EQ(taken.error().message(), to_string(first.local_endpoint()) + ": listening: address already in use");
  EXPECT_FALSE(taken.error().hint().empty());
  EXPECT_EQ(listener::bind({"203.0.113.77", 0}, test_server()).error().code(), errc::unreachable);
  EXPECT_EQ(listener::bind({"not a name", 0}, test_server()).error().code(), errc::invalid_name);
  EXPECT_EQ(listener::bind({"127.0.0.1", 0}, test_server(), {.backlog = 0}).error().code(), errc::invalid_argument);
}

TEST(listener, a_restarted_one_gets_its_port_again) {
  auto config = test_server();
  auto door = listener::bind({"127.0.0.1", 0}, config);
  ASSERT_TRUE(door);
  const auto at = door->local_endpoint();
  auto client = reach(*door);
  {
    // The server's end closes first: the connection lingers in TIME_WAIT on its port.
    auto server = std::move(*door->accept(patience)).plain();
    server.close();
    EXPECT_EQ(client.read_all({}, patience).value(), "");
    client.close();
  }
  door = listener::bind({"127.0.0.1", 0}, config);
  const auto again = listener::bind(at, config);
  EXPECT_TRUE(again) << again.error().message();
}

TEST(listener, accepting_ends_by_its_deadline) {
  auto door = listener::bind({"127.0.0.1", 0}, test_server()).value();
  const auto late = door.accept(30ms);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), errc::timed_out);
  EXPECT_NE(late.error().message().find(": accepting: timed out after "), std::string::npos) << late.error().message();
  EXPECT_EQ(door.accept(0ms).error().code(), errc::timed_out);
}

TEST(listener, accepted_sockets_are_closed_on_exec_and_undelayed) {
  auto door = listener::bind({"127.0.0.1", 0}, test_server()).value();
  const auto client = reach(door);
  const auto server = std::move(*door.accept(patience)).plain();
  const int fd = server.native_handle();
  EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_EQ(::fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
  int no_delay = 0;
  socklen_t size = sizeof no_delay;
  ASSERT_EQ(::getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size), 0);
  EXPECT_NE(no_delay, 0);
}

TEST(listener, close_from_another_thread_ends_a_waiting_accept) {
  auto door = listener::bind({"127.0.0.1", 0}, test_server()).value();
  const auto at = door.local_endpoint();
  auto waiting = std::async(std::launch::async, [&door] { return door.accept(); });
  EXPECT_EQ(waiting.wait_for(20ms), std::future_status::timeout);
  door.close();
  door.close();
  ASSERT_EQ(waiting.wait_for(patience), std::future_status::ready);
  EXPECT_EQ(waiting.get().error().code(), errc::closed);
  EXPECT_EQ(door.accept().error().code(), errc::closed);
  EXPECT_EQ(tcp_socket::connect(at, {.timeout = patience}).error().code(), errc::connection_refused);
}

TEST(listener, close_in_another_process_ends_accepting_in_all_that_share_it) {
  for (const char* host : {"127.0.0.1", "localhost"}) {
    auto door = listener::bind({host, 0}, test_server()).value();
    const auto at = door.local_endpoint();
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      door.close();
      ::_exit(0);
    }
    const auto ended = door.accept(patience);
    ASSERT_FALSE(ended);
    EXPECT_EQ(ended.error().code(), errc::closed) << ended.error().message();
    EXPECT_EQ(door.try_accept().error().code(), errc::closed);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
    EXPECT_EQ(tcp_socket::connect(at, {.timeout = patience}).error().code(), errc::connection_refused);
  }
}

TEST(listener, without_descriptors_accepting_fails_and_works_again_later) {
  auto door = listener::bind({"127.0.0.1", 0}, test_server()).value();
  // UBSan looks at a type for the first time through a pipe, which will not be there to be had.
  EXPECT_EQ(door.accept(0ms).error().code(), errc::timed_out);
  const auto client = reach(door);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  // The lowest free descriptor is the first that is not allowed any more.
  const int free_one = ::dup(client.native_handle());
  ASSERT_GE(free_one, 0);
  ::close(free_one);
  const rlimit tight{static_cast<rlim_t>(free_one), before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  const auto full = door.accept(patience);
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_FALSE(full);
  EXPECT_EQ(full.error().code(), errc::resource_exhausted) << full.error().message();
  EXPECT_FALSE(full.error().hint().empty());
  EXPECT_TRUE(door.accept(patience));
}

TEST(incoming, one_stalled_client_delays_nobody) {
  auto door = listener::bind({"127.0.0.1", 0}, test_server()).value();
  auto stalled = reach(door);
  auto first = door.accept(patience);
  ASSERT_TRUE(first);
  auto waiting = std::async(std::launch::async, [in = *std::move(first)]() mutable {
    return std::move(in).handshake({.timeout = patience});
  });
  for (int i = 0; i < 3; ++i) {
    auto served = std::async(std::launch::async, [&door] {
      return door.accept(patience).and_then(
          [](incoming&& in) { return std::move(in).handshake({.timeout = patience}); });
    });
    EXPECT_TRUE(connect(door.local_endpoint(), test::trusting_client(), {.timeout = patience}));
    EXPECT_TRUE(served.get());
    EXPECT_EQ(waiting.wait_for(0s), std::future_status::timeout);
  }
  stalled.close();
  EXPECT_EQ(waiting.get().error().code(), errc::closed);
}

TEST(incoming, a_client_that_says_nothing_times_out) {
  auto one = test::serve_one(test_server(), 100ms);
  const auto client = reach(*one.door);
  const auto late = one.served.get();
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), errc::timed_out);
  EXPECT_EQ(
      late.error().message().find("client " + to_string(client.local_endpoint()) + ": handshake: timed out after "), 0U)
      << late.error().message();
}

TEST(incoming, plain_http_is_answered_in_plain_http) {
  auto one = test::serve_one();
  auto client = reach(*one.door);
  ASSERT_TRUE(client.write_all("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
  const auto answer = client.read_all({}, patience);
  ASSERT_TRUE(answer) << answer.error().message();
  EXPECT_EQ(answer->find("HTTP/1.1 400 Bad Request\r\n"), 0U) << *answer;
  const auto body = answer->find("\r\n\r\n");
  ASSERT_NE(body, std::string::npos);
  EXPECT_NE(answer->find("Content-Length: " + std::to_string(answer->size() - body - 4) + "\r\n"), std::string::npos);
  const auto server = one.served.get();
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code(), errc::plain_http);
  EXPECT_EQ(server.error().message().find("client " + to_string(client.local_endpoint()) + ": "), 0U);
}

TEST(incoming, garbage_is_not_tls) {
  auto one = test::serve_one();
  auto client = reach(*one.door);
  ASSERT_TRUE(client.write_all("SSH-2.0-client\r\n"));
  const auto server = one.served.get();
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code(), errc::not_tls) << server.error().message();
}

TEST(incoming, hands_the_plain_connection_over) {
  auto door = listener::bind({"127.0.0.1", 0}, test_server()).value();
  auto client = reach(door);
  auto server = std::move(*door.accept(patience)).plain();
  ASSERT_TRUE(server.write_all("220 plain first\r\n"));
  EXPECT_EQ(client.read_line({}, patience).value(), "220 plain first");
}

TEST(incoming, tells_tls_from_plain_and_takes_nothing_away) {
  auto door = listener::bind({"127.0.0.1", 0}, test_server()).value();
  auto plain = reach(door);
  ASSERT_TRUE(plain.write_all("EHLO me\r\n"));
  auto first = door.accept(patience).value();
  EXPECT_EQ(first.speaks(patience).value(), client_speaks::something_else);
  auto taken = std::move(first).plain();
  EXPECT_EQ(taken.buffered(), 0U);
  EXPECT_EQ(taken.read_line({}, patience).value(), "EHLO me");

  auto connecting = std::async(std::launch::async, [at = door.local_endpoint()] {
    return connect(at, test::trusting_client(), {.until = patience, .name = "server.test"});
  });
  auto second = door.accept(patience).value();
  EXPECT_EQ(second.speaks(patience).value(), client_speaks::tls);
  EXPECT_EQ(second.speaks(patience).value(), client_speaks::tls);
  EXPECT_TRUE(std::move(second).handshake({.until = patience}));
  EXPECT_TRUE(connecting.get());
}

TEST(incoming, one_octet_is_enough_to_tell_and_none_is_not) {
  auto door = listener::bind({"127.0.0.1", 0}, test_server()).value();
  for (const auto& [octet, tls] : {std::pair{'\x16', true}, {'\x15', false}, {'G', false}, {'\0', false}}) {
    auto client = reach(door);
    ASSERT_TRUE(client.write_all(std::string(1, octet)));
    EXPECT_EQ(door.accept(patience).value().speaks(patience).value() == client_speaks::tls, tls);
  }
  auto client = reach(door);
  auto silent = door.accept(patience).value();
  EXPECT_EQ(silent.speaks(30ms).error().code(), errc::timed_out);
  client.close();
  EXPECT_EQ(silent.speaks(patience).error().code(), errc::closed);
}

// What a proxy, a STARTTLS dialogue or inetd hands over is a client like one of a listener.
TEST(incoming, is_made_of_any_connection) {
  auto [client, server] = test::make_plain_pair();
  ASSERT_TRUE(client.write_all("PROXY\r\n"));
  EXPECT_EQ(server.read_line({}, patience).value(), "PROXY");
  auto connecting = std::async(std::launch::async, [plain = std::move(client)]() mutable {
    return start_tls(std::move(plain), "server.test", test::trusting_client(), {.until = patience});
  });
  incoming in(std::move(server), test_server());
  EXPECT_EQ(in.speaks(patience).value(), client_speaks::tls);
  EXPECT_TRUE(std::move(in).handshake({.until = patience}));
  EXPECT_TRUE(connecting.get());
}

// Where nothing can be looked at without taking it, it is kept for whoever reads next.
TEST(incoming, looks_at_a_connection_inside_another_and_takes_nothing_away) {
  auto [client, server] = test::make_tls_pair();
  auto through = tcp_socket::over(std::move(client));
  ASSERT_TRUE(through.write_all("EHLO me\r\n"));
  incoming in(tcp_socket::over(std::move(server)), test_server());
  EXPECT_EQ(in.speaks(patience).value(), client_speaks::something_else);
  EXPECT_EQ(in.speaks(patience).value(), client_speaks::something_else);
  EXPECT_EQ(std::move(in).plain().read_line({}, patience).value(), "EHLO me");

  auto [inner_client, inner_server] = test::make_tls_pair();
  auto connecting = std::async(std::launch::async, [outer = std::move(inner_client)]() mutable {
    return start_tls(std::move(outer), "server.test", test::trusting_client(), {.until = patience});
  });
  incoming second(tcp_socket::over(std::move(inner_server)), test_server());
  EXPECT_EQ(second.speaks(patience).value(), client_speaks::tls);
  EXPECT_TRUE(std::move(second).handshake({.until = patience}));
  EXPECT_TRUE(connecting.get());
}

TEST(incoming, looks_no_longer_than_its_connection_may) {
  auto [client, server] = test::make_plain_pair();
  server.set_deadline(30ms);
  incoming in(std::move(server), test_server());
  EXPECT_EQ(in.speaks(patience).error().code(), errc::timed_out);
}

TEST(incoming, of_a_closed_connection_says_so) {
  auto [client, server] = test::make_plain_pair();
  server.close();
  incoming in(std::move(server), test_server());
  EXPECT_EQ(in.speaks(patience).error().code(), errc::not_connected);
  EXPECT_EQ(std::move(in).handshake({.until = patience}).error().code(), errc::not_connected);
}

TEST(listener, accepts_without_waiting_and_can_be_waited_for_with_others) {
  auto door = listener::bind({"localhost", 0}, test_server()).value();
  EXPECT_FALSE(door.try_accept().value());
  auto client = reach(door);
  ASSERT_TRUE(test::wait_readable(door.native_handle()));
  auto got = door.try_accept().value();
  ASSERT_TRUE(got);
  EXPECT_EQ(got->remote_endpoint(), client.local_endpoint());
  EXPECT_FALSE(door.try_accept().value());
  door.close();
  EXPECT_TRUE(test::wait_readable(door.native_handle()));
  EXPECT_EQ(door.try_accept().error().code(), errc::closed);
}

}  // namespace
}  // namespace signet
