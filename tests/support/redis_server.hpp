// A real Redis for tests, on the loopback, with nothing on disk but its socket.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "support/pki.hpp"

namespace signet::test {

class redis_server {
 public:
  enum class ports : unsigned char { plain, tls };

  // More lines of its configuration: "requirepass hunter2".
  explicit redis_server(std::vector<std::string> lines = {}, ports which = ports::plain);
  redis_server(const redis_server&) = delete;
  redis_server& operator=(const redis_server&) = delete;
  ~redis_server();

  // Kills it at once, as a crash does. What it held is lost.
  void kill();
  // Starts it again at the same place.
  void start();
  // Stops it from answering; connections are still made. It goes on with resume().
  void stall();
  void resume();

  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] std::string socket() const { return folder_ / "redis.sock"; }
  // "redis://127.0.0.1:PORT", or rediss.
  [[nodiscard]] std::string url(const std::string& credentials = {}) const;

  // The reply to an administrator's command: a line, the text of a string, or the elements of an array, one a line.
  std::string ask(const std::string& command) const;

 private:
  bool launch();
  bool answers() const;

  temporary_folder folder_ = {};
  std::vector<std::string> lines_;
  ports which_;
  std::uint16_t port_ = 0;
  pid_t process_ = -1;
};

}  // namespace signet::test
