// What has to hold for any input. A fuzz target that only waits for crashes misses the wrong answers.
#pragma once

#include <openssl/err.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <signet/base/error.hpp>

namespace signet::fuzz {

inline void check(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %s\n", what);
  std::abort();
}

inline void check_printable(std::string_view text) {
  for (const char c : text) check(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f, "text can be printed");
}

inline void check_error(const error& e) {
  check(!e.message().empty(), "an error has a message");
  check_printable(e.message());
  check_printable(e.hint());
}

inline void check_queue() {
  check(ERR_peek_error() == 0, "OpenSSL's error queue is left empty");
}

}  // namespace signet::fuzz
