// Every callback that OpenSSL makes into us goes through here: what it throws stays inside, and what it leaves in the
// error queue is forgotten, for a stale entry turns the WANT_READ that follows into a failure (docs/proven.md 14).
#pragma once

#include <openssl/err.h>

namespace signet::ossl {

template <class R, class F>
R guarded(R on_exception, F&& callback) noexcept {
  ERR_set_mark();
  R answer = on_exception;
  try {
    answer = callback();
  } catch (...) {
  }
  ERR_pop_to_mark();
  return answer;
}

}  // namespace signet::ossl
