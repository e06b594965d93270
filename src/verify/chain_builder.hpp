// Finds a chain from a peer's certificate to an anchor. OpenSSL's builder comes first, which takes one way and no
// other; when the chain it finds is refused, a search through all ways follows. Both live on one budget, and neither
// checks a signature with a key that takes long, so that a peer cannot keep anybody busy.
#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include <signet/verify/verify_peer.hpp>

#include "verify/problem.hpp"
#include "verify/work_budget.hpp"

namespace signet {

struct built_chain {
  // From the peer's certificate to the anchor, or as far as it went.
  std::vector<certificate> certificates = {};
  problems found = {};
};

// What else is to be said against a complete chain.
using chain_judge = std::function<void(const std::vector<certificate>& chain, problems& found)>;

// `request.sent` is not empty.
[[nodiscard]] built_chain build_chain(const verify_request& request, std::chrono::sys_seconds now,
                                      const chain_judge& judge, work_budget budget = {});

[[nodiscard]] bool is_valid_at(const certificate& c, std::chrono::sys_seconds now) noexcept;
// Both ends are inclusive (RFC 5280 section 4.1.2.5).
void check_times(const std::vector<certificate>& chain, std::chrono::sys_seconds now, problems& found);

}  // namespace signet
