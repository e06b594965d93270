// Keys that stay in a token: they sign certificates and handshakes like those of a file, and are never written.
#include <signet/native.hpp>
#include <signet/x509/certificate_builder.hpp>
#include <signet/x509/certificate_request.hpp>
#include <signet/x509/identity.hpp>
#include <signet/x509/pkcs12.hpp>

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include <thread>

#include "support/pair.hpp"
#include "token/token.hpp"

namespace signet {
namespace {

using test::pair;
using test::temporary_folder;
using test::token;
using test::way;

// Before OpenSSL reads its configuration, which it does once.
const token& here = token::only();

password_callback always(std::string pin) {
  return [pin] { return std::optional<std::string>(pin); };
}

class token_key : public testing::TestWithParam<std::string> {
 protected:
  void TearDown() override { EXPECT_EQ(ERR_peek_error(), 0UL) << "OpenSSL's queue was left filled"; }

  static private_key key() { return private_key::from_uri(token::uri(GetParam()), token::pin()).value(); }
  // For server.test, of the test's own making.
  static identity server() { return make_self_signed({.dns_names = {"server.test"}}, key()).value(); }
};
INSTANTIATE_TEST_SUITE_P(kinds, token_key, testing::Values("ec", "rsa"), [](const auto& each) { return each.param; });

TEST_P(token_key, is_opened_by_its_uri_and_belongs_to_its_certificate) {
  const auto opened = key();
  EXPECT_EQ(opened.type(), GetParam() == "ec" ? "EC P-256" : "RSA 2048");
  const auto made = server();
  EXPECT_TRUE(opened.belongs_to(made.leaf()));
  EXPECT_FALSE(opened.belongs_to(load_certificates(test::pki("server.pem")).value().at(0)));
  EXPECT_TRUE(identity::make({made.leaf()}, opened));
  EXPECT_EQ(identity::make({made.leaf()}, private_key::from_uri(token::uri("twin;id=%04"), token::pin()).value())
                .error()
                .code(),
            errc::key_mismatch);
}

TEST_P(token_key, is_never_written) {
  const auto opened = key();
  EXPECT_FALSE(opened.is_exportable());
  EXPECT_EQ(opened.pem(), "");
  EXPECT_TRUE(opened.der().empty());
  EXPECT_EQ(opened.encrypted_pem("bluebell").error().code(), errc::not_supported);
  EXPECT_EQ(opened.traditional_pem().error().code(), errc::not_supported);
  const temporary_folder folder;
  EXPECT_EQ(opened.save(folder / "key.pem").error().code(), errc::not_supported);
  EXPECT_EQ(opened.save(folder / "key.pem", {.password = "bluebell"}).error().code(), errc::not_supported);
  EXPECT_FALSE(std::filesystem::exists(folder / "key.pem"));
  EXPECT_EQ(make_pkcs12(server(), "bluebell").error().code(), errc::not_supported);
  EXPECT_NE(opened.public_pem().find("BEGIN PUBLIC KEY"), std::string::npos);
}

TEST_P(token_key, signs_certificates_and_requests) {
  const auto ca = make_ca({.common_name = "Token CA"}, key()).value();
  const auto leaf =
      issue_certificate({.dns_names = {"server.test"}}, private_key::generate("ec:P-256").value(), ca).value();
  auto* issued_by = X509_get0_pubkey(native::handle(ca.leaf()));
  EXPECT_EQ(X509_verify(native::handle(leaf.leaf()), issued_by), 1);
  EXPECT_EQ(X509_verify(native::handle(ca.leaf()), issued_by), 1);
  const auto request = certificate_request::make({.dns_names = {"server.test"}}, key()).value();
  EXPECT_TRUE(request.belongs_to(key()));
  EXPECT_TRUE(sign_request(request, {}, ca));
}

TEST_P(token_key, shakes_hands_as_a_server_and_as_a_client) {
  for (const auto version : {protocol_version::tls1_2, protocol_version::tls1_3}) {
    SCOPED_TRACE(name(version));
    auto options = pair::defaults(version);
    const auto who = server();
    const auto us =
        make_self_signed({.common_name = "client", .purposes = {certificate_purpose::client}}, key()).value();
    options.server.identities = {};
    options.server.loaded_identities = {who};
    options.client.trust = trust_store::of({who.leaf()});
    options.client.identity = us;
    options.server.client_trust = trust_store::of({us.leaf()});
    options.server.client_auth = client_certificates::required;
    pair p(std::move(options));
    p.must_shake();
    EXPECT_EQ(p.client->info().peer_chain.at(0).der(), who.leaf().der());
    EXPECT_EQ(p.server->info().peer_chain.at(0).der(), us.leaf().der());
  }
}

TEST_P(token_key, signs_for_several_threads_at_once) {
  auto options = pair::defaults(protocol_version::tls1_3);
  const auto who = server();
  options.server.identities = {};
  options.server.loaded_identities = {who};
  options.client.trust = trust_store::of({who.leaf()});
  options.client.session_capacity = 1;
  const auto client = client_config::make(options.client).value();
  const auto served = server_config::make(options.server).value();
  std::vector<std::thread> threads;
  std::atomic<int> done = 0;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 10; ++n)
        if (pair p(client, served); p.shake()) ++done;
    });
  for (auto& one : threads) one.join();
  EXPECT_EQ(done, 40);
}

