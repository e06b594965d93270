// Several addresses of one host, raced (RFC 8305): the next is tried 250 ms after the last, or at once when that one
// has failed; the first to connect wins and the others are closed.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <signet/base/deadline.hpp>
#include <signet/base/result.hpp>

#include "base/descriptor.hpp"
#include "net/address.hpp"
#include "net/channel/channel.hpp"
#include "net/connect/local_end.hpp"

namespace signet::net {

struct race_winner {
  base::descriptor socket = {};
  socket_address address = {};
  // One line for each address that was tried, "192.0.2.1:443: connection refused after 3 ms".
  std::vector<std::string> trace = {};
};

inline constexpr std::chrono::milliseconds usual_head_start{250};

// A race that is under way. `whom` opens the sentence of an error, whose details() are the trace. An epoll descriptor
// given as `watch` follows the sockets: it is readable when one of them has an answer.
class racing {
 public:
  racing(std::string whom, std::vector<socket_address> addresses, deadline until,
         std::chrono::milliseconds head_start = usual_head_start, int watch = -1, local_end from = {});

  // The winner, or nothing yet, which one that may wait never says.
  result<std::optional<race_winner>> step(waiting may_wait);
  // When step() has something to do though no socket has an answer.
  [[nodiscard]] deadline wake_up() const;

 private:
  struct attempt {
    base::descriptor socket;
    std::size_t index;
    deadline::clock::time_point began;
  };

  void start_those_due();
  void start(std::size_t index);
  void failed(std::size_t index, deadline::clock::time_point began, local_end::outcome why);
  // Those that were waited for and have an answer.
  std::vector<attempt> answered(waiting may_wait);
  std::optional<race_winner> judge(attempt a);
  void note(std::size_t index, const std::string& what);
  [[nodiscard]] std::vector<std::string> trace() const;
  [[nodiscard]] std::string reason(local_end::outcome why) const;
  [[nodiscard]] error nobody_won() const;

  std::string whom_;
  std::vector<socket_address> addresses_;
  deadline until_;
  std::chrono::milliseconds head_start_;
  int watch_;
  local_end from_;
  std::vector<std::string> trace_;
  std::vector<attempt> running_;
  std::size_t next_ = 0;
  deadline::clock::time_point began_ = deadline::clock::now();
  deadline::clock::time_point next_start_ = began_;
  local_end::outcome failure_ = {};
  std::size_t failed_index_ = 0;
};

// The whole race, waited for. In the order given. The winner's descriptor is blocking, closed on exec and sends without
// delay.
result<race_winner> race(const std::string& whom, const std::vector<socket_address>& addresses, deadline until,
                         std::chrono::milliseconds head_start = usual_head_start, local_end from = {});

}  // namespace signet::net
