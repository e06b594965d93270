// What client and server configurations have in common: an SSL_CTX with our defaults.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <signet/base/result.hpp>
#include <signet/tls/client_config.hpp>
#include <signet/tls/protocol_version.hpp>
#include <signet/tls/server_config.hpp>
#include <signet/x509/identity.hpp>

#include "ossl/handles.hpp"

namespace signet {

enum class side : unsigned char { client, server };

// Whether pre-shared keys take the place of certificates (a client's) or stand beside them (a server's).
enum class key_use : unsigned char { none, instead, beside };

struct context_settings {
  protocol_version min_version;
  protocol_version max_version;
  const std::string& ciphers;
  const std::string& ciphersuites;
  const std::string& groups;
  const std::string& signature_algorithms;
  std::optional<int> security_level;
  std::size_t max_record_size;
  // A server's.
  const std::filesystem::path* dh_parameters = nullptr;
  preference order = preference::server;
  key_use keys = key_use::none;
};
// Borrows from the options.
[[nodiscard]] context_settings settings_of(const client_options& options);
[[nodiscard]] context_settings settings_of(const server_options& options);

// invalid_configuration names the option that does not hold.
result<ossl::ssl_ctx_ptr> make_context(side which, const context_settings& settings);

// What an option of that name may be. invalid_configuration.
result<void> check_lifetime(std::chrono::seconds of_sessions);
result<void> check_pre_shared_key(const pre_shared_key& one);

// The user's, which sees it last.
void call_hook(const context_hook& hook, SSL_CTX* ctx);

// ALPN names in wire form (RFC 7301 section 3.1).
result<std::string> alpn_wire_form(const std::vector<std::string>& names);

// `Target` is an SSL_CTX or an SSL.
result<void> use_identity(SSL_CTX* ctx, const identity& who);
result<void> use_identity(SSL* ssl, const identity& who);

}  // namespace signet
