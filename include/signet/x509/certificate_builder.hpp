// Makes certificates that the strictest reader accepts: version 3, a random 128-bit serial number, subject and
// authority key identifiers, critical basic constraints and key usage, names as subjectAltName, the start backdated one
// hour for clocks that are behind.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <signet/base/result.hpp>
#include <signet/x509/certificate.hpp>
#include <signet/x509/identity.hpp>
#include <signet/x509/private_key.hpp>

namespace signet {

enum class certificate_purpose : unsigned char { server, client };

struct certificate_request_options {
  /// Common name; a CA needs one. A leaf without one takes its first DNS name or address.
  std::string common_name = {};
  std::string organization = {};
  /// IDNs become A-labels; "*.example.org" is allowed. invalid_name otherwise.
  std::vector<std::string> dns_names = {};
  std::vector<std::string> ip_addresses = {};
  std::vector<certificate_purpose> purposes = {certificate_purpose::server};
  /// 0 stands for 90 days for a leaf and 3650 for a CA.
  std::chrono::days lifetime = {};
  /// The time the certificate is made at; the clock's when absent.
  std::optional<std::chrono::sys_seconds> at = {};
};

/// A self-signed CA that may issue leaves only (path length 0).
SIGNET_EXPORT result<identity> make_ca(const certificate_request_options& options, private_key key);
/// A leaf issued by `ca`, whose chain is the leaf and, unless the CA is a root, the CA's own chain. The leaf does not
/// outlive the CA. At least one name is needed. invalid_argument, invalid_name, key_mismatch.
SIGNET_EXPORT result<identity> issue_certificate(const certificate_request_options& options, private_key key,
                                                 const identity& ca);
/// A self-signed leaf, for tests and first steps: a client has to be given the certificate itself as its trust.
SIGNET_EXPORT result<identity> make_self_signed(const certificate_request_options& options, private_key key);

}  // namespace signet
