// Does an earlier verdict still stand? A resumed connection shows no certificate, so what was decided when its session
// began is asked again here, and nowhere else: all that may have changed since, but no signature.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <signet/verify/verify_peer.hpp>

namespace signet {

struct standing {
  std::shared_ptr<const verdict> judged = {};
  // What the peer sent, as far as the chain was built of it.
  std::vector<certificate> sent = {};
  std::optional<server_name> expected = {};
  // Of the trust that judged, in this process.
  std::uint64_t trust_generation = 0;
  // For as long as each certificate of the chain holds, and each revocation list that was asked.
  std::chrono::sys_seconds not_before = std::chrono::sys_seconds::min();
  std::chrono::sys_seconds not_after = std::chrono::sys_seconds::max();
};

// Of what `sent` a later connection needs to see: the peer's own certificate, and those the chain was built of.
[[nodiscard]] std::vector<certificate> without_what_nobody_needs(const std::vector<certificate>& sent,
                                                                 const verdict& judged);

// What `judged` rests on. `trust_generation` is that from before it was judged.
[[nodiscard]] standing stand(std::shared_ptr<const verdict> judged, const verify_request& request,
                             std::uint64_t trust_generation);

// Whether it would be judged the same way now, by the trust and the rules of `request`: times, pins, the file of first
// use and `further` are asked anew. A verdict with loosened rules never stands: each is asked for by itself.
[[nodiscard]] bool stands(const standing& earlier, const verify_request& request);

}  // namespace signet
