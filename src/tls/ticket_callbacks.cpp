// Writes and reads what a server remembers of a client: in tickets, and in a store for clients that take none.
#include <algorithm>
#include <iterator>
#include <new>
#include <span>
#include <string>

#include "ossl/derive.hpp"
#include "ossl/guard.hpp"
#include "tls/asked_name.hpp"
#include "tls/callbacks.hpp"
#include "tls/engine_impl.hpp"
#include "tls/session_ticket.hpp"
#include "tls/stored_sessions.hpp"
#include "verify/trust_store_impl.hpp"
#include "x509/impl.hpp"

namespace signet {
namespace {

// What a session may not be carried across: the name asked for, the identity shown, whom we trust and how we judge.
digest32 policy_of_tickets(const engine_impl& e, const std::string& name) {
  std::string all(e.policy->rules);
  if (e.policy->asks()) all.append(e.trust_digest.begin(), e.trust_digest.end());
  if (e.chosen) {
    const auto print = e.chosen->leaf().fingerprint_sha256();
    all.append(print.begin(), print.end());
  } else {
    const auto& who = e.server->who;
    // One alone is shown to everybody.
    identities::choice found;
    if (who.all().size() > 1)
      if (const auto parsed = server_name::parse(name)) found = who.for_name(*parsed);
    who.add_digest(all, found.empty() ? who.for_others() : found);
  }
  all += name;
  digest32 out{};
  unsigned size = 0;
  if (EVP_Digest(all.data(), all.size(), out.data(), &size, EVP_sha256(), nullptr) != 1) throw std::bad_alloc();
  return out;
}

bool write_ticket(SSL* ssl) {
  auto& e = engine_of(ssl);
  // What a pre-shared key stands for is proved by it alone: such a ticket resumes nothing.
  if (e.is_by_shared_key()) return SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), "", 0) == 1;
  const bool resumed = SSL_session_reused(ssl) == 1;
  if (e.policy->asks() && !resumed && !e.judged) e.trust_digest = inside(e.policy->settings.client_trust).digest();
  // What a late certificate said is complete when its ticket is written.
  const bool is_late = e.late && e.late->is_complete;
  const bool is_as_before = resumed && e.ticket && !is_late;
  session_ticket made{.policy = policy_of_tickets(e, e.name_asked_for()),
                      .began = is_as_before ? e.ticket->began : e.now()};
  const auto& judged = is_late ? e.late->judged : is_as_before ? e.ticket->judged : e.judged;
  const auto& sent = is_late ? e.late->sent : is_as_before ? e.ticket->sent : e.sent;
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

  const auto& rules = e.policy->settings;
  if (e.policy->asks()) e.trust_digest = inside(rules.client_trust).digest();
  if (held->policy != policy_of_tickets(e, e.name_asked_for())) return false;

  engine_impl::ticket_answer answer{.began = held->began};
  if (e.policy->asks()) {
    if (X509* leaf = SSL_SESSION_get0_peer(session)) {
      answer.sent.push_back(adopt(ossl::share(leaf)));
      answer.sent.insert(answer.sent.end(), held->issuers.begin(), held->issuers.end());
      answer.judged = std::make_shared<const signet::verdict>(verify_peer(e.request(answer.sent), e.policy->chains));
      if (!answer.judged->trusted()) return false;
    } else if (rules.client_auth == client_certificates::required) {
      return false;
    }
  }
  e.ticket = std::move(answer);
  return true;
}

std::string place_of(const unsigned char* id, std::size_t size) {
  return "session-id-" + to_hex(byte_view(std::string_view(reinterpret_cast<const char*>(id), size)));
}

void keep_session(SSL* ssl, SSL_SESSION* session) {
  // One of TLS 1.3 is in its ticket.
  if (SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION || !write_ticket(ssl)) return;
  auto& e = engine_of(ssl);
  unsigned size = 0;
  const auto* id = SSL_SESSION_get_id(session, &size);
  if (size == 0) return;
  SSL_SESSION_up_ref(session);
  const auto plain = stored_session{.session = ossl::ssl_session_ptr(session), .began = e.now()}.encoded();
  const auto place = place_of(id, size);
  const auto& config = *e.server;
  config.sessions->add(place, ossl::seal(config.session_secret, place, plain),
                       e.now() + std::chrono::seconds(SSL_SESSION_get_timeout(session)));
}

ossl::ssl_session_ptr find_session(SSL* ssl, const unsigned char* id, std::size_t size) {
  const auto& config = *engine_of(ssl).server;
  const auto place = place_of(id, size);
  const auto sealed = config.sessions->find(place);
  const auto plain = sealed ? ossl::unseal(config.session_secret, place, *sealed) : std::nullopt;
  auto stored = plain ? stored_session::decode(*plain) : std::nullopt;
  if (!stored || !read_ticket(ssl, stored->session.get())) return nullptr;
  return std::move(stored->session);
}

}  // namespace

void callbacks::keep_sessions(SSL_CTX* ctx) {
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_SERVER | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(ctx, [](SSL* ssl, SSL_SESSION* session) {
    return ossl::guarded(0, [&] {
      keep_session(ssl, session);
      // The reference that comes with the call is not taken.
      return 0;
    });
  });
  SSL_CTX_sess_set_get_cb(ctx, [](SSL* ssl, const unsigned char* id, int size, int* copy) -> SSL_SESSION* {
    // The reference is given away.
    *copy = 0;
    return ossl::guarded(static_cast<SSL_SESSION*>(nullptr),
                         [&] { return find_session(ssl, id, static_cast<std::size_t>(size)).release(); });
  });
}

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
