// Asks several servers for a page at once, in one thread that waits for all of them with poll(2):
// poll_client HOST[:PORT]...
#include <poll.h>

#include <array>
#include <iostream>
#include <vector>

#include <signet/signet.hpp>

using namespace std::chrono_literals;
using signet::wait_for;

struct talk {
  signet::endpoint server;
  signet::nonblocking_socket conn;
  std::string request = "GET / HTTP/1.0\r\nHost: " + server.host + "\r\n\r\n";
  std::string page = {};
  wait_for next = wait_for::write;

  // As far as it goes without waiting; false when there is no more to do.
  signet::result<bool> go_on() {
    if (!conn.handshake_done()) {
      auto status = conn.handshake();
      if (!status) return status.error();
      next = status->next;
      if (!conn.handshake_done()) return true;
    }
    while (!request.empty() || conn.unsent() != 0) {
      auto status = request.empty() ? conn.flush() : conn.write_some(request);
      if (!status) return status.error();
      request.erase(0, status->bytes);
      next = status->next;
      if (next != wait_for::nothing) return true;
    }
    for (std::array<char, 4096> piece;;) {
      auto status = conn.read_some(piece);
      if (!status) return status.error();
      if (status->end) return false;
      page.append(piece.data(), status->bytes);
      next = status->next;
      // What has been decrypted is in no descriptor: read until it says "read".
      if (next != wait_for::nothing) return true;
    }
  }
};

int main(int argc, char** argv) try {
  const auto config = signet::client_config::standard().value();
  const signet::deadline until(10s);
  std::vector<talk> talks;
  for (int i = 1; i < argc; ++i) {
    const auto server = signet::endpoint::parse(argv[i], 443).value();
    talks.push_back({server, signet::nonblocking_socket::connect(server, config, {.until = until}).value()});
  }
  int failures = 0;
  const auto over = [&failures](talk& t) {
    const auto more = t.go_on();
    if (more && *more) return false;
    if (more) {
      std::cout << to_string(t.server) << ": " << t.page.substr(0, t.page.find("\r\n")) << std::endl;
    } else {
      ++failures;
      std::cerr << more.error().message() << std::endl;
    }
    return true;
  };
  for (std::erase_if(talks, over); !talks.empty() && !until.passed(); std::erase_if(talks, over)) {
    std::vector<pollfd> waited;
    for (const auto& t : talks)
      waited.push_back({t.conn.native_handle(), static_cast<short>(t.next == wait_for::write ? POLLOUT : POLLIN), 0});
    ::poll(waited.data(), waited.size(), until.poll_timeout());
  }
  for (const auto& t : talks) std::cerr << to_string(t.server) << ": no page in time" << std::endl;
  return failures == 0 && talks.empty() ? 0 : 1;
} catch (const signet::exception& failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
