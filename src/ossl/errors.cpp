#include "ossl/errors.hpp"

#include <openssl/err.h>

#include <array>

namespace signet::ossl {

std::vector<queued_error> drain_errors() {
  std::vector<queued_error> out;
  const char* data = nullptr;
  int flags = 0;
  for (unsigned long code; (code = ERR_get_error_all(nullptr, nullptr, nullptr, &data, &flags)) != 0;) {
    std::array<char, 256> text{};
    ERR_error_string_n(code, text.data(), text.size());
    queued_error entry{code, text.data()};
    if (data != nullptr && (flags & ERR_TXT_STRING) != 0 && *data != '\0') entry.text.append(": ").append(data);
    out.push_back(std::move(entry));
  }
  return out;
}

std::vector<std::string> texts(const std::vector<queued_error>& queue) {
  std::vector<std::string> out;
  out.reserve(queue.size());
  for (const auto& entry : queue) out.push_back(entry.text);
  return out;
}

bool holds(const std::vector<queued_error>& queue, int library, int reason) noexcept {
  for (const auto& entry : queue)
    if (ERR_GET_LIB(entry.code) == library && ERR_GET_REASON(entry.code) == reason) return true;
  return false;
}

quiet_errors::quiet_errors() noexcept {
  ERR_set_mark();
}
quiet_errors::~quiet_errors() {
  ERR_pop_to_mark();
}

}  // namespace signet::ossl
