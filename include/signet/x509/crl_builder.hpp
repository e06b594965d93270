// Makes certificate revocation lists: version 2, with a CRL number and the authority key identifier.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <signet/base/result.hpp>
#include <signet/x509/crl.hpp>
#include <signet/x509/identity.hpp>

namespace signet {

struct crl_options {
  /// In their order. Where `revoked_at` is left out the time of making stands for it.
  std::vector<revoked_certificate> entries = {};
  /// Hex, at most 20 octets; each list of a CA has a larger one than the list before it. Empty stands for the time of
  /// making in seconds.
  std::string number = {};
  /// 1 to 3,650 days until the next one is due.
  std::chrono::days lifetime = std::chrono::days(7);
  /// The time the list is made at; the clock's when absent.
  std::optional<std::chrono::sys_seconds> at = {};
  /// "sha256", ...; empty for one as strong as the CA's key.
  std::string digest = {};
};

/// invalid_argument: a certificate that is listed twice or was revoked after the time of making, a serial number that
/// is none, remove_from_crl (this list is complete), a CA that may not sign lists.
SIGNET_EXPORT result<crl> make_crl(const crl_options& options, const identity& ca);

}  // namespace signet
