// Makes certificates that the strictest reader accepts: version 3, a random 128-bit serial number, subject and
// authority key identifiers, critical basic constraints and key usage, names as subjectAltName, and a start that is
// backdated by one hour for clocks that are behind. A new certificate needs a key of at least 112 bits of security (RSA
// 2048).
//
// What cannot be made as asked is an error; nothing is dropped.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <signet/base/result.hpp>
#include <signet/x509/certificate.hpp>
#include <signet/x509/distinguished_name.hpp>
#include <signet/x509/extensions.hpp>
#include <signet/x509/general_name.hpp>
#include <signet/x509/identity.hpp>
#include <signet/x509/private_key.hpp>

namespace signet {

/// What a leaf is for. The purpose sets the extended key usage and the key usage that goes with it.
enum class certificate_purpose : unsigned char { server, client, code_signing, email, time_stamping, ocsp_signing };

/// Whether a certificate demands that its server staples an OCSP response (RFC 7633).
enum class stapling : unsigned char { optional, required };

/// An extension that certificate_options has no field for. Its value is either DER or text in the notation of OpenSSL's
/// x509v3_config(5) ("DER:0500", "ASN1:UTF8String:hello"). The text cannot contain "critical", and it cannot refer to
/// sections and files. An extension that the other options already produce is refused.
struct further_extension {
  /// A dotted OID, or OpenSSL's short name ("nsComment").
  std::string id = {};
  bool is_critical = false;
  std::vector<std::byte> der = {};
  std::string text = {};
};

/// What a new certificate contains. Options that contradict each other are refused with invalid_argument.
struct certificate_options {
  /// The common name, at most 64 characters. A CA needs one, or a whole `subject`. Where a leaf has none, the builder
  /// takes its first DNS name or address.
  std::string common_name = {};
  /// At most 64 characters.
  std::string organization = {};
  /// The whole subject, in place of the two fields above. Leave it empty unless the subject needs other attributes.
  distinguished_name subject = {};
  /// For leaves. An IDN becomes A-labels; "*.example.org" is allowed.
  std::vector<std::string> dns_names = {};
  std::vector<std::string> ip_addresses = {};
  /// Names of other kinds (mail addresses, URIs), which follow the two above in the certificate.
  std::vector<general_name> other_names = {};

  /// For leaves; a CA ignores them.
  std::vector<certificate_purpose> purposes = {certificate_purpose::server};
  /// Replaces the key usage that follows from the purposes and the kind of key. Leave it empty unless a reader asks for
  /// other bits.
  std::vector<key_usage> key_usages = {};
  /// OIDs or OpenSSL's short names, in addition to those of `purposes`. A CA has only these.
  std::vector<std::string> extended_key_usages = {};

  /// 0 stands for 90 days for a leaf and 3650 days for a CA. A lifetime that goes past the end of the issuer's
  /// certificate is cut to it.
  std::chrono::days lifetime = {};
  /// The time at which the certificate is made; the clock's time when absent. Leave it absent except in tests.
  std::optional<std::chrono::sys_seconds> at = {};
  /// The exact period in place of `lifetime` and `at`: set both ends, which are inclusive. The period has to lie within
  /// that of the issuer. Prefer `lifetime`: an exact period is not backdated.
  std::optional<std::chrono::sys_seconds> not_before = {};
  std::optional<std::chrono::sys_seconds> not_after = {};

  /// For CAs: how many CAs may follow below this one. Leave it 0 for a CA that issues leaves only.
  std::uint32_t path_length = 0;
  /// For CAs: the names that the CA may issue for.
  name_constraints constraints = {};

  /// http or https URLs of OCSP responders, of the issuer's certificate, and of the issuer's revocation list.
  std::vector<std::string> ocsp_urls = {};
  std::vector<std::string> ca_issuer_urls = {};
  std::vector<std::string> crl_urls = {};
  /// Dotted OIDs or OpenSSL's short names.
  std::vector<std::string> policies = {};
  /// For leaves. Leave it `optional` unless every server with this certificate staples: strict clients refuse the
  /// others.
  stapling staple = stapling::optional;
  std::vector<further_extension> extensions = {};

  /// A number of 1 to 20 octets, the most significant first, not zero; 20 octets begin with a clear bit (RFC 5280
  /// section 4.1.2.2). Leave it empty for a random number.
  std::vector<std::byte> serial_number = {};
  /// "sha256", "sha384", "sha512", "sha3-256" and so on. Leave it empty for a digest that fits the issuer's key. A
  /// digest of less than 112 bits of security (SHA-1) is refused.
  std::string digest = {};
};

/// Makes a self-signed CA.
/// Errors: invalid_argument, invalid_name, not_supported.
SIGNET_EXPORT result<identity> make_ca(const certificate_options& options, private_key key);
/// Issues an intermediate CA under `ca`. If `ca` has a path length, that of the new CA has to be smaller. The chain of
/// the result is the new certificate, followed by the chain of `ca` without its root.
/// Errors: invalid_argument, invalid_name, not_supported.
SIGNET_EXPORT result<identity> issue_ca(const certificate_options& options, private_key key, const identity& ca);
/// Issues a leaf under `ca`. The chain of the result is the leaf, followed by the chain of `ca` without its root. A
/// server certificate needs at least one name; a certificate for other purposes needs a name or a subject. A
/// certificate for time stamping (whose extended key usage is critical, RFC 3161) or for OCSP signing (which is marked
/// as not to be checked itself, RFC 6960 section 4.2.2.2.1) has no other purpose. invalid_name is also the code for
/// names that the constraints of a CA above exclude.
/// Errors: invalid_argument, invalid_name, not_supported.
SIGNET_EXPORT result<identity> issue_certificate(const certificate_options& options, private_key key,
                                                 const identity& ca);
/// Makes a self-signed leaf, for tests and first steps. A client has to be given the certificate itself as its trust.
/// Errors: invalid_argument, invalid_name, not_supported.
SIGNET_EXPORT result<identity> make_self_signed(const certificate_options& options, private_key key);

/// What a renewal changes.
struct renewal_options {
  /// 0 stands for the lifetime of the old certificate.
  std::chrono::days lifetime = {};
  /// The time of the renewal; the clock's time when absent. Leave it absent except in tests.
  std::optional<std::chrono::sys_seconds> at = {};
};
/// Issues a certificate again for a new period and under a new serial number. Subject, names, purposes and all other
/// extensions stay. The key identifiers are those of `key`, which may be new, and of `ca`; the key usage is adapted
/// when `key` is of another kind. Timestamps of logs are left out, because they vouch for the old certificate. Only a
/// self-signed certificate is renewed with a null `ca`.
/// Errors: invalid_argument.
SIGNET_EXPORT result<identity> renew_certificate(const certificate& old, private_key key, const identity* ca = nullptr,
                                                 const renewal_options& options = {});

}  // namespace signet
