// What is about to go wrong with certificates that somebody is going to serve: expiry, a key that does not match, a
// chain in the wrong order or without an intermediate, weak keys and digests.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <signet/base/export.hpp>
#include <signet/verify/trust_store.hpp>
#include <signet/x509/certificate.hpp>
#include <signet/x509/private_key.hpp>

namespace signet {

enum class severity : unsigned char { ok, note, warning, problem };
/// "ok", "note", "warning", "problem".
SIGNET_EXPORT std::string_view name(severity s) noexcept;

struct certificate_finding {
  severity weight = severity::note;
  /// Stable, in snake_case: "expires_soon", "expired", "not_yet_valid", "key_mismatch", "wrong_order",
  /// "missing_intermediate", "unrelated_certificate", "root_included", "duplicate_certificate", "weak_key",
  /// "weak_signature", "no_names", "broken_extension", "untrusted", "no_certificate".
  std::string id = {};
  /// Of the certificate in the list that was given, from 0; none when it is about the list or the key.
  std::optional<std::size_t> index = {};
  /// One sentence, and what to do about it where that is known.
  std::string message = {};
  std::string hint = {};
};

struct certificate_check_options {
  /// Fewer days left than this are worth a warning. A certificate of 90 days or less is judged by a third of its life
  /// instead when that is shorter.
  std::chrono::days warn_within = std::chrono::days(30);
  /// The clock's when absent.
  std::optional<std::chrono::sys_seconds> at = {};
  std::optional<private_key> key = {};
  /// With it an absent intermediate is told from an unknown root.
  std::optional<trust_store> trust = {};
};

/// `certificates` as they would be sent. No finding: nothing to say against them.
SIGNET_EXPORT std::vector<certificate_finding> check_certificates(const std::vector<certificate>& certificates,
                                                                  const certificate_check_options& options = {});

/// What is left of its life, 0 to 1: 1 before it begins, 0 after its end.
SIGNET_EXPORT double remaining_life(const certificate& cert, std::chrono::sys_seconds at) noexcept;

enum class chain_root : unsigned char { keep, leave_out };
/// The order in which a chain is sent: the leaf, then each one's issuer. Copies are dropped; a certificate that belongs
/// to no chain of the leaf comes last. The leaf is the certificate of `key` where one is given, else the one that
/// issued none of the others.
SIGNET_EXPORT std::vector<certificate> in_chain_order(std::vector<certificate> certificates,
                                                      const std::optional<private_key>& key = {},
                                                      chain_root root = chain_root::leave_out);

}  // namespace signet
