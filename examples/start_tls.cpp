// Upgrades a plain conversation to TLS, as mail does: start_tls HOST:PORT.
#include <iostream>
#include <string>

#include <signet/signet.hpp>

using namespace std::chrono_literals;

signet::result<std::string> greeting_over_tls(const signet::endpoint& server) {
  auto plain = signet::tcp_socket::connect(server, {.timeout = 10s});
  if (!plain) return plain.error();
  plain->set_timeout(10s);
  plain->read_line().value();  // 220 mail.example.org ESMTP
  plain->write_all("STARTTLS\r\n").value();
  const auto answer = plain->read_line().value();
  if (!answer.starts_with("220")) return signet::error(signet::errc::protocol_violation, "no STARTTLS: " + answer);

  // From here on the type is another, and what arrived in plain too early is an error.
  auto secure = signet::start_tls(std::move(*plain), server.host, {.timeout = 10s});
  if (!secure) return secure.error();
  secure->set_timeout(10s);
  secure->write_all("EHLO client.example.org\r\n").value();
  return secure->read_line();
}

int main(int argc, char** argv) try {
  if (argc != 2) return std::cerr << "usage: start_tls HOST:PORT\n", 2;
  std::cout << greeting_over_tls(signet::endpoint::parse(argv[1]).value()).value() << '\n';
} catch (const signet::exception& failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
