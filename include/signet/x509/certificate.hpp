// An X.509 certificate as a value: parsed once, immutable, shared by copies and threads. Text that comes out of one is
// safe to print: control characters in names are escaped.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <signet/base/bytes.hpp>
#include <signet/base/result.hpp>

namespace signet {

class SIGNET_EXPORT certificate {
 public:
  /// The one certificate in a PEM text. Text around it is skipped, a second certificate is an error (see
  /// parse_certificates). file_malformed.
  static result<certificate> from_pem(std::string_view pem);
  /// Exactly one DER certificate, nothing after it. file_malformed.
  static result<certificate> from_der(byte_view der);

  /// RFC 4514 text of the subject, most specific first; empty when the subject is.
  [[nodiscard]] std::string subject() const;
  [[nodiscard]] std::string issuer() const;
  /// The last common name of the subject, or empty. For display: it identifies nobody.
  [[nodiscard]] std::string common_name() const;
  /// Lower-case hex without separators.
  [[nodiscard]] std::string serial_number() const;
  /// Both inclusive, RFC 5280 section 4.1.2.5.
  [[nodiscard]] std::chrono::sys_seconds not_before() const;
  [[nodiscard]] std::chrono::sys_seconds not_after() const;
  /// subjectAltName entries of type dNSName, as written.
  [[nodiscard]] std::vector<std::string> dns_names() const;
  /// subjectAltName entries of type iPAddress, as text ("192.0.2.1", "2001:db8::1").
  [[nodiscard]] std::vector<std::string> ip_addresses() const;
  /// "RSA 2048", "EC P-256", "Ed25519".
  [[nodiscard]] std::string public_key_type() const;
  [[nodiscard]] bool is_self_issued() const;
  [[nodiscard]] std::array<std::uint8_t, 32> fingerprint_sha256() const;

  [[nodiscard]] std::vector<std::byte> der() const;
  [[nodiscard]] std::string pem() const;

  /// Equal when the encodings are.
  bool operator==(const certificate& other) const noexcept;

  struct impl;
  explicit certificate(std::shared_ptr<const impl> parsed) noexcept;
  [[nodiscard]] const impl& get() const noexcept { return *impl_; }

 private:
  std::shared_ptr<const impl> impl_;
};

/// Every certificate of a PEM text in its order. One that is broken is an error that names its place, never a shorter
/// list; none at all is file_malformed.
SIGNET_EXPORT result<std::vector<certificate>> parse_certificates(std::string_view pem);
/// The same from a file: PEM, or a single DER certificate, detected by content. Files over 64 MiB are refused.
/// file_not_readable, file_too_large, file_malformed.
SIGNET_EXPORT result<std::vector<certificate>> load_certificates(const std::filesystem::path& file);

/// "2026-11-21T08:00:00Z", RFC 3339.
SIGNET_EXPORT std::string to_rfc3339(std::chrono::sys_seconds when);
/// Two hex digits a byte, lower case.
SIGNET_EXPORT std::string to_hex(byte_view bytes);

}  // namespace signet
