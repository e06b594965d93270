// Echoes lines over TLS, each client in a process of its own: fork_server ADDRESS:PORT CERTIFICATE KEY.
#include <unistd.h>

#include <csignal>
#include <iostream>

#include <signet/signet.hpp>

using namespace std::chrono_literals;

namespace {

int serve(signet::incoming client) {
  auto peer = std::move(client).handshake({.timeout = 5s});
  if (!peer) return std::cerr << peer.error().message() << std::endl, 1;
  peer->set_timeout(60s);
  while (auto line = peer->read_line()) peer->write_all(std::to_string(::getpid()) + ": " + *line + "\n").value();
  return peer->close() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 4) return std::cerr << "usage: fork_server ADDRESS:PORT CERTIFICATE KEY\n", 2;
  const auto config = signet::server_config::make({.identities = {{.certificate = argv[2], .key = argv[3]}}}).value();
  auto door = signet::listener::bind(signet::endpoint::parse(argv[1]).value(), config).value();
  std::cerr << "listening on " << to_string(door.local_endpoint()) << std::endl;
  std::signal(SIGCHLD, SIG_IGN);  // nobody waits for them

  for (;;) {
    auto client = door.accept().value();
    const pid_t child = ::fork();
    if (child == 0) ::_exit(serve(std::move(client)));
    if (child < 0) std::cerr << "no process can be made for " << to_string(client.remote_endpoint()) << std::endl;
    // The parent's copy. The connection is the child's, and only one of the two may speak.
    std::move(client).plain().abandon();
  }
} catch (const signet::exception& failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
