// Names of algorithms and of people, out of OpenSSL's structures.
#pragma once

#include <openssl/types.h>

#include <string>

namespace signet::x509 {

// "RSA 2048", "EC P-256", "Ed25519"; "unknown" for none.
std::string key_type(const EVP_PKEY* key);
// RFC 4514 text that is safe to print.
std::string name_text(const X509_NAME* name);
// The last common name, safe to print, or empty.
std::string common_name(const X509_NAME* name);

}  // namespace signet::x509
