// What configurations are made of; for the engine only.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <signet/tls/client_config.hpp>
#include <signet/tls/server_config.hpp>

#include "base/access.hpp"
#include "ossl/handles.hpp"
#include "tls/identities.hpp"
#include "tls/server_policy.hpp"
#include "tls/session_cache.hpp"
#include "verify/verified_chains.hpp"

namespace signet {

struct client_config::impl {
  client_options options;
  std::unique_ptr<session_cache> sessions;
  // Of NPN, in wire form.
  std::string npn;
  mutable verified_chains chains;
  ossl::ssl_ctx_ptr ctx;
};
using client_config_impl = detail::access::impl<client_config>;

// All that a connection of a server goes by, from its first octet to its last. Immutable.
struct server_state {
  explicit server_state(std::vector<identity> all) : who(std::move(all)) {}

  server_options options;
  const identities who;
  // Of the names that have none of their own.
  std::unique_ptr<const server_policy> policy;
  std::vector<std::unique_ptr<const server_policy>> policies;
  // By name, a wildcard as "*.example.org". Into `policies`.
  std::unordered_map<std::string, const server_policy*> policy_by_name;
  std::shared_ptr<ticket_source> tickets;
  std::shared_ptr<session_store> sessions;
  std::string session_secret;
  // Of NPN, in wire form.
  std::string npn;
  ossl::ssl_ctx_ptr ctx;

  // Of a name in lower case, empty for none.
  [[nodiscard]] const server_policy& policy_of(const std::string& name) const;
};

// What a config keeps through reloads, where it is given nothing else.
struct own_memory {
  std::shared_ptr<ticket_source> tickets = {};
  std::shared_ptr<session_store> sessions = {};
  std::string session_secret = {};

  static own_memory make();
};

struct server_config::impl {
  server_options_source source = {};
  reload_options reload = {};
  // Outlive each state.
  own_memory own = {};
  // One reload at a time; and what the watched files looked like at the last one that was tried.
  std::mutex reloading = {};
  std::uint64_t seen = 0;
  std::chrono::steady_clock::time_point next_look = {};
  std::string told = {};

  // Taken by each connection when it begins, and kept until it ends.
  [[nodiscard]] std::shared_ptr<const server_state> state() const {
    const std::lock_guard lock(mutex_);
    return state_;
  }
  void set(std::shared_ptr<const server_state> made) {
    const std::lock_guard lock(mutex_);
    state_.swap(made);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const server_state> state_;
};
using server_config_impl = detail::access::impl<server_config>;

// Errors: those of server_config::make().
result<std::shared_ptr<const server_state>> make_server_state(server_options options, const own_memory& own);

}  // namespace signet
