#include "base/sentence.hpp"

namespace signet::base {

std::string sentence::text() const {
  std::string out = whom;
  for (const std::string_view part : {phase, std::string_view(why)}) {
    if (part.empty()) continue;
    if (!out.empty()) out += ": ";
    out += part;
  }
  return out;
}

error_parts sentence::parts(errc code) const {
  error_parts out;
  out.code = code;
  out.message = text();
  out.hint = hint;
  out.whom = whom;
  out.phase = phase;
  out.system_error = system_error;
  return out;
}

error sentence::as(errc code) const {
  return error(parts(code));
}

}  // namespace signet::base
