// What is wrong with a message: in which phase that shows, and what stood there instead of what was due.
#pragma once

#include <string>
#include <string_view>
#include <utility>

#include <signet/base/error.hpp>

#include "base/printable.hpp"

namespace signet::http1 {

using base::quoted;

// "phase: why".
inline error violation(std::string_view phase, std::string why, std::string expected = {}, std::string presented = {},
                       errc code = errc::protocol_violation) {
  auto parts = error(code, std::move(why)).in(phase).parts();
  parts.phase = phase;
  parts.expected = std::move(expected);
  parts.presented = std::move(presented);
  return error(std::move(parts));
}

}  // namespace signet::http1
