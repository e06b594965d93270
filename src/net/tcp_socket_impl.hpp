// What a plain socket is made of; an upgrade takes it apart.
#pragma once

#include <memory>
#include <utility>

#include <signet/net/tcp_socket.hpp>

#include "base/access.hpp"
#include "net/channel/descriptor_channel.hpp"
#include "net/channel/gathered_reader.hpp"

namespace signet {

struct tcp_socket::impl {
  explicit impl(std::unique_ptr<net::channel> below) noexcept : wire(std::move(below)) {}
  impl(base::descriptor socket, net::peer far_end)
      : wire(std::make_unique<net::descriptor_channel>(std::move(socket), std::move(far_end))) {}

  std::unique_ptr<net::channel> wire;
  net::gathered_reader held = {};
  std::chrono::milliseconds timeout{0};
  deadline whole = {};
  bool write_ended = false;
};
using tcp_socket_impl = detail::access::impl<tcp_socket>;

namespace net {

// The deadline of one call: its own, else the socket's timeout, else none; never later than the connection's.
inline deadline deadline_of_call(deadline own, std::chrono::milliseconds timeout, deadline whole) {
  if (!own.is_set()) own = timeout.count() > 0 ? deadline(timeout) : deadline::never();
  return whole.is_never() ? own : deadline::earlier(own, whole);
}

// The deadline that options ask for: so long from now, or a point in time, whichever comes first.
template <class Options>
deadline deadline_of(const Options& options) {
  return deadline::earlier(options.until, deadline(options.timeout));
}

}  // namespace net
}  // namespace signet
