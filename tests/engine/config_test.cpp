// Options that do not hold are refused when the configuration is made, not when the first client comes; those that hold
// decide what is spoken, and by whom.
#include <signet/dangerous.hpp>
#include <signet/native.hpp>
#include <signet/x509/certificate_builder.hpp>

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "support/pair.hpp"
#include "support/pki.hpp"

namespace signet {
namespace {

using test::load_identity;
using test::pair;

class config_of_each_version : public testing::TestWithParam<protocol_version> {
 protected:
  test::pair_options options = pair::defaults(GetParam());
};
INSTANTIATE_TEST_SUITE_P(versions, config_of_each_version,
                         testing::Values(protocol_version::tls1_2, protocol_version::tls1_3),
                         [](const auto& each) { return each.param == protocol_version::tls1_2 ? "tls1_2" : "tls1_3"; });

TEST(client_config, names_the_option_that_does_not_hold) {
  const auto refused = [](auto change) {
    auto options = pair::defaults().client;
    change(options);
    auto made = client_config::make(std::move(options));
    EXPECT_FALSE(made);
    return made ? std::string() : made.error().message();
  };
  EXPECT_NE(refused([](auto& o) { o.ciphers = "NO-SUCH-CIPHER"; }).find("ciphers"), std::string::npos);
  EXPECT_NE(refused([](auto& o) { o.ciphersuites = "NO_SUCH"; }).find("ciphersuites"), std::string::npos);
  EXPECT_NE(refused([](auto& o) { o.groups = "P-257"; }).find("groups"), std::string::npos);
  EXPECT_NE(refused([](auto& o) { o.alpn = {""}; }).find("alpn"), std::string::npos);
  EXPECT_NE(refused([](auto& o) { o.alpn = {std::string(256, 'x')}; }).find("alpn"), std::string::npos);
  EXPECT_NE(refused([](auto& o) {
              o.min_version = protocol_version::tls1_3;
              o.max_version = protocol_version::tls1_2;
            }).find("TLSv1.3"),
            std::string::npos);
  EXPECT_NE(refused([](auto& o) { o.session_capacity = 0; }).find("session_capacity"), std::string::npos);
}

TEST(client_config, the_standard_one_is_made_once) {
  EXPECT_EQ(native::handle(client_config::standard().value()), native::handle(client_config::standard().value()));
  EXPECT_TRUE(client_config::standard().value().trust().contains_system());
}

TEST(client_config, its_list_of_ciphers_decides_which_suite_is_used) {
  const std::string small = "ECDHE-ECDSA-AES128-GCM-SHA256", large = "ECDHE-ECDSA-AES256-GCM-SHA384";
  struct {
    std::string client, server, used;
  } const rows[] = {
      {small, "", small},
      {large, "", large},
      {"", small, small},
      {"", large, large},
      {small + ':' + large, large, large},
      // Where both have both, in the server's order.
      {small + ':' + large, large + ':' + small, large},
      {large + ':' + small, small + ':' + large, small},
  };
  for (const auto& row : rows) {
    auto options = pair::defaults(protocol_version::tls1_2);
    options.client.ciphers = row.client;
    options.server.ciphers = row.server;
    pair p(std::move(options));
    p.must_shake();
    EXPECT_EQ(p.client->info().cipher, row.used) << row.client << " and " << row.server;
    EXPECT_EQ(p.server->info().cipher, row.used) << row.client << " and " << row.server;
  }
}

TEST(client_config, its_list_of_ciphers_leaves_tls_1_3_alone) {
  auto options = pair::defaults();
  options.client.ciphers = options.server.ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384";
  pair p(std::move(options));
  p.must_shake();
  EXPECT_EQ(p.client->info().version, protocol_version::tls1_3);
  EXPECT_TRUE(p.client->info().cipher.starts_with("TLS_")) << p.client->info().cipher;
}

TEST_P(config_of_each_version, the_groups_given_decide_which_is_negotiated) {
  struct {
    std::string client, server, used;
  } const rows[] = {
      {"P-521", "P-521:P-384", "secp521r1"},
      {"P-384", "P-521:P-384", "secp384r1"},
      {"P-384:P-521", "P-384", "secp384r1"},
      // The first one offered is not among the server's.
      {"P-256:P-384", "P-521:P-384", "secp384r1"},
      // Of the same two, the one that both name first.
      {"P-384:P-521", "P-384:P-521", "secp384r1"},
      {"P-521:P-384", "P-521:P-384", "secp521r1"},
      // Either side alone.
      {"P-384", "", "secp384r1"},
      {"", "P-384", "secp384r1"},
      {"P-256", "P-521:P-384", ""},
      {"P-521:P-384", "P-256", ""},
  };
  // In TLS 1.2 they are those of certificates too, where the key is an EC one (RFC 8422 section 5.1).
  options.server.loaded_identities = {load_identity("server-rsa")};
  // And an RSA key can do without a group.
  options.server.ciphers = "ECDHE";
  for (const auto& row : rows) {
    SCOPED_TRACE(row.client + " and " + row.server);
    options.client.groups = row.client;
    options.server.groups = row.server;
    pair p(options);
    EXPECT_EQ(p.shake().has_value(), !row.used.empty());
    if (row.used.empty()) {
      EXPECT_EQ(p.server_error.value().code(), errc::no_shared_cipher);
    } else {
      EXPECT_EQ(p.client->info().group, row.used);
      EXPECT_EQ(p.server->info().group, row.used);
    }
  }
}

TEST(server_config, needs_an_identity) {
  EXPECT_EQ(server_config::make({}).error().code(), errc::invalid_configuration);
}

TEST(server_config, tells_which_file_is_wrong) {
  const auto code = [](const char* certificate, const char* key) {
    auto made = server_config::make({.identities = {{.certificate = test::pki(certificate), .key = test::pki(key)}}});
    EXPECT_FALSE(made);
    if (made) return errc::internal;
    // The one that is to blame; both where they do not belong together.
    const auto named = [&](const char* file) { return made.error().message().find(file) != std::string::npos; };
    const bool certificate_is_good = std::string_view(certificate) == "server.pem";
    EXPECT_TRUE(named(certificate_is_good ? key : certificate)) << made.error().message();
    if (made.error().code() != errc::key_mismatch) {
      EXPECT_FALSE(named(certificate_is_good ? certificate : key)) << made.error().message();
    }
    return made.error().code();
  };
  EXPECT_EQ(code("missing.pem", "server.key"), errc::file_not_readable);
  EXPECT_EQ(code("server.pem", "missing.key"), errc::file_not_readable);
  EXPECT_EQ(code("server.pem", "server-rsa.key"), errc::key_mismatch);
  EXPECT_EQ(code("server.pem", "server-enc-pkcs8.key"), errc::password_required);
  EXPECT_EQ(code("empty.pem", "server.key"), errc::file_malformed);
  EXPECT_EQ(code("binary.bin", "server.key"), errc::file_malformed);
  EXPECT_EQ(code("truncated.pem", "server.key"), errc::file_malformed);
  auto wrong = server_config::make({.identities = {{.certificate = test::pki("server.pem"),
                                                    .key = test::pki("server-enc-pkcs8.key"),
                                                    .password = [] { return "guess"; }}}});
  EXPECT_EQ(wrong.error().code(), errc::wrong_password);
}

TEST(server_config, refuses_a_weak_key_with_a_way_out) {
  auto made = server_config::make({.loaded_identities = {test::load_identity("weak-rsa1024")}});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), errc::weak_key);
  EXPECT_NE(made.error().hint(), "");
}

