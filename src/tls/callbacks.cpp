#include "tls/callbacks.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "ossl/guard.hpp"
#include "tls/asked_name.hpp"
#include "tls/client_hello.hpp"
#include "tls/engine_impl.hpp"
#include "tls/message_trace.hpp"
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

int refuse_name(engine_impl& e, int* alert) {
  *alert = SSL_AD_UNRECOGNIZED_NAME;
  e.refused_name = std::make_unique<const std::string>(e.name_asked_for());
  return SSL_CLIENT_HELLO_ERROR;
}

// Before anything else is looked at: a refusal has its alert here only.
int select_identity(engine_impl& e, int* alert) {
  // Of a ClientHello that comes a second time it stands.
  if (e.chosen) return SSL_CLIENT_HELLO_SUCCESS;
  auto choice = e.server->options.select_identity(*e.hello);
  if (choice.is == identity_choice::state::not_yet) return SSL_CLIENT_HELLO_RETRY;
  if (choice.is == identity_choice::state::refused || !choice.chosen) return refuse_name(e, alert);
  e.chosen = std::move(choice.chosen);
  return SSL_CLIENT_HELLO_SUCCESS;
}

bool is_unknown(const server_state& config, const std::string& name) {
  if (name.empty() || config.options.unknown_name == unknown_names::first_identity) return false;
  const auto parsed = server_name::parse(name);
  return !parsed || config.who.for_name(*parsed).empty();
}

// What the rest of the handshake goes by: before OpenSSL looks at a ticket.
int take_hello(SSL* ssl, int* alert) {
  auto& e = engine_of(ssl);
  const auto& config = *e.server;
  *alert = SSL_AD_INTERNAL_ERROR;
  auto name = asked_name_in_hello(ssl);
  // A second ClientHello asks for the same (RFC 8446 section 4.1.2).
  if (e.wanted_name && *e.wanted_name != name) {
    *alert = SSL_AD_ILLEGAL_PARAMETER;
    return SSL_CLIENT_HELLO_ERROR;
  }
  if (e.wants_raw_hello()) {
    auto now = read_client_hello(ssl);
    if (e.raw_hello) now.raw = *e.raw_hello;
    e.hello = std::make_unique<const client_hello_info>(std::move(now));
  }
  e.wanted_name = std::make_unique<const std::string>(std::move(name));

  e.policy = &config.policy_of(*e.wanted_name);
  if (e.policy != config.policy.get()) {
    SSL_set_verify(ssl, e.policy->verify_mode(), nullptr);
    SSL_set0_CA_list(ssl, e.policy->issuers().release());
    const auto& rules = e.policy->rules;
    if (SSL_set_session_id_context(ssl, reinterpret_cast<const unsigned char*>(rules.data()),
                                   static_cast<unsigned>(rules.size())) != 1)
      return SSL_CLIENT_HELLO_ERROR;
  }
  if (config.options.select_identity) return select_identity(e, alert);
  return is_unknown(config, *e.wanted_name) ? refuse_name(e, alert) : SSL_CLIENT_HELLO_SUCCESS;
}

// Of two lists in wire form: the first entry of `preferred` that is in `other`, out of `preferred`.
std::optional<std::string_view> first_common(std::string_view preferred, std::string_view other) {
  const auto size_at = [](std::string_view list, std::size_t i) {
    return 1 + std::size_t{static_cast<unsigned char>(list[i])};
  };
  for (std::size_t i = 0; i < preferred.size(); i += size_at(preferred, i)) {
    const auto entry = preferred.substr(i, size_at(preferred, i));
    for (std::size_t k = 0; k < other.size(); k += size_at(other, k))
      if (other.substr(k, size_at(other, k)) == entry) return entry.substr(1);
  }
  return {};
}

