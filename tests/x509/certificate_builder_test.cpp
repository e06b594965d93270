#include <signet/x509/certificate_builder.hpp>

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <set>
#include <string>
#include <vector>

#include "support/pki.hpp"
#include "support/run_program.hpp"

namespace signet {
namespace {

using namespace std::chrono_literals;
using test::pki;
using test::run_program;

class certificate_builder_test : public testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(ERR_peek_error(), 0UL) << "OpenSSL's queue was left filled"; }
};

private_key key(const std::string& type = "ec:P-256") {
  return private_key::generate(type).value();
}

// The same for all tests of one program.
const identity& ca() {
  static const identity made = make_ca({.common_name = "test CA", .organization = "Signet"}, key()).value();
  return made;
}

std::string pem_of(const std::vector<certificate>& chain) {
  std::string out;
  for (const auto& c : chain) out += c.pem();
  return out;
}

// What `openssl verify -x509_strict` makes of it under this CA.
test::program_result verified(const identity& id, const certificate& root, std::vector<std::string> options = {}) {
  const test::temporary_folder folder;
  std::vector<std::string> arguments{"openssl",
                                     "verify",
                                     "-x509_strict",
                                     "-CAfile",
                                     folder.file("root.pem", root.pem()).string(),
                                     "-untrusted",
                                     folder.file("chain.pem", pem_of(id.chain())).string()};
  arguments.insert(arguments.end(), options.begin(), options.end());
  arguments.push_back(folder.file("leaf.pem", id.leaf().pem()).string());
  return run_program(arguments);
}

std::string text_of(const certificate& c) {
  return run_program({"openssl", "x509", "-noout", "-text"}, c.pem()).output;
}

