// The two ways a private key in PEM is encrypted. A wrong password, a missing one and a damaged file are told apart,
// and nobody is ever asked on a terminal.
#pragma once

#include <openssl/crypto.h>

#include <string>
#include <string_view>
#include <utility>

#include <signet/base/result.hpp>
#include <signet/x509/private_key.hpp>

#include "ossl/handles.hpp"

namespace signet::x509 {

using pkcs8_ptr = ossl::handle<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;

// Text that is wiped when it goes.
struct wiped {
  explicit wiped(std::string secret) noexcept : text(std::move(secret)) {}
  wiped(wiped&& other) noexcept : text(std::exchange(other.text, {})) {}
  wiped& operator=(wiped&&) = delete;
  ~wiped() {
    // What was cut off is wiped too.
    text.resize(text.capacity());
    OPENSSL_cleanse(text.data(), text.size());
  }

  std::string text;
};

// PKCS#8 (RFC 5958). file_malformed, password_required, wrong_password, not_supported.
result<ossl::pkey_ptr> decrypt_pkcs8(std::string_view der, const password_callback& password);
// RFC 1421 headers; what comes back is the plain DER. The same errors.
result<wiped> decrypt_traditional(std::string_view headers, std::string_view ciphertext,
                                  const password_callback& password);

error wrong_password();

}  // namespace signet::x509
