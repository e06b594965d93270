#include "json_text.hpp"

#include <nlohmann/json.hpp>

#include "http1/characters.hpp"

namespace tool {
namespace {

void escape(std::string& out, std::uint32_t unit) {
  static constexpr char digits[] = "0123456789abcdef";
  out += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) out += digits[unit >> shift & 15];
}

}  // namespace

std::string to_text(const nlohmann::ordered_json& document, json_layout layout) {
  const auto text =
      document.dump(layout == json_layout::indented ? 2 : -1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::string out;
  out.reserve(text.size());
  for (std::string_view rest = text; !rest.empty();) {
    const auto [code_point, size] = signet::http1::first_character(rest);
    // Below U+0080 the library has escaped what has to be, except the line ends between the values.
    if (code_point < 0x7f || signet::http1::is_harmless(code_point)) {
      out += rest.substr(0, std::max<std::size_t>(size, 1));
    } else if (code_point < 0x10000) {
      escape(out, code_point);
    } else {
      // A pair of surrogates (RFC 8259 section 7).
      escape(out, 0xd800 + ((code_point - 0x10000) >> 10));
      escape(out, 0xdc00 + ((code_point - 0x10000) & 0x3ff));
    }
    rest.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

}  // namespace tool
