// A certificate that a server asks for after the handshake (RFC 8446 section 4.6.2).
#include <openssl/err.h>
#include <openssl/sslerr.h>

#include "base/sentence.hpp"
#include "tls/engine_impl.hpp"
#include "tls/message_trace.hpp"

namespace signet {

result<io_status> engine::request_certificate(client_certificates how) {
  auto& e = *impl_;
  if (e.fatal) return *e.fatal;
  if (!e.done || e.which != side::server) return error(errc::not_connected, "there is no client to ask");
  if (how == client_certificates::ignored)
    return error(errc::invalid_argument, "a certificate that is asked for cannot be ignored");
  const auto refused = [&](std::string why, std::string hint) {
    return base::sentence{.whom = e.whom(), .why = std::move(why), .hint = std::move(hint)}.as(errc::not_supported);
  };
  if (SSL_version(e.ssl.get()) < TLS1_3_VERSION)
    return refused("a certificate can be asked for after the handshake in TLS 1.3 only", "");
  if (e.policy->settings.client_trust.size() == 0 && e.policy->loosened.reason().empty())
    return error(errc::invalid_configuration, "client certificates are asked for, and nobody is trusted to issue them",
                 "name the CA in client_trust");
  // Of two questions without an answer the stricter one counts.
  const bool must = how == client_certificates::required ||
                    (e.late && (SSL_get_verify_mode(e.ssl.get()) & SSL_VERIFY_FAIL_IF_NO_PEER_CERT) != 0);
  SSL_set_verify(e.ssl.get(),
                 SSL_VERIFY_PEER | SSL_VERIFY_POST_HANDSHAKE | (must ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
  if (e.late) return e.flush();
  if (SSL_verify_client_post_handshake(e.ssl.get()) != 1) {
    if (!ossl::holds(ossl::drain_errors(), ERR_LIB_SSL, SSL_R_EXTENSION_NOT_RECEIVED))
      return refused("a certificate cannot be asked for at this moment", "read, and ask again");
    return refused("does not offer to show a certificate after the handshake",
                   "ask for it in the handshake (client_auth), or have the client offer post_handshake_auth");
  }
  see_messages(e.ssl.get());
  e.io.begin_call();
  e.late = std::make_unique<engine_impl::late_answer>();
  const auto out = ossl::call(e.ssl.get(), SSL_do_handshake);
  if (!out.succeeded() && out.reason != SSL_ERROR_WANT_READ) return e.fail(explain_failure(e, out));
  return e.flush();
}

bool engine::client_answered() const noexcept {
  return impl_->late == nullptr;
}

// The last message came by before OpenSSL had checked it; a call that then went well did so.
void engine::impl::settle_late_certificate() {
  if (!late || !late->is_complete || fatal || SSL_is_init_finished(ssl.get()) != 1) return;
  judged = std::move(late->judged);
  sent = std::move(late->sent);
  ticket.reset();
  late.reset();
}

}  // namespace signet
