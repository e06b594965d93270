// Times as the command line takes them.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace tool {

/// RFC 3339 with a zone ("2026-11-21T08:00:00Z", "...+01:00"); fractions of seconds are cut.
std::optional<std::chrono::sys_seconds> parse_rfc3339(std::string_view text);

}  // namespace tool
