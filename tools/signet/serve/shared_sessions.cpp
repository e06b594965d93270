#include "serve/shared_sessions.hpp"

#include <algorithm>
#include <utility>

#include "options/connection.hpp"
#include "output.hpp"

#ifdef SIGNET_WITH_REDIS
#include <signet/redis/redis_session_store.hpp>
#include <signet/redis/redis_ticket_source.hpp>
#endif

namespace tool {

#ifdef SIGNET_WITH_REDIS
namespace {

void tell(const signet::redis_event& event) {
  using kind = signet::redis_event::kind;
  const auto why = event.why ? event.why->message() : std::string();
  switch (event.what) {
    case kind::unavailable:
      say("signet: redis: sessions are not shared: " + why);
      break;
    case kind::available:
      say("signet: redis: sessions are shared again");
      break;
    case kind::unreadable:
      say("signet: redis: a value is not one of ours and is not used: " + why);
      break;
  }
}

// Every server of the fleet has it, and Redis has not.
std::string secret_of(const signet::server_options& options) {
  constexpr std::size_t most = 1024;
  constexpr std::size_t least = 32;
  std::string all;
  if (!options.loaded_identities.empty()) {
    const auto key = options.loaded_identities.front().key().der();
    all = signet::byte_view(key).text();
  }
  if (all.size() < least)
    throw failure(exit_status::usage, "serve: --redis: there is no private key at hand to seal what is kept there",
                  "give the first --cert with its key in a file");
  // The parts of an RSA key that say the most stand at its end.
  return all.substr(all.size() - std::min(all.size(), most));
}

}  // namespace

bool knows_redis() noexcept {
  return true;
}

void check_redis_url(const std::string& command, const std::string& url) {
  if (const auto parsed = signet::redis_url::parse(url); !parsed)
    throw failure(exit_status::usage, command + ": --redis: " + parsed.error().message(), parsed.error().hint());
}

void share_over_redis(signet::server_options& options, const std::string& url, const std::string& ca,
                      shared_sources& kept) {
  const auto secret = secret_of(options);
  const auto use = [&] {
    if (!options.tickets) options.tickets = kept.tickets;
    options.sessions = kept.sessions;
    options.session_secret = kept.secret;
  };
  // The keys that were agreed on outlive a reload.
  if (kept.secret == secret) return use();
  signet::redis_options how{.on_event = tell};
  if (!ca.empty()) how.tls = signet::client_config::make({.trust = trust_at("--ca", ca)}).value();
  const auto where = signet::redis_url::parse(url).value();
  const auto redis = signet::redis_client::make(where, secret, std::move(how)).value();
  // Told of by on_event; the server goes on without it.
  static_cast<void>(redis.ping());
  const auto lifetime = std::min<std::chrono::seconds>(options.session_lifetime, std::chrono::hours(2));
  kept = {.secret = secret,
          .tickets = signet::make_redis_ticket_source(redis, {.lifetime = lifetime}).value(),
          .sessions = signet::make_redis_session_store(redis).value()};
  use();
}
#else
bool knows_redis() noexcept {
  return false;
}
void check_redis_url(const std::string& command, const std::string&) {
  throw failure(exit_status::usage, command + ": --redis: this signet was built without Redis",
                "build it where hiredis is installed");
}
void share_over_redis(signet::server_options&, const std::string&, const std::string&, shared_sources&) {}
#endif

}  // namespace tool
