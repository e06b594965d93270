// Which session a client offers, and which it keeps: in memory, or in a store of the user's.
#include <openssl/evp.h>

#include <algorithm>
#include <utility>

#include "ossl/derive.hpp"
#include "ossl/guard.hpp"
#include "tls/engine_impl.hpp"
#include "tls/stored_sessions.hpp"
#include "verify/trust_store_impl.hpp"
#include "x509/impl.hpp"

namespace signet {
namespace {

// Where nobody else can write to the store, and damage is all that has to be found out.
byte_view secret_of(const client_options& options) {
  return options.session_secret.empty() ? byte_view("no secret of the user's") : byte_view(options.session_secret);
}

// A store is shared by configs, so its keys hold what a config's own cache need not: whom it trusts, and who we are.
std::string place_of(const engine_impl& e) {
  const auto& options = e.client->options;
  std::string all = e.session_key;
  const auto trust = inside(options.trust).digest();
  all.append(trust.begin(), trust.end());
  const auto add = [&all](const identity& who) {
    const auto print = who.leaf().fingerprint_sha256();
    all.append(print.begin(), print.end());
  };
  if (options.identity) add(*options.identity);
  std::ranges::for_each(options.more_identities, add);
  for (const auto& protocol : options.alpn) all += '\n' + protocol;
  std::array<std::byte, 32> name{};
  ossl::derive(secret_of(options), "signet session " + all, name);
  return "session-" + to_hex(byte_view(name));
}

bool is_for_one_use(const SSL_SESSION* session) {
  return SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION;
}

std::shared_ptr<const saved_session> take_from_store(engine_impl& e) {
  const auto& options = e.client->options;
  const auto place = place_of(e);
  const auto sealed = options.sessions->take(place);
  const auto plain = sealed ? ossl::unseal(secret_of(options), place, *sealed) : std::nullopt;
  auto stored = plain ? stored_session::decode(*plain) : std::nullopt;
  if (!stored || stored->sent.empty() || stored->began > e.now() + std::chrono::minutes(1)) return nullptr;
  // The verdict is not stored: it is made anew of what was sent.
  const auto request = e.request(stored->sent);
  const auto generation = inside(request.trust).generation();
  auto judged = std::make_shared<const verdict>(verify_peer(request, e.client->chains));
  if (!judged->trusted()) return nullptr;
  if (!is_for_one_use(stored->session.get()))
    options.sessions->add(place, *sealed, stored->began + options.session_lifetime);
  return std::make_shared<const saved_session>(saved_session{.session = std::move(stored->session),
                                                             .earlier = stand(std::move(judged), request, generation),
                                                             .began = stored->began});
}

void put_into_store(engine_impl& e, const saved_session& saved) {
  const auto& options = e.client->options;
  const auto place = place_of(e);
  SSL_SESSION_up_ref(saved.session.get());
  const auto plain =
      stored_session{
          .session = ossl::ssl_session_ptr(saved.session.get()), .sent = saved.earlier.sent, .began = saved.began}
          .encoded();
  const auto of_ticket = std::chrono::seconds(SSL_SESSION_get_timeout(saved.session.get()));
  const auto until = std::min(e.now() + of_ticket, saved.began + options.session_lifetime);
  constexpr std::size_t most = std::size_t{60} << 10;
  if (plain.size() > most) return;
  options.sessions->add(place, ossl::seal(secret_of(options), place, plain), until);
}

}  // namespace

void engine::impl::offer_session() {
  if (client->options.resumption == resumption::disabled) return;
  // A decision of the user's that throws is none.
  ossl::guarded(0, [this] {
    const bool is_stored = client->options.sessions != nullptr;
    offered = is_stored ? take_from_store(*this) : client->sessions->take(session_key);
    if (!offered) return 0;
    auto mine = std::exchange(offered, nullptr);
    if (now() - mine->began <= client->options.session_lifetime && stands(mine->earlier, request(mine->earlier.sent)) &&
        SSL_set_session(ssl.get(), mine->session.get()) == 1)
      offered = std::move(mine);
    else if (!is_stored)
      client->sessions->drop(session_key, mine);
    return 0;
  });
}

void engine::impl::save_session(ossl::ssl_session_ptr session) {
  // What was accepted in spite of findings is judged anew each time.
  if (!judged || !judged->loosened().empty() || SSL_SESSION_is_resumable(session.get()) != 1) return;
  // As whom we come is for the selector to say each time.
  if (was_asked && client->options.select_identity) return;
  // A ticket of TLS 1.2 comes before the handshake is over. One of a resumed connection is of the same session, and
  // rests on what that rests on: evidence that was found for it is not known here.
  const auto* of = SSL_session_reused(ssl.get()) == 1 && offered ? offered.get() : nullptr;
  auto saved = std::make_shared<saved_session>(
      saved_session{.session = std::move(session),
                    .earlier = of != nullptr ? of->earlier : stand(judged, request(sent), trust_generation),
                    .began = of != nullptr ? of->began : now()});
  if (client->options.sessions)
    put_into_store(*this, *saved);
  else
    client->sessions->put(session_key, std::move(saved));
}

void engine::impl::keep_renewed_session() {
  if (!offered || SSL_session_reused(ssl.get()) != 1 || is_for_one_use(offered->session.get())) return;
  ossl::ssl_session_ptr now_in_use(SSL_get1_session(ssl.get()));
  if (now_in_use.get() == offered->session.get()) return;
  ossl::guarded(0, [&] {
    save_session(std::move(now_in_use));
    return 0;
  });
}

}  // namespace signet
