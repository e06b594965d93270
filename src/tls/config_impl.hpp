// What configurations are made of; for the engine only.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <signet/tls/client_config.hpp>
#include <signet/tls/server_config.hpp>

#include "ossl/handles.hpp"
#include "tls/session_cache.hpp"
#include "verify/verified_chains.hpp"

namespace signet {

struct client_config::impl {
  client_options options;
  std::unique_ptr<session_cache> sessions;
  mutable verified_chains chains;
  ossl::ssl_ctx_ptr ctx;
};

struct server_config::impl {
  server_options options;
  // Files and loaded ones together.
  std::vector<identity> identities;
  std::string alpn;
  // A digest of everything here that judges a client or is shown to one, but the trust, which may change.
  std::string rules;
  mutable verified_chains chains;
  ossl::ssl_ctx_ptr ctx;
};

}  // namespace signet
