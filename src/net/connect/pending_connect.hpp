// A TCP connection that is being made without waiting: name look-up, then the race of the addresses.
#pragma once

#include <memory>
#include <optional>

#include <signet/base/endpoint.hpp>
#include <signet/net/tcp_socket.hpp>

#include "net/connect/resolve.hpp"

namespace signet::net {

class pending_connect {
 public:
  // What tcp_socket::connect refuses at once is refused here too.
  static result<pending_connect> start(const endpoint& to, tcp_connect_options how,
                                       const system_lookup& lookup = ask_system);

  pending_connect(pending_connect&&) noexcept;
  pending_connect& operator=(pending_connect&&) noexcept;
  // Waits for nothing: a look-up that is under way ends by itself.
  ~pending_connect();

  // The connection, or nothing yet. What tcp_socket::connect can say; not to be called again after either.
  result<std::optional<tcp_socket>> step();
  // Readable when step() has something to do, the end of its time included. The same one until the connection is made.
  [[nodiscard]] int handle() const noexcept;

 private:
  struct impl;
  explicit pending_connect(std::unique_ptr<impl> made) noexcept;

  std::unique_ptr<impl> impl_;
};

// Whether an endpoint names somebody to connect to: invalid_endpoint.
result<void> may_connect(const endpoint& to);

}  // namespace signet::net
