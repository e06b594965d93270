// SSL_set_tlsext_host_name without the old-style cast that its macro leaves in our code.
#pragma once

#include <openssl/ssl.h>
#include <openssl/tls1.h>

#include "peer.hpp"

namespace bench {

inline bool send_server_name(SSL* ssl) {
  return SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(server_name)) == 1;
}

}  // namespace bench
