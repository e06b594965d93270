// What configurations are made of; for the engine only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <signet/tls/client_config.hpp>
#include <signet/tls/server_config.hpp>

#include "base/access.hpp"
#include "ossl/handles.hpp"
#include "tls/identities.hpp"
#include "tls/session_cache.hpp"
#include "verify/verified_chains.hpp"

namespace signet {

struct client_config::impl {
  client_options options;
  std::unique_ptr<session_cache> sessions;
  mutable verified_chains chains;
  ossl::ssl_ctx_ptr ctx;
};
using client_config_impl = detail::access::impl<client_config>;

// All that a connection of a server goes by, from its first octet to its last. Immutable, the trust in `options` and
// the memory of sound chains apart, which see to themselves.
struct server_state {
  explicit server_state(std::vector<identity> all) : who(std::move(all)) {}

  server_options options;
  const identities who;
  std::string alpn;
  // A digest of everything here that judges a client or is shown to one, but the trust, which may change.
  std::string rules;
  mutable verified_chains chains;
  ossl::ssl_ctx_ptr ctx;
};

struct server_config::impl {
  // Taken by each connection when it begins, and kept until it ends.
  std::shared_ptr<const server_state> state;
};

}  // namespace signet
