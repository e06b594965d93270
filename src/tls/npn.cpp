// Next protocol negotiation (draft-agl-tls-nextprotoneg), for peers that have not learnt of ALPN.
#include <openssl/ssl.h>

#include "tls/callbacks.hpp"
#include "tls/engine_impl.hpp"

namespace signet {

#ifdef OPENSSL_NO_NEXTPROTONEG
result<void> callbacks::choose_npn(SSL_CTX*, side, const std::vector<std::string>& names) {
  if (names.empty()) return {};
  return error(errc::not_supported, "this OpenSSL was built without NPN", "alpn is what took its place");
}
std::string npn_of(const SSL*) {
  return {};
}
#else
result<void> callbacks::choose_npn(SSL_CTX* ctx, side which, const std::vector<std::string>& names) {
  if (names.empty()) return {};
  auto wire = alpn_wire_form(names);
  if (!wire) return wire.error().in("npn");
  if (which == side::server)
    SSL_CTX_set_next_protos_advertised_cb(
        ctx,
        [](SSL* ssl, const unsigned char** out, unsigned* size, void*) {
          const auto& ours = engine_of(ssl).server->npn;
          *out = reinterpret_cast<const unsigned char*>(ours.data());
          *size = static_cast<unsigned>(ours.size());
          return SSL_TLSEXT_ERR_OK;
        },
        nullptr);
  else
    SSL_CTX_set_next_proto_select_cb(
        ctx,
        [](SSL* ssl, unsigned char** out, unsigned char* out_size, const unsigned char* offered, unsigned size, void*) {
          const auto& ours = engine_of(ssl).client->npn;
          // Where nothing is in common it answers with our first, which is what the draft asks for.
          SSL_select_next_proto(out, out_size, offered, size, reinterpret_cast<const unsigned char*>(ours.data()),
                                static_cast<unsigned>(ours.size()));
          return SSL_TLSEXT_ERR_OK;
        },
        nullptr);
  return {};
}

std::string npn_of(const SSL* ssl) {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_next_proto_negotiated(ssl, &name, &size);
  return name == nullptr ? std::string() : std::string(reinterpret_cast<const char*>(name), size);
}
#endif

}  // namespace signet
