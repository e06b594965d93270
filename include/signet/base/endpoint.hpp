// Where to connect to, or to listen on: a host and a port.
//
// The host is kept as it was written. parse() checks its form; nothing is looked up until connect() or bind().
// Endpoints are equal if host and port are equal as text: "::1" and "0:0:0:0:0:0:0:1" are different.
// Deliberately absent: URLs, UNIX sockets, and the list of addresses behind a name.
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

/// The text that parse() reads: "example.org:443", "[2001:db8::1]:443".
SIGNET_EXPORT std::string to_string(const endpoint& where);

/// Which addresses of a name to use. Do not restrict them unless one family is known to be broken.
enum class address_family : unsigned char { any, ipv4, ipv6 };

}  // namespace signet
