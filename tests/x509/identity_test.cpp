#include <signet/x509/identity.hpp>

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <string>

#include "support/pki.hpp"

namespace signet {
namespace {

using test::contents_of;
using test::pki;

class identity_test : public testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(ERR_peek_error(), 0UL) << "OpenSSL's queue was left filled"; }
};

TEST_F(identity_test, certificate_chain_and_key_are_read) {
  const auto id = identity::load({.certificate = pki("chain.pem"), .key = pki("chain.key")}).value();
  EXPECT_EQ(id.chain().size(), 2U);
  EXPECT_EQ(id.leaf().common_name(), "server.test");
  EXPECT_EQ(id.key().type(), "EC P-256");
  EXPECT_TRUE(identity::load({.certificate = pki("server.der"), .key = pki("server.key")}).has_value());
}

TEST_F(identity_test, one_file_may_hold_both) {
  EXPECT_TRUE(identity::load({.certificate = pki("combined.pem")}).has_value());
  const test::temporary_folder folder;
  const auto key_first = folder.file("both.pem", contents_of(pki("server.key")) + contents_of(pki("server.pem")));
  EXPECT_TRUE(identity::load({.certificate = key_first}).has_value());
  EXPECT_TRUE(identity::load({.certificate = key_first, .key = key_first}).has_value());
}

TEST_F(identity_test, encrypted_keys_take_their_password) {
  const auto password = [](const char* text) { return [text] { return std::optional<std::string>(text); }; };
  const auto load = [](const password_callback& p) {
    return identity::load({.certificate = pki("server.pem"), .key = pki("server-enc-pkcs8.key"), .password = p});
  };
  EXPECT_TRUE(load(password("bluebell")).has_value());
  EXPECT_EQ(load(password("foxglove")).error().code(), errc::wrong_password);
  const auto e = load({}).error();
  EXPECT_EQ(e.code(), errc::password_required);
  EXPECT_NE(e.message().find("server-enc-pkcs8.key: "), std::string::npos) << e.message();
}

TEST_F(identity_test, a_key_that_does_not_belong_is_an_error_that_names_both_files) {
  const auto e = identity::load({.certificate = pki("server.pem"), .key = pki("wildcard.key")}).error();
  EXPECT_EQ(e.code(), errc::key_mismatch);
  EXPECT_NE(e.message().find("server.pem"), std::string::npos) << e.message();
  EXPECT_NE(e.message().find("wildcard.key"), std::string::npos) << e.message();
  EXPECT_EQ(identity::load({.certificate = pki("server.pem"), .key = pki("server-rsa.key")}).error().code(),
            errc::key_mismatch);
}

TEST_F(identity_test, a_chain_in_the_wrong_order_gets_a_hint) {
  const test::temporary_folder folder;
  const auto reversed =
      folder.file("reversed.pem", contents_of(pki("intermediate.pem")) + contents_of(pki("chain-leaf-only.pem")));
  const auto e = identity::load({.certificate = reversed, .key = pki("chain.key")}).error();
  EXPECT_EQ(e.code(), errc::key_mismatch);
  EXPECT_NE(e.hint().find("certificate 2"), std::string::npos) << e.hint();
}

TEST_F(identity_test, mixed_up_and_missing_files_are_named) {
  const auto swapped = identity::load({.certificate = pki("server.key"), .key = pki("server.pem")}).error();
  EXPECT_EQ(swapped.code(), errc::file_malformed);
  EXPECT_NE(swapped.message().find("server.key: holds a private key, not a certificate"), std::string::npos)
      << swapped.message();
  const auto twice = identity::load({.certificate = pki("server.pem"), .key = pki("server.pem")}).error();
  EXPECT_NE(twice.message().find("server.pem: holds a certificate, not a private key"), std::string::npos)
      << twice.message();
  const auto alone = identity::load({.certificate = pki("server.pem")}).error();
  EXPECT_EQ(alone.code(), errc::file_malformed);
  EXPECT_NE(alone.hint().find("file that holds the private key"), std::string::npos);
  EXPECT_EQ(identity::load({.certificate = pki("server.pem"), .key = pki("missing.key")}).error().code(),
            errc::file_not_readable);
  EXPECT_EQ(identity::load({.certificate = pki("missing.pem"), .key = pki("server.key")}).error().code(),
            errc::file_not_readable);
  EXPECT_EQ(identity::load({}).error().code(), errc::file_not_readable);
  EXPECT_EQ(
      identity::load({.certificate = pki("bundle-with-broken-entry.pem"), .key = pki("server.key")}).error().code(),
      errc::file_malformed);
}

TEST_F(identity_test, made_from_parts_it_is_checked_as_well) {
  const auto chain = load_certificates(pki("chain.pem")).value();
  const auto key = private_key::load(pki("chain.key")).value();
  EXPECT_TRUE(identity::make(chain, key).has_value());
  EXPECT_EQ(identity::make({}, key).error().code(), errc::invalid_argument);
  EXPECT_EQ(identity::make({chain[1], chain[0]}, key).error().code(), errc::key_mismatch);
}

}  // namespace
}  // namespace signet