bool holds(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_F(certificate_builder_test, the_strictest_reader_accepts_what_is_made_with_every_kind_of_key) {
  for (const std::string ca_type : {"ec:P-256", "ec:P-384", "ec:P-521", "rsa:2048", "ed25519", "ed448"}) {
    SCOPED_TRACE(ca_type);
    const auto root = make_ca({.common_name = "root"}, key(ca_type)).value();
    for (const std::string type : {"ec:P-256", "rsa:2048", "ed25519"}) {
      SCOPED_TRACE(type);
      const auto leaf = issue_certificate({.dns_names = {"host.test"}}, key(type), root).value();
      EXPECT_EQ(leaf.chain().size(), 1U);
      const auto answer =
          verified(leaf, root.leaf(), {"-purpose", "sslserver", "-verify_hostname", "host.test", "-auth_level", "2"});
      EXPECT_EQ(answer.status, 0) << answer.output;
      EXPECT_NE(verified(leaf, root.leaf(), {"-verify_hostname", "other.test"}).status, 0);
      EXPECT_NE(verified(leaf, ca().leaf()).status, 0);
    }
  }
}

TEST_F(certificate_builder_test, gnutls_reads_it_too) {
  const test::temporary_folder folder;
  const auto leaf = issue_certificate({.dns_names = {"host.test"}}, key(), ca()).value();
  const auto answer = run_program({"certtool", "--verify", "--verify-hostname", "host.test", "--load-ca-certificate",
                                   folder.file("ca.pem", ca().leaf().pem()).string(), "--infile",
                                   folder.file("leaf.pem", leaf.leaf().pem()).string()});
  if (answer.status == -1 || answer.status == 127) FAIL() << "there is no certtool";
  EXPECT_EQ(answer.status, 0) << answer.output;
}

TEST_F(certificate_builder_test, a_ca_may_issue_leaves_only) {
  const auto text = text_of(ca().leaf());
  EXPECT_TRUE(holds(text, "Version: 3 (0x2)"));
  EXPECT_TRUE(holds(text, "Basic Constraints: critical\n                CA:TRUE, pathlen:0")) << text;
  EXPECT_TRUE(holds(text, "Key Usage: critical\n                Certificate Sign, CRL Sign\n")) << text;
  EXPECT_FALSE(holds(text, "Extended Key Usage"));
  EXPECT_TRUE(holds(text, "Subject Key Identifier: \n"));
  EXPECT_TRUE(holds(text, "Authority Key Identifier: \n"));
  EXPECT_EQ(ca().leaf().subject(), "CN=test CA,O=Signet");
  EXPECT_TRUE(ca().leaf().is_self_issued());
}

TEST_F(certificate_builder_test, a_leaf_says_what_it_is_for) {
  const auto server =
      issue_certificate({.dns_names = {"a.test"}, .ip_addresses = {"192.0.2.1", "2001:db8::1"}}, key(), ca()).value();
  const auto text = text_of(server.leaf());
  EXPECT_TRUE(holds(text, "Basic Constraints: critical\n                CA:FALSE\n")) << text;
  EXPECT_TRUE(holds(text, "Key Usage: critical\n                Digital Signature\n")) << text;
  EXPECT_TRUE(holds(text, "Extended Key Usage: \n                TLS Web Server Authentication\n")) << text;
  EXPECT_TRUE(holds(text, "Subject Alternative Name: \n")) << text;
  EXPECT_EQ(server.leaf().subject(), "CN=a.test");
  EXPECT_EQ(server.leaf().dns_names(), std::vector<std::string>{"a.test"});
  EXPECT_EQ(server.leaf().ip_addresses(), (std::vector<std::string>{"192.0.2.1", "2001:db8::1"}));

  const auto rsa = issue_certificate({.dns_names = {"a.test"}}, key("rsa:2048"), ca()).value();
  EXPECT_TRUE(holds(text_of(rsa.leaf()), "Digital Signature, Key Encipherment\n"));

  const auto client =
      issue_certificate({.common_name = "Jörg", .purposes = {certificate_purpose::client}}, key(), ca()).value();
  EXPECT_TRUE(holds(text_of(client.leaf()), "Extended Key Usage: \n                TLS Web Client Authentication\n"));
  EXPECT_EQ(client.leaf().common_name(), "Jörg");
  EXPECT_EQ(verified(client, ca().leaf(), {"-purpose", "sslclient"}).status, 0);
  EXPECT_NE(verified(client, ca().leaf(), {"-purpose", "sslserver"}).status, 0);

  const auto both =
      issue_certificate(
          {.dns_names = {"a.test"},
           .purposes = {certificate_purpose::client, certificate_purpose::server, certificate_purpose::client}},
          key(), ca())
          .value();
  EXPECT_TRUE(holds(text_of(both.leaf()), "TLS Web Server Authentication, TLS Web Client Authentication\n"));
}

TEST_F(certificate_builder_test, names_take_their_normal_form_once) {
  const auto leaf =
      issue_certificate({.dns_names = {"WWW.Exämple.test", "www.xn--exmple-cua.test.", "*.wild.test", "*.löwe.test"},
                         .ip_addresses = {"[2001:DB8::1]", "2001:db8:0::1", "127.0.0.1"}},
                        key(), ca())
          .value();
  EXPECT_EQ(leaf.leaf().dns_names(),
            (std::vector<std::string>{"www.xn--exmple-cua.test", "*.wild.test", "*.xn--lwe-sna.test"}));
  EXPECT_EQ(leaf.leaf().ip_addresses(), (std::vector<std::string>{"2001:db8::1", "127.0.0.1"}));
  EXPECT_EQ(leaf.leaf().common_name(), "www.xn--exmple-cua.test");
  EXPECT_EQ(verified(leaf, ca().leaf(), {"-verify_hostname", "a.wild.test"}).status, 0);
  EXPECT_EQ(verified(leaf, ca().leaf(), {"-verify_ip", "2001:db8::1"}).status, 0);
}

TEST_F(certificate_builder_test, a_name_too_long_for_a_subject_leaves_it_empty_and_the_names_critical) {
  const auto long_name = std::string(60, 'a') + ".example.test";
  const auto leaf = issue_certificate({.dns_names = {long_name}}, key(), ca()).value();
  EXPECT_EQ(leaf.leaf().subject(), "");
  EXPECT_TRUE(holds(text_of(leaf.leaf()), "Subject Alternative Name: critical\n"));
  const auto answer = verified(leaf, ca().leaf(), {"-verify_hostname", long_name});
  EXPECT_EQ(answer.status, 0) << answer.output;
  // Its own issuer has to have a name.
  const auto alone = make_self_signed({.dns_names = {long_name}}, key()).value();
  EXPECT_EQ(alone.leaf().issuer(), "CN=self-signed");
  EXPECT_EQ(verified(alone, alone.leaf()).status, 0);
}

TEST_F(certificate_builder_test, times_are_backdated_and_never_outlive_the_ca) {
  const std::chrono::sys_seconds at = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21) + 8h;
  const auto root = make_ca({.common_name = "root", .lifetime = std::chrono::days(30), .at = at}, key()).value();
  EXPECT_EQ(to_rfc3339(root.leaf().not_before()), "2026-11-21T07:00:00Z");
  EXPECT_EQ(to_rfc3339(root.leaf().not_after()), "2026-12-21T07:59:59Z");
  const auto day =
      issue_certificate({.dns_names = {"a.test"}, .lifetime = std::chrono::days(1), .at = at}, key(), root).value();
  EXPECT_EQ(to_rfc3339(day.leaf().not_before()), "2026-11-21T07:00:00Z");
  EXPECT_EQ(to_rfc3339(day.leaf().not_after()), "2026-11-22T07:59:59Z");
  const auto usual = issue_certificate({.dns_names = {"a.test"}, .at = at}, key(), root).value();
  EXPECT_EQ(usual.leaf().not_after(), root.leaf().not_after());
  for (const auto when : {at - 2h, at + std::chrono::days(30)}) {
    const auto e = issue_certificate({.dns_names = {"a.test"}, .at = when}, key(), root).error();
    EXPECT_EQ(e.code(), errc::invalid_argument);
    EXPECT_TRUE(holds(e.message(), "2026-12-21T07:59:59Z")) << e.message();
  }
  EXPECT_EQ(make_ca({.common_name = "root", .at = at}, key()).value().leaf().not_after(),
            at + std::chrono::days(3650) - 1s);
  EXPECT_EQ(make_self_signed({.dns_names = {"a.test"}, .at = at}, key()).value().leaf().not_after(),
            at + std::chrono::days(90) - 1s);
  // Past 2049 a Time is written in another form.
  const auto far = make_ca({.common_name = "root", .lifetime = std::chrono::days(36500), .at = at}, key()).value();
  EXPECT_EQ(far.leaf().not_after(), at + std::chrono::days(36500) - 1s);
  EXPECT_EQ(verified(far, far.leaf()).status, 0);
}

