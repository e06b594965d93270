#include <signet/tls/features.hpp>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <array>

#include "ossl/call.hpp"
#include "ossl/handles.hpp"

namespace signet {
namespace {

constexpr unsigned x25519_mlkem768 = 0x11EC;

bool names_ml_kem(SSL_CTX* ctx) {
  return SSL_CTX_set1_groups_list(ctx, "X25519MLKEM768") == 1;
}

// OpenSSL reads the ClientHello for us: the reader of bytes from strangers is not ours to write here.
int look_for_ml_kem(SSL* server, int*, void* offered) {
  const unsigned char* data = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(server, TLSEXT_TYPE_supported_groups, &data, &size) == 1)
    // A length of two octets, then the groups, two octets each.
    for (std::size_t i = 2; i + 1 < size; i += 2)
      if (data[i] * 256U + data[i + 1] == x25519_mlkem768) *static_cast<bool*>(offered) = true;
  return SSL_CLIENT_HELLO_ERROR;
}

bool offers_ml_kem() {
  bool offered = false;
  const ossl::ssl_ctx_ptr client_ctx(SSL_CTX_new(TLS_client_method())), server_ctx(SSL_CTX_new(TLS_server_method()));
  if (!client_ctx || !server_ctx) return false;
  SSL_CTX_set_client_hello_cb(server_ctx.get(), look_for_ml_kem, &offered);
  const ossl::ssl_ptr client(SSL_new(client_ctx.get())), server(SSL_new(server_ctx.get()));
  ossl::bio_ptr wire(BIO_new(BIO_s_mem())), nowhere(BIO_new(BIO_s_mem()));
  if (!client || !server || !wire || !nowhere) return false;
  BIO_up_ref(wire.get());
  BIO_up_ref(nowhere.get());
  SSL_set_bio(client.get(), nowhere.get(), wire.get());
  SSL_set_bio(server.get(), wire.release(), nowhere.release());
  ossl::call(client.get(), SSL_connect);
  ossl::call(server.get(), SSL_accept);
  return offered;
}

bool takes_raw_public_keys([[maybe_unused]] SSL_CTX* ctx) {
#if OPENSSL_VERSION_NUMBER >= 0x30200000L
  const unsigned char raw = TLSEXT_cert_type_rpk;
  return SSL_CTX_set1_server_cert_type(ctx, &raw, 1) == 1;
#else
  return false;
#endif
}

bool compresses_certificates([[maybe_unused]] SSL_CTX* ctx) {
#if OPENSSL_VERSION_NUMBER >= 0x30200000L && !defined(OPENSSL_NO_COMP_ALG)
  std::array algorithms{TLSEXT_comp_cert_brotli, TLSEXT_comp_cert_zlib, TLSEXT_comp_cert_zstd};
  return std::ranges::any_of(algorithms,
                             [&](int& one) { return SSL_CTX_set1_cert_comp_preference(ctx, &one, 1) == 1; });
#else
  return false;
#endif
}

bool speaks_tls1_3(SSL_CTX* ctx) {
  return SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) == 1;
}

bool has_shared_keys([[maybe_unused]] SSL_CTX* ctx) {
#ifdef OPENSSL_NO_PSK
  return false;
#else
  return SSL_CTX_set_cipher_list(ctx, "PSK") == 1;
#endif
}

constexpr bool has_npn() {
#ifdef OPENSSL_NO_NEXTPROTONEG
  return false;
#else
  return true;
#endif
}

// Nothing can be asked: the headers say how OpenSSL was configured.
constexpr bool logs_keys_itself() {
#if OPENSSL_VERSION_NUMBER >= 0x30500000L && !defined(OPENSSL_NO_SSLKEYLOG)
  return true;
#else
  return false;
#endif
}

}  // namespace

std::vector<openssl_feature> openssl_features() {
  const ossl::ssl_ctx_ptr ctx(SSL_CTX_new(TLS_method()));
  const auto asked = [&](bool (*question)(SSL_CTX*)) { return ctx && question(ctx.get()); };
  const bool is_new = asked(speaks_tls1_3);
  if (ctx) SSL_CTX_set_min_proto_version(ctx.get(), 0);
  std::vector<openssl_feature> all = {
      {"tls1.3", "RFC 8446", is_new},
      {"pha", "client certificates after the handshake, in TLS 1.3", is_new},
      {"alpn", "RFC 7301", true},
      {"npn", "the draft before ALPN, in TLS 1.2", has_npn()},
      {"psk", "pre-shared keys in place of certificates", asked(has_shared_keys)},
      {"ml-kem", "the hybrid group X25519MLKEM768", asked(names_ml_kem)},
      {"ml-kem-default", "clients offer it without being told to", offers_ml_kem()},
      {"raw-public-keys", "RFC 7250", asked(takes_raw_public_keys)},
      {"certificate-compression", "RFC 8879", asked(compresses_certificates)},
      {"openssl-key-log", "OpenSSL itself obeys SSLKEYLOGFILE", logs_keys_itself()},
  };
  ossl::drain_errors();
  return all;
}

}  // namespace signet
