// URIs of keys without a token: files, and what is no URI of a key. tests/token has the rest.
#include <signet/native.hpp>
#include <signet/x509/certificate_builder.hpp>
#include <signet/x509/identity.hpp>
#include <signet/x509/private_key.hpp>

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <sys/stat.h>

#include "ossl/handles.hpp"
#include "support/pki.hpp"
#include "x509/key_uri.hpp"

namespace signet {
namespace {

using test::pki;
using test::temporary_folder;

class key_uri : public testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(ERR_peek_error(), 0UL) << "OpenSSL's queue was left filled"; }
};

password_callback always(std::string password) {
  return [password] { return std::optional<std::string>(password); };
}

TEST_F(key_uri, of_a_file_loads_it) {
  const auto server = load_certificates(pki("server.pem")).value().at(0);
  const auto path = pki("server.key").string();
  for (const auto& uri : {"file:" + path, "file://" + path, "FILE://localhost" + path})
    EXPECT_TRUE(private_key::from_uri(uri).value().belongs_to(server)) << uri;
  const temporary_folder folder;
  std::filesystem::copy(pki("server.key"), folder / "a key #1.pem");
  const auto odd = "file:" + (folder / "a%20key%20%231.pem").string();
  EXPECT_TRUE(private_key::from_uri(odd).value().belongs_to(server));
}

TEST_F(key_uri, of_an_encrypted_file_takes_its_password_and_asks_nobody) {
  const auto uri = "file:" + pki("server-enc-pkcs8.key").string();
  EXPECT_TRUE(private_key::from_uri(uri, always("bluebell")));
  EXPECT_EQ(private_key::from_uri(uri, always("foxglove")).error().code(), errc::wrong_password);
  EXPECT_EQ(private_key::from_uri(uri).error().code(), errc::password_required);
}

TEST_F(key_uri, of_a_file_that_is_no_key_is_an_error) {
  EXPECT_EQ(private_key::from_uri("file:/nowhere/at/all").error().code(), errc::file_not_readable);
  EXPECT_EQ(private_key::from_uri("file:" + pki("garbage.pem").string()).error().code(), errc::file_malformed);
  EXPECT_EQ(private_key::from_uri("file:/dev/zero").error().code(), errc::file_not_readable);
  for (const auto* odd : {"file:", "file://", "file://example.org/key.pem", "file:/key.pem?x", "file:/key.pem#x",
                          "file:/key%2", "file:/key%", "file:/key%zz", "file:/key%00.pem"}) {
    const auto e = private_key::from_uri(odd).error();
    EXPECT_EQ(e.code(), errc::invalid_argument) << odd << ": " << e.message();
    EXPECT_EQ(e.whom(), odd);
  }
}

TEST_F(key_uri, has_a_scheme_and_what_a_uri_is_made_of) {
  for (const auto& odd : std::vector<std::string>{"", ":", "server.key", "/etc/ssl/key.pem", "1a:b", "p kcs11:object=x",
                                                  "pkcs11:object=a key", "pkcs11:object=\n", "pkcs11:object=\xc3\xa4",
                                                  "pkcs11:object=" + std::string(5000, 'x')}) {
    const auto e = private_key::from_uri(odd).error();
    EXPECT_EQ(e.code(), errc::invalid_argument) << odd;
    EXPECT_EQ(e.message().find('\n'), std::string::npos);
    EXPECT_LT(e.message().size(), 400U);
  }
  EXPECT_EQ(private_key::from_uri(std::string("pkcs11:object=a\0b", 17)).error().code(), errc::invalid_argument);
}

TEST_F(key_uri, of_a_scheme_that_nothing_here_knows_is_not_supported) {
  for (const auto* uri : {"signet-nowhere:key", "https://example.org/key.pem", "org.openssl.engine:pkcs11:x"}) {
    const auto e = private_key::from_uri(uri, always("bluebell")).error();
    EXPECT_EQ(e.code(), errc::not_supported) << e.message();
    EXPECT_NE(e.hint().find("provider"), std::string::npos) << e.hint();
  }
}

