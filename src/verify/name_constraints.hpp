// Name constraints (RFC 5280 section 4.2.1.10) where OpenSSL leaves off: it holds the names to them that stand in a
// certificate, as they are written there, and not the name that somebody asks for.
#pragma once

#include <vector>

#include <signet/verify/server_name.hpp>
#include <signet/x509/certificate.hpp>

#include "verify/problem.hpp"

namespace signet {

// The name that was asked for, whatever it matched: a wildcard, a name with a trailing dot, a common name.
void check_asked_name(const std::vector<certificate>& chain, const server_name& asked, problems& found);

// "*.example.com" also stands for "bar.example.com", which a CA may be barred from; OpenSSL compares the star as a
// label. Takes time as the names and the subtrees, not as their product: chains that nobody vouches for get here too.
void check_wildcards(const std::vector<certificate>& chain, problems& found);

}  // namespace signet
