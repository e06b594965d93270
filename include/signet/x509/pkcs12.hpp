// PKCS#12 (RFC 7292), the file in which a key travels with its certificates: ".p12", ".pfx". Read in any encryption
// OpenSSL knows, RC2 and 3DES of old files included; written in today's (AES-256, PBKDF2 with SHA-256), or on request
// in that of 2000 for readers that know nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <signet/base/bytes.hpp>
#include <signet/base/result.hpp>
#include <signet/x509/certificate.hpp>
#include <signet/x509/identity.hpp>
#include <signet/x509/private_key.hpp>

namespace signet {

struct pkcs12_contents {
  std::vector<private_key> keys = {};
  /// The certificate of the first key leads, and each one's issuer follows it as far as it is there; then the others in
  /// the order of the file.
  std::vector<certificate> certificates = {};
  /// The friendly name of the first key or its certificate, or of the first certificate where there is no key, safe to
  /// print; or empty.
  std::string friendly_name = {};
};

/// No password and an empty one are tried before anybody is asked. Files that ask for more than 10,000,000 rounds of
/// key derivation at once, or three times as many in all, are refused before the first. file_malformed,
/// password_required, wrong_password, not_supported (no legacy provider).
SIGNET_EXPORT result<pkcs12_contents> parse_pkcs12(byte_view der, const password_callback& password = {});

/// `legacy` is 3DES and SHA-1.
enum class pkcs12_encryption : unsigned char { modern, legacy };

struct pkcs12_options {
  /// UTF-8, at most 1024 octets, no character beyond U+FFFF.
  std::string friendly_name = {};
  pkcs12_encryption encryption = pkcs12_encryption::modern;
  /// Rounds of key derivation, 1 to 10,000,000.
  std::uint32_t iterations = 100'000;
};

/// The key and the whole chain. `password` is UTF-8 and may be empty, which protects nothing. invalid_argument.
SIGNET_EXPORT result<std::vector<std::byte>> make_pkcs12(const identity& who, std::string_view password,
                                                         const pkcs12_options& options = {});

}  // namespace signet
