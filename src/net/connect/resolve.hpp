// From a host's name to its addresses, within a deadline.
#pragma once

#include <netdb.h>

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <signet/base/deadline.hpp>
#include <signet/base/result.hpp>
#include <signet/net/tcp_socket.hpp>

#include "net/address.hpp"

namespace signet::net {

// What asks the system, in the form of getaddrinfo without a service; what it finds is freed by freeaddrinfo.
using system_lookup = std::function<int(const char* host, const addrinfo* hints, addrinfo** found)>;
int ask_system(const char* host, const addrinfo* hints, addrinfo** found);

// Which addresses of a host are looked for, and how.
struct sought {
  sought(address_family of, name_lookup by = name_lookup::all) noexcept : family(of), lookup(by) {}

  address_family family;
  name_lookup lookup;
};

// A look-up that is under way, on a thread of its own: getaddrinfo cannot be interrupted. Whoever lets go of it waits
// for nothing; the answer then belongs to the thread alone, and goes with it.
class pending_lookup {
 public:
  // Literals are taken as they are, and ask nobody; an IDN is looked up by its A-labels. invalid_endpoint,
  // invalid_name, resolve_failed, timed_out.
  static result<pending_lookup> start(const endpoint& where, sought what, deadline until,
                                      const system_lookup& lookup = ask_system);

  // At least one address, in the order of preference of the system (RFC 6724), or nothing yet. name_not_found,
  // resolve_failed, timed_out.
  result<std::optional<std::vector<socket_address>>> step();
  // Readable once there is an answer; -1 when there is one from the start.
  [[nodiscard]] int handle() const noexcept;

 private:
  struct impl;
  explicit pending_lookup(std::shared_ptr<impl> made) noexcept : impl_(std::move(made)) {}

  std::shared_ptr<impl> impl_;
};

// The whole look-up, waited for.
result<std::vector<socket_address>> resolve(const endpoint& where, sought what, deadline until,
                                            const system_lookup& lookup = ask_system);

}  // namespace signet::net
