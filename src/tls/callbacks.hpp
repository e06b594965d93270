// What OpenSSL calls back for, bound to the engine whose SSL it is. Each one goes through ossl::guarded.
#pragma once

#include <signet/base/result.hpp>

#include "ossl/handles.hpp"
#include "tls/context.hpp"

namespace signet::callbacks {

// On a client's or server's SSL_CTX.
void judge_peer_certificates(SSL_CTX* ctx);
void remember_alerts(SSL_CTX* ctx);
void log_keys(SSL_CTX* ctx);
// NPN, by these names; nothing is set up for none. Errors: invalid_configuration, not_supported.
result<void> choose_npn(SSL_CTX* ctx, side which, const std::vector<std::string>& names);
// On a client's.
void answer_requests(SSL_CTX* ctx);
void save_sessions(SSL_CTX* ctx);
void use_pre_shared_key(SSL_CTX* ctx);
// On a server's.
// Tells selectors what the client said, octet by octet, where there are any.
void read_hello(SSL_CTX* ctx, bool for_selectors);
void choose_identity(SSL_CTX* ctx);
void choose_alpn(SSL_CTX* ctx);
// A ticket whose connection would not come about now is passed over, and the handshake is a full one.
void bind_tickets(SSL_CTX* ctx);
// Under the keys of the server's source.
void encrypt_tickets(SSL_CTX* ctx);
// Of TLS 1.2, by their ids, in the server's store.
void keep_sessions(SSL_CTX* ctx);
void find_pre_shared_keys(SSL_CTX* ctx);

}  // namespace signet::callbacks
