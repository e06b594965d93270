#include "verify/name_match.hpp"

#include <libpsl.h>

#include <algorithm>
#include <cstring>

namespace signet {
namespace {

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::ranges::equal(a, b, {}, lower, lower);
}

// "*.co.uk" would speak for every registrable name under it.
bool is_public_suffix(std::string_view domain) {
  std::string text(domain);
  std::ranges::transform(text, text.begin(), lower);
  return psl_is_public_suffix2(psl_builtin(), text.c_str(), PSL_TYPE_ICANN | PSL_TYPE_NO_STAR_RULE) != 0 ||
         text.find('.') == std::string::npos;
}

}  // namespace

bool dns_entry_matches(std::string_view entry, std::string_view name) {
  if (entry.ends_with('.')) entry.remove_suffix(1);
  if (entry.empty()) return false;
  if (!entry.starts_with("*.")) return equal_ignoring_case(entry, name);

  const auto parent = entry.substr(2);
  const auto dot = name.find('.');
  if (dot == std::string_view::npos || dot == 0) return false;
  return parent.find('*') == std::string_view::npos && equal_ignoring_case(parent, name.substr(dot + 1)) &&
         !is_public_suffix(parent);
}

bool speaks_for(X509* certificate, const server_name& expected) {
  const ossl::general_names_ptr names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  if (!names) return false;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    int type = 0;
    const void* value = GENERAL_NAME_get0_value(sk_GENERAL_NAME_value(names.get(), i), &type);
    if (type != GEN_DNS && type != GEN_IPADD) continue;
    const auto* text = static_cast<const ASN1_STRING*>(value);
    const std::string_view bytes(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                 static_cast<std::size_t>(ASN1_STRING_length(text)));
    if (expected.is_ip()) {
      const auto address = expected.address();
      if (type == GEN_IPADD && bytes.size() == address.size() &&
          std::memcmp(bytes.data(), address.data(), bytes.size()) == 0)
        return true;
    } else if (type == GEN_DNS && dns_entry_matches(bytes, expected.ascii())) {
      return true;
    }
  }
  return false;
}

}  // namespace signet
