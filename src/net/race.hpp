// Several addresses of one host, raced (RFC 8305): the next is tried 250 ms after the last, or at once when that one
// has failed; the first to connect wins and the others are closed.
#pragma once

#include <string>
#include <vector>

#include <signet/base/deadline.hpp>
#include <signet/base/result.hpp>

#include "net/address.hpp"
#include "net/descriptor.hpp"

namespace signet::net {

struct race_winner {
  descriptor socket = {};
  socket_address address = {};
  // One line for each address that was tried, "192.0.2.1:443: connection refused after 3 ms".
  std::vector<std::string> trace = {};
};

// In the order given. The winner's descriptor is blocking, closed on exec and sends without delay. `whom` opens the
// sentence of an error, whose details() are the trace.
result<race_winner> race(const std::string& whom, const std::vector<socket_address>& addresses, deadline until,
                         std::chrono::milliseconds head_start = std::chrono::milliseconds(250));

}  // namespace signet::net
