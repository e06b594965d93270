// The messages of a handshake, as a trace tells them.
#pragma once

#include <openssl/types.h>

namespace signet {

// Of an SSL whose engine has a trace.
void trace_messages(SSL* ssl);

}  // namespace signet
