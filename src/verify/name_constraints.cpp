#include "verify/name_constraints.hpp"

#include <algorithm>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>

#include "base/ascii.hpp"
#include "ossl/errors.hpp"
#include "ossl/handles.hpp"
#include "x509/constrained_names.hpp"
#include "x509/extension_reader.hpp"
#include "x509/impl.hpp"

namespace signet {
namespace {

using x509::holder_of;

// In one spelling: lower case, no trailing dots.
std::string name_in(const ASN1_STRING* s) {
  std::string out(reinterpret_cast<const char*>(ASN1_STRING_get0_data(s)),
                  static_cast<std::size_t>(ASN1_STRING_length(s)));
  while (out.ends_with('.')) out.pop_back();
  return base::lower(out);
}

struct constraints : x509::name_constraints_extension {
  explicit constraints(const certificate& ca) : x509::name_constraints_extension(raw(ca), NID_name_constraints) {}

  template <class Visitor>
  void for_each_excluded_domain(const Visitor& visit) const {
    if (!value) return;
    for (int i = 0; i < sk_GENERAL_SUBTREE_num(value->excludedSubtrees); ++i) {
      auto* base = sk_GENERAL_SUBTREE_value(value->excludedSubtrees, i)->base;
      if (base->type == GEN_DNS) visit(base->d.dNSName);
    }
  }
};

ossl::x509_ptr holder_of(const server_name& name) {
  GENERAL_NAME* entry = GENERAL_NAME_new();
  if (entry == nullptr) return nullptr;
  ASN1_STRING* value = name.is_ip() ? ASN1_OCTET_STRING_new() : ASN1_IA5STRING_new();
  GENERAL_NAME_set0_value(entry, name.is_ip() ? GEN_IPADD : GEN_DNS, value);
  const void* octets = name.is_ip() ? static_cast<const void*>(name.address().data()) : name.ascii().data();
  const auto size = name.is_ip() ? name.address().size() : name.ascii().size();
  if (value == nullptr || ASN1_STRING_set(value, octets, static_cast<int>(size)) != 1) {
    GENERAL_NAME_free(entry);
    return nullptr;
  }
  return holder_of(entry);
}

// ".example.com" of "*.example.com", of a part of a label too; else empty.
std::string parent_of_wildcard(const GENERAL_NAME* entry) {
  if (entry->type != GEN_DNS) return {};
  const auto name = name_in(entry->d.dNSName);
  const auto dot = name.find('.');
  return dot != name.npos && name.find('*') < dot ? name.substr(dot) : std::string();
}

bool excludes_below(const constraints& of_ca, const std::string& parent) {
  bool found = false;
  of_ca.for_each_excluded_domain(
      [&](const ASN1_IA5STRING* domain) { found = found || name_in(domain).ends_with(parent); });
  return found;
}

std::set<std::string> parents_of_wildcards(const certificate& leaf) {
  std::set<std::string> out;
  const x509::names_extension names(raw(leaf), NID_subject_alt_name);
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i)
    if (auto parent = parent_of_wildcard(sk_GENERAL_NAME_value(names.get(), i)); !parent.empty())
      out.insert(std::move(parent));
  return out;
}

// How many there are of something, and how long they are together.
struct extent {
  std::uint64_t count = 0;
  std::uint64_t octets = 0;

