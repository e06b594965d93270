// How a server judges the clients that ask for some of its names, and what it speaks with them. Immutable, the trust
// and the memory of sound chains apart, which see to themselves.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <signet/tls/server_config.hpp>

#include "ossl/handles.hpp"
#include "verify/verified_chains.hpp"

namespace signet {

struct server_policy {
  // What name_settings and the server's own options say together.
  struct rules_for_clients {
    client_certificates client_auth = client_certificates::ignored;
    trust_store client_trust = trust_store::none();
    verify_options verify = {};
    std::vector<std::string> alpn = {};
  };

  rules_for_clients settings = {};
  loosened_verification loosened = {};
  // In wire form.
  std::string alpn = {};
  // A digest of everything here that judges a client, but the trust, which may change. The same in every process.
  std::string rules = {};
  mutable verified_chains chains = {};

  // Errors: invalid_configuration.
  static result<std::unique_ptr<const server_policy>> make(rules_for_clients settings, loosened_verification loosened);

  [[nodiscard]] bool asks() const noexcept { return settings.client_auth != client_certificates::ignored; }
  // As SSL_set_verify takes it.
  [[nodiscard]] int verify_mode() const noexcept;
  // The names of the issuers, where they are few enough to be a hint.
  [[nodiscard]] ossl::x509_names_ptr issuers() const;
};

}  // namespace signet
