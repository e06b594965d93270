// The content of certificate extensions (RFC 5280 section 4.2) as plain data.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <signet/base/export.hpp>
#include <signet/x509/general_name.hpp>

namespace signet {

/// The key usages in the order of their bits (RFC 5280 section 4.2.1.3).
enum class key_usage : unsigned char {
  digital_signature,
  non_repudiation,
  key_encipherment,
  data_encipherment,
  key_agreement,
  key_cert_sign,
  crl_sign,
  encipher_only,
  decipher_only
};
/// The name in RFC 5280: "digitalSignature", "keyCertSign".
SIGNET_EXPORT std::string_view name(key_usage usage) noexcept;

/// An OID ("1.3.6.1.5.5.7.3.1") and OpenSSL's short name for it ("serverAuth"), which is empty where OpenSSL has none.
struct object_id {
  std::string oid = {};
  std::string name = {};

  friend bool operator==(const object_id&, const object_id&) = default;
};

/// Whether the certificate belongs to a CA (RFC 5280 section 4.2.1.9).
struct basic_constraints {
  bool is_ca = false;
  /// How many CAs may follow below this one. Absent when there is no limit.
  std::optional<std::uint32_t> path_length = {};

  friend bool operator==(const basic_constraints&, const basic_constraints&) = default;
};

/// Which key of the issuer signed the certificate (RFC 5280 section 4.2.1.1).
struct authority_key_id {
  std::vector<std::byte> key_id = {};
  std::vector<general_name> issuer = {};
  /// Hex in the form of certificate::serial_number(), or empty.
  std::string serial_number = {};

  friend bool operator==(const authority_key_id&, const authority_key_id&) = default;
};

/// Where the issuer offers more (RFC 5280 section 4.2.2.1). The method is "OCSP" or "caIssuers".
struct authority_access {
  object_id method = {};
  general_name location = {};

  friend bool operator==(const authority_access&, const authority_access&) = default;
};

/// Where a revocation list is offered (RFC 5280 section 4.2.1.13).
struct distribution_point {
  std::vector<general_name> names = {};
  /// A name relative to that of the CRL issuer, as RFC 4514 text. Empty where the certificate does not use that form.
  std::string relative_name = {};
  std::vector<general_name> crl_issuer = {};
  /// The reasons for revocation that the list covers, such as "keyCompromise". Empty stands for all reasons.
  std::vector<std::string> reasons = {};

  friend bool operator==(const distribution_point&, const distribution_point&) = default;
};

/// A policy under which the certificate was issued (RFC 5280 section 4.2.1.4).
struct certificate_policy {
  object_id policy = {};
  /// Where the practice statement is published.
  std::vector<std::string> statement_urls = {};
  /// Notices to the user, safe to print.
  std::vector<std::string> notices = {};

  friend bool operator==(const certificate_policy&, const certificate_policy&) = default;
};

/// The names that the CAs and leaves below may have. Addresses are subnets in CIDR form; DNS names and mail domains
/// have the form of RFC 5280 section 4.2.1.10.
struct name_constraints {
  std::vector<general_name> permitted = {};
  std::vector<general_name> excluded = {};

  [[nodiscard]] bool empty() const noexcept { return permitted.empty() && excluded.empty(); }
  friend bool operator==(const name_constraints&, const name_constraints&) = default;
};

/// A promise of a certificate transparency log (RFC 6962 section 3.2).
struct signed_timestamp {
  std::vector<std::byte> log_id = {};
  std::chrono::sys_time<std::chrono::milliseconds> time = {};
  /// "sha256" and "ecdsa", for example; "unknown" for a number without a name.
  std::string hash_algorithm = {};
  std::string signature_algorithm = {};
  std::vector<std::byte> signature = {};

  friend bool operator==(const signed_timestamp&, const signed_timestamp&) = default;
};

/// An extension as it stands in a certificate.
struct extension {
  object_id id = {};
  bool is_critical = false;
  /// The DER inside the octet string of the extension.
  std::vector<std::byte> value = {};

  friend bool operator==(const extension&, const extension&) = default;
};

}  // namespace signet
