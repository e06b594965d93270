#include "verify/name_constraints.hpp"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>

#include "ossl/errors.hpp"
#include "ossl/handles.hpp"
#include "x509/impl.hpp"

namespace signet {
namespace {

// In one spelling: lower case, no trailing dots.
std::string name_in(const ASN1_STRING* s) {
  std::string out(reinterpret_cast<const char*>(ASN1_STRING_get0_data(s)),
                  static_cast<std::size_t>(ASN1_STRING_length(s)));
  while (out.ends_with('.')) out.pop_back();
  for (char& c : out)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return out;
}

struct constraints {
  ossl::handle<NAME_CONSTRAINTS, NAME_CONSTRAINTS_free> value = nullptr;
  bool is_there = false;

  explicit constraints(const certificate& ca) {
    int critical = -1;
    value.reset(static_cast<NAME_CONSTRAINTS*>(X509_get_ext_d2i(raw(ca), NID_name_constraints, &critical, nullptr)));
    is_there = critical != -1;
  }

  template <class Visitor>
  void for_each_excluded_domain(const Visitor& visit) const {
    if (!value) return;
    for (int i = 0; i < sk_GENERAL_SUBTREE_num(value->excludedSubtrees); ++i) {
      auto* base = sk_GENERAL_SUBTREE_value(value->excludedSubtrees, i)->base;
      if (base->type == GEN_DNS) visit(base->d.dNSName);
    }
  }
};

// A certificate with this name and nothing else, for OpenSSL to judge; none when it cannot be made.
ossl::x509_ptr holder_of(const server_name& name) {
  const ossl::general_names_ptr names(GENERAL_NAMES_new());
  GENERAL_NAME* entry = GENERAL_NAME_new();
  if (!names || entry == nullptr || sk_GENERAL_NAME_push(names.get(), entry) == 0) {
    GENERAL_NAME_free(entry);
    return nullptr;
  }
  ASN1_STRING* value = name.is_ip() ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
  GENERAL_NAME_set0_value(entry, name.is_ip() ? GEN_IPADD : GEN_DNS, value);
  const void* octets = name.is_ip() ? static_cast<const void*>(name.address().data()) : name.ascii().data();
  const auto size = name.is_ip() ? name.address().size() : name.ascii().size();
  ossl::x509_ptr made(X509_new());
  if (value == nullptr || !made || ASN1_STRING_set(value, octets, static_cast<int>(size)) != 1 ||
      X509_add1_ext_i2d(made.get(), NID_subject_alt_name, names.get(), 0, 0) != 1 ||
      // Reads the name back, where constraints are applied to it.
      (X509_get_extension_flags(made.get()) & EXFLAG_INVALID) != 0)
    return nullptr;
  return made;
}

// ".example.com" of "*.example.com", of a part of a label too.
std::set<std::string> parents_of_wildcards(const certificate& leaf) {
  std::set<std::string> out;
  const ossl::general_names_ptr names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(raw(leaf), NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const auto* entry = sk_GENERAL_NAME_value(names.get(), i);
    if (entry->type != GEN_DNS) continue;
    const auto name = name_in(entry->d.dNSName);
    const auto dot = name.find('.');
    if (dot != name.npos && name.find('*') < dot) out.insert(name.substr(dot));
  }
  return out;
}

void refuse(problems& found) {
  const problem p{errc::name_constraint, 0};
  if (std::ranges::find(found, p) == found.end()) found.push_back(p);
}

}  // namespace

void check_asked_name(const std::vector<certificate>& chain, const server_name& asked, problems& found) {
  const ossl::quiet_errors quiet;
  ossl::x509_ptr holder;
  for (std::size_t depth = 1; depth < chain.size(); ++depth) {
    const constraints of_ca(chain[depth]);
    if (!of_ca.is_there) continue;
    if (!of_ca.value) return refuse(found);
    // The name has no trailing dot, and one in a constraint is not to let it out.
    of_ca.for_each_excluded_domain([](ASN1_IA5STRING* domain) {
      const auto name = name_in(domain);
      ASN1_STRING_set(domain, name.data(), static_cast<int>(name.size()));
    });
    if (!holder) holder = holder_of(asked);
    if (!holder || NAME_CONSTRAINTS_check(holder.get(), of_ca.value.get()) != X509_V_OK) return refuse(found);
  }
}

void check_wildcards(const std::vector<certificate>& chain, problems& found) {
  const ossl::quiet_errors quiet;
  const auto parents = chain.size() > 1 ? parents_of_wildcards(chain.front()) : std::set<std::string>();
  if (parents.empty()) return;
  for (std::size_t depth = 1; depth < chain.size(); ++depth)
    constraints(chain[depth]).for_each_excluded_domain([&](const ASN1_IA5STRING* domain) {
      const auto name = name_in(domain);
      const auto dot = name.find('.');
      if (dot != name.npos && parents.contains(name.substr(dot))) refuse(found);
    });
}

}  // namespace signet