TEST_F(key_uri, is_not_taken_for_the_name_of_a_file) {
  const temporary_folder folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::copy(pki("server.key"), folder / "signet-nowhere:key");
  std::filesystem::current_path(folder / "");
  const auto e = private_key::from_uri("signet-nowhere:key").error();
  std::filesystem::current_path(before);
  EXPECT_EQ(e.code(), errc::invalid_argument);
}

TEST_F(key_uri, is_shown_without_its_pin) {
  EXPECT_EQ(x509::shown_uri("pkcs11:object=a?pin-value=1234&module-name=x"),
            "pkcs11:object=a?pin-value=...&module-name=x");
  EXPECT_EQ(x509::shown_uri("pkcs11:object=a;PIN-VALUE=1234"), "pkcs11:object=a;PIN-VALUE=...");
  EXPECT_EQ(x509::without_pins("pin-value=1 pin-value=2"), "pin-value=... pin-value=...");
  EXPECT_EQ(private_key::from_uri("nope?pin-value=1234").error().message().find("1234"), std::string::npos);
}

TEST_F(key_uri, of_an_identity_stands_for_the_file_of_its_key) {
  const auto uri = "file:" + pki("server.key").string();
  const auto who = identity::load({.certificate = pki("server.pem"), .key_uri = uri}).value();
  EXPECT_TRUE(who.key().belongs_to(who.leaf()));
  EXPECT_EQ(identity::load({.certificate = pki("server-rsa.pem"), .key_uri = uri}).error().code(), errc::key_mismatch);
  const auto both =
      identity::load({.certificate = pki("server.pem"), .key = pki("server.key"), .key_uri = uri}).error();
  EXPECT_EQ(both.code(), errc::invalid_argument);
}

TEST(native_key, made_by_openssl_is_shared) {
  ossl::pkey_ptr made(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  ASSERT_TRUE(made);
  auto* const was = made.get();
  const auto key = native::share(was);
  made.reset();
  EXPECT_EQ(native::handle(key), was) << "and lives on";
  EXPECT_EQ(key.type(), "EC P-256");
  EXPECT_TRUE(key.is_exportable());
  EXPECT_TRUE(make_self_signed({.dns_names = {"server.test"}}, key)
                  .value()
                  .key()
                  .belongs_to(make_self_signed({.dns_names = {"server.test"}}, key).value().leaf()));
}

TEST(native_key, of_the_public_half_alone_is_not_exportable_and_signs_nothing) {
  const auto cert = load_certificates(pki("server.pem")).value().at(0);
  const auto half = native::share(X509_get0_pubkey(native::handle(cert)));
  EXPECT_FALSE(half.is_exportable());
  EXPECT_EQ(half.pem(), "");
  EXPECT_TRUE(half.der().empty());
  EXPECT_TRUE(half.belongs_to(cert));
  EXPECT_FALSE(make_self_signed({.dns_names = {"server.test"}}, half));
  EXPECT_EQ(ERR_peek_error(), 0UL);
}

TEST(native_key, of_every_kind_that_is_made_here_is_exportable) {
  for (const auto* type : {"ec:P-256", "rsa:2048", "ed25519", "ed448"})
    EXPECT_TRUE(private_key::generate(type).value().is_exportable()) << type;
  for (const auto* type : {"X25519", "RSA-PSS", "SM2"}) {
    const ossl::pkey_ctx_ptr context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* made = nullptr;
    ASSERT_EQ(EVP_PKEY_keygen_init(context.get()), 1) << type;
    ASSERT_EQ(EVP_PKEY_generate(context.get(), &made), 1) << type;
    const ossl::pkey_ptr owner(made);
    EXPECT_TRUE(native::share(made).is_exportable()) << type;
  }
}

}  // namespace
}  // namespace signet
