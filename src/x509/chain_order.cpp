#include "x509/chain_order.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

#include "ossl/errors.hpp"
#include "x509/impl.hpp"

namespace signet::x509 {
namespace {

// A file full of certificates of one name would ask for the square of their number.
constexpr std::size_t most_signature_checks = 1000;

struct by_name {
  bool operator()(const X509_NAME* a, const X509_NAME* b) const { return X509_NAME_cmp(a, b) < 0; }
};

// By name and key identifier alone: for files whose signatures cannot be checked here (a digest that is not allowed).
enum class unverified : unsigned char { is_no_issuer, is_better_than_none };

// The issuers of each certificate, as far as they are in the list. A root has none.
class issuers {
 public:
  issuers(const std::vector<certificate>& list, const std::vector<std::size_t>& distinct, unverified others)
      : list_(list), of_(list.size()), has_issued_(list.size()) {
    std::multimap<const X509_NAME*, std::size_t, by_name> subjects;
    for (const auto i : distinct) subjects.emplace(X509_get_subject_name(raw(list[i])), i);
    for (const auto i : distinct) {
      if (is_root(list[i])) continue;
      const auto [first, last] = subjects.equal_range(X509_get_issuer_name(raw(list[i])));
      for (auto at = first; at != last; ++at)
        if (at->second != i && has_signed(at->second, i)) of_[i].push_back(at->second);
      if (of_[i].empty() && others == unverified::is_better_than_none)
        for (auto at = first; at != last; ++at)
          if (at->second != i && X509_check_issued(raw(list[at->second]), raw(list[i])) == X509_V_OK)
            of_[i].push_back(at->second);
      for (const auto issuer : of_[i]) has_issued_[issuer] = true;
      std::ranges::stable_sort(of_[i], [this](std::size_t a, std::size_t b) { return is_better(a, b); });
    }
  }

  [[nodiscard]] const std::vector<std::size_t>& of(std::size_t i) const { return of_[i]; }
  [[nodiscard]] bool has_issued(std::size_t i) const { return has_issued_[i]; }

 private:
  bool has_signed(std::size_t issuer, std::size_t subject) {
    auto* key = X509_get0_pubkey(raw(list_[issuer]));
    return key != nullptr && ++checks_ <= most_signature_checks && X509_verify(raw(list_[subject]), key) == 1;
  }

  // A root ends a chain, so what leads further comes before it; and what lasts longer before what does not.
  [[nodiscard]] bool is_better(std::size_t a, std::size_t b) const {
    const bool a_ends = list_[a].is_self_issued();
    const bool b_ends = list_[b].is_self_issued();
    if (a_ends != b_ends) return b_ends;
    return list_[a].not_after() > list_[b].not_after();
  }

  const std::vector<certificate>& list_;
  std::vector<std::vector<std::size_t>> of_;
  std::vector<bool> has_issued_;
  std::size_t checks_ = 0;
};

// The certificate of the key; else one that issued none of the others, an end entity rather than a CA that strayed in,
// least of all a root, and one with an issuer here rather than one without. In a ring of CAs, the first.
std::size_t leaf_of(const std::vector<certificate>& list, const std::vector<std::size_t>& distinct,
                    const issuers& above, const private_key* key) {
  const auto rank = [&](std::size_t i) {
    const bool is_wanted = key != nullptr && key->belongs_to(list[i]);
    const int ca_rank = X509_check_ca(raw(list[i])) == 0 ? 0 : list[i].is_self_issued() ? 2 : 1;
    return std::tuple(!is_wanted, above.has_issued(i), ca_rank, above.of(i).empty());
  };
  return *std::ranges::min_element(distinct, {}, rank);
}

// Finished certificates in the order in which they are: each after all that lead on from it, but in a ring.
class climb {
 public:
  climb(const issuers& above, std::size_t size) : above_(above), is_seen_(size) {}

  void from(std::size_t i) {
    is_seen_[i] = true;
    // The best last, so that it is first when this is turned round.
    const auto& next = above_.of(i);
    for (auto at = next.rbegin(); at != next.rend(); ++at)
      if (!is_seen_[*at]) from(*at);
    finished_.push_back(i);
  }
  [[nodiscard]] const std::vector<std::size_t>& finished() const { return finished_; }
  [[nodiscard]] bool is_seen(std::size_t i) const { return is_seen_[i]; }

 private:
  const issuers& above_;
  std::vector<bool> is_seen_;
  std::vector<std::size_t> finished_;
};

// Each but the first comes after one that it issued.
bool is_in_order(const std::vector<std::size_t>& as_listed, const issuers& above) {
  std::set<std::size_t> issued_before;
  for (const auto i : as_listed) {
    if (i != as_listed.front() && !issued_before.contains(i)) return false;
    issued_before.insert(above.of(i).begin(), above.of(i).end());
  }
  return true;
}

}  // namespace

bool is_root(const certificate& c) {
  const ossl::quiet_errors quiet;
  return X509_self_signed(raw(c), 1) == 1;
}

namespace {

chain_order order(const std::vector<certificate>& list, const private_key* key, unverified others) {
  const ossl::quiet_errors quiet;
  chain_order out;
  std::vector<std::size_t> distinct;
  std::set<std::array<std::uint8_t, 32>> known;
  for (std::size_t i = 0; i < list.size(); ++i)
    (known.insert(list[i].fingerprint_sha256()).second ? distinct : out.copies).push_back(i);
  if (distinct.empty()) return out;

  const issuers above(list, distinct, others);
  const auto leaf = leaf_of(list, distinct, above, key);
  climb path(above, list.size());
  path.from(leaf);
  out.chain.assign(path.finished().rbegin(), path.finished().rend());
  std::vector<std::size_t> related;
  for (const auto i : distinct) (path.is_seen(i) ? related : out.unrelated).push_back(i);
  out.is_kept = leaf == 0 && is_in_order(related, above);
  return out;
}

}  // namespace

chain_order order_of(const std::vector<certificate>& list, const private_key* key) {
  return order(list, key, unverified::is_no_issuer);
}

std::size_t order_chain(std::vector<certificate>& list, const private_key& key) {
  if (std::ranges::none_of(list, [&key](const certificate& c) { return key.belongs_to(c); })) return 0;
  const auto found = order(list, &key, unverified::is_better_than_none);
  std::vector<certificate> ordered;
  for (const auto* part : {&found.chain, &found.unrelated, &found.copies})
    for (const auto i : *part) ordered.push_back(list[i]);
  list = std::move(ordered);
  return found.chain.size();
}

}  // namespace signet::x509
