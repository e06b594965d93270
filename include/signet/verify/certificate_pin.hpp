// A certificate or a public key that is known beforehand by its digest. verify_options says what a match means.
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
  /// Parses "sha256$HEX" for a certificate or "sha256$pub$HEX" for the bits of its public key, with any digest that
  /// OpenSSL offers. HEX alone is the MD5, SHA-1 or SHA-256 of a certificate, by its length. Case does not matter, and
  /// colons may stand between octets.
  /// Errors: invalid_argument, not_supported.
  static result<certificate_pin> parse(std::string_view text);

  /// Whether `cert` has this digest.
  [[nodiscard]] bool matches(const certificate& cert) const;
  /// The long form in lower case without colons.
  [[nodiscard]] std::string text() const;
  /// The text() of the pin of the same form that `cert` matches.
  [[nodiscard]] std::string text_for(const certificate& cert) const;

  friend bool operator==(const certificate_pin&, const certificate_pin&) = default;

 private:
  certificate_pin() = default;
  [[nodiscard]] std::string text_with(byte_view value) const;

  std::string digest_;
  fingerprint_of part_ = fingerprint_of::certificate;
  std::vector<std::byte> value_;
};

}  // namespace signet
