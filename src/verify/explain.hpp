// The sentences of findings: what is wrong, with which certificate, and what to do. One place, so that they can be
// tested as a table.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include <signet/verify/verify_peer.hpp>

#include "verify/problem.hpp"

namespace signet {

// What a sentence may draw on.
struct circumstances {
  const verify_request& request;
  // As far as it was built, the peer's own first.
  const std::vector<certificate>& chain;
  std::chrono::sys_seconds now;
};

// For people: the name a certificate is for, or else its subject.
[[nodiscard]] std::string display_name(const certificate& c);

// "12 days", "1 hour", "40 seconds".
[[nodiscard]] std::string age(std::chrono::seconds span);
// ", 3 days ago" and ", in 3 days"; where somebody gave the time to judge by, that time in their place.
[[nodiscard]] std::string ago(std::chrono::sys_seconds then, std::chrono::sys_seconds now, bool is_given);
[[nodiscard]] std::string ahead(std::chrono::sys_seconds then, std::chrono::sys_seconds now, bool is_given);

// Whether a trusted certificate has the name of the issuer of `c`, be it the issuer or not.
[[nodiscard]] bool has_trusted_issuer_name(const certificate& c, const trust_store& trust);
[[nodiscard]] bool is_trusted(const certificate& c, const trust_store& trust);

// Pins, and what a certificate has in the form of each.
struct compared_pins {
  std::string expected = {};
  std::string presented = {};
};
[[nodiscard]] compared_pins pins_beside(const std::vector<certificate_pin>& pins, const certificate& c);

// Details that are told with what was asked for.
inline constexpr std::string_view lacks_a_usage = "lacks an extended key usage that was asked for: ";
inline constexpr std::string_view not_the_mailbox = "is not for the mailbox ";

// Of verify_options::extended_key_usages, those that `leaf` does not hold.
[[nodiscard]] std::vector<std::string> missing_usages(const verify_request& request, const certificate& leaf);

[[nodiscard]] finding explain(const problem& p, const circumstances& known);

}  // namespace signet
