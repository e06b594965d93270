// Driving connections that never wait: by poll(2) as their header says, or two ends by turns in one thread.
#pragma once

#include <signet/net/nonblocking_socket.hpp>

#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "support/net_peers.hpp"

namespace signet::test {

bool is_ready(const nonblocking_socket& s, wait_for what, deadline until = std::chrono::milliseconds(0));

// Waits as it is told to, and counts how often it was woken.
struct waiter {
  unsigned wakes = 0;

  void wait(const nonblocking_socket& s, wait_for what);
};

result<void> shake(nonblocking_socket& s, waiter& w);
// All of it, on the wire.
result<void> send(nonblocking_socket& s, std::string_view text, waiter& w);
// Our direction, with close_notify.
result<void> end(nonblocking_socket& s, waiter& w);
// So many bytes, or all up to the peer's end.
result<std::string> receive(nonblocking_socket& s, waiter& w, std::size_t wanted = std::string::npos);

// Two ends in one thread: who waited here would wait for ever.
struct ends {
  nonblocking_socket client;
  nonblocking_socket server;
};
// Handshakes that have begun, over a connection of their own or over these two.
ends begun(const client_config& trusting = trusting_client(), std::string_view name = "server.test");
ends begun(tcp_socket&& client, tcp_socket&& server, const client_config& trusting, std::string_view name);
// Drives both until each is done or has failed.
std::pair<result<io_status>, result<io_status>> turn(
    nonblocking_socket& client, nonblocking_socket& server, const std::function<void()>& between = [] {});
ends connected(const client_config& trusting = trusting_client());

void say_and_hear(nonblocking_socket& from, nonblocking_socket& to, const std::string& what);
// Room for little, both ways.
void make_narrow(const nonblocking_socket& s);

}  // namespace signet::test
