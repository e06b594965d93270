#include <signet/tls/client_config.hpp>

#include <utility>

#include "ossl/errors.hpp"
#include "tls/callbacks.hpp"
#include "tls/config_impl.hpp"
#include "tls/context.hpp"
#include "tls/process_policy.hpp"

namespace signet {

result<client_config> client_config::make(client_options options) {
  if (auto ok = apply_policy(options); !ok) return ok.error();
  if (options.session_capacity < 1 || options.session_capacity > 100'000)
    return error(errc::invalid_configuration, "session_capacity is " + std::to_string(options.session_capacity),
                 "1 to 100,000");
  if (auto ok = check_lifetime(options.session_lifetime); !ok) return ok.error();
  if (options.sessions && !options.session_secret.empty() && options.session_secret.size() < 32)
    return error(errc::invalid_configuration,
                 "session_secret has " + std::to_string(options.session_secret.size()) + " octets",
                 "32 or more that nobody can guess, or none for a store that nobody else can write to");
  auto made = std::make_shared<impl>();
  if (options.shared_key) {
    if (auto ok = check_pre_shared_key(*options.shared_key); !ok) return ok.error().in("shared_key");
    // The key is proved anew each time.
    options.resumption = resumption::disabled;
  }
  auto ctx = make_context(side::client, settings_of(options));
  if (!ctx) return ctx.error();
  made->ctx = *std::move(ctx);
  auto* raw_ctx = made->ctx.get();

  // Whether the verdict counts is decided in verify_peer, never here.
  SSL_CTX_set_verify(raw_ctx, SSL_VERIFY_PEER, nullptr);
  callbacks::judge_peer_certificates(raw_ctx);
  callbacks::remember_alerts(raw_ctx);
  callbacks::answer_requests(raw_ctx);
  if (options.shared_key) callbacks::use_pre_shared_key(raw_ctx);
  if (options.key_log) callbacks::log_keys(raw_ctx);
  if (options.resumption == resumption::enabled) {
    if (!options.sessions) made->sessions = std::make_unique<session_cache>(options.session_capacity);
    callbacks::save_sessions(raw_ctx);
  } else {
    SSL_CTX_set_session_cache_mode(raw_ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_options(raw_ctx, SSL_OP_NO_TICKET);
  }
  // Each one has to be usable, also those that are chosen only later.
  for (const auto& one : options.more_identities)
    if (auto used = use_identity(raw_ctx, one); !used) return used.error();
  if (options.identity)
    if (auto used = use_identity(raw_ctx, *options.identity); !used) return used.error();
  if (options.identity || !options.more_identities.empty() || options.select_identity)
    SSL_CTX_set_post_handshake_auth(raw_ctx, 1);
  if (!options.alpn.empty()) {
    auto wire = alpn_wire_form(options.alpn);
    if (!wire) return wire.error();
    // 0 is this function's success.
    if (SSL_CTX_set_alpn_protos(raw_ctx, reinterpret_cast<const unsigned char*>(wire->data()),
                                static_cast<unsigned>(wire->size())) != 0)
      return error(error_parts{.code = errc::invalid_configuration,
                               .message = "the list of ALPN protocols cannot be used",
                               .library_errors = ossl::texts(ossl::drain_errors())});
  }
  if (auto ok = callbacks::choose_npn(raw_ctx, side::client, options.npn); !ok) return ok.error();
  made->npn = alpn_wire_form(options.npn).value();
  call_hook(options.on_context, raw_ctx);
  made->options = std::move(options);
  return client_config(std::move(made));
}

result<client_config> client_config::standard() {
  static const result<client_config> made = make();
  return made;
}

trust_store client_config::trust() && {
  return impl_->options.trust;
}
const trust_store& client_config::trust() const& noexcept {
  return impl_->options.trust;
}

}  // namespace signet
