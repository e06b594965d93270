// What is asked of certificates beside what OpenSSL asks: the rules browsers have, and those of RFC 5280 and the
// CA/Browser Forum to the letter. The guide lists each with its reason.
#pragma once

#include <vector>

#include <signet/verify/verify_peer.hpp>

#include "verify/problem.hpp"

namespace signet {

// Of one certificate. With more it is refused unread, unless it is trusted as it is.
inline constexpr int most_extensions = 100;

enum class chain_end : unsigned char { anchor, open };

// Adds what the rules of `profile` (webpki or strict) find; nothing under compatible.
void check_profile(const std::vector<certificate>& chain, chain_end end, peer_role role, verify_profile profile,
                   problems& found);

}  // namespace signet
