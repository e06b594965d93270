#include "net/serve/doors.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <future>

#include <signet/net/native.hpp>

#include "support/net_peers.hpp"

namespace signet {
namespace {

using test::patience;
using test::test_server;
using namespace std::chrono_literals;

int option_of(int fd, int level, int which) {
  int value = -1;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, level, which, &value, &size) == 0 ? value : -1;
}

std::size_t waiting_at(listener& door) {
  std::size_t count = 0;
  while (door.try_accept().value()) ++count;
  return count;
}

// A listening socket that somebody else has opened, and what is left to that somebody.
struct given_door {
  test::plain_door theirs = test::open_door();
  int given = ::dup(theirs.socket.get());

  [[nodiscard]] endpoint at() const { return net::to_endpoint(theirs.at); }
};

TEST(doors, of_two_listeners_share_a_port_when_both_say_so) {
  const auto config = test_server();
  auto first = listener::bind({"127.0.0.1", 0}, config, {.reuse_port = true}).value();
  const auto at = first.local_endpoint();
  EXPECT_EQ(option_of(native::listening_descriptors(first).at(0), SOL_SOCKET, SO_REUSEPORT), 1);
  EXPECT_EQ(listener::bind(at, config).error().code(), errc::address_in_use);
  auto second = listener::bind(at, config, {.reuse_port = true});
  ASSERT_TRUE(second) << second.error().message();
  std::vector<tcp_socket> clients;
  for (int i = 0; i < 100; ++i) clients.push_back(tcp_socket::connect(at, {.timeout = patience}).value());
  // The system has given each client to one of the two by the time it is connected.
  const auto of_first = waiting_at(first);
  const auto of_second = waiting_at(*second);
  EXPECT_EQ(of_first + of_second, clients.size());
  EXPECT_GT(of_first, 0U);
  EXPECT_GT(of_second, 0U);
}

TEST(doors, keep_a_port_to_themselves_unless_they_are_told_to_share) {
  const auto config = test_server();
  const auto alone = listener::bind({"127.0.0.1", 0}, config).value();
  EXPECT_EQ(option_of(native::listening_descriptors(alone).at(0), SOL_SOCKET, SO_REUSEPORT), 0);
  const auto second = listener::bind(alone.local_endpoint(), config, {.reuse_port = true});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code(), errc::address_in_use);
}

TEST(doors, of_ipv6_alone_leave_ipv4_to_somebody_else) {
  if (!test::has_ipv6()) GTEST_SKIP() << "this machine has no IPv6 loopback";
  for (const char* everywhere : {"", "::"}) {
    auto v6 = listener::bind({everywhere, 0}, test_server(), {.family = address_family::ipv6}).value();
    const auto at = v6.local_endpoint();
    EXPECT_EQ(at.host, "::");
    EXPECT_EQ(option_of(native::listening_descriptors(v6).at(0), IPPROTO_IPV6, IPV6_V6ONLY), 1);
    EXPECT_EQ(tcp_socket::connect({"127.0.0.1", at.port}, {.timeout = patience}).error().code(),
              errc::connection_refused);
    EXPECT_TRUE(tcp_socket::connect({"::1", at.port}, {.timeout = patience}));
    const auto v4 = listener::bind({"", at.port}, test_server(), {.family = address_family::ipv4});
    ASSERT_TRUE(v4) << v4.error().message();
    EXPECT_EQ(v4->local_endpoint(), (endpoint{"0.0.0.0", at.port}));
  }
}

TEST(doors, of_ipv4_alone_know_no_ipv6) {
  auto v4 = listener::bind({"", 0}, test_server(), {.family = address_family::ipv4}).value();
  EXPECT_EQ(v4.local_endpoint().host, "0.0.0.0");
  EXPECT_EQ(net::local_address(native::listening_descriptors(v4).at(0)).family(), AF_INET);
  EXPECT_TRUE(tcp_socket::connect({"127.0.0.1", v4.local_endpoint().port}, {.timeout = patience}));
  for (const auto& [host, family] : {std::pair{"::", address_family::ipv4},
                                     {"::1", address_family::ipv4},
                                     {"127.0.0.1", address_family::ipv6},
                                     {"0.0.0.0", address_family::ipv6}})
    EXPECT_EQ(listener::bind({host, 0}, test_server(), {.family = family}).error().code(), errc::invalid_endpoint)
        << host;
}

