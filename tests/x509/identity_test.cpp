#include <signet/x509/certificate_builder.hpp>
#include <signet/x509/identity.hpp>
#include <signet/x509/pkcs12.hpp>

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <string>
#include <vector>

#include "support/pki.hpp"
#include "support/run_program.hpp"

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
  EXPECT_EQ(id.leaf().last_common_name(), "server.test");
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

TEST_F(identity_test, a_certificate_in_der_takes_a_key_in_der) {
  EXPECT_TRUE(identity::load({.certificate = pki("server.der"), .key = pki("server-key.der")}).has_value());
  EXPECT_TRUE(identity::load({.certificate = pki("server.pem"), .key = pki("server-key.der")}).has_value());
  EXPECT_EQ(identity::load({.certificate = pki("server.der"), .key = pki("ed25519-key.der")}).error().code(),
            errc::key_mismatch);
  const auto alone = identity::load({.certificate = pki("server.der")}).error();
  EXPECT_NE(alone.hint().find("file that holds the private key"), std::string::npos) << alone.message();
}

TEST_F(identity_test, pkcs12_holds_all_of_it_and_its_chain_is_put_in_order_without_the_root) {
  int asked = 0;
  const password_callback password = [&] {
    ++asked;
    return std::optional<std::string>("bluebell");
  };
  for (const std::string file : {"chain.p12", "chain-3des.p12", "chain-no-password.p12"}) {
    SCOPED_TRACE(file);
    asked = 0;
    const auto id = identity::load({.certificate = pki(file), .password = password}).value();
    EXPECT_EQ(asked, file == "chain-no-password.p12" ? 0 : 1);
    ASSERT_EQ(id.chain().size(), 2U);
    EXPECT_EQ(id.chain()[0].last_common_name(), "server.test");
    EXPECT_EQ(id.chain()[1].last_common_name(), "signet test intermediate");
    EXPECT_TRUE(id.key().belongs_to(id.leaf()));
  }
  EXPECT_TRUE(identity::load({.certificate = pki("chain-no-password.p12")}).has_value());
  EXPECT_TRUE(identity::load({.certificate = pki("chain.pem"), .key = pki("chain-no-password.p12")}).has_value());
  // Its own key wins over one that is named.
  EXPECT_TRUE(identity::load({.certificate = pki("chain-no-password.p12"), .key = pki("server.key")}).has_value());
}

TEST_F(identity_test, a_self_signed_certificate_in_pkcs12_is_not_left_out) {
  const test::temporary_folder folder;
  const auto who = identity::load({.certificate = pki("self-signed.pem"), .key = pki("self-signed.key")}).value();
  const auto file = folder.file("made.p12", std::string(byte_view(make_pkcs12(who, "").value()).text()));
  EXPECT_EQ(identity::load({.certificate = file}).value().chain(), who.chain());
}

TEST_F(identity_test, pkcs12_that_cannot_be_used_is_an_error_that_says_why) {
  const auto password = [](const char* text) { return [text] { return std::optional<std::string>(text); }; };
  const auto wrong = identity::load({.certificate = pki("chain.p12"), .password = password("foxglove")}).error();
  EXPECT_EQ(wrong.code(), errc::wrong_password);
  EXPECT_NE(wrong.message().find("chain.p12: the password does not open the PKCS#12 file"), std::string::npos)
      << wrong.message();
  EXPECT_EQ(identity::load({.certificate = pki("chain.p12")}).error().code(), errc::password_required);

  const test::temporary_folder folder;
  const auto made = [&](const std::vector<std::string>& what) {
    const auto out = (folder / "made.p12").string();
    std::vector<std::string> command{"openssl", "pkcs12", "-export", "-passout", "pass:", "-out", out};
    command.insert(command.end(), what.begin(), what.end());
    EXPECT_EQ(test::run_program(command).status, 0);
    return std::filesystem::path(out);
  };
  const auto no_key = made({"-nokeys", "-in", pki("chain.pem").string()});
  const auto e = identity::load({.certificate = no_key}).error();
  EXPECT_EQ(e.code(), errc::file_malformed);
  EXPECT_NE(e.hint().find("file that holds the private key"), std::string::npos) << e.message();
  EXPECT_EQ(identity::load({.certificate = no_key, .key = pki("chain.key")}).value().chain().size(), 2U);
  const auto other = identity::load({.certificate = no_key, .key = pki("server.key")}).error();
  EXPECT_EQ(other.code(), errc::key_mismatch);
  EXPECT_NE(other.message().find("server.key: "), std::string::npos) << other.message();
  const auto key_only =
      identity::load({.certificate = made({"-nocerts", "-inkey", pki("chain.key").string()})}).error();
  EXPECT_EQ(key_only.code(), errc::file_malformed);
  EXPECT_NE(key_only.message().find("without a certificate"), std::string::npos) << key_only.message();
}

