// What a handshake does with the verdict: the error, the alert, and that there is no way around it.
#include <signet/dangerous.hpp>
#include <signet/native.hpp>

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstring>

#include "support/pair.hpp"
#include "support/pki.hpp"

namespace signet {
namespace {

using test::pair;

struct refusal {
  const char* identity;
  const char* name;
  errc code;
  int sent_alert;
};

class refused_server : public testing::TestWithParam<std::tuple<refusal, protocol_version>> {};

TEST_P(refused_server, is_told_by_the_right_alert_and_gets_no_byte) {
  const auto& [row, version] = GetParam();
  auto options = pair::defaults(version);
  options.server.loaded_identities = {test::load_identity(row.identity)};
  options.name = row.name;
  pair p(std::move(options));
  ASSERT_FALSE(p.shake());
  ASSERT_TRUE(p.client_error);
  EXPECT_EQ(name(p.client_error->code()), name(row.code)) << p.client_error->message();
  EXPECT_EQ(p.client_error->kind(), error_kind::verification);
  EXPECT_EQ(p.client_error->alert(), (alert{static_cast<std::uint8_t>(row.sent_alert), alert::sender::us}));
  ASSERT_TRUE(p.client_error->verdict());
  EXPECT_FALSE(p.client_error->verdict()->trusted());
  EXPECT_FALSE(p.client->handshake_done());
  EXPECT_EQ(p.client->write("secret").error().code(), row.code);
  ASSERT_TRUE(p.server_error);
  EXPECT_EQ(p.server_error->alert(), (alert{static_cast<std::uint8_t>(row.sent_alert), alert::sender::peer}));
}

INSTANTIATE_TEST_SUITE_P(rows, refused_server,
                         testing::Combine(testing::Values(refusal{"wrong-name", "server.test", errc::name_mismatch, 42},
                                                          refusal{"server", "127.0.0.2", errc::name_mismatch, 42},
                                                          refusal{"cn-only", "server.test", errc::name_mismatch, 42},
                                                          refusal{"expired", "server.test", errc::expired, 45},
                                                          refusal{"not-yet", "server.test", errc::not_yet_valid, 42},
                                                          refusal{"self-signed", "server.test", errc::self_signed, 48},
                                                          refusal{"server-clientonly-eku", "server.test",
                                                                  errc::invalid_purpose, 43}),
                                          testing::Values(protocol_version::tls1_2, protocol_version::tls1_3)),
                         [](const auto& each) {
                           std::string out = std::get<0>(each.param).identity + std::string("_for_") +
                                             std::get<0>(each.param).name + "_" +
                                             std::string(name(std::get<1>(each.param)));
                           std::ranges::replace_if(
                               out, [](unsigned char c) { return isalnum(c) == 0; }, '_');
                           return out;
                         });

TEST(verdict_in_handshake, an_unknown_issuer_is_alert_48) {
  auto options = pair::defaults();
  options.client.trust = trust_store::pem_file(test::pki("other-ca.pem")).value();
  pair p(std::move(options));
  ASSERT_FALSE(p.shake());
  EXPECT_EQ(p.client_error->code(), errc::unknown_issuer);
  EXPECT_EQ(p.client_error->alert(), (alert{48, alert::sender::us}));
  EXPECT_NE(p.client_error->message().find("server.test: verification failed"), std::string::npos);
}

TEST(verdict_in_handshake, an_empty_store_trusts_nobody) {
  auto options = pair::defaults();
  options.client.trust = trust_store::none();
  pair p(std::move(options));
  ASSERT_FALSE(p.shake());
  EXPECT_EQ(p.client_error->code(), errc::no_trust_anchors);
}

// docs/proven.md 1: with an anonymous suite no verify callback is ever called.
TEST(verdict_in_handshake, an_anonymous_suite_is_never_offered) {
  auto options = pair::defaults(protocol_version::tls1_2);
  options.client.ciphers = "aNULL:@SECLEVEL=0";
  EXPECT_EQ(client_config::make(options.client).error().code(), errc::invalid_configuration);
  options.client.ciphers = "ADH-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256:@SECLEVEL=0";
  const auto config = client_config::make(options.client).value();
  auto* suites = SSL_CTX_get_ciphers(native::handle(config));
  for (int i = 0; i < sk_SSL_CIPHER_num(suites); ++i)
    EXPECT_NE(SSL_CIPHER_get_auth_nid(sk_SSL_CIPHER_value(suites, i)), NID_auth_null);
}

TEST(verdict_in_handshake, a_handshake_without_a_certificate_ends_without_a_connection) {
  auto options = pair::defaults(protocol_version::tls1_2);
  pair p(std::move(options));
  for (SSL* ssl : {native::handle(*p.client), native::handle(*p.server)})
    ASSERT_EQ(SSL_set_cipher_list(ssl, "AECDH-AES128-SHA:@SECLEVEL=0"), 1);
  ASSERT_FALSE(p.shake());
  ASSERT_TRUE(p.client_error);
  EXPECT_EQ(p.client_error->code(), errc::no_verdict);
  EXPECT_FALSE(p.client->handshake_done());
  EXPECT_EQ(p.client->write("secret").error().code(), errc::no_verdict);
}

unsigned client_psk(SSL*, const char*, char* identity, unsigned, unsigned char* key, unsigned) {
  std::strcpy(identity, "who");
  std::memset(key, 7, 16);
  return 16;
}
unsigned server_psk(SSL*, const char*, unsigned char* key, unsigned) {
  std::memset(key, 7, 16);
  return 16;
}

TEST(verdict_in_handshake, a_psk_that_no_config_names_proves_nothing) {
  for (const auto version : {protocol_version::tls1_2, protocol_version::tls1_3}) {
    pair p(pair::defaults(version));
    SSL* client = native::handle(*p.client);
    SSL* server = native::handle(*p.server);
    SSL_set_psk_client_callback(client, client_psk);
    SSL_set_psk_server_callback(server, server_psk);
    if (version == protocol_version::tls1_2) {
      SSL_set_cipher_list(client, "PSK-AES128-GCM-SHA256");
      SSL_set_cipher_list(server, "PSK-AES128-GCM-SHA256");
    } else {
      SSL_set_ciphersuites(client, "TLS_AES_128_GCM_SHA256");
      SSL_set_ciphersuites(server, "TLS_AES_128_GCM_SHA256");
    }
    ASSERT_FALSE(p.shake());
    EXPECT_EQ(p.client_error.value().code(), errc::no_verdict);
  }
}

TEST(verdict_in_handshake, the_last_second_of_a_certificate_counts) {
  using namespace std::chrono_literals;
  const auto ends = test::load_identity("server").leaf().not_after();
  for (const auto& [now, accepted] : {std::pair{ends, true}, {ends + 1s, false}}) {
    auto options = pair::defaults();
    options.client.trust =
        trust_store::of({test::load_identity("server").leaf()});  // its own anchor: no other end interferes
    options.client.verify.clock = [now = now] { return now; };
    pair p(std::move(options));
    EXPECT_EQ(p.shake().has_value(), accepted);
    if (!accepted) {
      EXPECT_EQ(p.client_error->code(), errc::expired);
    }
  }
}

TEST(verdict_in_handshake, loosened_verification_says_so_everywhere) {
  auto options = pair::defaults();
  options.name = "somebody.else";
  options.client.trust = trust_store::none();
  options.client.loosened = dangerous::accept_any_certificate("test of the dangerous door");
  const auto client = client_config::make(options.client).value();
  const auto server = server_config::make(options.server).value();
  for (int i = 0; i < 2; ++i) {
    pair p(client, server, options.name);
    p.must_shake();
    EXPECT_EQ(p.client->info().loosened, "test of the dangerous door");
    EXPECT_TRUE(p.client->info().verified_chain.empty());
    EXPECT_EQ(p.client->verdict()->waived().size(), 2U);
    EXPECT_FALSE(p.client->info().resumed) << "what was not verified is not resumed either";
    p.server->write("ticket").value();
    (void)test::drain(*p.client);
  }
  EXPECT_THROW((void)dangerous::accept_any_certificate(""), std::invalid_argument);
}

TEST(verdict_in_handshake, sni_never_changes_what_is_verified) {
  auto options = pair::defaults();
  options.server.loaded_identities = {test::load_identity("server"), test::load_identity("wrong-name")};
  options.engine.sni = "other.test";
  pair p(std::move(options));
  EXPECT_EQ(p.shake().error().code(), errc::name_mismatch);
}

TEST(verdict_in_handshake, an_address_is_verified_and_not_sent_as_sni) {
  auto options = pair::defaults();
  options.name = "127.0.0.1";
  pair p(std::move(options));
  p.must_shake();
  EXPECT_EQ(p.server->info().sni, "");
}

// ------------------------------------------------------------------------------------------------ clients'
// certificates

test::pair_options with_client(client_certificates mode, const char* identity, protocol_version version) {
  auto options = pair::defaults(version);
  options.server.client_auth = mode;
  options.server.client_trust = test::test_ca();
  if (identity != nullptr) options.client.identity = test::load_identity(identity);
  return options;
}

class client_certificate : public testing::TestWithParam<protocol_version> {};
INSTANTIATE_TEST_SUITE_P(versions, client_certificate,
                         testing::Values(protocol_version::tls1_2, protocol_version::tls1_3),
                         [](const auto& each) { return each.param == protocol_version::tls1_2 ? "tls1_2" : "tls1_3"; });

TEST_P(client_certificate, is_verified_and_shown) {
  pair p(with_client(client_certificates::required, "client", GetParam()));
  p.must_shake();
  EXPECT_EQ(p.server->info().peer_chain.front(), test::load_identity("client").leaf());
  EXPECT_EQ(p.server->info().verified_chain.size(), 2U);
}

TEST_P(client_certificate, that_is_required_and_missing_is_refused) {
  pair p(with_client(client_certificates::required, nullptr, GetParam()));
  (void)p.shake();
  EXPECT_EQ(p.server_error.value().code(), errc::certificate_required);
  EXPECT_FALSE(p.server->handshake_done());
  if (!p.client_error) p.client_error = test::drain(*p.client).failure;
  ASSERT_TRUE(p.client_error);
  EXPECT_EQ(p.client_error->code(), errc::certificate_required);
}

TEST_P(client_certificate, that_is_requested_may_be_missing) {
  pair p(with_client(client_certificates::requested, nullptr, GetParam()));
  p.must_shake();
  EXPECT_TRUE(p.server->info().peer_chain.empty());
  EXPECT_EQ(p.server->verdict(), nullptr);
}

TEST_P(client_certificate, of_another_ca_is_refused) {
  for (const auto mode : {client_certificates::required, client_certificates::requested}) {
    pair p(with_client(mode, "client-wrong-ca", GetParam()));
    (void)p.shake();
    EXPECT_EQ(p.server_error.value().code(), errc::unknown_issuer);
    if (!p.client_error) p.client_error = test::drain(*p.client).failure;
    EXPECT_EQ(p.client_error.value().alert(), (alert{48, alert::sender::peer}));
  }
}

TEST_P(client_certificate, for_servers_is_no_client_certificate) {
  pair p(with_client(client_certificates::required, "server", GetParam()));
  (void)p.shake();
  EXPECT_EQ(p.server_error.value().code(), errc::invalid_purpose);
}

TEST(client_certificates_asked_for, need_somebody_to_trust) {
  auto options = pair::defaults();
  options.server.client_auth = client_certificates::required;
  EXPECT_EQ(server_config::make(options.server).error().code(), errc::invalid_configuration);
}

}  // namespace
}  // namespace signet
