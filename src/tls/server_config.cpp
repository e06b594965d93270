#include <signet/tls/server_config.hpp>

#include <openssl/evp.h>

#include <new>
#include <utility>

#include "ossl/errors.hpp"
#include "tls/callbacks.hpp"
#include "tls/config_impl.hpp"
#include "tls/context.hpp"
#include "verify/trust_store_impl.hpp"
#include "x509/impl.hpp"

namespace signet {
namespace {

// Names sent to clients as a hint of what to choose from; a whole system's store would be no hint.
constexpr std::size_t most_hints = 50;

void add_digest(std::string& into, byte_view bytes) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  if (EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_sha256(), nullptr) != 1) throw std::bad_alloc();
  into.append(reinterpret_cast<const char*>(digest), size);
}

// What cannot be compared (`further`) is asked at each resumption instead.
void add_rules(std::string& into, const verify_options& rules) {
  const auto add_list = [&into](std::string_view what, const auto& list, const auto& octets_of) {
    into.append(what).append(std::to_string(list.size()));
    for (const auto& one : list) add_digest(into, octets_of(one));
  };
  const auto der_of = [](const auto& one) { return one.der(); };
  const auto text_of = [](const certificate_pin& pin) { return pin.text(); };
  into.append(std::to_string(rules.max_intermediates)) += static_cast<char>(rules.profile);
  add_list("intermediates", rules.intermediates, der_of);
  add_list("purposes", rules.extended_key_usages, [](const std::string& id) { return id; });
  add_list("pins", rules.pins, text_of);
  add_list("accepted", rules.accepted_pins, text_of);
  if (rules.crls) {
    into += static_cast<char>(rules.crls->scope);
    add_list("crls", rules.crls->lists, der_of);
  }
}

// A session may be resumed only by a server that would have judged its client the same way (docs/proven.md 10). The
// same in every process of a fleet.
std::string digest_of_rules(const server_state& made) {
  std::string all;
  for (const auto& who : made.who.all()) add_digest(all, who.leaf().der());
  all.push_back(static_cast<char>(made.options.client_auth));
  if (made.options.client_auth != client_certificates::ignored) add_rules(all, made.options.verify);
  std::string digest;
  add_digest(digest, all);
  return digest;
}

result<void> ask_for_client_certificates(SSL_CTX* ctx, const server_options& options) {
  if (options.client_auth == client_certificates::ignored) return {};
  const auto& trust = options.client_trust;
  if (trust.size() == 0 && options.loosened.reason().empty())
    return error(errc::invalid_configuration, "client certificates are asked for, and nobody is trusted to issue them",
                 "name the CA in server_options::client_trust");
  const bool required = options.client_auth == client_certificates::required;
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
  callbacks::judge_peer_certificates(ctx);
  if (trust.size() <= most_hints)
    for (const auto& part : inside(trust).parts)
      for (const auto& anchor : part->all())
        if (SSL_CTX_add_client_CA(ctx, raw(anchor)) != 1) throw std::bad_alloc();
  return {};
}

}  // namespace

result<server_config> server_config::make(server_options options) {
  // What was accepted in spite of findings is judged anew each time.
  if (!options.loosened.reason().empty()) options.resumption = resumption::disabled;
  if (auto ok = check_lifetime(options.session_lifetime); !ok) return ok.error();
  std::vector<identity> all;
  for (const auto& files : options.identities) {
    auto loaded = identity::load(files);
    if (!loaded) return loaded.error();
    all.push_back(*std::move(loaded));
  }
  all.insert(all.end(), options.loaded_identities.begin(), options.loaded_identities.end());
  if (all.empty() && !options.select_identity)
    return error(errc::invalid_configuration, "a server needs a certificate and its key", "server_options::identities");

  auto made = std::make_shared<server_state>(std::move(all));
  const context_settings settings{options.min_version, options.max_version, options.ciphers, options.ciphersuites,
                                  options.groups};
  auto ctx = make_context(side::server, settings);
  if (!ctx) return ctx.error();
  made->ctx = *std::move(ctx);
  auto* raw_ctx = made->ctx.get();
  callbacks::remember_alerts(raw_ctx);
  if (options.key_log) callbacks::log_keys(raw_ctx);

  // Each one has to be usable, also those that are chosen only later. Tried where nobody is shown them.
  auto trial = make_context(side::server, settings);
  if (!trial) return trial.error();
  for (const auto& who : made->who.all())
    if (auto used = use_identity(trial->get(), who); !used) return used.error();
  for (const auto* who : made->who.for_others())
    if (auto used = use_identity(raw_ctx, *who); !used) return used.error();
  callbacks::read_hello(raw_ctx);
  if (made->who.all().size() > 1 || options.select_identity) callbacks::choose_identity(raw_ctx);
  if (auto asked = ask_for_client_certificates(raw_ctx, options); !asked) return asked.error();
  if (!options.alpn.empty()) {
    auto wire = alpn_wire_form(options.alpn);
    if (!wire) return wire.error();
    made->alpn = *std::move(wire);
    callbacks::choose_alpn(raw_ctx);
  }
  // Sessions live in tickets alone. Those of TLS 1.3 go out with the first data (see engine::server): sent by
  // themselves they cost a segment and a wake-up of the client, and make a kernel reset clients that only write and
  // close.
  SSL_CTX_set_session_cache_mode(raw_ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(raw_ctx, 0);
  if (options.resumption == resumption::disabled)
    SSL_CTX_set_options(raw_ctx, SSL_OP_NO_TICKET);
  else
    callbacks::bind_tickets(raw_ctx);
  made->options = std::move(options);
  made->rules = digest_of_rules(*made);
  SSL_CTX_set_session_id_context(raw_ctx, reinterpret_cast<const unsigned char*>(made->rules.data()),
                                 static_cast<unsigned>(made->rules.size()));
  return server_config(std::make_shared<const impl>(impl{std::move(made)}));
}

}  // namespace signet
