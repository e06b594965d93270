// The way down to OpenSSL from certificates and keys. <signet/native.hpp> says what holds for all such pointers.
#pragma once

#include <openssl/types.h>

#include <signet/x509/certificate.hpp>
#include <signet/x509/private_key.hpp>

namespace signet::native {

SIGNET_EXPORT X509* handle(const certificate& c) noexcept;
SIGNET_EXPORT EVP_PKEY* handle(const private_key& k) noexcept;

/// Makes a certificate that shares ownership of `x`, which may not be null. The caller keeps its own reference.
SIGNET_EXPORT certificate share(X509* x);

}  // namespace signet::native
