// Makes of options what a server's connections go by.
#include <utility>

#include <signet/verify/server_name.hpp>

#include "base/ascii.hpp"
#include "base/printable.hpp"
#include "ossl/errors.hpp"
#include "tls/callbacks.hpp"
#include "tls/config_impl.hpp"
#include "tls/context.hpp"
#include "tls/process_policy.hpp"

namespace signet {
namespace {

result<std::vector<identity>> load_all(const server_options& options) {
  std::vector<identity> all;
  for (const auto& files : options.identities) {
    auto loaded = identity::load(files);
    if (!loaded) return loaded.error();
    all.push_back(*std::move(loaded));
  }
  all.insert(all.end(), options.loaded_identities.begin(), options.loaded_identities.end());
  const bool has_keys = !options.pre_shared_keys.empty() || options.find_pre_shared_key;
  if (all.empty() && !options.select_identity && !has_keys)
    return error(errc::invalid_configuration, "a server needs a certificate and its key", "server_options::identities");
  return all;
}

// Each one has to be usable, also those that are chosen only later. Tried where nobody is shown them.
result<void> use_identities(server_state& made, const context_settings& settings) {
  auto trial = make_context(side::server, settings);
  if (!trial) return trial.error();
  for (const auto& who : made.who.all())
    if (auto used = use_identity(trial->get(), who); !used) return used.error();
  for (const auto* who : made.who.for_others())
    if (auto used = use_identity(made.ctx.get(), *who); !used) return used.error();
  return {};
}

result<void> make_policies(server_state& made) {
  const auto& o = made.options;
  auto common = server_policy::make({o.client_auth, o.client_trust, o.verify, o.alpn}, o.loosened);
  if (!common) return common.error();
  made.policy = *std::move(common);
  for (const auto& one : o.by_name) {
    if (one.names.empty()) return error(errc::invalid_configuration, "by_name: an entry has no names");
    auto policy =
        server_policy::make({one.client_auth.value_or(o.client_auth), one.client_trust.value_or(o.client_trust),
                             one.verify.value_or(o.verify), one.alpn.value_or(o.alpn)},
                            {});
    if (!policy) return policy.error().in("by_name: " + base::quoted(one.names.front()));
    made.policies.push_back(*std::move(policy));
    for (const auto& name : one.names) {
      const bool is_wildcard = name.starts_with("*.");
      const auto parsed = server_name::parse(is_wildcard ? name.substr(2) : name);
      if (!parsed) return error(errc::invalid_configuration, "by_name: " + parsed.error().message());
      const auto key = (is_wildcard ? "*." : "") + parsed->ascii();
      if (!made.policy_by_name.emplace(key, made.policies.back().get()).second)
        return error(errc::invalid_configuration, "by_name: two entries are for " + base::quoted(name));
    }
  }
  return {};
}

}  // namespace

const server_policy& server_state::policy_of(const std::string& name) const {
  if (policy_by_name.empty()) return *policy;
  // As it would be compared with a certificate: a dot at its end says nothing.
  const auto parsed = server_name::parse(name);
  if (!parsed) return *policy;
  auto found = policy_by_name.find(parsed->ascii());
  if (const auto dot = parsed->ascii().find('.'); found == policy_by_name.end() && dot != std::string::npos)
    found = policy_by_name.find('*' + parsed->ascii().substr(dot));
  return found == policy_by_name.end() ? *policy : *found->second;
}

result<std::shared_ptr<const server_state>> make_server_state(server_options options, const own_memory& own) {
  if (auto ok = apply_policy(options); !ok) return ok.error();
  // What was accepted in spite of findings is judged anew each time.
  if (!options.loosened.reason().empty()) options.resumption = resumption::disabled;
  if (auto ok = check_lifetime(options.session_lifetime); !ok) return ok.error();
  if (options.sessions && options.session_secret.size() < 32)
    return error(errc::invalid_configuration,
                 "session_secret has " + std::to_string(options.session_secret.size()) + " octets",
                 "32 or more that nobody can guess, the same in all servers that share the store");
  auto all = load_all(options);
  if (!all) return all.error();

  auto made = std::make_shared<server_state>(*std::move(all));
  made->options = std::move(options);
  made->tickets = made->options.tickets ? made->options.tickets : own.tickets;
  made->sessions = made->options.sessions ? made->options.sessions : own.sessions;
  made->session_secret = made->options.sessions ? made->options.session_secret : own.session_secret;
  const auto& o = made->options;
  const auto settings = settings_of(o);
  auto ctx = make_context(side::server, settings);
  if (!ctx) return ctx.error();
  made->ctx = *std::move(ctx);
  auto* raw_ctx = made->ctx.get();
  callbacks::remember_alerts(raw_ctx);
  if (o.key_log) callbacks::log_keys(raw_ctx);

  if (auto used = use_identities(*made, settings); !used) return used.error();
  callbacks::read_hello(raw_ctx, o.select_identity || o.select_alpn);
  if (made->who.all().size() > 1 || o.select_identity) callbacks::choose_identity(raw_ctx);
  if (auto ok = make_policies(*made); !ok) return ok.error();
  SSL_CTX_set_verify(raw_ctx, made->policy->verify_mode(), nullptr);
  SSL_CTX_set0_CA_list(raw_ctx, made->policy->issuers().release());
  callbacks::judge_peer_certificates(raw_ctx);
  callbacks::choose_alpn(raw_ctx);
  for (const auto& one : o.pre_shared_keys)
    if (auto ok = check_pre_shared_key(one); !ok) return ok.error().in("pre_shared_keys");
  if (!o.pre_shared_keys.empty() || o.find_pre_shared_key) callbacks::find_pre_shared_keys(raw_ctx);
  // Tickets of TLS 1.3 go out with the first data (see engine::server): sent by themselves they cost a segment and a
  // wake-up of the client, and make a kernel reset clients that only write and close.
  SSL_CTX_set_num_tickets(raw_ctx, 0);
  if (o.resumption == resumption::disabled) {
    SSL_CTX_set_session_cache_mode(raw_ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(raw_ctx, SSL_OP_NO_TICKET);
  } else {
    callbacks::bind_tickets(raw_ctx);
    callbacks::encrypt_tickets(raw_ctx);
    callbacks::keep_sessions(raw_ctx);
  }
  const auto& rules = made->policy->rules;
  SSL_CTX_set_session_id_context(raw_ctx, reinterpret_cast<const unsigned char*>(rules.data()),
                                 static_cast<unsigned>(rules.size()));
  if (auto ok = callbacks::choose_npn(raw_ctx, side::server, o.npn); !ok) return ok.error();
  made->npn = alpn_wire_form(o.npn).value();
  call_hook(o.on_context, raw_ctx);
  return std::shared_ptr<const server_state>(std::move(made));
}

}  // namespace signet
