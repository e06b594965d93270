// Until when the certificate of a mail, directory or database server holds: starttls PROTOCOL HOST[:PORT].
#include <iostream>

#include <signet/signet.hpp>

using namespace std::chrono_literals;
namespace starttls = signet::starttls;

int main(int argc, char** argv) try {
  if (argc != 3) return std::cerr << "usage: starttls PROTOCOL HOST[:PORT]\n", 2;
  const auto protocol = starttls::parse(argv[1]).value();
  const auto server = signet::endpoint::parse(argv[2], starttls::default_port(protocol)).value();

  // The dialogue in plain, the go-ahead, the handshake: verified when it comes back. On standard error what was said.
  auto connection = starttls::connect(server, protocol, {.timeout = 10s}, {.trace = [](auto way, auto line) {
                                        std::cerr << (way == starttls::direction::sent ? "> " : "< ") << line << '\n';
                                      }});
  if (!connection) {
    std::cerr << connection.error().message() << '\n' << connection.error().hint() << '\n';
    return 1;
  }
  const auto info = connection->info();
  std::cout << info.peer_chain.front().subject() << " holds until "
            << signet::to_rfc3339(info.peer_chain.front().not_after()) << '\n';
  connection->close().value();
} catch (const signet::exception& failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
