// What a plain socket is made of; an upgrade takes it apart.
#pragma once

#include <signet/net/tcp_socket.hpp>

#include "net/descriptor.hpp"
#include "net/descriptor_transport.hpp"
#include "net/gathered_reader.hpp"

namespace signet {

struct tcp_socket::impl {
  impl(net::descriptor socket, net::peer far_end)
      : fd(std::move(socket)), whom(std::move(far_end)), wire(fd.get(), whom) {}

  net::descriptor fd;
  net::peer whom;
  net::descriptor_transport wire;
  net::gathered_reader held = {};
  std::chrono::milliseconds timeout{0};
  bool write_ended = false;
};

namespace net {

// The deadline of one call: its own, else the socket's timeout, else none.
inline deadline deadline_of_call(deadline own, std::chrono::milliseconds timeout) {
  if (own.is_set()) return own;
  return timeout.count() > 0 ? deadline(timeout) : deadline::never();
}

// The deadline that options ask for: so long from now, or a point in time, whichever comes first.
template <class Options>
deadline deadline_of(const Options& options) {
  return deadline::earlier(options.until, deadline(options.timeout));
}

// Our end of a conversation that is over: says that we are done, and takes what has already arrived, at most 1 MiB and
// without waiting. A descriptor closed over unread bytes makes the kernel reset the connection, and the peer then loses
// what it had not read yet.
void part(int fd) noexcept;

}  // namespace net
}  // namespace signet
