// Reads a ClientHello that OpenSSL has taken apart.
#pragma once

#include <openssl/ssl.h>

#include <signet/tls/client_hello.hpp>

namespace signet {

// In a callback of SSL_CTX_set_client_hello_cb only. All but `raw`, which OpenSSL does not keep.
[[nodiscard]] client_hello_info read_client_hello(SSL* ssl);

}  // namespace signet
