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

/// Makes a private key that shares ownership of `key`, which may not be null: also one that a provider or an engine of
/// the program's own keeps. The caller keeps its own reference. Whatever keeps the key has to let several threads sign
/// with it at once, and answers at once: signing that is asynchronous (OpenSSL's ASYNC_JOB) is not supported, and
/// SSL_MODE_ASYNC is never set.
SIGNET_EXPORT private_key share(EVP_PKEY* key);

}  // namespace signet::native
