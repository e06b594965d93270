#include "verify/name_match.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/ascii.hpp"
#include "ossl/errors.hpp"
#include "x509/impl.hpp"
#include "x509/text.hpp"

namespace signet {
namespace {

std::string_view view_of(const ASN1_STRING* s) noexcept {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(s)), static_cast<std::size_t>(ASN1_STRING_length(s))};
}

std::ptrdiff_t labels(std::string_view name) noexcept {
  return std::ranges::count(name, '.') + 1;
}

// "*.co.uk" would speak for every registrable name under it.
bool is_too_wide(const std::string& name, const name_policy& policy) {
  const auto suffix = policy.suffixes.public_suffix(name, policy.section);
  return suffix && labels(name) <= labels(*suffix) + 1;
}

// The first common name, whatever is in it: as UTF-8, or nothing when it cannot be.
std::string first_common_name(const certificate& c) {
  const ASN1_STRING* text = x509::first_common_name(X509_get_subject_name(raw(c)));
  if (text == nullptr) return {};
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, text);
  std::string out = size > 0 ? std::string(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size)) : "";
  OPENSSL_free(utf8);
  return out;
}

bool is_address_allowed(name_rules::addresses allowed, std::size_t size) noexcept {
  using addresses = name_rules::addresses;
  return allowed == addresses::any || allowed == (size == 4 ? addresses::ipv4 : addresses::ipv6);
}

name_match match_common_name(const certificate& c, const server_name& expected, const name_policy& policy) {
  const auto cn = first_common_name(c);
  if (cn.empty()) return name_match::none;
  if (expected.is_ip())
    return is_address_allowed(policy.rules.addresses_in_common_name, expected.address().size()) &&
                   cn == expected.ascii()
               ? name_match::by_name
               : name_match::none;
  switch (match_entry(cn, expected.ascii(), policy.rules.in_common_name)) {
    case entry_match::none:
      return name_match::none;
    case entry_match::wildcard:
      if (is_too_wide(expected.ascii(), policy)) return name_match::too_wide;
      break;
    case entry_match::exact:
      break;
  }
  return name_match::by_name;
}

// subjectAltName. Where it is there twice or cannot be read to its last octet, it is there and holds nothing.
struct alternative_names {
  bool are_there = false;
  ossl::general_names_ptr list = nullptr;

  explicit alternative_names(const certificate& c) {
    const int at = X509_get_ext_by_NID(raw(c), NID_subject_alt_name, -1);
    if (at < 0) return;
    are_there = true;
    if (X509_get_ext_by_NID(raw(c), NID_subject_alt_name, at) >= 0) return;
    const auto* value = X509_EXTENSION_get_data(X509_get_ext(raw(c), at));
    const auto* octets = ASN1_STRING_get0_data(value);
    const auto* const end = octets + ASN1_STRING_length(value);
    list.reset(d2i_GENERAL_NAMES(nullptr, &octets, ASN1_STRING_length(value)));
    if (octets != end) list = nullptr;
  }
};

bool is_service_name(const GENERAL_NAME* name) {
  constexpr const char* dns_srv = "1.3.6.1.5.5.7.8.7";  // RFC 4985
  if (name->type != GEN_OTHERNAME) return false;
  std::array<char, 64> oid{};
  return OBJ_obj2txt(oid.data(), static_cast<int>(oid.size()), name->d.otherName->type_id, 1) > 0 &&
         std::string_view(oid.data()) == dns_srv;
}

// RFC 3986 section 3: a URN, an address of mail or of SIP has none.
bool has_authority(std::string_view uri) noexcept {
  const auto colon = uri.find(':');
  return colon != uri.npos && uri.substr(colon + 1).starts_with("//");
}

}  // namespace

