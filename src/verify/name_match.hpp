// Does a certificate speak for a name? RFC 9525: subjectAltName only, a wildcard is a whole left-most label, addresses
// match address entries octet by octet.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <signet/verify/server_name.hpp>

#include "ossl/handles.hpp"

namespace signet {

[[nodiscard]] bool speaks_for(X509* certificate, const server_name& expected);

// One dNSName entry against a normalised name.
[[nodiscard]] bool dns_entry_matches(std::string_view entry, std::string_view name);

}  // namespace signet
