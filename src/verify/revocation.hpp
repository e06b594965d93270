// What revocation lists say of a chain (RFC 5280 section 6.3).
#pragma once

#include <chrono>
#include <vector>

#include <signet/verify/verify_peer.hpp>

#include "verify/problem.hpp"

namespace signet {

// `chain` ends at its anchor.
void check_revocation(const std::vector<certificate>& chain, const revocation_lists& lists,
                      std::chrono::sys_seconds now, problems& found);

}  // namespace signet
