// Where to connect to or listen on: a host as it was written, and a port.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <signet/base/export.hpp>
#include <signet/base/result.hpp>

namespace signet {

struct endpoint {
  /// A name or an address; IPv6 without brackets.
  std::string host = {};
  std::uint16_t port = 0;

  /// "example.org:443", "example.org:https", "192.0.2.1:80", "[2001:db8::1]:443". Without a port `default_port` is
  /// taken; 0 means that one is needed. Port 0 and an empty host (":8443") are for listening. invalid_endpoint.
  SIGNET_EXPORT static result<endpoint> parse(std::string_view text, std::uint16_t default_port = 0);

  friend bool operator==(const endpoint&, const endpoint&) = default;
};

/// "example.org:443", "[2001:db8::1]:443".
SIGNET_EXPORT std::string to_string(const endpoint& where);

enum class address_family : unsigned char { any, ipv4, ipv6 };

}  // namespace signet
