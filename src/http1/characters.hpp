// The character classes of URLs and HTTP, without a locale.
#pragma once

#include <string_view>

#include "base/ascii.hpp"
#include "base/printable.hpp"

namespace signet::http1 {

using base::first_character;
using base::is_digit;
using base::is_harmless;
using base::is_letter;
using base::is_letter_or_digit;
using base::lower;
using base::same_ignoring_case;

// The value of a hex digit, or -1.
constexpr int hex_value(char c) noexcept {
  if (is_digit(c)) return c - '0';
  c = lower(c);
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
// RFC 9110 section 5.6.2.
constexpr bool is_token_char(char c) noexcept {
  return is_letter_or_digit(c) || std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}
constexpr bool is_token(std::string_view text) noexcept {
  for (const char c : text) {
    if (!is_token_char(c)) return false;
  }
  return !text.empty();
}
constexpr std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

}  // namespace signet::http1
