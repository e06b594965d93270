#include <signet/verify/evidence.hpp>

#include <algorithm>

namespace signet {

evidence_source::~evidence_source() = default;

std::optional<evidence_wanted> evidence_for(const verdict& refused) {
  evidence_wanted out{.chain = refused.chain()};
  const auto add_list = [&out](const certificate& c) {
    if (std::ranges::find(out.lists_for, c) == out.lists_for.end()) out.lists_for.push_back(c);
  };
  for (const auto& f : refused.findings()) {
    if (f.depth >= out.chain.size()) continue;
    switch (f.code) {
      case errc::unknown_issuer:
        out.issuer_of = out.chain[f.depth];
        break;
      case errc::crl_not_found:
      case errc::crl_expired:
      case errc::crl_invalid:
        add_list(out.chain[f.depth]);
        break;
      // No evidence cures any other.
      default:
        return {};
    }
  }
  if (!out.issuer_of && out.lists_for.empty()) return {};
  return out;
}

}  // namespace signet
