// PKCS#12 (RFC 7292), the file format in which a private key travels with its certificates (".p12", ".pfx"). The
// library reads every encryption that OpenSSL knows, including the RC2 and 3DES of old files. It writes AES-256 and
// PBKDF2 with SHA-256, or on request 3DES and SHA-1 for readers that know nothing else.
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

/// What a PKCS#12 file holds.
struct pkcs12_contents {
  std::vector<private_key> keys = {};
  /// The certificate of the first key, followed by its chain as far as the file holds it, then the others in the order
  /// of the file.
  std::vector<certificate> certificates = {};
  /// The friendly name of the first key or of its certificate; in a file without a key, that of the first certificate.
  /// Safe to print. Empty when there is none.
  std::string friendly_name = {};
};

/// Reads a PKCS#12 file. The callback is asked only when neither no password nor an empty one opens the file. A file
/// that asks for more than 10,000,000 rounds of key derivation in one step, or 30,000,000 in all, is refused before
/// they are computed. not_supported means that the file is protected in a way that OpenSSL does not offer here; RC2,
/// for example, needs its legacy provider.
/// Errors: file_malformed, password_required, wrong_password, not_supported.
SIGNET_EXPORT result<pkcs12_contents> parse_pkcs12(byte_view der, const password_callback& password = {});

/// `modern` is AES-256, PBKDF2 and SHA-256; `legacy` is 3DES and SHA-1.
enum class pkcs12_encryption : unsigned char { modern, legacy };

/// How a PKCS#12 file is written.
struct pkcs12_options {
  /// UTF-8, at most 1024 octets, no character beyond U+FFFF.
  std::string friendly_name = {};
  /// Leave it `modern` unless a reader cannot open such files.
  pkcs12_encryption encryption = pkcs12_encryption::modern;
  /// Rounds of key derivation, 1 to 10,000,000. Do not lower it: fewer rounds make a password easier to guess.
  std::uint32_t iterations = 100'000;
};

/// Writes the key and the whole chain. `password` is UTF-8 of at most 1 MiB. It may be empty, which protects nothing.
/// Errors: invalid_argument, not_supported (a key that is not exportable).
SIGNET_EXPORT result<std::vector<std::byte>> make_pkcs12(const identity& who, std::string_view password,
                                                         const pkcs12_options& options = {});

/// Writes certificates alone, as a trust store: each is marked as trusted for what Java's keytool marks it.
/// Errors: invalid_argument.
SIGNET_EXPORT result<std::vector<std::byte>> make_pkcs12_trust_store(const std::vector<certificate>& trusted,
                                                                     std::string_view password,
                                                                     const pkcs12_options& options = {});

}  // namespace signet
