// An X.509 certificate as a value: parsed once, immutable, shared by copies and threads. Only strict DER is accepted.
// Text taken out of a certificate is safe to print: control characters in names are escaped.
//
// Deliberately absent: a judgement. Parsing checks neither signature nor dates; verify_peer() does.
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

/// The part of a certificate that a fingerprint covers: the whole certificate; the bits of its public key, as in key
/// identifiers (RFC 5280 section 4.2.1.2) and Perl's `pub$`; or its SubjectPublicKeyInfo, as in RFC 7469 and curl's
/// --pinnedpubkey.
enum class fingerprint_of : unsigned char { certificate, public_key, public_key_info };

class SIGNET_EXPORT certificate {
 public:
  /// Reads the one certificate in a PEM text and skips everything around it. A second certificate is an error;
  /// parse_certificates() reads several.
  /// Errors: file_malformed.
  static result<certificate> from_pem(std::string_view pem);
  /// Reads exactly one DER certificate with nothing after it.
  /// Errors: file_malformed.
  static result<certificate> from_der(byte_view der);

  /// 1 to 3, or 0 when the certificate holds another number.
  [[nodiscard]] int version() const;
  /// The subject as RFC 4514 text, the most specific attribute first. Empty when the subject is empty.
  [[nodiscard]] std::string subject() const;
  /// The issuer in the same form.
  [[nodiscard]] std::string issuer() const;
  [[nodiscard]] distinguished_name subject_name() const;
  [[nodiscard]] distinguished_name issuer_name() const;
  /// Common names of the subject, or empty: the first is what a hostname_scheme that consults one compares; the last is
  /// the most specific. Use them for display only: they identify nobody.
  [[nodiscard]] std::string first_common_name() const;
  [[nodiscard]] std::string last_common_name() const;
  /// Lower-case hex without separators, two digits an octet. A negative number begins with '-'.
  [[nodiscard]] std::string serial_number() const;
  /// The first and the last second in which the certificate is valid (RFC 5280 section 4.1.2.5). Where a date cannot be
  /// read, they stand for the years 9999 and 0, so that the certificate is valid at no time.
  [[nodiscard]] std::chrono::sys_seconds not_before() const;
  [[nodiscard]] std::chrono::sys_seconds not_after() const;
  /// The subjectAltName entries of type dNSName, as they are written.
  [[nodiscard]] std::vector<std::string> dns_names() const;
  /// The subjectAltName entries of type iPAddress as text ("192.0.2.1", "2001:db8::1").
  [[nodiscard]] std::vector<std::string> ip_addresses() const;
  /// All subjectAltName entries in their order.
  [[nodiscard]] std::vector<general_name> alternative_names() const;
  /// The kind and size of the public key: "RSA 2048", "EC P-256", "Ed25519". "unknown" when the key cannot be read.
  [[nodiscard]] std::string public_key_type() const;
  /// The SubjectPublicKeyInfo in DER.
  [[nodiscard]] std::vector<std::byte> public_key_der() const;
  /// The algorithm of the issuer's signature, such as "ecdsa-with-SHA256".
  [[nodiscard]] object_id signature_algorithm() const;
  [[nodiscard]] std::vector<std::byte> signature() const;

  // Extensions. One that is absent or cannot be read gives an empty value; broken_extensions() lists those that cannot
  // be read.
  [[nodiscard]] std::optional<signet::basic_constraints> basic_constraints() const;
  [[nodiscard]] std::optional<std::vector<signet::key_usage>> key_usage() const;
  [[nodiscard]] std::vector<object_id> extended_key_usage() const;
  [[nodiscard]] std::vector<std::byte> subject_key_id() const;
  [[nodiscard]] std::optional<signet::authority_key_id> authority_key_id() const;
  [[nodiscard]] std::vector<signet::authority_access> authority_access() const;
  /// The http and https URLs of OCSP responders, of the issuer's certificate and of revocation lists, as
  /// authority_access() and crl_distribution_points() hold them.
  [[nodiscard]] std::vector<std::string> ocsp_urls() const;
  [[nodiscard]] std::vector<std::string> ca_issuer_urls() const;
  [[nodiscard]] std::vector<std::string> crl_urls() const;
  [[nodiscard]] std::vector<distribution_point> crl_distribution_points() const;
  [[nodiscard]] std::vector<certificate_policy> policies() const;
  [[nodiscard]] std::optional<signet::name_constraints> name_constraints() const;
  [[nodiscard]] std::vector<signed_timestamp> signed_timestamps() const;
  /// Whether the server has to staple an OCSP response (RFC 7633).
  [[nodiscard]] bool must_staple() const;
  /// All extensions, known to the library or not, in their order.
  [[nodiscard]] std::vector<extension> extensions() const;
  /// The extensions that the library knows and cannot read, and those that occur twice.
  [[nodiscard]] std::vector<object_id> broken_extensions() const;

  /// Whether subject and issuer are equal. The signature is not checked.
  [[nodiscard]] bool is_self_issued() const;
  /// The SHA-256 digest of the whole certificate.
  [[nodiscard]] std::array<std::uint8_t, 32> fingerprint_sha256() const;
  /// The digest of one part. `digest` is the name of any digest that OpenSSL offers ("sha256", "SHA3-256", "md5").
  /// Errors: not_supported.
  [[nodiscard]] result<std::vector<std::byte>> fingerprint(std::string_view digest,
                                                           fingerprint_of part = fingerprint_of::certificate) const;

  [[nodiscard]] std::vector<std::byte> der() const;
  [[nodiscard]] std::string pem() const;

  /// Two certificates are equal when their encodings are equal.
  bool operator==(const certificate& other) const noexcept;

 private:
  friend struct detail::access;
  struct impl;
  explicit certificate(std::shared_ptr<const impl> parsed) noexcept;

  std::shared_ptr<const impl> impl_;
};

/// Reads every certificate of a PEM text in its order, those in PKCS#7 included. A broken one is an error that names
/// its place, and so is a text without a certificate: the list is never shortened.
/// Errors: file_malformed.
SIGNET_EXPORT result<std::vector<certificate>> parse_certificates(std::string_view pem);
/// Reads the same from a file in PEM, a PKCS#7 file in DER, or a single DER certificate; the content decides which. A
/// file over 64 MiB is refused. load_x509() also reads PKCS#12.
/// Errors: file_not_readable, file_too_large, file_malformed.
SIGNET_EXPORT result<std::vector<certificate>> load_certificates(const std::filesystem::path& file);

/// RFC 3339 in UTC: "2026-11-21T08:00:00Z".
SIGNET_EXPORT std::string to_rfc3339(std::chrono::sys_seconds when);
/// The value of an extension as OpenSSL prints it, on one or more lines, safe to print. Where OpenSSL cannot print it,
/// the value in hex.
SIGNET_EXPORT std::string printed(const extension& e);
/// Two lower-case hex digits for each octet.
SIGNET_EXPORT std::string to_hex(byte_view bytes);
/// The octets that pairs of hex digits stand for, in either case. Nothing if the text is something else.
SIGNET_EXPORT std::optional<std::string> from_hex(std::string_view text);

}  // namespace signet