TEST_F(identity_test, of_several_keys_the_one_of_the_first_certificate_is_taken) {
  const test::temporary_folder folder;
  const auto keys = contents_of(pki("wildcard.key")) + contents_of(pki("server-enc-pkcs8.key")) +
                    contents_of(pki("server-enc-traditional.key"));
  int asked = 0;
  const password_callback password = [&] {
    ++asked;
    return std::optional<std::string>("bluebell");
  };
  const auto together = folder.file("all.pem", keys + contents_of(pki("server.pem")));
  EXPECT_EQ(identity::load({.certificate = together, .password = password}).value().leaf().last_common_name(),
            "server.test");
  EXPECT_EQ(asked, 1);
  const auto apart = folder.file("keys.pem", keys);
  EXPECT_TRUE(identity::load({.certificate = pki("server.pem"), .key = apart, .password = password}).has_value());
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(identity::load({.certificate = pki("ca.pem"), .key = apart, .password = password}).error().code(),
            errc::key_mismatch);
  EXPECT_EQ(asked, 3);
}

TEST_F(identity_test, an_empty_path_of_a_key_means_that_none_is_given) {
  EXPECT_TRUE(identity::load({.certificate = pki("combined.pem"), .key = "", .password = {}}).has_value());
  EXPECT_EQ(identity::load({.certificate = "", .key = pki("server.key")}).error().code(), errc::file_not_readable);
}

TEST_F(identity_test, junk_says_what_it_is_and_what_was_looked_for) {
  for (const std::string file : {"garbage.pem", "binary.bin", "empty.pem"}) {
    const auto e = identity::load({.certificate = pki(file), .key = pki("server.key")}).error();
    EXPECT_EQ(e.code(), errc::file_malformed);
    EXPECT_NE(e.message().find("not a certificate"), std::string::npos) << e.message();
    EXPECT_EQ(e.hint(), "certificates are read from PEM, DER and PKCS#12");
  }
}

TEST_F(identity_test, made_from_parts_it_is_checked_as_well) {
  const auto chain = load_certificates(pki("chain.pem")).value();
  const auto key = private_key::load(pki("chain.key")).value();
  EXPECT_TRUE(identity::make(chain, key).has_value());
  EXPECT_EQ(identity::make({}, key).error().code(), errc::invalid_argument);
  EXPECT_EQ(identity::make({chain[1], chain[0]}, key).error().code(), errc::key_mismatch);
}

TEST_F(identity_test, a_key_is_taken_as_it_is_when_it_belongs_to_the_first_certificate) {
  for (const auto* type : {"ec:P-256", "rsa:2048", "ed25519"}) {
    const auto key = private_key::generate(type).value();
    const auto other = private_key::generate(type).value();
    const auto cert = make_self_signed({.dns_names = {"server.test"}}, key).value().leaf();
    const auto made = identity::make({cert}, key).value();
    EXPECT_EQ(made.key().pem(), key.pem()) << type;
    EXPECT_EQ(made.leaf(), cert);
    const auto refused = identity::make({cert}, other);
    ASSERT_FALSE(refused) << type;
    EXPECT_EQ(refused.error().code(), errc::key_mismatch);
  }
}

}  // namespace
}  // namespace signet
