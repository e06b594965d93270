// An X.509 certificate as a value: parsed once, immutable, shared by copies and threads. Text that comes out of one is
// safe to print: control characters in names are escaped.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <signet/base/bytes.hpp>
#include <signet/base/result.hpp>
#include <signet/x509/distinguished_name.hpp>
#include <signet/x509/extensions.hpp>
#include <signet/x509/general_name.hpp>

namespace signet {

/// What a fingerprint is taken of: the whole certificate; the bits of its public key (Perl's `pub$`, and key
/// identifiers by RFC 5280 section 4.2.1.2); or its SubjectPublicKeyInfo (RFC 7469, curl's --pinnedpubkey).
enum class fingerprint_of : unsigned char { certificate, public_key, public_key_info };

class SIGNET_EXPORT certificate {
 public:
  /// The one certificate in a PEM text. Text around it is skipped, a second certificate is an error (see
  /// parse_certificates). file_malformed.
  static result<certificate> from_pem(std::string_view pem);
  /// Exactly one DER certificate, nothing after it. file_malformed.
  static result<certificate> from_der(byte_view der);

  /// 1 to 3; 0 for a number that is none of these.
  [[nodiscard]] int version() const;
  /// RFC 4514 text of the subject, most specific first; empty when the subject is.
  [[nodiscard]] std::string subject() const;
  [[nodiscard]] std::string issuer() const;
  [[nodiscard]] distinguished_name subject_name() const;
  [[nodiscard]] distinguished_name issuer_name() const;
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
  /// All subjectAltName entries, in their order.
  [[nodiscard]] std::vector<general_name> alternative_names() const;
  /// "RSA 2048", "EC P-256", "Ed25519".
  [[nodiscard]] std::string public_key_type() const;
  /// The SubjectPublicKeyInfo in DER.
  [[nodiscard]] std::vector<std::byte> public_key_der() const;
  /// "ecdsa-with-SHA256".
  [[nodiscard]] object_id signature_algorithm() const;
  [[nodiscard]] std::vector<std::byte> signature() const;

  // Extensions. One that is absent, or cannot be read, gives nothing; broken_extensions() tells the two apart.
  [[nodiscard]] std::optional<signet::basic_constraints> basic_constraints() const;
  [[nodiscard]] std::optional<std::vector<signet::key_usage>> key_usage() const;
  [[nodiscard]] std::vector<object_id> extended_key_usage() const;
  [[nodiscard]] std::vector<std::byte> subject_key_id() const;
  [[nodiscard]] std::optional<signet::authority_key_id> authority_key_id() const;
  [[nodiscard]] std::vector<signet::authority_access> authority_access() const;
  /// The http and https URLs out of authority_access() and crl_distribution_points().
  [[nodiscard]] std::vector<std::string> ocsp_urls() const;
  [[nodiscard]] std::vector<std::string> ca_issuer_urls() const;
  [[nodiscard]] std::vector<std::string> crl_urls() const;
  [[nodiscard]] std::vector<distribution_point> crl_distribution_points() const;
  [[nodiscard]] std::vector<certificate_policy> policies() const;
  [[nodiscard]] std::optional<signet::name_constraints> name_constraints() const;
  [[nodiscard]] std::vector<signed_timestamp> signed_timestamps() const;
  /// Its server has to staple an OCSP answer (RFC 7633).
  [[nodiscard]] bool must_staple() const;
  /// All of them, known or not, in their order.
  [[nodiscard]] std::vector<extension> extensions() const;
  /// Those known here whose value cannot be read, and those that stand there twice.
  [[nodiscard]] std::vector<object_id> broken_extensions() const;

  [[nodiscard]] bool is_self_issued() const;
  [[nodiscard]] std::array<std::uint8_t, 32> fingerprint_sha256() const;
  /// Any digest OpenSSL has, by its name ("sha256", "SHA3-256", "md5"). not_supported for what it has not.
  [[nodiscard]] result<std::vector<std::byte>> fingerprint(std::string_view digest,
                                                           fingerprint_of part = fingerprint_of::certificate) const;

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
/// file_not_readable, file_too_large, file_malformed. For PKCS#12 see load_x509().
SIGNET_EXPORT result<std::vector<certificate>> load_certificates(const std::filesystem::path& file);

/// "2026-11-21T08:00:00Z", RFC 3339.
SIGNET_EXPORT std::string to_rfc3339(std::chrono::sys_seconds when);
/// An extension's value as OpenSSL prints it, on one or more lines, safe to print; hex where it knows no better.
SIGNET_EXPORT std::string printed(const extension& e);
/// Two hex digits a byte, lower case.
SIGNET_EXPORT std::string to_hex(byte_view bytes);

}  // namespace signet
