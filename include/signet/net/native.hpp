// The way down to OpenSSL from sockets. <signet/native.hpp> says what holds for all such pointers.
#pragma once

#include <openssl/types.h>

#include <signet/net/tls_socket.hpp>

namespace signet::native {

/// The connection of a socket; null if the socket is closed.
SIGNET_EXPORT SSL* handle(const tls_socket& s) noexcept;

}  // namespace signet::native
