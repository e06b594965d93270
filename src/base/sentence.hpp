// The sentence of an error: whom it is about, in which phase, and why. These three are put together here and nowhere
// else.
#pragma once

#include <string>
#include <string_view>

#include <signet/base/error.hpp>

namespace signet::base {

struct sentence {
  // "example.org:443 (192.0.2.1)"; empty where nobody is there yet.
  std::string whom = {};
  // "reading"; empty where the reason says it.
  std::string_view phase = {};
  std::string why = {};
  std::string hint = {};
  int system_error = 0;

  // "whom: phase: why".
  [[nodiscard]] std::string text() const;
  [[nodiscard]] error as(errc code) const;
  // For what carries more than a sentence.
  [[nodiscard]] error_parts parts(errc code) const;
};

}  // namespace signet::base
