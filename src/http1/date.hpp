// Dates as HTTP writes them (RFC 9110 section 5.6.7): "Sun, 06 Nov 1994 08:49:37 GMT".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace signet::http1 {

std::string date_text(std::int64_t unix_seconds);
// Only the form above, the one that is sent since 1996.
std::optional<std::int64_t> parse_date(std::string_view text);

}  // namespace signet::http1
