// Echoes what it is sent over TLS, to any number of clients in one thread: epoll_server ADDRESS:PORT CERTIFICATE KEY.
#include <sys/epoll.h>

#include <array>
#include <iostream>
#include <map>

#include <signet/signet.hpp>

using namespace std::chrono_literals;
using signet::wait_for;

struct client {
  signet::nonblocking_socket conn;
  std::string echo = {};
  bool ended = false;

  // As far as it goes without waiting, and what to wait for then: nothing when the conversation is over.
  signet::result<wait_for> go_on() {
    if (!conn.handshake_done()) {
      auto status = conn.handshake();
      if (!status) return status.error();
      if (!conn.handshake_done()) return status->next;
    }
    for (std::array<char, 4096> piece;;) {
      // A client that does not take its echo is not listened to.
      while (!echo.empty() || conn.unsent() != 0) {
        auto status = echo.empty() ? conn.flush() : conn.write_some(echo);
        if (!status) return status.error();
        echo.erase(0, status->bytes);
        if (status->next != wait_for::nothing) return status->next;
      }
      if (ended) {
        if (auto closed = conn.close(); !closed) return closed.error();
        return wait_for::nothing;
      }
      auto status = conn.read_some(piece);
      if (!status) return status.error();
      if (status->next != wait_for::nothing) return status->next;
      echo.assign(piece.data(), status->bytes);
      ended = status->end;
    }
  }
};

int main(int argc, char** argv) try {
  if (argc != 4) return std::cerr << "usage: epoll_server ADDRESS:PORT CERTIFICATE KEY\n", 2;
  const auto config = signet::server_config::make({.identities = {{.certificate = argv[2], .key = argv[3]}}}).value();
  auto door = signet::listener::bind(signet::endpoint::parse(argv[1]).value(), config).value();
  const int all = ::epoll_create1(EPOLL_CLOEXEC);
  const auto watch = [all](int operation, int fd, wait_for what) {
    epoll_event event{};
    event.events = what == wait_for::write ? EPOLLOUT : EPOLLIN;
    event.data.fd = fd;
    ::epoll_ctl(all, operation, fd, &event);
  };
  watch(EPOLL_CTL_ADD, door.native_handle(), wait_for::read);
  std::cerr << "listening on " << to_string(door.local_endpoint()) << std::endl;

  std::map<int, client> clients;
  const auto serve = [&](int fd) {
    const auto next = clients.at(fd).go_on();
    if (!next) std::cerr << next.error().message() << std::endl;
    if (next && *next != wait_for::nothing) return watch(EPOLL_CTL_MOD, fd, *next);
    clients.erase(fd);  // and closed with it, which ends the watch
  };
  for (;;) {
    auto until = signet::deadline::never();
    for (const auto& [fd, each] : clients)
      if (!each.conn.handshake_done()) until = signet::deadline::earlier(until, each.conn.handshake_deadline());
    std::array<epoll_event, 64> ready{};
    const int count = ::epoll_wait(all, ready.data(), ready.size(), until.poll_timeout());
    for (int i = 0; i < count; ++i) {
      const int fd = ready[static_cast<std::size_t>(i)].data.fd;
      if (fd != door.native_handle()) {
        serve(fd);
      } else if (auto in = door.try_accept().value()) {
        auto made = signet::nonblocking_socket::accept(*std::move(in), {.timeout = 5s}).value();
        const int its = made.native_handle();
        clients.emplace(its, client{std::move(made)});
        watch(EPOLL_CTL_ADD, its, wait_for::read);
      }
    }
    // A handshake that is looked at after its deadline has failed.
    for (auto at = clients.begin(); until.passed() && at != clients.end();)
      if (const auto each = at++; !each->second.conn.handshake_done()) serve(each->first);
  }
} catch (const signet::exception& failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
