#include <signet/net/native.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <signet/net/split.hpp>

#include "support/nonblocking_peers.hpp"

namespace signet {
namespace {

using test::patience;

TEST(native, of_a_socket_is_its_connection_until_it_is_closed) {
  auto [client, server] = test::make_tls_pair();
  SSL* ssl = native::handle(client);
  ASSERT_NE(ssl, nullptr);
  EXPECT_EQ(SSL_is_server(ssl), 0);
  EXPECT_EQ(SSL_is_server(native::handle(server)), 1);
  EXPECT_EQ(SSL_version(ssl), TLS1_3_VERSION);
  ASSERT_TRUE(client.close());
  EXPECT_EQ(native::handle(client), nullptr);
  const auto moved = std::move(server);
  EXPECT_EQ(native::handle(server), nullptr);  // NOLINT(bugprone-use-after-move)
  EXPECT_NE(native::handle(moved), nullptr);
}

TEST(native, of_a_socket_that_does_not_wait_begins_with_its_handshake) {
  const test::silent_door silent;
  const auto connecting =
      nonblocking_socket::connect({"127.0.0.1", silent.door.port()}, test::trusting_client(), {.name = "server.test"})
          .value();
  EXPECT_EQ(native::handle(connecting), nullptr);

  auto [client, server] = test::begun();
  SSL* ssl = native::handle(client);
  ASSERT_NE(ssl, nullptr);
  EXPECT_EQ(SSL_is_init_finished(ssl), 0);
  EXPECT_EQ(SSL_is_server(native::handle(server)), 1);
  for (int step = 0; step < 1000 && !(client.handshake_done() && server.handshake_done()); ++step) {
    ASSERT_TRUE(client.handshake());
    ASSERT_TRUE(server.handshake());
  }
  ASSERT_TRUE(client.handshake_done() && server.handshake_done());
  EXPECT_EQ(native::handle(client), ssl);
  EXPECT_EQ(SSL_is_init_finished(ssl), 1);
  ASSERT_TRUE(client.close());
  EXPECT_EQ(native::handle(client), nullptr);
  const auto moved = std::move(server);
  EXPECT_EQ(native::handle(server), nullptr);  // NOLINT(bugprone-use-after-move)
  EXPECT_NE(native::handle(moved), nullptr);
}

TEST(native, of_a_listener_are_the_sockets_that_listen) {
  auto door = listener::bind({"127.0.0.1", 0}, test::test_server()).value();
  const auto sockets = native::listening_descriptors(door);
  ASSERT_EQ(sockets.size(), 1U);
  EXPECT_NE(sockets[0], door.native_handle());
  int listens = 0;
  socklen_t size = sizeof listens;
  ASSERT_EQ(::getsockopt(sockets[0], SOL_SOCKET, SO_ACCEPTCONN, &listens, &size), 0);
  EXPECT_EQ(listens, 1);
  // A copy is all that another process needs to go on with it.
  auto successor = listener::adopt(::dup(sockets[0]), test::test_server()).value();
  EXPECT_EQ(successor.local_endpoint(), door.local_endpoint());
  const auto moved = std::move(door);
  EXPECT_TRUE(native::listening_descriptors(door).empty());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(native::listening_descriptors(moved), sockets);
}

// The descriptor of every kind of socket is that of one and the same connection.
TEST(native, descriptors_are_those_of_the_connection) {
  auto door = listener::bind({"127.0.0.1", 0}, test::test_server()).value();
  auto plain = tcp_socket::connect(door.local_endpoint(), {.timeout = patience}).value();
  const int fd = plain.native_handle();
  auto in = door.accept(patience).value();
  EXPECT_EQ(net::to_endpoint(net::local_address(fd)), in.remote_endpoint());
  EXPECT_EQ(net::to_endpoint(net::remote_address(in.native_handle())), in.remote_endpoint());
  const int servers = in.native_handle();
  auto serving =
      std::async(std::launch::async, [&in] { return std::move(in).handshake({.timeout = patience}).value(); });
  auto client = start_tls(std::move(plain), "server.test", test::trusting_client(), {.timeout = patience}).value();
  auto server = serving.get();
  EXPECT_EQ(server.native_handle(), servers);
  EXPECT_EQ(client.native_handle(), fd);
  EXPECT_EQ(client.write_handle(), fd);
  auto halves = split(std::move(client)).value();
  EXPECT_EQ(halves.reader.native_handle(), fd);
  EXPECT_EQ(halves.writer.native_handle(), fd);
  auto waits_not = nonblocking_socket::from(join(std::move(halves)).value()).value();
  EXPECT_EQ(halves.reader.native_handle(), -1);  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(halves.writer.native_handle(), -1);
  EXPECT_EQ(waits_not.native_handle(), fd);
  ASSERT_TRUE(waits_not.close());
  EXPECT_EQ(waits_not.native_handle(), -1);
}

}  // namespace
}  // namespace signet
