// What the first octets of a stream say: is it TLS at all? (RFC 8446 section 5.1)
#pragma once

#include <string_view>

namespace signet {

// As far as it has come, it may be a TLS record: its type, 20 to 24, and the major version 3. TLS never starts with
// text.
constexpr bool may_be_tls(std::string_view first) noexcept {
  return first.empty() || (first[0] >= 20 && first[0] <= 24 && (first.size() < 2 || first[1] == 3));
}
// As far as it has come, it may be the record that a ClientHello begins. One octet is enough to tell it from every
// other protocol.
constexpr bool may_be_client_hello(std::string_view first) noexcept {
  return may_be_tls(first) && (first.empty() || first[0] == 22);
}

}  // namespace signet
