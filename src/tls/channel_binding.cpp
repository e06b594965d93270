// What is derived from a connection.
#include <openssl/ssl.h>

#include <array>

#include "base/sentence.hpp"
#include "ossl/errors.hpp"
#include "tls/engine_impl.hpp"
#include "x509/impl.hpp"

namespace signet {
namespace {

error not_there(const engine_impl& e, std::string why) {
  return base::sentence{.whom = e.whom(), .why = std::move(why)}.as(errc::not_supported);
}

result<std::string> tls_unique(const engine_impl& e) {
  const SSL* ssl = e.ssl.get();
  if (SSL_version(ssl) > TLS1_2_VERSION) return not_there(e, "tls-unique is not defined for TLS 1.3: use tls_exporter");
  if (SSL_get_extms_support(e.ssl.get()) != 1)
    return not_there(e, "tls-unique is not safe here: the peer has no extended master secret (RFC 7627)");
  // The first Finished of the handshake: the client's, and the server's where a session is resumed.
  const bool ours = (e.which == side::client) != (SSL_session_reused(ssl) == 1);
  std::array<char, EVP_MAX_MD_SIZE> out{};
  const auto size = (ours ? SSL_get_finished : SSL_get_peer_finished)(ssl, out.data(), out.size());
  return std::string(out.data(), size);
}

result<std::string> server_end_point(const engine_impl& e) {
  const auto info = e.info();
  const auto& chain = e.which == side::server ? info.own_chain : info.peer_chain;
  if (chain.empty()) return not_there(e, "tls-server-end-point: the server showed no certificate");
  int digest = NID_undef;
  auto* leaf = raw(chain.front());
  if (X509_get_signature_info(leaf, &digest, nullptr, nullptr, nullptr) != 1 || digest == NID_undef)
    return not_there(e, "tls-server-end-point is not defined for a certificate that is signed without a digest");
  if (digest == NID_md5 || digest == NID_sha1) digest = NID_sha256;
  const auto* method = EVP_get_digestbynid(digest);
  std::array<unsigned char, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  if (method == nullptr || X509_digest(leaf, method, out.data(), &size) != 1)
    return not_there(e, "tls-server-end-point: the digest of the certificate's signature is not known here");
  return std::string(reinterpret_cast<const char*>(out.data()), size);
}

}  // namespace

result<std::string> engine::export_keying_material(std::string_view label, std::size_t size,
                                                   std::optional<byte_view> context) const {
  constexpr std::size_t most = 4096;
  if (!impl_->done || impl_->fatal) return error(errc::not_connected, "the handshake is not complete");
  if (size == 0 || size > most || label.empty())
    return error(errc::invalid_argument,
                 "keying material is exported under a label, 1 to " + std::to_string(most) + " octets of it");
  const ossl::quiet_errors forget;
  std::string out(size, '\0');
  if (SSL_export_keying_material(impl_->ssl.get(), reinterpret_cast<unsigned char*>(out.data()), size, label.data(),
                                 label.size(),
                                 context ? reinterpret_cast<const unsigned char*>(context->data()) : nullptr,
                                 context ? context->size() : 0, context ? 1 : 0) != 1)
    return not_there(*impl_, "no keying material can be exported");
  return out;
}

result<std::string> engine::binding(channel_binding kind) const {
  if (!impl_->done || impl_->fatal) return error(errc::not_connected, "the handshake is not complete");
  switch (kind) {
    case channel_binding::tls_exporter: {
      constexpr std::size_t size = 32;
      // Of TLS 1.2 it needs what ties its secret to the handshake (RFC 9266 section 4.2).
      if (SSL_version(impl_->ssl.get()) < TLS1_3_VERSION && SSL_get_extms_support(impl_->ssl.get()) != 1)
        return not_there(*impl_, "tls-exporter is not safe here: the peer has no extended master secret (RFC 7627)");
      return export_keying_material("EXPORTER-Channel-Binding", size, byte_view(std::string_view("")));
    }
    case channel_binding::tls_unique:
      return tls_unique(*impl_);
    case channel_binding::tls_server_end_point:
      return server_end_point(*impl_);
  }
  return error(errc::invalid_argument, "there is no such channel binding");
}

}  // namespace signet
