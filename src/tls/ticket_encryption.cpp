// Encrypts tickets as RFC 5077 section 4 recommends, under the keys of the server's source.
#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>

#include "ossl/guard.hpp"
#include "tls/callbacks.hpp"
#include "tls/engine_impl.hpp"

namespace signet {
namespace {

// 1: done; 0: no key; -1: failed.
constexpr int no_key = 0;
constexpr int failed = -1;

int prepare(const ticket_key& key, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, int encrypts) {
  const auto& inside = detail::access::shared(key);
  const std::size_t size = inside.is_short ? 16 : 32;
  const auto* first = inside.octets.data() + 16;
  // nginx has them in one order in the long form and in the other in the short one.
  const auto* secret_of_cipher = inside.is_short ? first : first + size;
  const auto* secret_of_mac = inside.is_short ? first + size : first;
  char digest[] = "SHA256";
  const std::array<OSSL_PARAM, 3> how{
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, const_cast<std::uint8_t*>(secret_of_mac), size),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
  const auto* kind = inside.is_short ? EVP_aes_128_cbc() : EVP_aes_256_cbc();
  if (EVP_MAC_CTX_set_params(mac, how.data()) != 1) return failed;
  return EVP_CipherInit_ex2(cipher, kind, secret_of_cipher, iv, encrypts, nullptr) == 1 ? 1 : failed;
}

int encrypt(ticket_source& keys, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) {
  const auto key = keys.current();
  if (!key) return no_key;
  const auto named = key->name();
  std::ranges::copy(named, name);
  if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return failed;
  return prepare(*key, iv, cipher, mac, 1);
}

int decrypt(const SSL* ssl, ticket_source& keys, const unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
            EVP_MAC_CTX* mac) {
  ticket_key_name named{};
  std::copy_n(name, named.size(), named.begin());
  const auto key = keys.find(named);
  if (!key) return no_key;
  if (prepare(*key, iv, cipher, mac, 0) != 1) return failed;
  constexpr int and_renew = 2;
  // Tickets of TLS 1.3 are for one use.
  if (SSL_version(ssl) >= TLS1_3_VERSION) return and_renew;
  const auto newest = keys.current();
  return newest && newest->name() == named ? 1 : and_renew;
}

}  // namespace

void callbacks::encrypt_tickets(SSL_CTX* ctx) {
  SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, [](SSL* ssl, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher,
                                               EVP_MAC_CTX* mac, int encrypts) {
    return ossl::guarded(no_key, [&] {
      auto& keys = *engine_of(ssl).server->tickets;
      return encrypts != 0 ? encrypt(keys, name, iv, cipher, mac) : decrypt(ssl, keys, name, iv, cipher, mac);
    });
  });
}

}  // namespace signet
