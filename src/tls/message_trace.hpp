// Sees each message of a connection as it goes by: for its trace, for a selector that wants the ClientHello as it came,
// and for the end of a late certificate.
#pragma once

#include <openssl/types.h>

namespace signet {

void see_messages(SSL_CTX* ctx);
void see_messages(SSL* ssl);

}  // namespace signet