  extent& operator+=(const extent& other) {
    count += other.count;
    octets += other.octets;
    return *this;
  }
};

// Elements side by side in DER, counted where they stand: what is read into a tree costs more than all comparisons
// allowed. What has no length of its own, as BER may, is as many as fit.
template <class Visitor>
extent for_each_element(const unsigned char* at, long size, const Visitor& visit) {
  extent out;
  while (size > 0) {
    const auto* content = at;
    long length = 0;
    int tag = 0, kind = 0;
    const int header = ASN1_get_object(&content, &length, &tag, &kind, size);
    constexpr int has_no_length = 1;
    if ((header & 0x80) != 0 || (header & has_no_length) != 0)
      return out += {static_cast<std::uint64_t>(size) / 2 + 1, static_cast<std::uint64_t>(size)};
    const long whole = content - at + length;
    out += {1, static_cast<std::uint64_t>(whole)};
    visit(content, length);
    at += whole;
    size -= whole;
  }
  return out;
}

// Of the value of an extension, which is one SEQUENCE.
template <class Visitor>
extent for_each_in_extension(X509* x, int nid, const Visitor& visit) {
  extent out;
  const int place = X509_get_ext_by_NID(x, nid, -1);
  if (place < 0) return out;
  const auto* value = X509_EXTENSION_get_data(X509_get_ext(x, place));
  const auto whole = for_each_element(
      ASN1_STRING_get0_data(value), ASN1_STRING_length(value),
      [&](const unsigned char* content, long length) { out += for_each_element(content, length, visit); });
  if (out.count == 0 && whole.count > 1) return whole;
  return out;
}

extent names_of(X509* x) {
  const auto* subject = X509_get_subject_name(x);
  const unsigned char* der = nullptr;
  std::size_t size = 0;
  X509_NAME_get0_der(subject, &der, &size);
  // The whole subject is one more name.
  extent out{static_cast<std::uint64_t>(std::max(0, X509_NAME_entry_count(subject))) + 1, size};
  return out += for_each_in_extension(x, NID_subject_alt_name, [](const unsigned char*, long) {});
}

extent subtrees_of(X509* x) {
  extent out;
  // Those that are permitted and those that are excluded.
  const auto lists = for_each_in_extension(x, NID_name_constraints, [&](const unsigned char* content, long length) {
    out += for_each_element(content, length, [](const unsigned char*, long) {});
  });
  // A list that cannot be walked counts for what may be in it.
  return {std::max(lists.count, out.count), lists.octets};
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
    if (!of_ca.is_there()) continue;
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

std::optional<constraint_breach> breach_of(const std::vector<certificate>& chain, std::size_t depth,
                                           const server_name* asked) {
  const ossl::quiet_errors quiet;
  if (depth >= chain.size() || first_with_too_many_names(chain, most_compared_in_vain)) return std::nullopt;
  // More are not looked at for the sake of a sentence.
  constexpr int most_names = 64;
  std::size_t most_constrained = 8;
  const auto shown = chain[depth].alternative_names();
  const x509::names_extension names(raw(chain[depth]), NID_subject_alt_name);
  for (std::size_t ca = depth + 1; ca < chain.size(); ++ca) {
    const constraints of_ca(chain[ca]);
    if (!of_ca.value) continue;
    if (most_constrained-- == 0) break;
    const auto breach = [&](general_name name, const ossl::x509_ptr& holder) -> std::optional<constraint_breach> {
      const int judged = holder ? NAME_CONSTRAINTS_check(holder.get(), of_ca.value.get()) : X509_V_OK;
      const bool is_comparable = judged != X509_V_ERR_UNSUPPORTED_NAME_SYNTAX;
      if (is_comparable && judged != X509_V_ERR_PERMITTED_VIOLATION && judged != X509_V_ERR_EXCLUDED_VIOLATION)
        return std::nullopt;
      return constraint_breach{std::move(name), ca, judged == X509_V_ERR_EXCLUDED_VIOLATION, is_comparable};
    };
    const int count = std::min({sk_GENERAL_NAME_num(names.get()), most_names, static_cast<int>(shown.size())});
    for (int i = 0; i < count; ++i) {
      const auto* entry = sk_GENERAL_NAME_value(names.get(), i);
      const auto& name = shown[static_cast<std::size_t>(i)];
      if (auto found = breach(name, holder_of(GENERAL_NAME_dup(entry)))) return found;
      if (const auto parent = parent_of_wildcard(entry); !parent.empty() && excludes_below(of_ca, parent))
        return constraint_breach{name, ca, true};
    }
    const ossl::x509_ptr subject(X509_new());
    if (subject && X509_set_subject_name(subject.get(), X509_get_subject_name(raw(chain[depth]))) == 1)
      if (auto found = breach({general_name_kind::directory_name, chain[depth].subject()}, subject)) return found;
    if (asked != nullptr)
      if (auto found = breach({asked->is_ip() ? general_name_kind::ip_address : general_name_kind::dns, asked->ascii()},
                              holder_of(*asked)))
        return found;
  }
  return std::nullopt;
}

std::optional<std::size_t> first_with_too_many_names(const std::vector<certificate>& chain, std::uint64_t most) {
  // Of one comparison, beside reading both.
  constexpr std::uint64_t each = 16;
  std::vector<extent> above(chain.size());
  for (std::size_t i = chain.size(); i-- > 1;) {
    above[i - 1] = above[i];
    above[i - 1] += subtrees_of(raw(chain[i]));
  }
  std::uint64_t work = 0;
  for (std::size_t i = 0; i < chain.size() && above[i].count > 0; ++i) {
    const auto names = names_of(raw(chain[i]));
    work += each * names.count * above[i].count + names.octets * above[i].count + names.count * above[i].octets;
    if (work > most) return i;
  }
  return std::nullopt;
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
