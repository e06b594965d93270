// Whether what a key is made of can be read: a token's key only pretends to have a private value.
#pragma once

#include <openssl/types.h>

#include <signet/base/error.hpp>

namespace signet::x509 {

bool is_exportable(const EVP_PKEY* key);
// For what writes keys.
error not_exportable();

}  // namespace signet::x509
