// Fetches a page over verified TLS: client HOST[:PORT].
#include <iostream>
#include <string>

#include <signet/signet.hpp>

using namespace std::chrono_literals;

int main(int argc, char** argv) try {
  const auto server = signet::endpoint::parse(argc > 1 ? argv[1] : "www.example.com", 443).value();

  // The system's trust, the name checked, TLS 1.2 or later, one deadline for everything up to the handshake's end.
  auto conn = signet::connect(server, {.timeout = 10s});
  if (!conn) {
    std::cerr << conn.error().message() << '\n' << conn.error().hint() << '\n';
    return 1;
  }
  conn->set_timeout(10s);
  conn->write_all("GET / HTTP/1.0\r\nHost: " + server.host + "\r\n\r\n").value();
  std::cout << conn->read_all().value();
} catch (const signet::exception& failure) {
  // What value() throws: the whole sentence.
  std::cerr << failure.what() << '\n';
  return 1;
}
