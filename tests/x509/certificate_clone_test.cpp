#include <signet/x509/certificate_clone.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "x509/builder_support.hpp"

namespace signet {
namespace {

using namespace std::chrono_literals;
using namespace test;

using certificate_clone_test = builder_test;
using kind = general_name_kind;

// A certificate of the openssl program, self-signed, with these extensions.
certificate original_of(const std::string& subject, const std::string& extensions, const std::string& type = "rsa:2048",
                        const std::vector<std::string>& more = {}) {
  const temporary_folder folder;
  const auto config =
      folder.file("config", "[req]\ndistinguished_name=dn\nprompt=no\nutf8=yes\nx509_extensions=ext\n[dn]\n" + subject +
                                "\n[ext]\n" + extensions + '\n');
  const auto out = folder / "original.pem";
  std::vector<std::string> arguments{"openssl", "req",           "-x509",
                                     "-config", config.string(), "-days",
                                     "20",      "-key",          folder.file("key.pem", key(type).pem()).string(),
                                     "-out",    out.string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const auto answer = run_program(arguments);
  EXPECT_EQ(answer.status, 0) << answer.output;
  return load_certificates(out).value().front();
}

const std::string leaf = "basicConstraints=critical,CA:FALSE\n";

// The extensions of a certificate without these.
std::vector<extension> without(const certificate& c, const std::vector<std::string>& oids) {
  std::vector<extension> out;
  for (auto& e : c.extensions())
    if (std::find(oids.begin(), oids.end(), e.id.oid) == oids.end()) out.push_back(std::move(e));
  return out;
}
const std::vector<std::string> key_ids{"2.5.29.14", "2.5.29.35"};

TEST_F(certificate_clone_test, an_exact_clone_says_what_the_original_says) {
  const auto original =
      original_of("C=DE\nO=Ä\n0.OU=a\n1.OU=b\nCN=www.other.test",
                  leaf +
                      "subjectAltName=critical,DNS:www.other.test,DNS:*.other.test,IP:192.0.2.1,email:a@b.test,"
                      "URI:http://a.test/,RID:1.2.3,otherName:1.2.3.4;UTF8:upn,dirName:dir\n"
                      "keyUsage=digitalSignature,keyEncipherment\n"
                      "extendedKeyUsage=serverAuth,1.2.3.4.5\nnsComment=hello\n"
                      "1.2.3.4.5.6=critical,DER:0500\n[dir]\nCN=x");
  const auto clone = clone_certificate(original, key("rsa:2048"), ca()).value();
  const auto& made = clone.leaf();
  EXPECT_EQ(made.subject_name(), original.subject_name());
  EXPECT_EQ(made.issuer_name(), ca().leaf().subject_name());
  EXPECT_EQ(made.not_before(), original.not_before());
  EXPECT_EQ(made.not_after(), original.not_after());
  EXPECT_EQ(made.version(), original.version());
  EXPECT_EQ(made.alternative_names().size(), 8U);
  EXPECT_EQ(without(made, key_ids), without(original, key_ids));
  EXPECT_NE(made.serial_number(), original.serial_number());
  EXPECT_EQ(made.authority_key_id()->key_id, ca().leaf().subject_key_id());
  EXPECT_EQ(clone.chain().size(), 1U);
  const auto answer = verified(clone, ca().leaf(), {"-ignore_critical", "-verify_hostname", "x.other.test"});
  EXPECT_EQ(answer.status, 0) << answer.output;
}

TEST_F(certificate_clone_test, what_spoke_of_the_issuer_is_left_out) {
  const std::vector<std::string> kept{"2.5.29.17", "2.5.29.19"};
  const auto original =
      original_of("CN=a.test", leaf +
                                   "subjectAltName=DNS:a.test\nauthorityInfoAccess=OCSP;URI:http://ocsp.other.test\n"
                                   "crlDistributionPoints=URI:http://crl.other.test\nissuerAltName=DNS:other.test\n"
                                   "freshestCRL=URI:http://crl.other.test\ncertificatePolicies=1.2.3\n"
                                   "tlsfeature=status_request\n1.3.6.1.4.1.11129.2.4.2=DER:04020000\n"
                                   "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid");
  ASSERT_EQ(original.extensions().size(), 10U);
  const auto made = clone_certificate(original, key(), ca()).value().leaf();
  std::vector<std::string> rest;
  for (const auto& e : without(made, key_ids)) rest.push_back(e.id.oid);
  std::sort(rest.begin(), rest.end());
  EXPECT_EQ(rest, kept);
  EXPECT_NE(made.subject_key_id(), original.subject_key_id());
  EXPECT_EQ(made.authority_key_id()->key_id, ca().leaf().subject_key_id());
}

TEST_F(certificate_clone_test, the_key_usage_fits_the_key_of_the_clone) {
  using usages = std::vector<key_usage>;
  const auto cloned = [](const std::string& usage, const std::string& from, const std::string& to) {
    const auto original = original_of("CN=a.test", leaf + "subjectAltName=DNS:a.test\nkeyUsage=" + usage, from);
    const auto made = clone_certificate(original, key(to), ca()).value().leaf();
    return made.key_usage().value();
  };
  const usages sign{key_usage::digital_signature};
  EXPECT_EQ(cloned("keyEncipherment", "rsa:2048", "ec:P-256"), sign);
  EXPECT_EQ(cloned("digitalSignature,keyEncipherment", "rsa:2048", "ed25519"), sign);
  EXPECT_EQ(cloned("digitalSignature,keyAgreement", "ec:P-256", "rsa:2048"), sign);
  EXPECT_EQ(cloned("digitalSignature,keyAgreement", "ec:P-256", "ec:P-384"),
            (usages{key_usage::digital_signature, key_usage::key_agreement}));
  EXPECT_EQ(cloned("nonRepudiation", "rsa:2048", "ed448"), (usages{key_usage::non_repudiation}));
}

TEST_F(certificate_clone_test, odd_originals_are_cloned_as_they_are) {
  struct odd {
    std::string subject;
    std::string extensions;
  };
  for (const auto& [subject, extensions] :
       std::vector<odd>{{"CN=a.test", "subjectAltName=DER:0500"},
                        {"CN=a.test", "subjectAltName=DER:3003820100"},
                        {"CN=a.test", "subjectAltName=DER:3009820761002e74657374"},
                        {"CN=a\x1b[31mb\x01", "subjectAltName=DNS:a.test"},
                        {"CN=a.test", "keyUsage=DER:0500\nsubjectAltName=DNS:a.test"},
                        {"CN=a.test", "extendedKeyUsage=DER:04\nsubjectAltName=DNS:a.test"},
                        {"CN=a.test", "subjectAltName=DNS:A_B.test,DNS:*,DNS:*.*.test,email:nobody"}}) {
    SCOPED_TRACE(subject + extensions);
    const auto original = original_of(subject, leaf + extensions);
    const auto made = clone_certificate(original, key("rsa:2048"), ca());
    ASSERT_TRUE(made.has_value()) << made.error().message();
    EXPECT_EQ(made->leaf().subject_name(), original.subject_name());
    EXPECT_EQ(made->leaf().subject(), original.subject());
    EXPECT_EQ(without(made->leaf(), key_ids), without(original, key_ids));
  }
}

TEST_F(certificate_clone_test, an_original_of_version_1_has_a_clone_of_version_1) {
  const auto original = load_certificates(pki("ca-v1.pem")).value().front();
  ASSERT_EQ(original.version(), 1);
  const auto made = clone_certificate(original, key(), ca()).value().leaf();
  EXPECT_EQ(made.version(), 1);
  EXPECT_TRUE(made.extensions().empty());
  EXPECT_EQ(made.subject(), original.subject());
}

TEST_F(certificate_clone_test, an_expired_original_has_an_expired_clone) {
  const auto original = load_certificates(pki("expired.pem")).value().front();
  const auto clone = clone_certificate(original, key(), ca()).value();
  EXPECT_EQ(clone.leaf().not_after(), original.not_after());
  EXPECT_TRUE(holds(verified(clone, ca().leaf()).output, "expired"));
}

TEST_F(certificate_clone_test, sni_only_is_for_the_names_with_period_and_purposes_of_the_original) {
  const auto original = original_of("O=Secret\nCN=a.test", leaf +
                                                               "subjectAltName=DNS:a.test\nkeyUsage=keyEncipherment\n"
                                                               "extendedKeyUsage=clientAuth,1.2.3\nnsComment=secret");
  const auto made = clone_certificate(original, key(), ca(),
                                      {.mode = clone_mode::sni_only,
                                       .names = {"Wanted.test", "*.wild.test", "2001:db8::1"},
                                       .serial_number = bytes({1, 2})})
                        .value();
  const auto& c = made.leaf();
  EXPECT_EQ(c.subject(), "CN=wanted.test");
  EXPECT_EQ(c.dns_names(), (std::vector<std::string>{"wanted.test", "*.wild.test"}));
  EXPECT_EQ(c.ip_addresses(), (std::vector<std::string>{"2001:db8::1"}));
  EXPECT_EQ(c.not_before(), original.not_before());
  EXPECT_EQ(c.not_after(), original.not_after());
  EXPECT_EQ(c.extended_key_usage(), original.extended_key_usage());
  EXPECT_EQ(c.key_usage(), (std::vector<key_usage>{key_usage::digital_signature}));
  EXPECT_EQ(c.serial_number(), "0102");
  EXPECT_EQ(c.extensions().size(), 6U) << "nothing else of the original";
  EXPECT_EQ(verified(made, ca().leaf(), {"-purpose", "sslclient"}).status, 0);

  const auto any = original_of("CN=a.test", leaf + "subjectAltName=DNS:a.test");
  const auto for_any = clone_certificate(any, key(), ca(), {.mode = clone_mode::sni_only, .names = {"b.test"}}).value();
  EXPECT_TRUE(for_any.leaf().extended_key_usage().empty());
  EXPECT_EQ(verified(for_any, ca().leaf(), {"-purpose", "sslserver", "-verify_hostname", "b.test"}).status, 0);
}

TEST_F(certificate_clone_test, fixed_is_for_the_names_whatever_the_original_says) {
  const auto original = load_certificates(pki("expired.pem")).value().front();
  const auto at = ca().leaf().not_before() + std::chrono::hours(1);
  const auto made =
      clone_certificate(original, key(), ca(), {.mode = clone_mode::fixed, .names = {"b.test"}, .at = at}).value();
  EXPECT_EQ(made.leaf().subject(), "CN=b.test");
  EXPECT_EQ(made.leaf().not_after(), at + std::chrono::days(90) - 1s);
  const auto answer = verified(made, ca().leaf(), {"-purpose", "sslserver", "-verify_hostname", "b.test"});
  EXPECT_EQ(answer.status, 0) << answer.output;
}

TEST_F(certificate_clone_test, what_makes_no_sense_is_refused) {
  const auto original = load_certificates(pki("server.pem")).value().front();
  const auto code = [&](const clone_options& options) {
    const auto made = clone_certificate(original, key(), ca(), options);
    return made ? errc{} : made.error().code();
  };
  EXPECT_EQ(code({}), errc{});
  EXPECT_EQ(code({.names = {"a.test"}}), errc::invalid_argument);
  EXPECT_EQ(code({.at = ca().leaf().not_before()}), errc::invalid_argument);
  EXPECT_EQ(code({.mode = clone_mode::sni_only}), errc::invalid_argument);
  EXPECT_EQ(code({.mode = clone_mode::fixed}), errc::invalid_argument);
  EXPECT_EQ(code({.mode = clone_mode::sni_only, .names = {"a b"}}), errc::invalid_name);
  EXPECT_EQ(code({.mode = clone_mode::fixed, .names = {"a.test", ""}}), errc::invalid_name);
  EXPECT_EQ(code({.serial_number = bytes({0})}), errc::invalid_argument);
  EXPECT_EQ(code({.mode = static_cast<clone_mode>(9), .names = {"a.test"}}), errc::invalid_argument);
  const auto refused = [&](const certificate& from, const identity& issuer) {
    return clone_certificate(from, key(), issuer).error().code();
  };
  EXPECT_EQ(refused(ca().leaf(), ca()), errc::invalid_argument) << "a CA";
  EXPECT_EQ(refused(original, test::load_identity("server")), errc::invalid_argument) << "by a leaf";
}

}  // namespace
}  // namespace signet
