// The way down to OpenSSL from engines and configs. <signet/native.hpp> says what holds for all such pointers.
#pragma once

#include <openssl/types.h>

#include <functional>

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
/// For client_options::on_context and server_options::on_context: `hook` is called with the context of the config when
/// all options have been applied, once, or once for each reload of a server. What it throws is thrown by make().
SIGNET_EXPORT context_hook on_context(std::function<void(SSL_CTX*)> hook);

}  // namespace signet::native