TEST(server_config, asks_no_client_for_a_certificate_unless_it_is_told_to) {
  auto options = pair::defaults();
  options.client.identity = load_identity("client");
  pair p(std::move(options));
  p.must_shake();
  EXPECT_TRUE(p.server->info().peer_chain.empty());
  EXPECT_EQ(p.server->verdict(), nullptr);
}

// ------------------------------------------------------------------------------------------------ who the server is

TEST_P(config_of_each_version, certificates_and_a_key_that_were_never_in_a_file_serve) {
  const auto fresh_key = [] { return private_key::generate("ec:P-256").value(); };
  const auto root = make_ca({.common_name = "root", .path_length = 1}, fresh_key()).value();
  const auto middle = issue_ca({.common_name = "in between"}, fresh_key(), root).value();
  const auto key = fresh_key();
  const auto leaf = issue_certificate({.dns_names = {"server.test"}}, key, middle).value().leaf();
  // As a program has them that uses OpenSSL itself.
  const std::vector chain{native::share(native::handle(leaf)), native::share(native::handle(middle.leaf()))};
  options.server.loaded_identities = {identity::make(chain, key).value()};
  options.client.trust = trust_store::of({root.leaf()});
  pair p(options);
  p.must_shake();
  EXPECT_EQ(p.client->info().peer_chain, (std::vector{leaf, middle.leaf()}));
  // That it serves shows that it signed; with another key there is nobody to serve.
  EXPECT_EQ(identity::make(chain, fresh_key()).error().code(), errc::key_mismatch);
}

