#include "tls/identities.hpp"

#include <algorithm>
#include <utility>

#include "base/ascii.hpp"
#include "verify/name_match.hpp"

namespace signet {
namespace {

void add_one(identities::choice& into, const identity& who) {
  const auto algorithm = algorithm_of(who.key());
  if (std::ranges::none_of(into, [&](const identity* other) { return algorithm_of(other->key()) == algorithm; }))
    into.push_back(&who);
}

}  // namespace

identities::identities(std::vector<identity> list) : list_(std::move(list)) {
  for (std::size_t i = 0; i < list_.size(); ++i) {
    const auto& leaf = list_[i].leaf();
    fingerprints_.push_back(leaf.fingerprint_sha256());
    for (const auto& name : leaf.dns_names()) {
      auto known = base::lower(name);
      if (known.ends_with('.')) known.pop_back();
      by_name_[known].push_back(i);
    }
    for (const auto& address : leaf.ip_addresses()) by_name_[address].push_back(i);
  }
  others_ = find_others();
}

// Whether it speaks for it is for the one function to say that also judges servers.
void identities::add(choice& into, const std::string& pattern, const server_name& name) const {
  const auto found = by_name_.find(pattern);
  if (found == by_name_.end()) return;
  for (const auto i : found->second)
    if (speaks_for(list_[i].leaf(), name)) add_one(into, list_[i]);
}

identities::choice identities::for_name(const server_name& name) const {
  choice out;
  add(out, name.ascii(), name);
  if (const auto dot = name.ascii().find('.'); !name.is_ip() && dot != std::string::npos)
    add(out, '*' + name.ascii().substr(dot), name);
  return out;
}

void identities::add_digest(std::string& into, const choice& of) const {
  for (const auto* who : of) {
    const auto& print = fingerprints_[static_cast<std::size_t>(who - list_.data())];
    into.append(print.begin(), print.end());
  }
}

identities::choice identities::find_others() const {
  choice out;
  if (list_.empty()) return out;
  out.push_back(&list_.front());
  const auto names = list_.front().leaf().dns_names();
  if (names.empty()) return out;
  // As the certificate has it, be it a wildcard, which is no name.
  const auto name = server_name::parse(names.front());
  if (!name) return out;
  for (const auto* other : for_name(*name)) add_one(out, *other);
  return out;
}

}  // namespace signet
