// A transport over a descriptor that the system keeps blocking: it waits, until the call's deadline or not at all, as
// the call that uses it says. Plain sockets read and write through it too, so that waiting is written once.
#pragma once

#include <string_view>

#include <signet/base/deadline.hpp>
#include <signet/tls/transport.hpp>

#include "net/failure.hpp"

namespace signet::net {

enum class waiting : unsigned char { allowed, forbidden };

class descriptor_transport final : public transport {
 public:
  // Borrows both.
  descriptor_transport(int fd, const peer& whom) noexcept : fd_(fd), whom_(whom) {}

  // Opens a call: what errors name as its phase (a literal), when it ends, and whether it may wait.
  void begin(std::string_view phase, deadline until, waiting may_wait = waiting::allowed) noexcept;

  result<io_status> read(byte_span buffer) override;
  result<io_status> write(byte_view bytes) override;

  // What is written next is the last of this connection: the kernel keeps it for the segment that ends it.
  void last_words() noexcept { last_words_ = true; }

  // timed_out once the call has used its time. A call whose deadline had passed before it began may still move what is
  // ready, once.
  result<void> check() const;

 private:
  [[nodiscard]] error timed_out_now() const;
  [[nodiscard]] result<void> poll_until(short events, deadline until);

  int fd_;
  const peer& whom_;
  std::string_view phase_ = "reading";
  deadline until_ = {};
  deadline::clock::time_point began_ = {};
  waiting may_wait_ = waiting::allowed;
  bool moved_ = false;
  bool last_words_ = false;
};

}  // namespace signet::net
