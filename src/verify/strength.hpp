// How strong keys and signatures have to be, for verification and for advice alike.
#pragma once

#include <signet/x509/certificate.hpp>

#include "ossl/errors.hpp"
#include "x509/impl.hpp"

namespace signet {

// OpenSSL's security level 2, 112 bits: RSA 2048, EC 224, SHA-224.
inline constexpr int security_level = 2;
inline constexpr int least_security_bits = 112;

inline bool has_weak_key(const certificate& c) {
  const ossl::quiet_errors quiet;
  const auto* key = X509_get0_pubkey(raw(c));
  // DSA has left TLS whatever its size (RFC 8446 section 4.2.3). A key that cannot be read is another matter.
  return key != nullptr && (EVP_PKEY_get_security_bits(key) < least_security_bits || EVP_PKEY_is_a(key, "DSA") == 1);
}

// Of its issuer's signature. On a root it means nothing: nobody relies on it.
inline bool has_weak_signature(const certificate& c) {
  const ossl::quiet_errors quiet;
  int bits = 0;
  return X509_get_signature_info(raw(c), nullptr, nullptr, &bits, nullptr) == 1 && bits < least_security_bits;
}

}  // namespace signet
