// Which public keys signatures are checked with. A peer chooses the keys of what it sends, and OpenSSL takes nearly
// any: one signature under an exponent as long as its modulus costs what hundreds of plain ones cost.
#pragma once

#include <string_view>

#include <signet/x509/certificate.hpp>

namespace signet {

// Go has the first bound and BoringSSL the second. CAs use exponents of 3, 17 and 65537 and moduli of up to 4096 bits.
// DSA is for old trust only.
inline constexpr int most_rsa_bits = 8192;
inline constexpr int most_exponent_bits = 33;
inline constexpr int most_dsa_bits = 4096;

// Told of the certificate itself, and of one that names it as its issuer.
struct key_objection {
  std::string_view own = {};
  std::string_view issuers = {};
};

// Why no signature is checked with the key of `c`; null when there is no reason. A key that cannot be read is another
// matter.
[[nodiscard]] const key_objection* objection_to_key(const certificate& c);

}  // namespace signet