class token_uri : public testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(ERR_peek_error(), 0UL) << "OpenSSL's queue was left filled"; }
};

TEST_F(token_uri, a_pin_is_asked_for_once_and_a_wrong_or_missing_one_is_told) {
  const std::string uri = "pkcs11:token=locked;object=ec";
  int asked = 0;
  const password_callback wrong = [&asked]() -> std::optional<std::string> {
    ++asked;
    return "11111";
  };
  const auto e = private_key::from_uri(uri, wrong).error();
  EXPECT_EQ(e.code(), errc::wrong_password) << e.message();
  EXPECT_EQ(e.whom(), uri);
  EXPECT_EQ(asked, 1);
  for (const auto* unfit : {"", "1", "123", "0123456789012345678901234567890123456789"})
    EXPECT_EQ(private_key::from_uri(uri, always(unfit)).error().code(), errc::wrong_password) << unfit;
  EXPECT_EQ(private_key::from_uri(uri, always(std::string("13579\0x", 7))).error().code(), errc::wrong_password);
  EXPECT_EQ(private_key::from_uri(uri).error().code(), errc::password_required);
  EXPECT_EQ(private_key::from_uri(uri, [] { return std::nullopt; }).error().code(), errc::password_required);
  const password_callback throwing = []() -> std::optional<std::string> { throw std::runtime_error("no terminal"); };
  EXPECT_THROW((void)private_key::from_uri(uri, throwing), std::runtime_error);
  EXPECT_TRUE(private_key::from_uri(uri, always("13579"))) << "after all that the right one opens it";
}

TEST_F(token_uri, a_pin_in_it_is_taken_and_never_shown) {
  const auto e = private_key::from_uri("pkcs11:token=hasty;object=ec?pin-value=86420").error();
  EXPECT_EQ(e.code(), errc::wrong_password) << e.message();
  EXPECT_EQ(e.message().find("86420"), std::string::npos) << e.message();
  for (const auto& text : e.library_errors()) EXPECT_EQ(text.find("86420"), std::string::npos) << text;
  EXPECT_TRUE(private_key::from_uri("pkcs11:token=hasty;object=ec?pin-value=97531"));
}

TEST_F(token_uri, a_pin_that_opened_one_token_is_not_tried_on_another) {
  ASSERT_TRUE(private_key::from_uri(token::uri("ec"), token::pin()));
  const std::string uri = "pkcs11:token=other;object=ec";
  EXPECT_EQ(private_key::from_uri(uri).error().code(), errc::password_required);
  EXPECT_EQ(private_key::from_uri(uri, [] { return std::nullopt; }).error().code(), errc::password_required);
  EXPECT_EQ(private_key::from_uri(uri, token::pin()).error().code(), errc::wrong_password);
  EXPECT_TRUE(private_key::from_uri(uri, always("86420")));
  EXPECT_EQ(private_key::from_uri("pkcs11:token=other;object=none").error().code(), errc::file_not_readable);
}

