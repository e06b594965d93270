// Asks a server over verified TLS for a page, with << and std::getline, and prints its status and header: iostream
// HOST[:PORT].
#include <iostream>
#include <string>

#include <signet/net/stream.hpp>
#include <signet/signet.hpp>

using namespace std::chrono_literals;

int main(int argc, char** argv) try {
  const auto server = signet::endpoint::parse(argc > 1 ? argv[1] : "www.example.com", 443).value();
  signet::stream conn(signet::connect(server, {.timeout = 10s}).value());
  conn.set_timeout(10s);

  // Gathered, and sent as one record before the first read waits.
  conn << "GET / HTTP/1.0\r\n"
       << "Host: " << server.host << "\r\n\r\n";

  std::string version;
  int status = 0;
  conn >> version >> status;
  std::string line;
  std::getline(conn, line);
  std::cout << status << '\n';
  while (std::getline(conn, line) && line != "\r") {
    if (line.ends_with('\r')) line.pop_back();  // the CR of a CRLF stays in the line
    std::cout << line << '\n';
  }

  std::size_t octets = 0;
  while (conn.get() != std::istream::traits_type::eof()) ++octets;
  // The end that the server declared, or something that only looks like one?
  if (const auto failure = conn.error()) {
    std::cerr << failure->message() << '\n';
    return 1;
  }
  std::cout << octets << " octets\n";
  conn.close().value();
} catch (const signet::exception& failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
