// The lists of names that a config takes. OpenSSL passes over unknown names beside known ones, and over empty entries;
// a user who misspelt one would learn of it from a handshake, or never. Here each entry has to mean something.
//
// An empty list keeps OpenSSL's choice and passes. Errors are invalid_configuration, and name the option and the entry.
#pragma once

#include <string>
#include <vector>

#include <signet/base/result.hpp>

namespace signet {

// OpenSSL's cipher strings (openssl-ciphers(1)): suites and keywords with their operators.
result<void> check_ciphers(const std::string& list);
// The names of TLS 1.3.
result<void> check_ciphersuites(const std::string& list);
// With OpenSSL 3.5 also its prefixes, DEFAULT, and "/" between tuples; "?" lets an unknown name pass.
result<void> check_groups(const std::string& list);
result<void> check_signature_algorithms(const std::string& list);
// Names of protocols, which may be any octets (RFC 7301 section 3.1).
result<void> check_alpn(const std::vector<std::string>& names);

}  // namespace signet
