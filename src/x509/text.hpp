// Names of algorithms and of people, out of OpenSSL's structures, and the forms in which odd octets are shown.
#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <signet/base/bytes.hpp>

namespace signet::x509 {

// "RSA 2048", "EC P-256", "Ed25519"; "unknown" for none.
std::string key_type(const EVP_PKEY* key);
// RFC 4514 text that is safe to print.
std::string name_text(const X509_NAME* name);
// A common name as it stands, or null for none.
const ASN1_STRING* first_common_name(const X509_NAME* name);
const ASN1_STRING* last_common_name(const X509_NAME* name);

// Lower-case hex, two digits an octet, with the sign of a negative number; empty when it cannot be read.
std::string number_text(const ASN1_INTEGER* number);
std::string octets_of(const ASN1_STRING* s);
std::vector<std::byte> bytes_of(const ASN1_STRING* s);
// As UTF-8, whatever its type; its octets as they are when they are not what its type says.
std::string utf8_of(const ASN1_STRING* s);
// The same, safe to print; empty for null.
std::string shown(const ASN1_STRING* s);

// base::printable, the backslash itself escaped as \5C: nothing is lost, and unescaped() has the octets back.
std::string escaped(std::string_view octets);
// Nothing where a backslash does not begin \XX.
std::optional<std::string> unescaped(std::string_view text);
// Nothing for what is not whole octets in hex.
std::optional<std::vector<std::byte>> from_hex(std::string_view text);

}  // namespace signet::x509
