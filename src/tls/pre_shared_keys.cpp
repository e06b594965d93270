// Pre-shared keys of both sides, in both versions.
#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "ossl/guard.hpp"
#include "tls/callbacks.hpp"
#include "tls/context.hpp"
#include "tls/engine_impl.hpp"

namespace signet {
namespace {

// OpenSSL's limits in 3.0: an identity and a key of TLS 1.2.
constexpr std::size_t longest_identity = 128;
constexpr std::size_t longest_key = 256;

// On sessions of TLS 1.3 that were made here; it stays on their copies.
int identity_index() {
  static const int index = SSL_SESSION_get_ex_new_index(
      0, nullptr, nullptr,
      [](CRYPTO_EX_DATA*, const CRYPTO_EX_DATA*, void** data, int, long, void*) {
        if (*data == nullptr) return 1;
        // Without it a copy would pass for a session of a ticket: no copy then.
        return ossl::guarded(0, [data] {
          *data = new std::string(*static_cast<std::string*>(*data));
          return 1;
        });
      },
      [](void*, void* data, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<std::string*>(data); });
  return index;
}

// A key without a hash of its own is for SHA-256 (RFC 8446 section 4.2.11).
ossl::ssl_session_ptr session_of(SSL* ssl, std::string_view identity, std::string_view key) {
  constexpr unsigned char aes_128_gcm_sha256[] = {0x13, 0x01};
  const auto* cipher = SSL_CIPHER_find(ssl, aes_128_gcm_sha256);
  ossl::ssl_session_ptr made(SSL_SESSION_new());
  auto owned = std::make_unique<std::string>(identity);
  if (!made || cipher == nullptr ||
      SSL_SESSION_set1_master_key(made.get(), reinterpret_cast<const unsigned char*>(key.data()), key.size()) != 1 ||
      SSL_SESSION_set_cipher(made.get(), cipher) != 1 ||
      SSL_SESSION_set_protocol_version(made.get(), TLS1_3_VERSION) != 1 ||
      SSL_SESSION_set_ex_data(made.get(), identity_index(), owned.get()) != 1)
    return nullptr;
  owned.release();
  return made;
}

std::optional<std::string> key_of(const server_options& options, std::string_view identity) {
  for (const auto& one : options.pre_shared_keys)
    if (one.identity == identity) return one.key;
  if (!options.find_pre_shared_key) return {};
  auto found = options.find_pre_shared_key(identity);
  return found && !found->empty() && found->size() <= longest_key ? std::move(found) : std::nullopt;
}

}  // namespace

result<void> check_pre_shared_key(const pre_shared_key& one) {
  const auto wrong = [&](const char* what, std::size_t size, std::size_t most) {
    return error(errc::invalid_configuration,
                 std::string("the ") + what + " of a pre-shared key has " + std::to_string(size) + " octets",
                 "1 to " + std::to_string(most));
  };
  if (one.identity.empty() || one.identity.size() > longest_identity)
    return wrong("identity", one.identity.size(), longest_identity);
  if (one.key.empty() || one.key.size() > longest_key) return wrong("key", one.key.size(), longest_key);
  return {};
}

bool engine::impl::is_by_shared_key() const {
  if (SSL_version(ssl.get()) >= TLS1_3_VERSION) {
    const auto* session = SSL_get_session(ssl.get());
    return SSL_session_reused(ssl.get()) == 1 && session != nullptr &&
           SSL_SESSION_get_ex_data(session, identity_index()) != nullptr;
  }
  const auto* cipher = SSL_get_current_cipher(ssl.get());
  if (cipher == nullptr || SSL_session_reused(ssl.get()) == 1) return false;
  constexpr std::array keyed{NID_kx_psk, NID_kx_ecdhe_psk, NID_kx_dhe_psk, NID_kx_rsa_psk};
  return std::ranges::find(keyed, SSL_CIPHER_get_kx_nid(cipher)) != keyed.end();
}

std::string shared_key_identity(const engine_impl& e) {
  const SSL* ssl = e.ssl.get();
  if (SSL_version(ssl) >= TLS1_3_VERSION)
    return *static_cast<std::string*>(SSL_SESSION_get_ex_data(SSL_get_session(ssl), identity_index()));
  const char* identity = SSL_get_psk_identity(ssl);
  return identity != nullptr ? identity : "";
}

namespace callbacks {

void use_pre_shared_key(SSL_CTX* ctx) {
  SSL_CTX_set_psk_use_session_callback(
      ctx, [](SSL* ssl, const EVP_MD* md, const unsigned char** identity, std::size_t* size, SSL_SESSION** session) {
        *session = nullptr;
        // Without it the handshake goes on, and ends at the certificate of the server.
        if (md != nullptr && EVP_MD_get_type(md) != NID_sha256) return 1;
        return ossl::guarded(0, [&] {
          const auto& ours = *engine_of(ssl).client->options.shared_key;
          auto made = session_of(ssl, ours.identity, ours.key);
          if (!made) return 0;
          *identity = reinterpret_cast<const unsigned char*>(ours.identity.data());
          *size = ours.identity.size();
          *session = made.release();
          return 1;
        });
      });
  SSL_CTX_set_psk_client_callback(ctx,
                                  [](SSL* ssl, const char*, char* identity, unsigned identity_room, unsigned char* key,
                                     unsigned key_room) -> unsigned {
                                    // OpenSSL asks here too where the key does not fit into a ClientHello of TLS 1.3.
                                    if (SSL_get_state(ssl) == TLS_ST_CW_CLNT_HELLO) return 0;
                                    const auto& ours = *engine_of(ssl).client->options.shared_key;
                                    if (ours.identity.size() >= identity_room || ours.key.size() > key_room ||
                                        ours.identity.find('\0') != std::string::npos)
                                      return 0;
                                    std::memcpy(identity, ours.identity.c_str(), ours.identity.size() + 1);
                                    std::memcpy(key, ours.key.data(), ours.key.size());
                                    return static_cast<unsigned>(ours.key.size());
                                  });
}

void find_pre_shared_keys(SSL_CTX* ctx) {
  SSL_CTX_set_psk_find_session_callback(
      ctx, [](SSL* ssl, const unsigned char* identity, std::size_t size, SSL_SESSION** session) {
        *session = nullptr;
        return ossl::guarded(0, [&] {
          const std::string_view name(reinterpret_cast<const char*>(identity), size);
          if (size > longest_identity) return 1;
          const auto key = key_of(engine_of(ssl).server->options, name);
          if (!key) return 1;
          *session = session_of(ssl, name, *key).release();
          // A ticket would resume what the key alone stands for.
          SSL_set_num_tickets(ssl, 0);
          return *session != nullptr ? 1 : 0;
        });
      });
  // Beside TLS 1.2: OpenSSL then prefers suites with SHA-256, which the keys are for.
  SSL_CTX_set_psk_server_callback(
      ctx, [](SSL* ssl, const char* identity, unsigned char* out, unsigned room) -> unsigned {
        // Of TLS 1.3 all has been looked up already; here an identity would be cut at its first NUL.
        if (SSL_version(ssl) >= TLS1_3_VERSION) return 0;
        return ossl::guarded(0U, [&] {
          const auto key = identity != nullptr ? key_of(engine_of(ssl).server->options, identity) : std::nullopt;
          if (!key || key->size() > room) return 0U;
          std::memcpy(out, key->data(), key->size());
          return static_cast<unsigned>(key->size());
        });
      });
}

}  // namespace callbacks
}  // namespace signet
