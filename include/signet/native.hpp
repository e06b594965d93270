// The way down to OpenSSL, for what this library does not offer. Pointers are borrowed: they live as long as what they
// came from, and changing settings behind the library's back voids its promises.
#pragma once

#include <openssl/types.h>

#include <signet/net/tls_socket.hpp>
#include <signet/tls/client_config.hpp>
#include <signet/tls/engine.hpp>
#include <signet/tls/server_config.hpp>
#include <signet/x509/certificate.hpp>
#include <signet/x509/private_key.hpp>

namespace signet::native {

SIGNET_EXPORT SSL* handle(const engine& e) noexcept;
SIGNET_EXPORT SSL* handle(const tls_socket& s) noexcept;
SIGNET_EXPORT SSL_CTX* handle(const client_config& c) noexcept;
SIGNET_EXPORT SSL_CTX* handle(const server_config& c) noexcept;
SIGNET_EXPORT X509* handle(const certificate& c) noexcept;
SIGNET_EXPORT EVP_PKEY* handle(const private_key& k) noexcept;

/// A certificate that shares `x`.
SIGNET_EXPORT certificate share(X509* x);

}  // namespace signet::native
