// A certificate revocation list (RFC 5280 section 5) as a value: which certificates of an issuer no longer count. A
// list is immutable and shared by copies and threads.
//
// Deliberately absent: fetching lists from the network.
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
#include <signet/x509/certificate.hpp>
#include <signet/x509/distinguished_name.hpp>
#include <signet/x509/extensions.hpp>

namespace signet {

/// The reasons with their numbers in RFC 5280 section 5.3.1.
enum class revocation_reason : std::uint8_t {
  unspecified = 0,
  key_compromise = 1,
  ca_compromise = 2,
  affiliation_changed = 3,
  superseded = 4,
  cessation_of_operation = 5,
  certificate_hold = 6,
  remove_from_crl = 8,
  privilege_withdrawn = 9,
  aa_compromise = 10
};
/// The name in RFC 5280: "keyCompromise".
SIGNET_EXPORT std::string_view name(revocation_reason reason) noexcept;

/// An entry of a list.
struct revoked_certificate {
  /// Hex in the form of certificate::serial_number().
  std::string serial_number = {};
  std::chrono::sys_seconds revoked_at = {};
  /// A number that RFC 5280 does not define is read as unspecified.
  revocation_reason reason = revocation_reason::unspecified;
  /// When the key is known or suspected to have been lost.
  std::optional<std::chrono::sys_seconds> invalid_since = {};
  /// The issuer of the certificate as RFC 4514 text, where an indirect list names it. Empty stands for the issuer of
  /// the list.
  std::string issuer = {};

  friend bool operator==(const revoked_certificate&, const revoked_certificate&) = default;
};

class SIGNET_EXPORT crl {
 public:
  /// Reads the one list in a PEM text, with all of its entries. A reason or date that cannot be read and an unknown
  /// version are errors.
  /// Errors: file_malformed.
  static result<crl> from_pem(std::string_view pem);
  /// Reads exactly one list in DER, by the same rules.
  /// Errors: file_malformed.
  static result<crl> from_der(byte_view der);

  [[nodiscard]] distinguished_name issuer_name() const;
  /// The issuer as RFC 4514 text.
  [[nodiscard]] std::string issuer() const;
  [[nodiscard]] std::chrono::sys_seconds this_update() const;
  /// When the next list is due. RFC 5280 demands the date; without it nobody can see that the list is stale.
  [[nodiscard]] std::optional<std::chrono::sys_seconds> next_update() const;
  /// The CRL number in hex, or empty.
  [[nodiscard]] std::string number() const;
  /// All entries in the order of the list.
  [[nodiscard]] std::vector<revoked_certificate> entries() const;
  [[nodiscard]] std::size_t size() const noexcept;
  /// The entry of a certificate, found by serial number and issuer with a binary search. None when the certificate is
  /// not listed. In a delta list the reason remove_from_crl means that the certificate is no longer revoked.
  [[nodiscard]] std::optional<revoked_certificate> find(const certificate& cert) const;
  /// Whether the list holds only the changes to a complete list (section 5.2.4).
  [[nodiscard]] bool is_delta() const;
  /// Whether the list also covers certificates of other issuers (section 5.2.5).
  [[nodiscard]] bool is_indirect() const;
  /// Whether `issuer` has the name of the list's issuer, may sign lists, and made the signature.
  [[nodiscard]] bool is_signed_by(const certificate& issuer) const;
  /// OpenSSL's short name of the algorithm, or its OID.
  [[nodiscard]] std::string signature_algorithm() const;
  /// The extensions of the list itself, known to the library or not, in their order.
  [[nodiscard]] std::vector<extension> extensions() const;
  /// The critical extensions of the list and of its entries that the library does not know. A list with such an
  /// extension proves nothing about any certificate (sections 5.2 and 5.3).
  [[nodiscard]] std::vector<object_id> unknown_critical_extensions() const;

  [[nodiscard]] std::array<std::uint8_t, 32> fingerprint_sha256() const;
  [[nodiscard]] std::vector<std::byte> der() const;
  [[nodiscard]] std::string pem() const;

 private:
  friend struct detail::access;
  struct impl;
  explicit crl(std::shared_ptr<const impl> parsed) noexcept;

  std::shared_ptr<const impl> impl_;
};

/// Reads every list of a PEM text in its order, or a single list in DER. A broken list is an error that names its
/// place, and so is a text without a list.
/// Errors: file_malformed.
SIGNET_EXPORT result<std::vector<crl>> parse_crls(byte_view content);
/// Reads the same from a file.
/// Errors: file_not_readable, file_too_large, file_malformed.
SIGNET_EXPORT result<std::vector<crl>> load_crls(const std::filesystem::path& file);
/// Reads the lists in the files of a folder whose names end in ".crl" or are OpenSSL's hashed names ("5ad8a5d6.r0"). A
/// list that stands there twice is returned once. A folder without lists gives an empty vector; a broken list is an
/// error.
/// Errors: file_not_readable, file_too_large, file_malformed.
SIGNET_EXPORT result<std::vector<crl>> load_crl_directory(const std::filesystem::path& folder);

}  // namespace signet
