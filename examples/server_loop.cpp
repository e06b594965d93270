// Echoes lines over TLS, and plainly to those who ask for it so: server_loop ADDRESS:PORT CERTIFICATE KEY. The line
// "shutdown" ends the server: those who are being served finish first.
#include <iostream>

#include <signet/signet.hpp>

using namespace std::chrono_literals;

// What one client gets, plain or encrypted, in a thread of its own.
template <class Socket>
void echo(Socket client, signet::listener& door) {
  client.set_timeout(60s);
  while (auto line = client.read_line()) {
    // What is thrown here ends this client, and on_refused tells it.
    client.write_all(*line + "\n").value();
    if (*line == "shutdown") door.close();
  }
  static_cast<void>(client.close());
}

int main(int argc, char** argv) try {
  if (argc != 4) return std::cerr << "usage: server_loop ADDRESS:PORT CERTIFICATE KEY\n", 2;
  const auto config = signet::server_config::make({.identities = {{.certificate = argv[2], .key = argv[3]}}}).value();
  auto door = signet::listener::bind(signet::endpoint::parse(argv[1]).value(), config).value();
  std::cerr << "listening on " << to_string(door.local_endpoint()) << std::endl;

  signet::serve_options options{.threads = 16, .handshake_timeout = 5s, .drain_timeout = 10s};
  options.on_plain = [&](signet::tcp_socket client, const signet::stop_signal&) { echo(std::move(client), door); };
  options.on_refused = [](const signet::endpoint&, const signet::error& why) {
    std::cerr << why.message() << std::endl;
  };
  signet::serve(
      door, [&](signet::tls_socket client, const signet::stop_signal&) { echo(std::move(client), door); }, options)
      .value();
} catch (const signet::exception& failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
