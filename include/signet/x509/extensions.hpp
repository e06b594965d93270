// What the extensions of a certificate say (RFC 5280 section 4.2), each as plain data.
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

/// In the order of their bits, RFC 5280 section 4.2.1.3.
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
/// "digitalSignature", "keyCertSign".
SIGNET_EXPORT std::string_view name(key_usage usage) noexcept;

/// An OID and OpenSSL's short name for it, which is empty where it has none: "1.3.6.1.5.5.7.3.1", "serverAuth".
struct object_id {
  std::string oid = {};
  std::string name = {};

  friend bool operator==(const object_id&, const object_id&) = default;
};

struct basic_constraints {
  bool is_ca = false;
  /// How many CAs may follow below this one.
  std::optional<std::uint32_t> path_length = {};

  friend bool operator==(const basic_constraints&, const basic_constraints&) = default;
};

struct authority_key_id {
  std::vector<std::byte> key_id = {};
  std::vector<general_name> issuer = {};
  /// Hex as of certificate::serial_number(), or empty.
  std::string serial_number = {};

  friend bool operator==(const authority_key_id&, const authority_key_id&) = default;
};

/// Where more about the issuer is to be had: method "OCSP", "caIssuers".
struct authority_access {
  object_id method = {};
  general_name location = {};

  friend bool operator==(const authority_access&, const authority_access&) = default;
};

struct distribution_point {
  std::vector<general_name> names = {};
  /// The name relative to the CRL issuer's, RFC 4514 text, where that form is used.
  std::string relative_name = {};
  std::vector<general_name> crl_issuer = {};
  /// "keyCompromise", ...; empty stands for all reasons.
  std::vector<std::string> reasons = {};

  friend bool operator==(const distribution_point&, const distribution_point&) = default;
};

struct certificate_policy {
  object_id policy = {};
  /// Where the practice statement is.
  std::vector<std::string> statement_urls = {};
  /// Notices to the user, safe to print.
  std::vector<std::string> notices = {};

  friend bool operator==(const certificate_policy&, const certificate_policy&) = default;
};

/// Addresses are subnets in CIDR form; DNS names and mail domains as RFC 5280 section 4.2.1.10 has them.
struct name_constraints {
  std::vector<general_name> permitted = {};
  std::vector<general_name> excluded = {};

  [[nodiscard]] bool empty() const noexcept { return permitted.empty() && excluded.empty(); }
  friend bool operator==(const name_constraints&, const name_constraints&) = default;
};

/// A certificate transparency log's promise (RFC 6962 section 3.2).
struct signed_timestamp {
  std::vector<std::byte> log_id = {};
  std::chrono::sys_time<std::chrono::milliseconds> time = {};
  /// "sha256", "ecdsa"; "unknown" for numbers without a name.
  std::string hash_algorithm = {};
  std::string signature_algorithm = {};
  std::vector<std::byte> signature = {};

  friend bool operator==(const signed_timestamp&, const signed_timestamp&) = default;
};

/// Any extension as it stands in a certificate.
struct extension {
  object_id id = {};
  bool is_critical = false;
  /// The DER inside the extension's octet string.
  std::vector<std::byte> value = {};

  friend bool operator==(const extension&, const extension&) = default;
};

}  // namespace signet
