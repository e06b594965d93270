// What any server can send to a client. None of them has the key of a certificate that is trusted, so none gets
// through.
#include <cstdlib>

#include "engine_feed.hpp"

#include <signet/x509/certificate_builder.hpp>

using namespace signet;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const auto config = [] {
    auto key = private_key::generate("ec:P-256").value();
    return client_config::make(
               {.trust = trust_store::of({make_self_signed({.dns_names = {"server.test"}}, key)->leaf()}),
                .alpn = {"h2", "http/1.1"}})
        .value();
  }();
  fuzz::fed_transport wire({data, size});
  auto client = engine::client(config, server_name::parse("server.test").value(), wire).value();
  fuzz::drive(client);
  if (client.handshake_done()) std::abort();
  return 0;
}