TEST_F(certificate_builder_test, absurd_times_are_refused) {
  const auto code = [](certificate_options options) {
    options.common_name = "root";
    return make_ca(options, key()).error().code();
  };
  EXPECT_EQ(code({.lifetime = std::chrono::days(-1)}), errc::invalid_argument);
  EXPECT_EQ(code({.lifetime = std::chrono::days(3'000'000)}), errc::invalid_argument);
  EXPECT_EQ(code({.lifetime = std::chrono::days::max()}), errc::invalid_argument);
  EXPECT_EQ(code({.at = std::chrono::sys_seconds::max()}), errc::invalid_argument);
  EXPECT_EQ(code({.at = std::chrono::sys_seconds::min()}), errc::invalid_argument);
}

TEST_F(certificate_builder_test, an_intermediate_goes_into_the_chain) {
  const auto intermediate =
      identity::load({.certificate = pki("intermediate.pem"), .key = pki("intermediate.key")}).value();
  const auto leaf = issue_certificate({.dns_names = {"a.test"}}, key(), intermediate).value();
  ASSERT_EQ(leaf.chain().size(), 2U);
  EXPECT_EQ(leaf.chain()[1], intermediate.leaf());
  const auto answer = verified(leaf, load_certificates(pki("ca.pem")).value()[0]);
  EXPECT_EQ(answer.status, 0) << answer.output;
}

