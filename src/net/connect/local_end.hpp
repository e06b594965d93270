// Where a connection begins, if the caller cares: an address of this machine, a port, or both.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <signet/base/result.hpp>
#include <signet/net/tcp_socket.hpp>

#include "net/address.hpp"

namespace signet::net {

class local_end {
 public:
  local_end() noexcept = default;
  // `whom` opens the sentence of an error. A name is not looked up: invalid_endpoint.
  static result<local_end> of(const endpoint& asked, const std::string& whom);

  [[nodiscard]] bool is_anywhere() const noexcept { return !address_ && port_ == 0; }
  // Whether a connection to that family can begin here.
  [[nodiscard]] bool fits(int family) const noexcept { return !address_ || address_->family() == family; }
  // "192.0.2.1", "192.0.2.1:4000", "port 4000".
  [[nodiscard]] std::string describe() const;
  // Connects a socket from here, without waiting if it is non-blocking. What went wrong, if it did, and whether at this
  // end.
  struct outcome {
    int system_error = 0;
    bool at_our_end = false;
  };
  [[nodiscard]] outcome connect(int fd, const socket_address& to) const noexcept;

 private:
  // None: any of the family of the peer.
  std::optional<socket_address> address_ = {};
  std::uint16_t port_ = 0;
};

// Of what was found, the addresses that may be connected to from here, in the order in which to try them.
// permission_denied and unreachable when there is none.
result<std::vector<socket_address>> addresses_to_try(const std::string& whom, const std::vector<socket_address>& found,
                                                     const address_filter& permit, const local_end& from);

}  // namespace signet::net
