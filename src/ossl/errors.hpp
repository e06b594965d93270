// OpenSSL's error queue, taken whole.
#pragma once

#include <string>
#include <vector>

namespace signet::ossl {

// One entry of the queue: the packed code and its text.
struct queued_error {
  unsigned long code = 0;
  std::string text = {};
};

// Empties the queue, oldest entry first.
std::vector<queued_error> drain_errors();
std::vector<std::string> texts(const std::vector<queued_error>& queue);
// Whether the queue holds this library and reason (ERR_LIB_SSL, SSL_R_...).
bool holds(const std::vector<queued_error>& queue, int library, int reason) noexcept;

// Empties the queue on leaving a scope whose failures are not told by OpenSSL's texts.
struct quiet_errors {
  quiet_errors() noexcept;
  ~quiet_errors();
  quiet_errors(const quiet_errors&) = delete;
  quiet_errors& operator=(const quiet_errors&) = delete;
};

}  // namespace signet::ossl
