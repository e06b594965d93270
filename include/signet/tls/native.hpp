// The way down to OpenSSL from engines and configs. <signet/native.hpp> says what holds for all such pointers.
#pragma once

#include <openssl/types.h>

#include <signet/tls/client_config.hpp>
#include <signet/tls/engine.hpp>
#include <signet/tls/server_config.hpp>

namespace signet::native {

/// The connection of an engine.
SIGNET_EXPORT SSL* handle(const engine& e) noexcept;
/// The context that all copies of a config share. Other threads may be using it. A reload of a server's config makes
/// another one, and the one before lives as long as a connection that uses it.
SIGNET_EXPORT SSL_CTX* handle(const client_config& c) noexcept;
SIGNET_EXPORT SSL_CTX* handle(const server_config& c) noexcept;

}  // namespace signet::native
