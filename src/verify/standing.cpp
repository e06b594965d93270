#include "verify/standing.hpp"

#include <algorithm>
#include <utility>

#include "verify/trust_store_impl.hpp"

namespace signet {
namespace {

bool matches_one(const std::vector<certificate_pin>& pins, const certificate& leaf) {
  return std::ranges::any_of(pins, [&leaf](const certificate_pin& pin) { return pin.matches(leaf); });
}

// What stood in for a chain has to do so still.
bool is_accepted(const standing& earlier, const verify_request& request, const certificate& leaf) {
  if (earlier.judged->accepted_by().empty()) return true;
  if (matches_one(request.options.accepted_pins, leaf)) return true;
  if (!request.options.first_use || !request.expected) return false;
  const auto known = request.options.first_use->look_up(*request.expected, request.expected_port, leaf);
  return known && *known == known_peers::standing::known;
}

}  // namespace

std::vector<certificate> without_what_nobody_needs(const std::vector<certificate>& sent, const verdict& judged) {
  std::vector<certificate> needed;
  for (const auto& c : sent)
    if (needed.empty() ||
        (std::ranges::find(judged.chain(), c) != judged.chain().end() && std::ranges::find(needed, c) == needed.end()))
      needed.push_back(c);
  return needed;
}

standing stand(std::shared_ptr<const verdict> judged, const verify_request& request, std::uint64_t trust_generation) {
  standing made{.sent = without_what_nobody_needs(request.sent, *judged),
                .expected = request.expected,
                .trust_generation = trust_generation};
  const auto narrow = [&made](const certificate& c) {
    made.not_before = std::max(made.not_before, c.not_before());
    made.not_after = std::min(made.not_after, c.not_after());
  };
  // A pin stands in for the times too.
  if (judged->waived().empty()) std::ranges::for_each(judged->chain(), narrow);
  if (request.options.crls)
    for (const auto& list : request.options.crls->lists)
      made.not_after = std::min(made.not_after, list.next_update().value_or(made.not_before));
  made.judged = std::move(judged);
  return made;
}

bool stands(const standing& earlier, const verify_request& request) {
  using namespace std::chrono;
  if (!earlier.judged || !earlier.judged->trusted() || !earlier.judged->loosened().empty() || earlier.sent.empty())
    return false;
  const auto now = request.options.clock ? request.options.clock() : floor<seconds>(system_clock::now());
  const auto& leaf = earlier.sent.front();
  return earlier.expected == request.expected && earlier.not_before <= now && now <= earlier.not_after &&
         earlier.trust_generation == inside(request.trust).generation() &&
         (request.options.pins.empty() || matches_one(request.options.pins, leaf)) &&
         is_accepted(earlier, request, leaf) && !(request.options.further && request.options.further(*earlier.judged));
}

}  // namespace signet
