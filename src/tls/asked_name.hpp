// The name a client asks for (SNI), as a server sees it: lower case, empty when there is none.
#pragma once

#include <openssl/ssl.h>

#include <string>

namespace signet {

[[nodiscard]] std::string asked_name(const SSL* ssl);
// Out of a ClientHello that OpenSSL has not looked into yet: TLS 1.2 reads the ticket before the name.
[[nodiscard]] std::string asked_name_in_hello(SSL* ssl);

}  // namespace signet
