// A name that a certificate is valid for, or that it points to (GeneralName, RFC 5280 section 4.2.1.6).
#pragma once

#include <string>
#include <string_view>

#include <signet/base/export.hpp>

namespace signet {

/// The kinds of names in the order of RFC 5280.
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
/// The name of the kind in RFC 5280: "otherName", "rfc822Name", "dNSName".
SIGNET_EXPORT std::string_view name(general_name_kind kind) noexcept;

/// A name of some kind. Its value is text that is safe to print; octets that are not plainly part of a name are \XX. An
/// address is "192.0.2.1" or "2001:db8::1", and "192.0.2.0/24" in a name constraint. A directory name is RFC 4514 text.
/// A registered id is a dotted OID. An other name is its OID, '=' and its DER in hex. X.400 addresses and EDI party
/// names, which nobody uses, are their DER in hex; they can be read but not made.
struct general_name {
  general_name_kind kind = general_name_kind::dns;
  std::string value = {};

  friend bool operator==(const general_name&, const general_name&) = default;
};

}  // namespace signet
