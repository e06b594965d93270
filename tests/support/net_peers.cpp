#include "support/net_peers.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <stdexcept>

namespace signet::test {
namespace {

void require(bool holds, const char* what) {
  if (!holds) throw std::runtime_error(what);
}

base::descriptor bound_socket(net::socket_address& at) {
  base::descriptor socket(::socket(at.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  require(static_cast<bool>(socket), "socket");
  require(::bind(socket.get(), at.get(), at.size) == 0, "bind");
  at = net::local_address(socket.get());
  return socket;
}

}  // namespace

tcp_socket plain_door::accept() const {
  int fd = -1;
  do {
    require(wait_readable(socket.get()), "no client came");
    fd = ::accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC);
  } while (fd < 0 && (errno == EINTR || errno == EAGAIN));
  require(fd >= 0, "accept4");
  return tcp_socket::adopt(fd).value();
}

plain_door open_door(int backlog) {
  plain_door door{{}, *net::from_literal("127.0.0.1", 0)};
  door.socket = bound_socket(door.at);
  require(::listen(door.socket.get(), backlog) == 0, "listen");
  return door;
}

closed_door make_closed_door() {
  closed_door door{{}, *net::from_literal("127.0.0.1", 0)};
  // Bound and not listening: nobody else can open it, and the system refuses for it.
  door.keeps = bound_socket(door.at);
  return door;
}

silent_door::silent_door() {
  for (int i = 0; i < 64; ++i) {
    base::descriptor s(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    ::connect(s.get(), door.at.get(), door.at.size);
    waiting.push_back(std::move(s));
    // On the loopback an answer comes at once or not at all; a second look gives it a moment.
    pollfd waited{waiting.back().get(), POLLOUT, 0};
    if (i >= 2 && ::poll(&waited, 1, 50) <= 0) return;
  }
  throw std::runtime_error("the queue does not fill");
}

plain_pair make_plain_pair() {
  const auto door = open_door();
  auto client = tcp_socket::connect({"127.0.0.1", door.port()}, {.timeout = patience}).value();
  return {std::move(client), door.accept()};
}

bool wait_readable(int fd) {
  pollfd waited{fd, POLLIN, 0};
  const deadline until(patience);
  for (;;) {
    const int ready = ::poll(&waited, 1, until.poll_timeout());
    if (ready > 0) return true;
    if (ready == 0) return false;
  }
}

void close_resets(int fd) {
  const linger now{1, 0};
  require(::setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now) == 0, "SO_LINGER");
}

bool has_ipv6() {
  const auto at = *net::from_literal("::1", 0);
  const base::descriptor socket(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  return socket && ::bind(socket.get(), at.get(), at.size) == 0;
}

client_config trusting_client(client_options options) {
  options.trust = trust_store::pem_file(pki("ca.pem")).value();
  return client_config::make(std::move(options)).value();
}

server_config test_server(server_options options) {
  if (options.identities.empty())
    options.identities.push_back({.certificate = pki("server.pem"), .key = pki("server.key")});
  return server_config::make(std::move(options)).value();
}

one_server serve_one(const server_config& config, deadline until) {
  auto door = std::make_shared<listener>(listener::bind({"127.0.0.1", 0}, config).value());
  auto served = std::async(std::launch::async, [door, until] {
    return door->accept(patience).and_then([&](incoming&& in) { return std::move(in).handshake({.until = until}); });
  });
  return {std::move(door), std::move(served)};
}

tls_pair make_tls_pair(const client_config& client, const server_config& server, connect_options options) {
  auto one = serve_one(server);
  auto connected = connect(one.at(), client, std::move(options));
  auto accepted = one.served.get();
  return {std::move(connected).value(), std::move(accepted).value()};
}

}  // namespace signet::test
