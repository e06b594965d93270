// What any client can send to a server.
#include <cstdlib>

#include "engine_feed.hpp"

#include <signet/x509/certificate_builder.hpp>

using namespace signet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto config = [] {
    auto key = private_key::generate("ec:P-256").value();
    auto self = make_self_signed({.dns_names = {"server.test"}}, key).value();
    return server_config::make({.loaded_identities = {self},
                                .client_auth = client_certificates::requested,
                                .client_trust = trust_store::of({self.leaf()}),
                                .alpn = {"h2", "http/1.1"}})
        .value();
  }();
  fuzz::fed_transport wire({data, size});
  auto server = engine::server(config, wire).value();
  fuzz::drive(server);
  return 0;
}
