// JSON as this tool prints it: what would move or hide text on a terminal is escaped in it too.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace tool {

enum class json_layout : unsigned char { indented, one_line };
/// Without a line end. What is not UTF-8 becomes U+FFFD.
std::string to_text(const nlohmann::ordered_json& document, json_layout layout = json_layout::indented);

}  // namespace tool
