// Whether a certificate speaks for a name: RFC 9525 unless other rules are asked for.
#pragma once

#include <string>
#include <string_view>

#include <signet/verify/hostname_scheme.hpp>
#include <signet/verify/public_suffix_list.hpp>
#include <signet/verify/server_name.hpp>
#include <signet/x509/certificate.hpp>

namespace signet {

struct name_policy {
  name_rules rules = rules_of(hostname_scheme::rfc9525);
  public_suffix_list suffixes = public_suffix_list::system();
  suffix_section section = suffix_section::icann;
};

enum class name_match : unsigned char {
  none,
  // A wildcard fits, but it covers a public suffix.
  too_wide,
  by_name,
  // Rules that compare no name said so.
  by_decision,
};

[[nodiscard]] name_match match_name(const certificate& c, const server_name& expected, const name_policy& policy);
[[nodiscard]] bool speaks_for(const certificate& c, const server_name& expected);
// A mailbox of subjectAltName: the local part as it is, the domain without regard to case (RFC 5280 section 7.5).
[[nodiscard]] bool speaks_for_mailbox(const certificate& c, std::string_view mailbox);

// One DNS entry against a name in lower-case A-labels; suffixes are not looked at.
enum class entry_match : unsigned char { none, exact, wildcard };
[[nodiscard]] entry_match match_entry(std::string_view entry, std::string_view name, name_rules::wildcards allowed);

}  // namespace signet
