// URIs of private keys, as they are taken apart and shown.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include <signet/base/result.hpp>

namespace signet::x509 {

// RFC 3986, in lower case; empty for what is no URI.
std::string scheme_of(std::string_view uri);
// The file of a "file:" URI (RFC 8089) of this host. invalid_argument.
result<std::filesystem::path> file_of(std::string_view uri);
// What a "pkcs11:" URI (RFC 7512) says: which of a token's objects it means, that this is no private key, and the PIN.
bool names_object(std::string_view uri);
bool names_another_type(std::string_view uri);
bool names_pin(std::string_view uri);
// The text with each PIN in it ("pin-value=1234") left out. OpenSSL's own texts may quote the URI.
std::string without_pins(std::string_view text);
// Without a PIN, safe to print.
std::string shown_uri(std::string_view uri);

}  // namespace signet::x509
