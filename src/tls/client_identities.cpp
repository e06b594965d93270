// What a client shows to a server that asks for a certificate.
#include <openssl/ssl.h>

#include <algorithm>

#include "ossl/guard.hpp"
#include "tls/callbacks.hpp"
#include "tls/engine_impl.hpp"
#include "x509/impl.hpp"

namespace signet {
namespace {

// As SSL_CTX_set_cert_cb wants it.
constexpr int go_on = 1;
constexpr int refuse = 0;
constexpr int ask_again = -1;

bool ends_with_one_of(const identity& who, const STACK_OF(X509_NAME) * issuers) {
  return std::ranges::any_of(who.chain(), [issuers](const certificate& c) {
    for (int i = 0; i < sk_X509_NAME_num(issuers); ++i)
      if (X509_NAME_cmp(X509_get_issuer_name(raw(c)), sk_X509_NAME_value(issuers, i)) == 0) return true;
    return false;
  });
}

// Of each algorithm the first that fits; the server's signature algorithms decide between them.
identities::choice fitting(const client_options& options, const STACK_OF(X509_NAME) * issuers) {
  identities::choice out;
  const auto add = [&](const identity& who) {
    if (sk_X509_NAME_num(issuers) > 0 && !ends_with_one_of(who, issuers)) return;
    if (std::ranges::none_of(out, [&](const identity* o) { return algorithm_of(o->key()) == algorithm_of(who.key()); }))
      out.push_back(&who);
  };
  if (options.identity) add(*options.identity);
  std::ranges::for_each(options.more_identities, add);
  return out;
}

int answer_request(SSL* ssl) {
  auto& e = engine_of(ssl);
  e.was_asked = true;
  const auto& options = e.client->options;
  if (options.select_identity) {
    const auto answer = options.select_identity({.accepted_issuers = accepted_by_peer(e)});
    if (answer.is == identity_choice::state::not_yet) return ask_again;
    SSL_certs_clear(ssl);
    if (answer.is == identity_choice::state::refused || !answer.chosen) return go_on;
    return use_identity(ssl, *answer.chosen) ? go_on : refuse;
  }
  // One alone is shown to whoever asks.
  if (options.more_identities.empty()) return go_on;
  SSL_certs_clear(ssl);
  for (const auto* who : fitting(options, SSL_get0_peer_CA_list(ssl)))
    if (!use_identity(ssl, *who)) return refuse;
  return go_on;
}

}  // namespace

void callbacks::answer_requests(SSL_CTX* ctx) {
  SSL_CTX_set_cert_cb(
      ctx, [](SSL* ssl, void*) { return ossl::guarded(refuse, [ssl] { return answer_request(ssl); }); }, nullptr);
}

}  // namespace signet