// Whom the server shows, to a client that takes anybody.
std::vector<certificate> shown(test::pair_options options, const std::string& sni) {
  options.client.trust = trust_store::none();
  options.client.loosened = dangerous::accept_any_certificate("to see whom the server shows");
  options.engine.sni = sni;
  pair p(std::move(options));
  p.must_shake();
  return p.client->info().peer_chain;
}

TEST_P(config_of_each_version, the_first_identity_is_for_clients_that_name_none_of_them) {
  const auto one = load_identity("server"), other = load_identity("wrong-name"), third = load_identity("wildcard");
  for (const auto& identities : {std::vector{one, other, third}, {other, third, one}, {third, one, other}}) {
    options.server.loaded_identities = identities;
    for (const auto* unknown : {"", "unknown.test", "a.b.wild.test"})
      EXPECT_EQ(shown(options, unknown), identities.front().chain()) << unknown;
    EXPECT_EQ(shown(options, "server.test"), one.chain());
    EXPECT_EQ(shown(options, "OTHER.test"), other.chain());
    EXPECT_EQ(shown(options, "a.wild.test"), third.chain());
  }
}

TEST_P(config_of_each_version, a_name_that_nobody_has_gets_the_first_whatever_keys_the_others_have) {
  const auto rsa = load_identity("server-rsa"), ec_of_other = load_identity("wrong-name");
  options.server.loaded_identities = {rsa, ec_of_other};
  for (const auto* unknown : {"", "unknown.test"}) EXPECT_EQ(shown(options, unknown), rsa.chain()) << unknown;
  options.server.loaded_identities = {ec_of_other, rsa};
  for (const auto* unknown : {"", "unknown.test"}) EXPECT_EQ(shown(options, unknown), ec_of_other.chain()) << unknown;
}

TEST_P(config_of_each_version, the_whole_name_comes_before_a_wildcard) {
  const auto any = load_identity("wildcard"), one = load_identity("one-of-wild"), dotted = load_identity("dotted");
  for (const auto& identities : {std::vector{any, one, dotted}, {dotted, one, any}}) {
    options.server.loaded_identities = identities;
    EXPECT_EQ(shown(options, "a.wild.test"), one.chain());
    EXPECT_EQ(shown(options, "b.wild.test"), any.chain());
    EXPECT_EQ(shown(options, "dotted.test"), dotted.chain());
  }
}

TEST_P(config_of_each_version, the_kind_of_key_is_one_that_the_client_can_verify) {
  const auto ec = load_identity("server"), rsa = load_identity("server-rsa"), ec_of_other = load_identity("wrong-name");
  options.client.resumption = resumption::disabled;
  for (const auto& identities : {std::vector{ec, rsa, ec_of_other}, {rsa, ec_of_other, ec}}) {
    options.server.loaded_identities = identities;
    const auto client = client_config::make(options.client).value();
    const auto server = server_config::make(options.server).value();
    const auto offering = [&](const char* algorithms, const engine_options& how = {},
                              const char* name = "server.test") {
      auto p = std::make_unique<pair>(client, server, name, how);
      EXPECT_EQ(SSL_set1_sigalgs_list(native::handle(*p->client), algorithms), 1) << algorithms;
      return p;
    };
    // By name, and without one.
    for (const auto& how : {engine_options{}, {.sni = ""}}) {
      for (const auto& [algorithms, who] : {std::pair{"ECDSA+SHA256", ec}, {"RSA-PSS+SHA256", rsa}}) {
        const auto p = offering(algorithms, how);
        p->must_shake();
        EXPECT_EQ(p->client->info().peer_chain, who.chain()) << algorithms;
      }
      // Whoever can verify both gets the same one, whichever is asked for first.
      const auto p = offering("ECDSA+SHA256:RSA-PSS+SHA256", how), q = offering("RSA-PSS+SHA256:ECDSA+SHA256", how);
      p->must_shake();
      q->must_shake();
      EXPECT_EQ(p->client->info().peer_chain, q->client->info().peer_chain);
    }
    // The other name has no RSA key, and gets nobody else's.
    const auto refused = offering("RSA-PSS+SHA256", {}, "other.test");
    EXPECT_FALSE(refused->shake());
    EXPECT_EQ(refused->server_error.value().code(), errc::no_shared_cipher);
  }
}

}  // namespace
}  // namespace signet
