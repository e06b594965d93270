// Real sockets on the loopback for tests: peers that behave as told, and conversations over them.
#pragma once

#include <signet/net/connect.hpp>
#include <signet/net/listener.hpp>

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/descriptor.hpp"
#include "net/address.hpp"
#include "support/pki.hpp"

namespace signet::test {

// No test waits longer for what has to happen.
inline constexpr std::chrono::seconds patience{60};

// The server's door on 127.0.0.1 as the system has it, without this library's listener.
struct plain_door {
  base::descriptor socket;
  net::socket_address at;

  [[nodiscard]] std::uint16_t port() const { return at.port(); }
  // The next client, within the patience of tests.
  [[nodiscard]] tcp_socket accept() const;
};
plain_door open_door(int backlog = 16);

// An address of the loopback where connections are refused for as long as `keeps` lives.
struct closed_door {
  base::descriptor keeps;
  net::socket_address at;
};
closed_door make_closed_door();

// A door whose queue is full: the system answers no further client, as a firewall that drops would.
struct silent_door {
  plain_door door = open_door(0);
  std::vector<base::descriptor> waiting = {};

  silent_door();
};

// Two ends of one TCP connection.
struct plain_pair {
  tcp_socket client;
  tcp_socket server;
};
plain_pair make_plain_pair();

// Waits until there is something to read (bytes, the end or an error); false when nothing came.
bool wait_readable(int fd);
// Close now means reset.
void close_resets(int fd);
bool has_ipv6();
// Segments with data that were sent on a TCP connection.
unsigned data_segments_sent(int fd);

// Trusts the tests' CA.
client_config trusting_client(client_options options = {});
// Is server.test, localhost, 127.0.0.1 and ::1.
server_config test_server(server_options options = {});

// A server of one client: accepts it and shakes hands, in a thread of its own.
struct one_server {
  std::shared_ptr<listener> door;
  std::future<result<tls_socket>> served;

  [[nodiscard]] endpoint at() const { return door->local_endpoint(); }
};
one_server serve_one(const server_config& config = test_server(), deadline until = patience);

struct tls_pair {
  tls_socket client;
  tls_socket server;
};
tls_pair make_tls_pair(const client_config& client = trusting_client(), const server_config& server = test_server(),
                       connect_options options = {.name = "server.test"});

}  // namespace signet::test
