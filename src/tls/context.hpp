// What client and server configurations have in common: an SSL_CTX with our defaults.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <signet/base/result.hpp>
#include <signet/tls/client_config.hpp>
#include <signet/tls/protocol_version.hpp>
#include <signet/x509/identity.hpp>

#include "ossl/handles.hpp"

namespace signet {

enum class side : unsigned char { client, server };

struct context_settings {
  protocol_version min_version;
  protocol_version max_version;
  const std::string& ciphers;
  const std::string& ciphersuites;
  const std::string& groups;
};

// invalid_configuration names the option that does not hold.
result<ossl::ssl_ctx_ptr> make_context(side which, const context_settings& settings);

// What an option of that name may be. invalid_configuration.
result<void> check_lifetime(std::chrono::seconds of_sessions);

// ALPN names in wire form (RFC 7301 section 3.1).
result<std::string> alpn_wire_form(const std::vector<std::string>& names);

// `Target` is an SSL_CTX or an SSL.
result<void> use_identity(SSL_CTX* ctx, const identity& who);
result<void> use_identity(SSL* ssl, const identity& who);

}  // namespace signet
