// Makes certificate revocation lists: version 2, with a CRL number and the authority key identifier.
//
// Deliberately absent: delta lists and indirect lists.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <signet/base/result.hpp>
#include <signet/x509/crl.hpp>
#include <signet/x509/identity.hpp>

namespace signet {

/// What a new list contains.
struct crl_options {
  /// The entries in their order. An entry without `revoked_at` gets the time of making.
  std::vector<revoked_certificate> entries = {};
  /// Hex, at most 20 octets. Each list of a CA needs a larger number than the one before it. Leave it empty, for the
  /// time of making in seconds since 1970, unless the CA counts its lists.
  std::string number = {};
  /// 1 to 3650 days until the next list is due.
  std::chrono::days lifetime = std::chrono::days(7);
  /// The time at which the list is made; the clock's time when absent. Leave it absent except in tests.
  std::optional<std::chrono::sys_seconds> at = {};
  /// "sha256" and so on. Leave it empty for a digest that fits the CA's key.
  std::string digest = {};
};

/// Makes a complete list, signed by `ca`. Refused are a certificate that is listed twice or was revoked after the time
/// of making, a serial number that is not hex, the reason remove_from_crl, a CA that may not sign lists, and a time at
/// which the CA is not valid.
/// Errors: invalid_argument.
SIGNET_EXPORT result<crl> make_crl(const crl_options& options, const identity& ca);

}  // namespace signet
