// Certificate revocation lists (RFC 5280 section 5): which certificates of an issuer no longer count, as a value that
// is immutable and shared by copies and threads.
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

/// The numbers of RFC 5280 section 5.3.1.
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
/// "keyCompromise".
SIGNET_EXPORT std::string_view name(revocation_reason reason) noexcept;

struct revoked_certificate {
  /// Hex as of certificate::serial_number().
  std::string serial_number = {};
  std::chrono::sys_seconds revoked_at = {};
  revocation_reason reason = revocation_reason::unspecified;
  /// When the key is known or thought to have been lost.
  std::optional<std::chrono::sys_seconds> invalid_since = {};
  /// Who issued the certificate, RFC 4514 text, where an indirect list names it; empty for the list's own issuer.
  std::string issuer = {};

  friend bool operator==(const revoked_certificate&, const revoked_certificate&) = default;
};

class SIGNET_EXPORT crl {
 public:
  /// The one list in a text. Each entry has been read then: one with a reason or a date that cannot be, or a list of an
  /// unknown version, is an error. file_malformed.
  static result<crl> from_pem(std::string_view pem);
  static result<crl> from_der(byte_view der);

  [[nodiscard]] distinguished_name issuer_name() const;
  /// RFC 4514 text.
  [[nodiscard]] std::string issuer() const;
  [[nodiscard]] std::chrono::sys_seconds this_update() const;
  /// RFC 5280 demands one; absent, the list cannot be told to be stale.
  [[nodiscard]] std::optional<std::chrono::sys_seconds> next_update() const;
  /// The CRL number in hex, or empty.
  [[nodiscard]] std::string number() const;
  /// In the order of the list.
  [[nodiscard]] std::vector<revoked_certificate> entries() const;
  [[nodiscard]] std::size_t size() const noexcept;
  /// The entry of a certificate, by serial number and issuer, quickly; none when it does not stand here. In a delta
  /// list the reason remove_from_crl says that it is revoked no longer.
  [[nodiscard]] std::optional<revoked_certificate> find(const certificate& cert) const;
  /// Holds changes to a complete list only (section 5.2.4).
  [[nodiscard]] bool is_delta() const;
  /// Also speaks for other issuers (section 5.2.5).
  [[nodiscard]] bool is_indirect() const;
  /// Whether the key of `issuer` made the signature, and `issuer` has the list's name and may sign lists.
  [[nodiscard]] bool is_signed_by(const certificate& issuer) const;
  [[nodiscard]] std::string signature_algorithm() const;
  /// Those of the list itself, known or not, in their order.
  [[nodiscard]] std::vector<extension> extensions() const;
  /// Critical ones that are not known here, of the list and of its entries: such a list proves nothing about any
  /// certificate (sections 5.2 and 5.3).
  [[nodiscard]] std::vector<object_id> unknown_critical_extensions() const;

  [[nodiscard]] std::array<std::uint8_t, 32> fingerprint_sha256() const;
  [[nodiscard]] std::vector<std::byte> der() const;
  [[nodiscard]] std::string pem() const;

  struct impl;
  explicit crl(std::shared_ptr<const impl> parsed) noexcept;
  [[nodiscard]] const impl& get() const noexcept { return *impl_; }

 private:
  std::shared_ptr<const impl> impl_;
};

/// Every list of a PEM text, or one in DER, in order; a broken one is an error that names its place. file_malformed,
/// and file_not_readable and file_too_large for files.
SIGNET_EXPORT result<std::vector<crl>> parse_crls(byte_view content);
SIGNET_EXPORT result<std::vector<crl>> load_crls(const std::filesystem::path& file);
/// The lists in the files of a folder that end in ".crl" or have OpenSSL's hashed names ("5ad8a5d6.r0"); none is no
/// error, a broken one is. file_not_readable besides.
SIGNET_EXPORT result<std::vector<crl>> load_crl_directory(const std::filesystem::path& folder);

}  // namespace signet
