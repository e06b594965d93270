#include "verify/constraint_syntax.hpp"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/ascii.hpp"
#include "base/host_name.hpp"

namespace signet {
namespace {

std::string_view text_of(const ASN1_STRING* s) noexcept {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(s)), static_cast<std::size_t>(ASN1_STRING_length(s))};
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::ranges::all_of(label, [](char c) { return base::is_letter_or_digit(c) || c == '-'; });
}

// Letters, digits and hyphens, no trailing dot, not an address.
bool is_domain(std::string_view name) {
  if (name.empty() || name.size() > 253) return false;
  for (std::size_t start = 0; start <= name.size();) {
    const auto label = name.substr(start, name.find('.', start) - start);
    if (!is_label(label)) return false;
    start += label.size() + 1;
  }
  const auto last = name.substr(name.rfind('.') + 1);
  return !std::ranges::all_of(last, [](char c) { return c >= '0' && c <= '9'; });
}

// What begins like an A-label has to be one (RFC 5890 section 2.3.2.1).
bool is_dns_name(std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  return is_domain(name) && base::parse_host_name(name, base::a_labels::judged).has_value();
}

bool is_mailbox(std::string_view name) {
  const auto at = name.find('@');
  return at != name.npos && at != 0 && is_domain(name.substr(at + 1)) &&
         std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f; });
}

// Ones and then zeros.
bool is_mask(std::string_view mask) {
  bool over = false;
  for (const char c : mask)
    for (int bit = 7; bit >= 0; --bit) {
      const bool is_set = (static_cast<std::uint8_t>(c) >> bit & 1) != 0;
      if (is_set && over) return false;
      over = over || !is_set;
    }
  return true;
}

}  // namespace

bool is_well_formed(const GENERAL_NAME* name) {
  switch (name->type) {
    case GEN_DNS:
      return is_dns_name(text_of(name->d.dNSName));
    case GEN_EMAIL:
      return is_mailbox(text_of(name->d.rfc822Name));
    case GEN_IPADD: {
      const auto size = text_of(name->d.iPAddress).size();
      return size == 4 || size == 16;
    }
    default:
      return true;
  }
}

bool is_well_formed_constraint(const GENERAL_NAME* name) {
  switch (name->type) {
    case GEN_DNS: {
      // The empty domain stands for all of them.
      const auto domain = text_of(name->d.dNSName);
      return domain.empty() || is_domain(domain);
    }
    case GEN_EMAIL: {
      auto domain = text_of(name->d.rfc822Name);
      if (domain.find('@') != domain.npos) return is_mailbox(domain);
      if (domain.starts_with('.')) domain.remove_prefix(1);
      return is_domain(domain);
    }
    case GEN_IPADD: {
      const auto subnet = text_of(name->d.iPAddress);
      if (subnet.size() != 8 && subnet.size() != 32) return false;
      return is_mask(subnet.substr(subnet.size() / 2));
    }
    default:
      return true;
  }
}

}  // namespace signet