TEST_F(certificate_builder_test, only_a_ca_issues) {
  for (const std::string name : {"server", "client", "self-signed"}) {
    const auto id = identity::load({.certificate = pki(name + ".pem"), .key = pki(name + ".key")}).value();
    const auto e = issue_certificate({.dns_names = {"a.test"}}, key(), id).error();
    EXPECT_EQ(e.code(), errc::invalid_argument);
    EXPECT_TRUE(holds(e.message(), "is not a CA")) << e.message();
  }
}

TEST_F(certificate_builder_test, a_self_signed_leaf_is_trusted_by_who_is_given_it) {
  const auto id = make_self_signed({.dns_names = {"localhost"}, .ip_addresses = {"::1"}}, key()).value();
  EXPECT_EQ(id.chain().size(), 1U);
  EXPECT_TRUE(holds(text_of(id.leaf()), "CA:FALSE"));
  const auto answer = verified(id, id.leaf(), {"-verify_hostname", "localhost", "-purpose", "sslserver"});
  EXPECT_EQ(answer.status, 0) << answer.output;
}

TEST_F(certificate_builder_test, serial_numbers_are_long_positive_and_never_the_same) {
  std::set<std::string> seen;
  for (int i = 0; i < 50; ++i) {
    const auto serial = make_self_signed({.dns_names = {"a.test"}}, key()).value().leaf().serial_number();
    EXPECT_NE(serial.front(), '-');
    EXPECT_GT(serial.size(), 20U) << serial;
    EXPECT_LE(serial.size(), 32U) << serial;
    seen.insert(serial);
  }
  EXPECT_EQ(seen.size(), 50U);
}

TEST_F(certificate_builder_test, names_that_are_none_are_refused) {
  const auto code = [](certificate_options options) {
    return issue_certificate(options, key(), ca()).error().code();
  };
  for (const std::string name :
       {"", "*", "*.", "*.test", "*.*.example.test", "a.*.test", "w*.example.test", "a b", "a.test:443",
        "http://a.test", "127.0.0.1", "::1", "*.127.0.0.1", "1.2.3", "*.-a.test"})
    EXPECT_EQ(code({.dns_names = {name}}), errc::invalid_name) << name;
  EXPECT_EQ(code({.dns_names = {std::string("a.test\0.evil.test", 17)}}), errc::invalid_name);
  for (const std::string address : {"", "a.test", "1.2.3", "127.0.0.1/8", "::1%lo"})
    EXPECT_EQ(code({.ip_addresses = {address}}), errc::invalid_name) << address;
}

TEST_F(certificate_builder_test, requests_that_make_no_sense_are_refused) {
  const auto code = [](certificate_options options) {
    return issue_certificate(options, key(), ca()).error().code();
  };
  EXPECT_EQ(code({}), errc::invalid_argument);
  EXPECT_EQ(code({.common_name = "no host"}), errc::invalid_argument);
  EXPECT_EQ(code({.purposes = {certificate_purpose::client}}), errc::invalid_argument);
  EXPECT_EQ(code({.dns_names = {"a.test"}, .purposes = {}}), errc::invalid_argument);
  EXPECT_EQ(code({.common_name = "a\nb", .dns_names = {"a.test"}}), errc::invalid_argument);
  EXPECT_EQ(code({.common_name = "bad\xff", .dns_names = {"a.test"}}), errc::invalid_argument);
  EXPECT_EQ(code({.common_name = std::string(65, 'a'), .dns_names = {"a.test"}}), errc::invalid_argument);
  EXPECT_EQ(code({.organization = std::string(65, 'a'), .dns_names = {"a.test"}}), errc::invalid_argument);
  std::string umlauts;
  for (int i = 0; i < 64; ++i) umlauts += "ö";
  EXPECT_TRUE(issue_certificate({.common_name = umlauts, .organization = umlauts, .dns_names = {"a.test"}}, key(), ca())
                  .has_value());
  EXPECT_EQ(make_ca({}, key()).error().code(), errc::invalid_argument);
  EXPECT_EQ(make_ca({.common_name = "root", .dns_names = {"a.test"}}, key()).error().code(), errc::invalid_argument);
}

}  // namespace
}  // namespace signet
