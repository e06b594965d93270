// Makes certificates that the strictest reader accepts: version 3, a random 128-bit serial number, subject and
// authority key identifiers, critical basic constraints and key usage, names as subjectAltName, the start backdated one
// hour for clocks that are behind. What cannot be made as asked is an error; nothing is dropped.
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

/// What a leaf is for: its extended key usage, and the key usage that goes with it.
enum class certificate_purpose : unsigned char { server, client, code_signing, email, time_stamping, ocsp_signing };

/// Whether a certificate asks its server to staple an OCSP answer (RFC 7633).
enum class stapling : unsigned char { optional, required };

/// An extension that has no field of its own. Its value is either DER, or text in the notation of OpenSSL's
/// x509v3_config(5) ("DER:0500", "ASN1:UTF8String:hello"), without "critical", and without sections and files to refer
/// to. One that is made already is refused.
struct further_extension {
  /// A dotted OID or OpenSSL's short name ("nsComment").
  std::string id = {};
  bool is_critical = false;
  std::vector<std::byte> der = {};
  std::string text = {};
};

struct certificate_options {
  /// Common name; a CA needs one. A leaf without one takes its first DNS name or address.
  std::string common_name = {};
  std::string organization = {};
  /// The whole subject, instead of the two above.
  distinguished_name subject = {};
  /// IDNs become A-labels; "*.example.org" is allowed. invalid_name otherwise.
  std::vector<std::string> dns_names = {};
  std::vector<std::string> ip_addresses = {};
  /// Names of the other kinds (mail addresses, URIs); they follow the two above.
  std::vector<general_name> other_names = {};

  std::vector<certificate_purpose> purposes = {certificate_purpose::server};
  /// Instead of the key usage that follows from the purposes and the kind of key.
  std::vector<key_usage> key_usages = {};
  /// OIDs or OpenSSL's short names, beside those of the purposes; a CA has these only.
  std::vector<std::string> extended_key_usages = {};

  /// 0 stands for 90 days for a leaf and 3650 for a CA.
  std::chrono::days lifetime = {};
  /// The time the certificate is made at; the clock's when absent.
  std::optional<std::chrono::sys_seconds> at = {};
  /// The period itself, both together and instead of the two above; both ends inclusive.
  std::optional<std::chrono::sys_seconds> not_before = {};
  std::optional<std::chrono::sys_seconds> not_after = {};

  /// CAs only: how many CAs may follow below this one.
  std::uint32_t path_length = 0;
  /// CAs only: the names it may issue for.
  name_constraints constraints = {};

  /// http URLs of OCSP responders, of the issuer's certificate, of its CRL.
  std::vector<std::string> ocsp_urls = {};
  std::vector<std::string> ca_issuer_urls = {};
  std::vector<std::string> crl_urls = {};
  /// Dotted OIDs.
  std::vector<std::string> policies = {};
  stapling staple = stapling::optional;
  std::vector<further_extension> extensions = {};

  /// A number of 1 to 20 octets, the most significant first; 20 of them begin with a clear bit (RFC 5280 section
  /// 4.1.2.2). Empty for a random one.
  std::vector<std::byte> serial_number = {};
  /// "sha256", "sha384", "sha512", "sha3-256", ...; empty for one as strong as the issuer's key. Digests too weak to
  /// sign with are refused.
  std::string digest = {};
};

/// A self-signed CA.
SIGNET_EXPORT result<identity> make_ca(const certificate_options& options, private_key key);
/// An intermediate CA under `ca`, whose own path length has to allow it and is not exceeded. The chain as below.
SIGNET_EXPORT result<identity> issue_ca(const certificate_options& options, private_key key, const identity& ca);
/// A leaf issued by `ca`, whose chain is the leaf and the CA's own chain below its root. The leaf does not outlive the
/// CA. At least one name is needed, and a key of 112 bits of security (RSA 2048). Certificates for time stamping (whose
/// extended key usage is critical, RFC 3161) and for OCSP signing (which are not looked up, RFC 6960) have no other
/// purpose. invalid_argument; invalid_name, also for names that the constraints of a CA exclude.
SIGNET_EXPORT result<identity> issue_certificate(const certificate_options& options, private_key key,
                                                 const identity& ca);
/// A self-signed leaf, for tests and first steps: a client has to be given the certificate itself as its trust.
SIGNET_EXPORT result<identity> make_self_signed(const certificate_options& options, private_key key);

struct renewal_options {
  /// 0 stands for as long as the old one.
  std::chrono::days lifetime = {};
  std::optional<std::chrono::sys_seconds> at = {};
};
/// The same certificate again, for a new period and under a new serial number: subject, names, purposes and all
/// extensions as they were, key identifiers those of `key` (which may be a new one) and of `ca`, the key usage adapted
/// to a new kind of key. Timestamps of logs are left out: they are for the old one. A self-signed certificate is
/// renewed without `ca`. invalid_argument.
SIGNET_EXPORT result<identity> renew_certificate(const certificate& old, private_key key, const identity* ca = nullptr,
                                                 const renewal_options& options = {});

}  // namespace signet