TEST(doors, that_somebody_else_opened_are_listened_at) {
  given_door door;
  auto adopted = listener::adopt(door.given, test_server());
  ASSERT_TRUE(adopted) << adopted.error().message();
  EXPECT_EQ(adopted->local_endpoint(), door.at());
  EXPECT_EQ(native::listening_descriptors(*adopted), std::vector<int>{door.given});
  EXPECT_NE(::fcntl(door.given, F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_NE(::fcntl(door.given, F_GETFL) & O_NONBLOCK, 0);
  EXPECT_FALSE(adopted->try_accept().value());
  auto connecting = std::async(std::launch::async, [at = door.at()] {
    return connect(at, test::trusting_client(), {.timeout = patience, .name = "server.test"});
  });
  auto in = adopted->accept(patience).value();
  EXPECT_EQ(option_of(in.native_handle(), IPPROTO_TCP, TCP_NODELAY), 1);
  EXPECT_TRUE(std::move(in).handshake({.timeout = patience}));
  EXPECT_TRUE(connecting.get());
  // The listener owns it.
  adopted = error(errc::closed, "gone");
  EXPECT_EQ(::fcntl(door.given, F_GETFD), -1);
}

TEST(doors, are_adopted_several_at_once) {
  given_door first;
  given_door second;
  const std::array both{first.given, second.given};
  auto adopted = listener::adopt(both, test_server());
  ASSERT_TRUE(adopted) << adopted.error().message();
  EXPECT_EQ(adopted->local_endpoint(), first.at());
  for (const auto& at : {second.at(), first.at(), second.at()}) {
    const auto client = tcp_socket::connect(at, {.timeout = patience}).value();
    EXPECT_EQ(adopted->accept(patience).value().remote_endpoint(), client.local_endpoint());
  }
}

TEST(doors, that_do_not_listen_are_refused_and_stay_as_they_were) {
  given_door good;
  const base::descriptor kept(good.given);
  const auto before = ::fcntl(good.given, F_GETFL);
  ASSERT_EQ(::fcntl(good.given, F_SETFD, 0), 0);

  std::array<int, 2> pipes{};
  ASSERT_EQ(::pipe(pipes.data()), 0);
  const base::descriptor in(pipes[0]);
  const base::descriptor out(pipes[1]);
  const base::descriptor datagram(::socket(AF_INET, SOCK_DGRAM, 0));
  const base::descriptor idle(::socket(AF_INET, SOCK_STREAM, 0));
  const auto pair = test::make_plain_pair();
  std::array<int, 2> packets{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, packets.data()), 0);
  const base::descriptor one(packets[0]);
  const base::descriptor other(packets[1]);
  const std::vector<std::pair<int, std::string>> table = {
      {-1, "Bad file descriptor"},
      {in.get(), "it is not a socket"},
      {datagram.get(), "it is not a stream socket"},
      {one.get(), "it is not a stream socket"},
      {idle.get(), "it does not listen"},
      {pair.client.native_handle(), "it is a connection, and does not listen"},
      {good.given, "it is named twice"},
  };
  for (const auto& [fd, why] : table) {
    const std::array doors{good.given, fd};
    const auto refused = listener::adopt(doors, test_server());
    ASSERT_FALSE(refused) << why;
    EXPECT_EQ(refused.error().code(), errc::invalid_argument);
    EXPECT_EQ(refused.error().message(), "descriptor " + std::to_string(fd) + ": " + why);
    if (fd >= 0) {
      EXPECT_GE(::fcntl(fd, F_GETFD), 0);
    }
  }
  EXPECT_EQ(::fcntl(good.given, F_GETFL), before);
  EXPECT_EQ(::fcntl(good.given, F_GETFD), 0);
  EXPECT_EQ(listener::adopt(std::span<const int>(), test_server()).error().code(), errc::invalid_argument);
}

TEST(doors, that_were_adopted_go_on_listening_elsewhere_after_close) {
  given_door door;
  auto adopted = listener::adopt(door.given, test_server()).value();
  adopted.close();
  adopted.close();
  EXPECT_EQ(adopted.accept(patience).error().code(), errc::closed);
  EXPECT_EQ(adopted.try_accept().error().code(), errc::closed);
  EXPECT_TRUE(test::wait_readable(adopted.native_handle()));
  // The next one to be started serves whoever came meanwhile.
  const auto client = tcp_socket::connect(door.at(), {.timeout = patience});
  ASSERT_TRUE(client) << client.error().message();
  EXPECT_EQ(door.theirs.accept().remote_endpoint(), client->local_endpoint());
}

TEST(doors, that_were_adopted_and_are_nobody_elses_refuse_clients_after_close) {
  given_door door;
  auto adopted = listener::adopt(door.given, test_server()).value();
  door.theirs.socket.reset();
  auto waiting = std::async(std::launch::async, [&adopted] { return adopted.accept(); });
  EXPECT_EQ(waiting.wait_for(20ms), std::future_status::timeout);
  adopted.close();
  ASSERT_EQ(waiting.wait_for(patience), std::future_status::ready);
  EXPECT_EQ(waiting.get().error().code(), errc::closed);
  EXPECT_EQ(tcp_socket::connect(door.at(), {.timeout = patience}).error().code(), errc::connection_refused);
}

TEST(doors, that_were_adopted_before_fork_are_closed_for_all_who_share_the_listener) {
  given_door door;
  auto adopted = listener::adopt(door.given, test_server()).value();
  const auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    adopted.close();
    ::_exit(0);
  }
  EXPECT_EQ(adopted.accept(patience).error().code(), errc::closed);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE(tcp_socket::connect(door.at(), {.timeout = patience}));
}

TEST(doors, stay_with_their_owner_when_no_descriptor_is_left_to_adopt_them) {
  given_door door;
  const auto config = test_server();
  // UBSan looks at a type for the first time through a pipe, which will not be there to be had.
  EXPECT_FALSE(listener::adopt(-1, config));
  { const auto tried = listener::bind({"127.0.0.1", 0}, config); }
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  for (int left = 0; left < 2; ++left) {
    std::vector<int> free_ones;
    for (int i = 0; i <= left; ++i) free_ones.push_back(::dup(door.given));
    const rlimit tight{static_cast<rlim_t>(free_ones.back()), before.rlim_max};
    for (const int one : free_ones) ::close(one);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
    const auto full = listener::adopt(door.given, config);
    const auto unbound = listener::bind({"127.0.0.1", 0}, config);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().code(), errc::resource_exhausted) << full.error().message();
    ASSERT_FALSE(unbound);
    EXPECT_EQ(unbound.error().code(), errc::resource_exhausted) << unbound.error().message();
  }
  EXPECT_GE(::fcntl(door.given, F_GETFD), 0);
  EXPECT_TRUE(listener::adopt(door.given, config));
}

}  // namespace
}  // namespace signet
