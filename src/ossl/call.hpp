// The one door to the SSL_* functions that do I/O: the queue is empty before, the reason is taken at once, and all of
// the queue is drained after. Nothing else in the library calls them.
#pragma once

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <vector>

#include "ossl/errors.hpp"

namespace signet::ossl {

struct outcome {
  int returned = 0;
  // SSL_ERROR_NONE and its like.
  int reason = SSL_ERROR_NONE;
  std::vector<queued_error> queue = {};

  [[nodiscard]] bool succeeded() const noexcept { return returned > 0; }
};

template <class F>
outcome call(SSL* ssl, F&& function) {
  ERR_clear_error();
  outcome out;
  out.returned = function(ssl);
  if (out.returned <= 0) {
    out.reason = SSL_get_error(ssl, out.returned);
    out.queue = drain_errors();
  }
  return out;
}

// SSL_shutdown answers 0 for "sent, the peer's is still to come", which is a success and must not be given to
// SSL_get_error.
inline outcome send_close_notify(SSL* ssl) {
  ERR_clear_error();
  outcome out;
  out.returned = SSL_shutdown(ssl);
  if (out.returned < 0) {
    out.reason = SSL_get_error(ssl, out.returned);
    out.queue = drain_errors();
  }
  return out;
}

}  // namespace signet::ossl
