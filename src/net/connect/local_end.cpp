#include "net/connect/local_end.hpp"

#include <cerrno>

#include "base/printable.hpp"
#include "base/sentence.hpp"

namespace signet::net {
namespace {

constexpr std::string_view phase = "connecting";

}  // namespace

result<local_end> local_end::of(const endpoint& asked, const std::string& whom) {
  local_end out;
  out.port_ = asked.port;
  if (asked.host.empty()) return out;
  out.address_ = from_literal(asked.host, asked.port);
  if (out.address_) return out;
  return base::sentence{.whom = whom,
                        .phase = phase,
                        .why = base::quoted(asked.host) + " is no address to connect from",
                        .hint = "give an IP address of this machine"}
      .as(errc::invalid_endpoint);
}

std::string local_end::describe() const {
  if (!address_) return "port " + std::to_string(port_);
  return port_ == 0 ? to_endpoint(*address_).host : to_string(*address_);
}

local_end::outcome local_end::connect(int fd, const socket_address& to) const noexcept {
  if (!is_anywhere()) {
    socket_address from;
    from.storage.ss_family = static_cast<sa_family_t>(to.family());
    from.size = to.size;
    if (address_) from = *address_;
    from.set_port(port_);
    const int on = 1;
    // One port can serve connections to several peers, and what lingers of an earlier one keeps nobody out. Where any
    // port will do, it is chosen when the peer is known.
    if (port_ != 0)
      ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    else
      ::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (::bind(fd, from.get(), from.size) != 0) return {errno, true};
  }
  // An interrupted connect() goes on by itself. What poll(2) says of a socket that is connected already, it says at
  // once.
  if (::connect(fd, to.get(), to.size) == 0 || errno == EINPROGRESS || errno == EINTR) return {};
  // There is such a connection already, from this port.
  if (errno == EADDRNOTAVAIL && port_ != 0) return {EADDRINUSE, true};
  return {errno, false};
}

result<std::vector<socket_address>> addresses_to_try(const std::string& whom, const std::vector<socket_address>& found,
                                                     const address_filter& permit, const local_end& from) {
  std::vector<socket_address> out;
  std::vector<std::string> left_out;
  bool one_was_permitted = false;
  for (const auto& address : found) {
    if (permit && !permit(to_endpoint(address))) {
      left_out.push_back(to_string(address) + ": not permitted");
      continue;
    }
    one_was_permitted = true;
    if (from.fits(address.family()))
      out.push_back(address);
    else
      left_out.push_back(to_string(address) + ": of another family than " + from.describe());
  }
  if (!out.empty()) return interleaved(out);
  base::sentence told{.whom = whom, .phase = phase};
  if (one_was_permitted) {
    told.why = "none of its addresses can be connected to from " + from.describe() + ", which is of another family";
    told.hint = "connect from an address of the other family, or from any";
    return told.as(errc::unreachable).with_details(std::move(left_out));
  }
  told.why = "none of its addresses may be connected to";
  told.hint = "connect_options::permit decides that";
  return told.as(errc::permission_denied).with_details(std::move(left_out));
}

}  // namespace signet::net
