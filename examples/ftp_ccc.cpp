// A control connection of FTP that is encrypted for the login and plain again afterwards (RFC 4217 section 12.3), so
// that a firewall can follow it: ftp_ccc HOST:PORT CA.PEM USER PASSWORD.
#include <iostream>

#include <signet/signet.hpp>

using namespace std::chrono_literals;

namespace {

// One reply, which may have several lines; its last one. RFC 959 section 4.2.
template <class Socket>
std::string reply(Socket& server) {
  for (;;) {
    auto line = server.read_line().value();
    std::cout << line << '\n';
    if (line.size() > 3 && line[3] == ' ') return line;
  }
}

template <class Socket>
std::string ask(Socket& server, const std::string& command, char expected) {
  server.write_all(command + "\r\n").value();
  auto answer = reply(server);
  if (answer.front() != expected) throw std::runtime_error(command.substr(0, 4) + ": " + answer);
  return answer;
}

void run(const char* where, const char* name, const char* ca, const std::string& user, const std::string& password) {
  const auto at = signet::endpoint::parse(where).value();
  const auto config = signet::client_config::make({.trust = signet::trust_store::pem_file(ca).value()}).value();
  auto plain = signet::tcp_socket::connect(at, {.timeout = 10s}).value();
  plain.set_timeout(10s);
  reply(plain);
  ask(plain, "AUTH TLS", '2');

  auto secure = signet::start_tls(std::move(plain), name, config, {.timeout = 10s}).value();
  ask(secure, "USER " + user, '3');
  ask(secure, "PASS " + password, '2');
  ask(secure, "CCC", '2');

  auto plain_again = std::move(secure).unwrap({.timeout = 10s}).value();
  ask(plain_again, "PWD", '2');
  ask(plain_again, "QUIT", '2');
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return std::cerr << "usage: ftp_ccc HOST:PORT NAME CA.PEM USER PASSWORD\n", 2;
  try {
    run(argv[1], argv[2], argv[3], argv[4], argv[5]);
  } catch (const std::exception& e) {
    return std::cerr << "ftp_ccc: " << e.what() << '\n', 1;
  }
}
