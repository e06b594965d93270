// Telling a trace, where somebody listens.
#pragma once

#include <signet/base/trace.hpp>

#include <utility>

namespace signet::base {

[[nodiscard]] inline bool listens(const trace_options& to, trace_level level) noexcept {
  return to.sink && level <= to.level;
}

// `words` is called as std::string(), and only when somebody listens.
template <class Words>
void tell(const trace_options& to, trace_level level, Words&& words, const traced_message* about = nullptr) noexcept {
  if (!listens(to, level)) return;
  try {
    to.sink({std::chrono::steady_clock::now(), level, std::forward<Words>(words)(), about});
  } catch (...) {
    // A listener that fails changes nothing about the connection.
  }
}

}  // namespace signet::base
