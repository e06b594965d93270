// What the other readers of files need of private keys.
#pragma once

#include <openssl/types.h>

#include <signet/base/result.hpp>
#include <signet/x509/private_key.hpp>

#include "x509/pem.hpp"

namespace signet::x509 {

// The key in one block whose label is that of a private key. The errors of private_key::from_pem.
result<private_key> key_in(const pem::block& block, const password_callback& password);
// The first key of a file's content in any format.
result<private_key> first_key(std::string_view content, const password_callback& password);
// file_malformed.
result<private_key> key_of(const PKCS8_PRIV_KEY_INFO* info);

}  // namespace signet::x509
