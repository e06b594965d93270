// Where to connect to, or to listen on: a host and a port.
//
// The host is kept as it was written. parse() checks its form; nothing is looked up until connect() or bind().
// Endpoints are equal if host and port are equal as text: "::1" and "0:0:0:0:0:0:0:1" are different.
// What stands on a local (UNIX) socket reports its path as the host, "unix:/run/app.sock", and port 0. Nothing connects
// to or listens on such an endpoint, so a host that comes from somebody else leads to no local socket:
// tcp_socket::connect_unix() and listener::bind_unix() take the path.
// Deliberately absent: URLs, and the list of addresses behind a name.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <signet/base/export.hpp>
#include <signet/base/result.hpp>

namespace signet {

struct endpoint {
  /// A DNS name, an IPv4 address or an IPv6 address without brackets. Empty: every address, for listening.
  std::string host = {};
  /// 1 to 65535. For listening, 0 takes a free port.
  std::uint16_t port = 0;

  /// Reads "example.org:443", "example.org:https", "192.0.2.1:80", "[2001:db8::1]:443" or ":8443", in at most 1024
  /// bytes. A name for the port is looked up among the system's TCP services. A text without a port gets
  /// `default_port`; if that is 0, the text needs a port.
  /// Errors: invalid_endpoint.
  SIGNET_EXPORT static result<endpoint> parse(std::string_view text, std::uint16_t default_port = 0);

  friend bool operator==(const endpoint&, const endpoint&) = default;
};

/// The text that parse() reads: "example.org:443", "[2001:db8::1]:443". Of a local socket "unix:/run/app.sock", which
/// parse() does not read.
SIGNET_EXPORT std::string to_string(const endpoint& where);

/// Which addresses of a name to use. Do not restrict them unless one family is known to be broken.
enum class address_family : unsigned char { any, ipv4, ipv6 };

/// How the addresses of a host are found.
enum class name_lookup : unsigned char {
  /// The system looks names up.
  all,
  /// The system looks names up, and leaves out the addresses of a family of which this machine has no address itself,
  /// its loopback aside (AI_ADDRCONFIG). Do not set it for servers on this machine: it can hide their addresses.
  usable_families,
  /// Nothing is looked up: the host has to be an address.
  none
};

}  // namespace signet
