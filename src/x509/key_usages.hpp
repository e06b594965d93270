// Which key usages go with a kind of key and with a purpose.
#pragma once

#include <string>
#include <vector>

#include <signet/x509/extensions.hpp>

#include "ossl/handles.hpp"

namespace signet::x509 {

// Dotted OIDs of extended key usages.
inline constexpr const char* server_auth = "1.3.6.1.5.5.7.3.1";
inline constexpr const char* email_protection = "1.3.6.1.5.5.7.3.4";
inline constexpr const char* time_stamping = "1.3.6.1.5.5.7.3.8";
inline constexpr const char* ocsp_signing = "1.3.6.1.5.5.7.3.9";

// Whether keys of this kind can be used so: RFC 3279 for RSA, RFC 8813 for EC, RFC 8410 for Ed25519 and its like.
bool is_possible(key_usage usage, const EVP_PKEY* key);

// The key usage of a leaf for these extended key usages (dotted OIDs).
std::vector<key_usage> usages_for(const std::vector<std::string>& extended, const EVP_PKEY* key);

// Another certificate's usages for this key: those that are impossible make room for a signature, or an agreement
// where the key can do nothing else.
std::vector<key_usage> adapted(const std::vector<key_usage>& usages, const EVP_PKEY* key);

}  // namespace signet::x509
