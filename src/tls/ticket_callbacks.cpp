// Writes and reads the tickets of a server.
#include <algorithm>
#include <iterator>
#include <new>
#include <span>
#include <string>

#include "ossl/guard.hpp"
#include "tls/asked_name.hpp"
#include "tls/callbacks.hpp"
#include "tls/engine_impl.hpp"
#include "tls/session_ticket.hpp"
#include "verify/trust_store_impl.hpp"
#include "x509/impl.hpp"

namespace signet {
namespace {

// What a session may not be carried across: the name asked for, the identity shown, whom we trust and how we judge.
digest32 policy_of_tickets(const engine_impl& e, const std::string& name, const certificate* chosen) {
  std::string all(e.server->rules);
  if (e.server->options.client_auth != client_certificates::ignored)
    all.append(e.trust_digest.begin(), e.trust_digest.end());
  if (chosen != nullptr) {
    const auto print = chosen->fingerprint_sha256();
    all.append(print.begin(), print.end());
  }
  all += name;
  digest32 out{};
  unsigned size = 0;
  if (EVP_Digest(all.data(), all.size(), out.data(), &size, EVP_sha256(), nullptr) != 1) throw std::bad_alloc();
  return out;
}

bool write_ticket(SSL* ssl) {
  auto& e = engine_of(ssl);
  const bool resumed = SSL_session_reused(ssl) == 1;
  session_ticket made{.policy = policy_of_tickets(e, asked_name(ssl), e.chosen ? &e.chosen->leaf() : nullptr),
                      .began = resumed && e.ticket ? e.ticket->began : e.now()};
  const auto& judged = resumed && e.ticket ? e.ticket->judged : e.judged;
  const auto& sent = resumed && e.ticket ? e.ticket->sent : e.sent;
  if (judged && !sent.empty()) {
    auto needed = without_what_nobody_needs(sent, *judged);
    made.issuers.assign(std::next(needed.begin()), needed.end());
  }
  // One that says nothing resumes nothing.
  const auto text = made.encoded().value_or(std::string());
  const auto left = e.server->options.session_lifetime - (e.now() - made.began);
  SSL_SESSION_set_timeout(SSL_get_session(ssl), std::max<long>(1, std::min<long>(left.count(), 7200)));
  return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), text.data(), text.size()) == 1;
}

// All that was decided when the session began is asked again; the client's certificate is judged as in a full
// handshake.
bool read_ticket(SSL* ssl, SSL_SESSION* session) {
  auto& e = engine_of(ssl);
  e.ticket.reset();
  const auto& options = e.server->options;
  void* data = nullptr;
  std::size_t size = 0;
  if (SSL_SESSION_get0_ticket_appdata(session, &data, &size) != 1 || data == nullptr) return false;
  auto held = session_ticket::decode(std::as_bytes(std::span(static_cast<const char*>(data), size)));
  if (!held) return false;
  const auto age = e.now() - held->began;
  if (age < std::chrono::seconds(-60) || age > options.session_lifetime) return false;

  if (options.client_auth != client_certificates::ignored) e.trust_digest = inside(options.client_trust).digest();
  const auto name = asked_name_in_hello(ssl);
  if (held->policy != policy_of_tickets(e, name, e.chosen ? &e.chosen->leaf() : nullptr)) return false;

  engine_impl::ticket_answer answer{.began = held->began};
  if (options.client_auth != client_certificates::ignored) {
    if (X509* leaf = SSL_SESSION_get0_peer(session)) {
      answer.sent.push_back(adopt(ossl::share(leaf)));
      answer.sent.insert(answer.sent.end(), held->issuers.begin(), held->issuers.end());
      answer.judged = std::make_shared<const signet::verdict>(verify_peer(e.request(answer.sent), e.server->chains));
      if (!answer.judged->trusted()) return false;
    } else if (options.client_auth == client_certificates::required) {
      return false;
    }
  }
  e.ticket = std::move(answer);
  return true;
}

}  // namespace

void callbacks::bind_tickets(SSL_CTX* ctx) {
  SSL_CTX_set_session_ticket_cb(
      ctx, [](SSL* ssl, void*) { return ossl::guarded(0, [ssl] { return write_ticket(ssl) ? 1 : 0; }); },
      [](SSL* ssl, SSL_SESSION* session, const unsigned char*, size_t, SSL_TICKET_STATUS status, void*) {
        if (status != SSL_TICKET_SUCCESS && status != SSL_TICKET_SUCCESS_RENEW) return SSL_TICKET_RETURN_IGNORE_RENEW;
        if (!ossl::guarded(false, [&] { return read_ticket(ssl, session); })) return SSL_TICKET_RETURN_IGNORE_RENEW;
        return status == SSL_TICKET_SUCCESS ? SSL_TICKET_RETURN_USE : SSL_TICKET_RETURN_USE_RENEW;
      },
      nullptr);
}

}  // namespace signet
