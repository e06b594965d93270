// A certificate or a public key known beforehand, by its digest. What a match means is told where pins are given: see
// verify_options.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <signet/base/result.hpp>
#include <signet/x509/certificate.hpp>

namespace signet {

class SIGNET_EXPORT certificate_pin {
 public:
  /// "sha256$HEX" for the certificate, "sha256$pub$HEX" for the bits of its public key; any digest OpenSSL has. HEX
  /// alone is the certificate's MD5, SHA-1 or SHA-256 by its length. Case does not matter, colons may stand between
  /// octets. invalid_argument, not_supported.
  static result<certificate_pin> parse(std::string_view text);

  [[nodiscard]] bool matches(const certificate& cert) const;
  /// In the long form, lower case, without colons.
  [[nodiscard]] std::string text() const;

  friend bool operator==(const certificate_pin&, const certificate_pin&) = default;

 private:
  certificate_pin() = default;

  std::string digest_;
  fingerprint_of part_ = fingerprint_of::certificate;
  std::vector<std::byte> value_;
};

}  // namespace signet
