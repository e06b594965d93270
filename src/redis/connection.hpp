// One connection with Redis, whose dialogue has begun: the user is known and the database chosen.
#pragma once

#include <signet/base/deadline.hpp>
#include <signet/net/tls_socket.hpp>

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/access.hpp"
#include "redis/redis_url_impl.hpp"
#include "redis/reply.hpp"

namespace signet::redis {

// Whom errors are about: "Redis at redis://127.0.0.1:6379".
std::string describe(const redis_url& where);
// What an error of Redis, the first word of which says its kind, means to whoever asked, in whose phase it came.
error refusal(const redis_url& where, std::string_view phase, const reply& refused);
// The first word: "NOAUTH", "ERR".
std::string_view kind_of(const reply& refused);

class connection {
 public:
  // `tls` is there for a rediss URL.
  static result<connection> open(const redis_url& where, const std::optional<client_config>& tls, deadline until);

  // Sends all commands at once and returns as many replies, errors of Redis among them. A failure is final.
  result<std::vector<reply>> ask(std::span<const command> commands, deadline until);
  // Whether it is still open and nothing has come that was not asked for. It does not wait.
  [[nodiscard]] bool is_quiet();
  // The descriptor, borrowed.
  [[nodiscard]] int handle() const noexcept;

 private:
  using socket = std::variant<tcp_socket, tls_socket>;
  connection(redis_url where, socket made) : where_(std::move(where)), socket_(std::move(made)) {}

  static result<socket> connect(const redis_url& where, const std::optional<client_config>& tls, deadline until);
  result<void> greet(deadline until);
  result<void> read_more(deadline until);
  [[nodiscard]] error failed(std::string_view phase, const error& why) const;

  redis_url where_;
  socket socket_;
  reply_reader reader_ = {};
};

}  // namespace signet::redis
