// ASCII without a locale, as protocols and names on the network mean it.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace signet::base {

constexpr bool is_digit(char c) noexcept {
  return c >= '0' && c <= '9';
}
constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
constexpr bool is_letter(char c) noexcept {
  return lower(c) >= 'a' && lower(c) <= 'z';
}
constexpr bool is_letter_or_digit(char c) noexcept {
  return is_letter(c) || is_digit(c);
}
constexpr bool is_hex_digit(char c) noexcept {
  return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f');
}
inline std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}
constexpr bool same_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}
constexpr bool starts_with_ignoring_case(std::string_view text, std::string_view start) noexcept {
  return same_ignoring_case(text.substr(0, start.size()), start);
}

}  // namespace signet::base
