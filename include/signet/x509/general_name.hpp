// One of the names a certificate is for, or points to (RFC 5280 section 4.2.1.6).
#pragma once

#include <string>
#include <string_view>

#include <signet/base/export.hpp>

namespace signet {

enum class general_name_kind : unsigned char {
  other_name,
  email,
  dns,
  x400_address,
  directory_name,
  edi_party_name,
  uri,
  ip_address,
  registered_id
};
/// "otherName", "rfc822Name", "dNSName": the words of RFC 5280.
SIGNET_EXPORT std::string_view name(general_name_kind kind) noexcept;

/// The value as text that is safe to print: octets that are not plainly part of a name are escaped as \XX. An address
/// is "192.0.2.1" or "2001:db8::1", and "192.0.2.0/24" in a name constraint; a directory name is RFC 4514 text; a
/// registered id is a dotted OID; an other name is its OID, '=' and its DER in hex; the two kinds nobody uses, X.400
/// and EDI, are their DER in hex.
struct general_name {
  general_name_kind kind = general_name_kind::dns;
  std::string value = {};

  friend bool operator==(const general_name&, const general_name&) = default;
};

}  // namespace signet