TEST_F(token_uri, what_is_not_there_is_told) {
  for (const auto* missing :
       {"pkcs11:token=web;object=none", "pkcs11:token=none;object=ec", "pkcs11:token=web;id=%99"}) {
    const auto e = private_key::from_uri(missing, token::pin()).error();
    EXPECT_EQ(e.code(), errc::file_not_readable) << e.message();
    EXPECT_EQ(e.message().find(missing), 0U) << e.message();
    EXPECT_FALSE(e.hint().empty());
  }
}

TEST_F(token_uri, that_fits_more_than_one_key_is_refused) {
  const auto e = private_key::from_uri("pkcs11:token=web", token::pin()).error();
  EXPECT_EQ(e.code(), errc::invalid_argument) << e.message();
  EXPECT_NE(e.hint().find("object="), std::string::npos);
  // The engine does not say that there are several.
  const auto twin = private_key::from_uri(token::uri("twin"), token::pin());
  EXPECT_EQ(twin.has_value(), here.reached_by() == way::engine);
  if (!twin) {
    EXPECT_EQ(twin.error().code(), errc::invalid_argument);
  }
  EXPECT_TRUE(private_key::from_uri(token::uri("twin;id=%03"), token::pin()));
}

TEST_F(token_uri, that_makes_no_sense_is_an_error) {
  for (const auto* odd : {"pkcs11:", "pkcs11:object", "pkcs11:object=%zz", "pkcs11:id=", "pkcs11:object=",
                          "pkcs11:object=ec;token=%00", "pkcs11:object=ec;type=cert", "pkcs11:object=ec;type=public"})
    EXPECT_FALSE(private_key::from_uri(odd)) << odd;
}

TEST_F(token_uri, a_token_that_is_gone_ends_a_handshake_and_nothing_else) {
  if (here.reached_by() == way::provider)
    GTEST_SKIP() << "the provider signs with a copy in SoftHSM's memory; pkcs11_test.py tells it not to";
  const auto key = private_key::from_uri("pkcs11:token=stick;object=ec", always("11223")).value();
  const auto who = make_self_signed({.dns_names = {"server.test"}}, key).value();
  const auto us = make_self_signed({.common_name = "us", .purposes = {certificate_purpose::client}}, key).value();
  auto at_server = pair::defaults();
  at_server.server.identities = {};
  at_server.server.loaded_identities = {who};
  at_server.client.trust = trust_store::of({who.leaf()});
  auto at_client = pair::defaults();
  at_client.client.identity = us;
  at_client.server.client_auth = client_certificates::required;
  at_client.server.client_trust = trust_store::of({us.leaf()});
  const auto served = server_config::make(at_server.server).value();
  pair(client_config::make(at_server.client).value(), served).must_shake();
  pair(at_client).must_shake();
  here.remove("stick");
  const auto is_told = [](const std::optional<error>& failure) {
    ASSERT_TRUE(failure);
    EXPECT_EQ(failure->code(), errc::file_not_readable);
    EXPECT_NE(failure->message().find("our private key (EC P-256) did not sign"), std::string::npos)
        << failure->message();
  };
  for (const auto version : {protocol_version::tls1_2, protocol_version::tls1_3}) {
    SCOPED_TRACE(name(version));
    at_server.client.max_version = at_client.client.max_version = version;
    // With sessions of its own, so that nothing is resumed.
    pair after(client_config::make(at_server.client).value(), served);
    EXPECT_FALSE(after.shake());
    is_told(after.server_error);
    pair shown(at_client);
    EXPECT_FALSE(shown.shake());
    is_told(shown.client_error);
  }
  EXPECT_FALSE(make_self_signed({.dns_names = {"server.test"}}, key));
  EXPECT_FALSE(private_key::from_uri("pkcs11:token=stick;object=none", always("11223")));
  EXPECT_TRUE(private_key::from_uri(token::uri("ec"), token::pin())) << "the other token is still there";
}

}  // namespace
}  // namespace signet
