// What revocation lists say of a chain (RFC 5280 section 6.3).
#pragma once

#include <chrono>
#include <vector>

#include <signet/verify/verify_peer.hpp>

#include "verify/problem.hpp"

namespace signet {

// `chain` ends at its anchor, and `request` has lists. The anchor has no issuer in the chain: unless it is a root, its
// issuer is looked for in all that is at hand, and the peer's own certificate is not cleared without one.
void check_revocation(const std::vector<certificate>& chain, const verify_request& request,
                      std::chrono::sys_seconds now, verify_profile profile, problems& found);

// What is odd about the lists that were asked, and let pass by `compatible`.
void check_oddities(const std::vector<certificate>& chain, const verify_request& request, problems& passed_over);

}  // namespace signet
