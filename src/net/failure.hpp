// Whom a connection is with, and what an errno means for it: the one place where sentences about the network are made.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <signet/base/error.hpp>

#include "net/address.hpp"

namespace signet::net {

enum class side : unsigned char { client, server };

// The far end, as messages name it. Put into words only when something fails.
struct peer {
  // What the caller asked for, "example.org:443"; empty where the socket was adopted or accepted.
  std::string asked = {};
  socket_address address = {};
  side ours = side::client;

  // "example.org:443 (192.0.2.1)", "client 192.0.2.1:50123", "192.0.2.1:443", "the peer".
  [[nodiscard]] std::string describe() const;
};

// What an errno of a connected socket means to its caller, and in words.
errc code_of(int system_error) noexcept;
std::string reason_of(int system_error);

// "whom: phase: why".
error io_failure(const peer& whom, std::string_view phase, int system_error);
error timed_out(const std::string& whom, std::string_view phase, std::chrono::nanoseconds waited);
// Nothing has moved for so long.
error stalled(const peer& whom, std::string_view phase, std::chrono::nanoseconds limit);
error not_open(std::string_view phase);

// "300 ms", "2.5 s".
std::string to_text(std::chrono::nanoseconds length);

}  // namespace signet::net