// 1 to go on, 0 to refuse, as SSL_CTX_set_cert_cb wants it.
int use_identities(SSL* ssl) {
  const auto& e = engine_of(ssl);
  const auto& config = *e.server;
  if (e.chosen) {
    SSL_certs_clear(ssl);
    return use_identity(ssl, *e.chosen) ? 1 : 0;
  }
  const auto name = server_name::parse(e.name_asked_for());
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
  if (is_client && client->options.shared_key) {
    refusal = std::make_unique<const error>(no_shared_key(*this));
    X509_STORE_CTX_set_error(ctx, X509_V_ERR_CERT_REJECTED);
    return judgement::refused;
  }
  // One that was asked for late takes nobody's place before its owner has signed.
  auto& seen = late ? late->sent : sent;
  auto& decided = late ? late->judged : judged;
  auto outcome = looked::found;
  if (search && search->awaited) {
    // OpenSSL asks again and shows nothing (docs/proven.md 2); nothing is judged until there is something new.
    outcome = look_for_evidence();
  } else {
    auto* stack = X509_STORE_CTX_get0_untrusted(ctx);
    seen.clear();
    for (int i = 0; i < sk_X509_num(stack); ++i) seen.push_back(adopt(ossl::share(sk_X509_value(stack, i))));
    if (seen.empty() && X509_STORE_CTX_get0_cert(ctx) != nullptr)
      seen.push_back(adopt(ossl::share(X509_STORE_CTX_get0_cert(ctx))));
  }
  for (;;) {
    // No verdict: whatever happens next, the handshake does not end well without another.
    if (outcome == looked::not_yet) {
      decided.reset();
      return judgement::not_yet;
    }
    const auto asked = request(seen);
    // Before the verdict: what changes meanwhile has not judged.
    trust_generation = inside(asked.trust).generation();
    if (!is_client) trust_digest = inside(asked.trust).digest();
    decided = std::make_shared<const signet::verdict>(verify_peer(asked, is_client ? client->chains : policy->chains));
    if (decided->trusted() || outcome == looked::nothing_new || !is_client || !client->options.evidence) break;
    // An issuer that was found may lack an issuer of its own.
    auto wanted = evidence_for(*decided);
    if (!wanted) break;
    if (!search) search = std::make_unique<evidence_search>();
    search->awaited = std::move(wanted);
    outcome = look_for_evidence();
    if (outcome == looked::nothing_new) break;
  }
  if (search) search->awaited.reset();
  if (!decided->trusted()) {
    const auto& findings = decided->findings();
    X509_STORE_CTX_set_error(ctx, x509_error_for(findings.empty() ? errc::no_verdict : findings.front().code));
    return judgement::refused;
  }
  X509_STORE_CTX_set_error(ctx, X509_V_OK);
  return judgement::trusted;
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

void read_hello(SSL_CTX* ctx, bool for_selectors) {
  SSL_CTX_set_client_hello_cb(
      ctx,
      [](SSL* ssl, int* alert, void*) {
        engine_of(ssl).versions = versions_in_hello(ssl);
        return ossl::guarded(SSL_CLIENT_HELLO_ERROR, [&] { return take_hello(ssl, alert); });
      },
      nullptr);
  if (for_selectors) see_messages(ctx);
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
          const std::string_view theirs(reinterpret_cast<const char*>(offered), offered_size);
          const auto take = [&](std::string_view name) {
            *out = reinterpret_cast<const unsigned char*>(name.data());
            *out_size = static_cast<unsigned char>(name.size());
            return SSL_TLSEXT_ERR_OK;
          };
          if (const auto& select = e.server->options.select_alpn) {
            auto answer = select(e.hello ? *e.hello : client_hello_info{});
            // Longer ones stand in no list.
            if (answer && answer->size() > 255) answer.reset();
            if (answer && answer->empty()) return SSL_TLSEXT_ERR_NOACK;
            // Only what the client offered can be answered.
            if (const auto chosen =
                    answer ? first_common(theirs, static_cast<char>(answer->size()) + *answer) : std::nullopt)
              return take(*chosen);
          } else {
            if (e.policy->alpn.empty()) return SSL_TLSEXT_ERR_NOACK;
            const bool ours_first = e.server->options.order == preference::server;
            const auto chosen =
                ours_first ? first_common(e.policy->alpn, theirs) : first_common(theirs, e.policy->alpn);
            if (chosen) return take(*chosen);
          }
          e.refused_alpn = std::make_unique<const std::string>(alpn_of_client(theirs));
          return SSL_TLSEXT_ERR_ALERT_FATAL;
        });
      },
      nullptr);
}

}  // namespace callbacks
}  // namespace signet
