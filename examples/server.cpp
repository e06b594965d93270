// Echoes lines over TLS: server ADDRESS:PORT CERTIFICATE KEY. A client that stalls delays nobody.
#include <iostream>
#include <thread>

#include <signet/signet.hpp>

using namespace std::chrono_literals;

// What one client gets, on a thread of its own.
signet::result<void> serve(signet::incoming client) {
  auto peer = std::move(client).handshake({.timeout = 5s});
  if (!peer) return peer.error();
  peer->set_timeout(60s);
  for (;;) {
    auto line = peer->read_line();
    if (!line) return line.error().code() == signet::errc::end_of_stream ? peer->close() : line.error();
    if (auto sent = peer->write_all(*line + "\n"); !sent) return sent;
  }
}

int main(int argc, char** argv) try {
  if (argc != 4) return std::cerr << "usage: server ADDRESS:PORT CERTIFICATE KEY\n", 2;
  const auto config = signet::server_config::make({.identities = {{.certificate = argv[2], .key = argv[3]}}}).value();
  auto door = signet::listener::bind(signet::endpoint::parse(argv[1]).value(), config).value();
  std::cerr << "listening on " << to_string(door.local_endpoint()) << std::endl;

  // accept() does not shake hands, so the next client is let in while this one makes up its mind.
  for (;;) {
    std::thread([client = door.accept().value()]() mutable {
      if (auto done = serve(std::move(client)); !done) std::cerr << done.error().message() << std::endl;
    }).detach();
  }
} catch (const signet::exception& failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
