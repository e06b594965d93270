// Name constraints (RFC 5280 section 4.2.1.10) where OpenSSL leaves off: it holds the names to them that stand in a
// certificate, as they are written there, and not the name that somebody asks for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include <signet/verify/server_name.hpp>
#include <signet/x509/certificate.hpp>

#include "verify/problem.hpp"

namespace signet {

// The name that was asked for, whatever it matched: a wildcard, a name with a trailing dot, a common name.
void check_asked_name(const std::vector<certificate>& chain, const server_name& asked, problems& found);

// A name of a certificate that a CA above it may not certify, for people.
struct constraint_breach {
  general_name name;
  // Where the CA stands in the chain, and whether it excludes the name or does not permit it.
  std::size_t ca = 0;
  bool is_excluded = false;
  // The name and the constraints are of one kind and cannot be held against each other: a URI without a host.
  bool is_comparable = true;
};
inline constexpr std::string_view names_not_comparable =
    "has a name that cannot be compared with the constraints of its issuers";
// The first breach by the certificate at `depth`; `asked` may be null.
[[nodiscard]] std::optional<constraint_breach> breach_of(const std::vector<certificate>& chain, std::size_t depth,
                                                         const server_name* asked);

// "*.example.com" also stands for "bar.example.com", which a CA may be barred from; OpenSSL compares the star as a
// label. Takes time as the names and the subtrees, not as their product: chains that nobody vouches for get here too.
void check_wildcards(const std::vector<certificate>& chain, problems& found);

inline constexpr std::string_view too_many_names =
    "has more names than are compared with the constraints of its issuers";

// How many octets are read when all names of a chain are compared with all constraints above them, and 16 more for each
// pair: some 270,000 pairs of common length, or ten milliseconds. A chain that something is wrong with gets less.
inline constexpr std::uint64_t most_compared = std::uint64_t{1} << 24;
inline constexpr std::uint64_t most_compared_in_vain = std::uint64_t{1} << 20;

// The first certificate, from the peer's own up, with which `most` is passed. OpenSSL bounds how many names there are
// under how many constraints, whatever their length, and for each two certificates of a chain anew.
[[nodiscard]] std::optional<std::size_t> first_with_too_many_names(const std::vector<certificate>& chain,
                                                                   std::uint64_t most);

}  // namespace signet
