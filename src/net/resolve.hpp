// From a host's name to its addresses, within a deadline.
#pragma once

#include <netdb.h>

#include <functional>
#include <string>
#include <vector>

#include <signet/base/deadline.hpp>
#include <signet/base/result.hpp>

#include "net/address.hpp"

namespace signet::net {

// What asks the system, in the form of getaddrinfo without a service; what it finds is freed by freeaddrinfo.
using system_lookup = std::function<int(const char* host, const addrinfo* hints, addrinfo** found)>;
int ask_system(const char* host, const addrinfo* hints, addrinfo** found);

// At least one address, in the order of preference of the system (RFC 6724). Literals are taken as they are; an IDN is
// looked up by its A-labels. invalid_endpoint, invalid_name, name_not_found, resolve_failed, timed_out.
result<std::vector<socket_address>> resolve(const endpoint& where, address_family family, deadline until,
                                            const system_lookup& lookup = ask_system);

}  // namespace signet::net
