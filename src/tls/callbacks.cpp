#include "tls/callbacks.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "ossl/guard.hpp"
#include "tls/asked_name.hpp"
#include "tls/engine_impl.hpp"
#include "verify/trust_store_impl.hpp"
#include "x509/impl.hpp"

namespace signet {
namespace {

// OpenSSL turns these codes into the alert (docs/proven.md 4).
int x509_error_for(errc code) noexcept {
  switch (code) {
    case errc::unknown_issuer:
    case errc::no_trust_anchors:
      return X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY;
    case errc::self_signed:
      return X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT;
    case errc::self_signed_in_chain:
      return X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN;
    case errc::expired:
      return X509_V_ERR_CERT_HAS_EXPIRED;
    case errc::not_yet_valid:
      return X509_V_ERR_CERT_NOT_YET_VALID;
    case errc::name_mismatch:
      return X509_V_ERR_HOSTNAME_MISMATCH;
    case errc::invalid_purpose:
      return X509_V_ERR_INVALID_PURPOSE;
    case errc::bad_signature:
      return X509_V_ERR_CERT_SIGNATURE_FAILURE;
    case errc::revoked:
      return X509_V_ERR_CERT_REVOKED;
    case errc::invalid_ca:
      return X509_V_ERR_INVALID_CA;
    default:
      return X509_V_ERR_CERT_REJECTED;
  }
}

// Before anything else is looked at: a refusal has its alert here only.
int select_identity(SSL* ssl, int* alert) {
  auto& e = engine_of(ssl);
  // Of a ClientHello that comes a second time it stands.
  if (e.chosen) return SSL_CLIENT_HELLO_SUCCESS;
  *alert = SSL_AD_INTERNAL_ERROR;
  auto name = asked_name_in_hello(ssl);
  auto choice = e.server->options.select_identity({.server_name = name});
  if (choice.is == identity_choice::state::not_yet) return SSL_CLIENT_HELLO_RETRY;
  *alert = SSL_AD_UNRECOGNIZED_NAME;
  if (choice.is == identity_choice::state::refused || !choice.chosen) {
    e.refused_name = std::make_unique<const std::string>(std::move(name));
    return SSL_CLIENT_HELLO_ERROR;
  }
  e.chosen = std::move(choice.chosen);
  return SSL_CLIENT_HELLO_SUCCESS;
}

// 1 to go on, 0 to refuse, as SSL_CTX_set_cert_cb wants it.
int use_identities(SSL* ssl) {
  const auto& e = engine_of(ssl);
  const auto& config = *e.server;
  if (e.chosen) {
    SSL_certs_clear(ssl);
    return use_identity(ssl, *e.chosen) ? 1 : 0;
  }
  const auto name = server_name::parse(asked_name(ssl));
  const auto found = name ? config.who.for_name(*name) : identities::choice();
  // Where nobody speaks for it, those of the SSL_CTX stay.
  if (!found.empty()) SSL_certs_clear(ssl);
  for (const auto* who : found)
    if (!use_identity(ssl, *who)) return 0;
  return 1;
}

}  // namespace

// Asks the source for what is awaited.
engine_impl::looked engine::impl::look_for_evidence() {
  constexpr unsigned most_rounds = 8;
  // Of both, for one connection: a source may have asked whom the peer named.
  constexpr std::size_t most_found = 100;
  if (search->rounds >= most_rounds) return looked::nothing_new;
  // One that throws has nothing: the verdict then says what is missing.
  auto more =
      ossl::guarded(std::optional(evidence()), [this] { return client->options.evidence->find(*search->awaited); });
  if (!more) return looked::not_yet;
  ++search->rounds;
  search->awaited.reset();
  const auto add = [](auto& to, const auto& from) {
    const auto n = std::min(from.size(), most_found - to.size());
    to.insert(to.end(), from.begin(), from.begin() + static_cast<std::ptrdiff_t>(n));
    return n != 0;
  };
  const bool any_issuer = add(search->found.issuers, more->issuers);
  return add(search->found.lists, more->lists) || any_issuer ? looked::found : looked::nothing_new;
}

engine_impl::judgement engine::impl::judge_peer(X509_STORE_CTX* ctx) {
  const bool is_client = which == side::client;
  auto outcome = looked::found;
  if (search && search->awaited) {
    // OpenSSL asks again and shows nothing (docs/proven.md 2); nothing is judged until there is something new.
    outcome = look_for_evidence();
  } else {
    auto* stack = X509_STORE_CTX_get0_untrusted(ctx);
    sent.clear();
    for (int i = 0; i < sk_X509_num(stack); ++i) sent.push_back(adopt(ossl::share(sk_X509_value(stack, i))));
    if (sent.empty() && X509_STORE_CTX_get0_cert(ctx) != nullptr)
      sent.push_back(adopt(ossl::share(X509_STORE_CTX_get0_cert(ctx))));
  }
  for (;;) {
    // No verdict: whatever happens next, the handshake does not end well without another.
    if (outcome == looked::not_yet) {
      judged.reset();
      return judgement::not_yet;
    }
    const auto asked = request(sent);
    // Before the verdict: what changes meanwhile has not judged.
    trust_generation = inside(asked.trust).generation();
    if (!is_client) trust_digest = inside(asked.trust).digest();
    judged = std::make_shared<const signet::verdict>(verify_peer(asked, is_client ? client->chains : server->chains));
    if (judged->trusted() || outcome == looked::nothing_new || !is_client || !client->options.evidence) break;
    // An issuer that was found may lack an issuer of its own.
    auto wanted = evidence_for(*judged);
    if (!wanted) break;
    if (!search) search = std::make_unique<evidence_search>();
    search->awaited = std::move(wanted);
    outcome = look_for_evidence();
    if (outcome == looked::nothing_new) break;
  }
  if (search) search->awaited.reset();
  if (!judged->trusted()) {
    const auto& findings = judged->findings();
    X509_STORE_CTX_set_error(ctx, x509_error_for(findings.empty() ? errc::no_verdict : findings.front().code));
    return judgement::refused;
  }
  X509_STORE_CTX_set_error(ctx, X509_V_OK);
  return judgement::trusted;
}

void engine::impl::save_session(ossl::ssl_session_ptr session) {
  // What was accepted in spite of findings is judged anew each time.
  if (!judged || !judged->loosened().empty() || SSL_SESSION_is_resumable(session.get()) != 1) return;
  // A ticket of TLS 1.2 comes before the handshake is over. One of a resumed connection is of the same session, and
  // rests on what that rests on: evidence that was found for it is not known here.
  const auto* of = SSL_session_reused(ssl.get()) == 1 && offered ? offered.get() : nullptr;
  client->sessions->put(session_key,
                        std::make_shared<saved_session>(saved_session{
                            .session = std::move(session),
                            .earlier = of != nullptr ? of->earlier : stand(judged, request(sent), trust_generation),
                            .began = of != nullptr ? of->began : now()}));
}

namespace callbacks {

void judge_peer_certificates(SSL_CTX* ctx) {
  SSL_CTX_set_cert_verify_callback(
      ctx,
      [](X509_STORE_CTX* store, void*) {
        return ossl::guarded(0, [store] {
          auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
          switch (engine_of(ssl).judge_peer(store)) {
            case engine_impl::judgement::trusted:
              return 1;
            case engine_impl::judgement::not_yet:
              // On a client only: a server would go on without a verdict. 1 is what OpenSSL wants beside it.
              return SSL_is_server(ssl) == 0 && SSL_set_retry_verify(ssl) ? 1 : 0;
            case engine_impl::judgement::refused:
              break;
          }
          return 0;
        });
      },
      nullptr);
}

void remember_alerts(SSL_CTX* ctx) {
  SSL_CTX_set_info_callback(ctx, [](const SSL* ssl, int where, int value) {
    if ((where & SSL_CB_ALERT) == 0) return;
    const auto from = (where & SSL_CB_READ) != 0 ? alert::sender::peer : alert::sender::us;
    if (from == alert::sender::us && (value & 0xff) == SSL_AD_NO_RENEGOTIATION)
      engine_of(ssl).refused_renegotiation = true;
    if ((value >> 8) != SSL3_AL_FATAL) return;
    engine_of(ssl).last_alert = alert{static_cast<std::uint8_t>(value & 0xff), from};
  });
}

void log_keys(SSL_CTX* ctx) {
  SSL_CTX_set_keylog_callback(ctx, [](const SSL* ssl, const char* line) {
    ossl::guarded(0, [&] {
      const auto& e = engine_of(ssl);
      (e.client ? e.client->options.key_log : e.server->options.key_log)(line);
      return 0;
    });
  });
}

void save_sessions(SSL_CTX* ctx) {
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(ctx, [](SSL* ssl, SSL_SESSION* session) {
    // The reference that comes with the call is ours once we answer 1.
    return ossl::guarded(0, [&] {
      SSL_SESSION_up_ref(session);
      engine_of(ssl).save_session(ossl::ssl_session_ptr(session));
      return 0;
    });
  });
}

void note_request(SSL_CTX* ctx) {
  // Called at a CertificateRequest; what was configured stays.
  SSL_CTX_set_cert_cb(
      ctx,
      [](SSL* ssl, void*) {
        engine_of(ssl).was_asked = true;
        return 1;
      },
      nullptr);
}

void read_hello(SSL_CTX* ctx) {
  SSL_CTX_set_client_hello_cb(
      ctx,
      [](SSL* ssl, int* alert, void*) {
        auto& e = engine_of(ssl);
        e.versions = versions_in_hello(ssl);
        if (!e.server->options.select_identity) return SSL_CLIENT_HELLO_SUCCESS;
        return ossl::guarded(SSL_CLIENT_HELLO_ERROR, [&] { return select_identity(ssl, alert); });
      },
      nullptr);
}

void choose_identity(SSL_CTX* ctx) {
  SSL_CTX_set_cert_cb(
      ctx, [](SSL* ssl, void*) { return ossl::guarded(0, [ssl] { return use_identities(ssl); }); }, nullptr);
}

void choose_alpn(SSL_CTX* ctx) {
  SSL_CTX_set_alpn_select_cb(
      ctx,
      [](SSL* ssl, const unsigned char** out, unsigned char* out_size, const unsigned char* offered,
         unsigned offered_size, void*) {
        return ossl::guarded(SSL_TLSEXT_ERR_ALERT_FATAL, [&] {
          auto& e = engine_of(ssl);
          const std::string_view ours = e.server->alpn;
          const std::string_view theirs(reinterpret_cast<const char*>(offered), offered_size);
          for (std::size_t i = 0; i < ours.size(); i += 1 + static_cast<unsigned char>(ours[i])) {
            const auto name = ours.substr(i, 1 + static_cast<unsigned char>(ours[i]));
            for (std::size_t k = 0; k < theirs.size(); k += 1 + static_cast<unsigned char>(theirs[k])) {
              const auto offer = theirs.substr(k, 1 + static_cast<unsigned char>(theirs[k]));
              if (offer != name) continue;
              *out = offered + k + 1;
              *out_size = static_cast<unsigned char>(offer.size() - 1);
              return SSL_TLSEXT_ERR_OK;
            }
          }
          e.refused_alpn = std::make_unique<const std::string>(alpn_of_client(theirs));
          return SSL_TLSEXT_ERR_ALERT_FATAL;
        });
      },
      nullptr);
}

}  // namespace callbacks
}  // namespace signet