entry_match match_entry(std::string_view entry, std::string_view name, name_rules::wildcards allowed) {
  using wildcards = name_rules::wildcards;
  if (entry.ends_with('.')) entry.remove_suffix(1);
  if (entry.empty()) return entry_match::none;
  if (entry.find('*') == entry.npos)
    return base::same_ignoring_case(entry, name) ? entry_match::exact : entry_match::none;
  if (allowed == wildcards::none) return entry_match::none;

  const auto entry_dot = entry.find('.');
  const auto name_dot = name.find('.');
  if (entry_dot == entry.npos || name_dot == name.npos || name_dot == 0) return entry_match::none;
  const auto pattern = entry.substr(0, entry_dot);
  const auto parent = entry.substr(entry_dot);
  const auto label = name.substr(0, name_dot);
  const auto star = pattern.find('*');
  if (star == pattern.npos || parent.find('*') != parent.npos || pattern.find('*', star + 1) != pattern.npos ||
      !base::same_ignoring_case(parent, name.substr(name_dot)))
    return entry_match::none;
  if (pattern == "*") return entry_match::wildcard;
  if (allowed != wildcards::anywhere) return entry_match::none;
  // A part of an A-label means nothing.
  if (label.starts_with("xn--")) return entry_match::none;
  const auto before = pattern.substr(0, star);
  const auto after = pattern.substr(star + 1);
  const bool fits = label.size() > before.size() + after.size() && base::starts_with_ignoring_case(label, before) &&
                    base::same_ignoring_case(label.substr(label.size() - after.size()), after);
  return fits ? entry_match::wildcard : entry_match::none;
}

name_match match_name(const certificate& c, const server_name& expected, const name_policy& policy) {
  const ossl::quiet_errors quiet;
  if (policy.rules.decide) return policy.rules.decide(expected.ascii(), c) ? name_match::by_decision : name_match::none;
  auto found = name_match::none;
  const alternative_names names(c);
  // What cannot be read may hold any name.
  bool has_names = names.are_there && !names.list;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.list.get()); ++i) {
    const auto* entry = sk_GENERAL_NAME_value(names.list.get(), i);
    if (is_service_name(entry) || (entry->type == GEN_URI && has_authority(view_of(entry->d.ia5)))) has_names = true;
    if (entry->type != GEN_DNS && entry->type != GEN_IPADD) continue;
    has_names = true;
    const auto bytes = view_of(entry->d.ia5);
    if (expected.is_ip()) {
      const auto address = expected.address();
      if (entry->type == GEN_IPADD && bytes.size() == address.size() &&
          std::memcmp(bytes.data(), address.data(), bytes.size()) == 0)
        return name_match::by_name;
    } else if (entry->type == GEN_DNS) {
      const auto match = match_entry(bytes, expected.ascii(), policy.rules.in_names);
      if (match == entry_match::exact) return name_match::by_name;
      if (match == entry_match::wildcard) {
        if (!is_too_wide(expected.ascii(), policy)) return name_match::by_name;
        found = name_match::too_wide;
      }
    }
  }
  using cn = name_rules::common_name;
  const auto consult = policy.rules.consult_common_name;
  if (consult == cn::always || (consult == cn::without_names && !has_names)) {
    const auto match = match_common_name(c, expected, policy);
    if (match != name_match::none) found = match;
  }
  return found;
}

bool speaks_for(const certificate& c, const server_name& expected) {
  static const name_policy usual;
  return match_name(c, expected, usual) == name_match::by_name;
}

bool speaks_for_mailbox(const certificate& c, std::string_view mailbox) {
  const ossl::quiet_errors quiet;
  const auto at = mailbox.rfind('@');
  if (at == mailbox.npos || at == 0 || at + 1 == mailbox.size()) return false;
  const alternative_names names(c);
  for (int i = 0; i < sk_GENERAL_NAME_num(names.list.get()); ++i) {
    const auto* entry = sk_GENERAL_NAME_value(names.list.get(), i);
    if (entry->type != GEN_EMAIL) continue;
    const auto held = view_of(entry->d.rfc822Name);
    const auto split = held.rfind('@');
    if (split == at && held.substr(0, at) == mailbox.substr(0, at) &&
        base::same_ignoring_case(held.substr(at), mailbox.substr(at)))
      return true;
  }
  return false;
}

}  // namespace signet
