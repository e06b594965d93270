#include "base/printable.hpp"

namespace signet::base {
namespace {

void escape(std::string& out, std::string_view octets) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  for (const char c : octets) {
    const auto value = static_cast<std::uint8_t>(c);
    out += '\\';
    out += digits[value >> 4];
    out += digits[value & 15];
  }
}

}  // namespace

utf8_character first_character(std::string_view text) noexcept {
  if (text.empty()) return {};
  const auto octet = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = octet(0);
  if (first < 0x80) return {first, 1};
  const std::size_t size = first >= 0xf0 && first < 0xf5 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (size == 0 || first >= 0xf5 || text.size() < size) return {};
  std::uint32_t code_point = first & (0x7fU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    if ((octet(i) & 0xc0) != 0x80) return {};
    code_point = code_point << 6 | (octet(i) & 0x3f);
  }
  const bool overlong = (size == 3 && code_point < 0x800) || (size == 4 && code_point < 0x10000);
  const bool surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
  if (overlong || surrogate || code_point > 0x10ffff) return {};
  return {code_point, size};
}

bool is_harmless(std::uint32_t c) noexcept {
  const auto in = [c](std::uint32_t low, std::uint32_t high) { return c >= low && c <= high; };
  return !(c < 0x20 || in(0x7f, 0x9f) || c == 0xad || c == 0x61c || c == 0x180e || in(0x200b, 0x200f) ||
           in(0x2028, 0x202e) || in(0x2060, 0x206f) || c == 0xfeff || in(0xfff0, 0xfffb) || in(0xe0000, 0xe0fff));
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto [code_point, size] = first_character(text);
    if (size != 0 && is_harmless(code_point)) {
      out += text.substr(0, size);
    } else {
      escape(out, text.substr(0, size == 0 ? 1 : size));
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return out;
}

std::string quoted(std::string_view text, std::size_t most) {
  if (text.size() <= most) return '"' + printable(text) + '"';
  // A character is not cut in two.
  std::size_t end = most;
  while (end > 0 && (static_cast<std::uint8_t>(text[end]) & 0xc0) == 0x80) --end;
  return '"' + printable(text.substr(0, end)) + "...\"";
}

std::string listed(const std::vector<std::string>& items, std::size_t most) {
  std::string out;
  for (std::size_t i = 0; i < items.size() && i < most; ++i) out += (i == 0 ? "" : ", ") + items[i];
  if (items.size() > most) out += " and " + std::to_string(items.size() - most) + " more";
  return out;
}

}  // namespace signet::base
