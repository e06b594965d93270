// Text from outside, made harmless: what comes out can be printed on a terminal and written to a log.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace signet::base {

struct utf8_character {
  std::uint32_t code_point = 0;
  // Octets; 0 where the text does not begin with UTF-8 (RFC 3629).
  std::size_t size = 0;
};
utf8_character first_character(std::string_view text) noexcept;
// False for what moves, hides or reverses the characters around it.
bool is_harmless(std::uint32_t code_point) noexcept;

// UTF-8 stays readable. Control characters (C1 among them), line and paragraph separators, direction marks, invisible
// characters and octets that are not UTF-8 become \XX, two upper-case hex digits an octet.
std::string printable(std::string_view text);
// The same in quotes, cut after `most` octets of input.
std::string quoted(std::string_view text, std::size_t most = 80);
// "a, b and 3 more".
std::string listed(const std::vector<std::string>& items, std::size_t most = 6);

}  // namespace signet::base
