// Finds what is wrong, or soon will be, with certificates that somebody is going to serve: expiry, a key that does not
// match, a chain in the wrong order or without an intermediate, weak keys and digests.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <signet/base/export.hpp>
#include <signet/verify/trust_store.hpp>
#include <signet/verify/verify_peer.hpp>
#include <signet/x509/certificate.hpp>
#include <signet/x509/private_key.hpp>

namespace signet {

/// How grave a finding is. `ok` stands for a list without findings.
enum class severity : unsigned char { ok, note, warning, problem };
/// "ok", "note", "warning", "problem".
SIGNET_EXPORT std::string_view name(severity s) noexcept;

/// One observation about a list of certificates.
struct certificate_finding {
  severity weight = severity::note;
  /// A stable name in snake_case: "expires_soon", "expired", "not_yet_valid", "key_mismatch", "wrong_order",
  /// "missing_intermediate", "unrelated_certificate", "root_included", "duplicate_certificate", "weak_key",
  /// "weak_signature", "no_names", "useless_name", "wrong_purpose", "broken_extension", "untrusted", "no_certificate".
  std::string id = {};
  /// The place of the certificate in the given list, from 0. Absent when the finding is about the list or the key.
  std::optional<std::size_t> index = {};
  /// One sentence.
  std::string message = {};
  /// What to do about it. Empty where that is not known.
  std::string hint = {};
  /// Where two things were compared: what was wanted, and what was there instead. Otherwise empty.
  std::string expected = {};
  std::string presented = {};
};

/// What certificates are checked against.
struct certificate_check_options {
  /// A certificate with fewer days left gets a warning. For a certificate of 90 days or less the limit is a third of
  /// its life when that is shorter.
  std::chrono::days warn_within = std::chrono::days(30);
  /// The time to judge by; the clock's time when absent.
  std::optional<std::chrono::sys_seconds> at = {};
  /// The key that the leaf is served with. Without it no key is compared.
  std::optional<private_key> key = {};
  /// Adds a verification against this trust, which distinguishes an absent intermediate from an unknown root.
  std::optional<trust_store> trust = {};
  /// Whom the certificate has to identify. With `any` it is judged for what it says it is for.
  peer_role role = peer_role::server;
};

/// Checks `certificates` in the order in which they would be sent. Returns the gravest finding first, and nothing when
/// there is nothing to object to.
SIGNET_EXPORT std::vector<certificate_finding> check_certificates(const std::vector<certificate>& certificates,
                                                                  const certificate_check_options& options = {});

/// The share of the period of validity that is left, 0 to 1: 1 before it begins, 0 after its end.
SIGNET_EXPORT double remaining_life(const certificate& cert, std::chrono::sys_seconds at) noexcept;

/// Whether a root above the leaf stays in the list.
enum class chain_root : unsigned char { keep, leave_out };
/// Returns the certificates in the order in which a chain is sent: the leaf, then the issuer of each. Copies are
/// dropped; a certificate that belongs to no chain of the leaf comes last. The leaf is the certificate of `key` or,
/// without a key, the one that issued none of the others.
SIGNET_EXPORT std::vector<certificate> in_chain_order(std::vector<certificate> certificates,
                                                      const std::optional<private_key>& key = {},
                                                      chain_root root = chain_root::leave_out);

}  // namespace signet
