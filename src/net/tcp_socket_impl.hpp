// What a plain socket is made of; an upgrade takes it apart.
#pragma once

#include <memory>
#include <utility>

#include <signet/net/tcp_socket.hpp>

#include "base/access.hpp"
#include "net/channel/descriptor_channel.hpp"
#include "net/channel/gathered_reader.hpp"

namespace signet {
namespace net {

// How long the calls on one socket may wait.
struct patience {
  std::chrono::milliseconds timeout{0};
  std::chrono::milliseconds stall{0};
  deadline whole = {};

  // A call's own deadline stands for the first two; none is later than that of the connection.
  [[nodiscard]] time_limits of_call(deadline own) const {
    const auto limit = own.is_set() ? std::chrono::milliseconds(0) : stall;
    if (!own.is_set()) own = timeout.count() > 0 ? deadline(timeout) : deadline::never();
    return {whole.is_never() ? own : deadline::earlier(own, whole), limit};
  }
};

}  // namespace net

struct tcp_socket::impl {
  explicit impl(std::unique_ptr<net::channel> below) noexcept : wire(std::move(below)) {}
  impl(base::descriptor socket, net::peer far_end)
      : wire(std::make_unique<net::descriptor_channel>(std::move(socket), std::move(far_end))) {}

  std::unique_ptr<net::channel> wire;
  net::gathered_reader held = {};
  net::patience patience = {};
  bool write_ended = false;
};
using tcp_socket_impl = detail::access::impl<tcp_socket>;

namespace net {

// The deadline that options ask for: so long from now, or a point in time, whichever comes first.
template <class Options>
deadline deadline_of(const Options& options) {
  return deadline::earlier(options.until, deadline(options.timeout));
}

}  // namespace net
}  // namespace signet
