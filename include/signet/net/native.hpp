// The way down to OpenSSL from sockets, and to the system's descriptors of a listener. <signet/native.hpp> says what
// holds for all such pointers. Every socket has its descriptor in native_handle(). Deliberately absent: the connection
// of the halves of split(), which the other half's thread may be using.
#pragma once

#include <openssl/types.h>

#include <vector>

#include <signet/net/listener.hpp>
#include <signet/net/nonblocking_socket.hpp>
#include <signet/net/tls_socket.hpp>

namespace signet::native {

/// The connection of a socket; null if the socket is closed.
SIGNET_EXPORT SSL* handle(const tls_socket& s) noexcept;
/// The connection of a socket, from the beginning of its handshake; null while connecting and if the socket is closed.
SIGNET_EXPORT SSL* handle(const nonblocking_socket& s) noexcept;
/// The descriptors that listen, one for each address; none if the listener was moved from. They are borrowed: use them
/// to set socket options, or to give copies to another process.
SIGNET_EXPORT std::vector<int> listening_descriptors(const listener& l);

}  // namespace signet::native
