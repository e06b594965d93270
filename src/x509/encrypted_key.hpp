// The two ways a private key by itself is encrypted. A wrong password, a missing one and a damaged file are told apart,
// and nobody is ever asked on a terminal.
#pragma once

#include <string_view>

#include <signet/base/result.hpp>
#include <signet/x509/private_key.hpp>

#include "ossl/handles.hpp"
#include "x509/wiped.hpp"

namespace signet::x509 {

// PKCS#8 (RFC 5958). file_malformed, password_required, wrong_password, not_supported.
result<ossl::pkey_ptr> decrypt_pkcs8(std::string_view der, const password_callback& password);
// RFC 1421 headers; what comes back is the plain DER. The same errors.
result<wiped> decrypt_traditional(std::string_view headers, std::string_view ciphertext,
                                  const password_callback& password);

}  // namespace signet::x509
