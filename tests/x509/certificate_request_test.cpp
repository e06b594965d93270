#include <signet/x509/certificate_request.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "x509/builder_support.hpp"

namespace signet {
namespace {

using namespace std::chrono_literals;
using namespace test;

using certificate_request_test = builder_test;
using kind = general_name_kind;

// A request of the openssl program for this key, with these extensions.
std::string request_of_openssl(const std::string& subject, const std::string& extensions,
                               const private_key& with = key(), const std::vector<std::string>& more = {}) {
  const temporary_folder folder;
  const auto config = folder.file("config", "[req]\ndistinguished_name=dn\nattributes=attr\nprompt=no\nutf8=yes\n" +
                                                std::string(extensions.empty() ? "" : "req_extensions=ext\n") +
                                                "[dn]\n" + subject + "\n[attr]\n[ext]\n" + extensions + '\n');
  const auto out = folder / "request.pem";
  std::vector<std::string> arguments{
      "openssl", "req",       "-new", "-config", config.string(), "-key", folder.file("key.pem", with.pem()).string(),
      "-out",    out.string()};
  arguments.insert(arguments.end(), more.begin(), more.end());
  const auto answer = run_program(arguments);
  EXPECT_EQ(answer.status, 0) << answer.output;
  return contents_of(out);
}
certificate_request read_of_openssl(const std::string& subject, const std::string& extensions,
                                    const private_key& with = key()) {
  return certificate_request::from_pem(request_of_openssl(subject, extensions, with)).value();
}

TEST_F(certificate_request_test, the_openssl_program_reads_and_verifies_ours) {
  for (const std::string type : {"ec:P-256", "ec:P-521", "rsa:2048", "ed25519", "ed448"}) {
    SCOPED_TRACE(type);
    const auto made = certificate_request::make({.organization = "Signet",
                                                 .dns_names = {"a.test", "*.b.test"},
                                                 .ip_addresses = {"192.0.2.1"},
                                                 .other_names = {{kind::email, "a@b.test"}},
                                                 .purposes = {certificate_purpose::server, certificate_purpose::client},
                                                 .staple = stapling::required,
                                                 .extensions = {{.id = "1.2.3.4", .text = "DER:0500"}}},
                                                key(type))
                          .value();
    const auto answer =
        run_program({"openssl", "req", "-noout", "-text", "-verify", "-nameopt", "RFC2253"}, made.pem());
    EXPECT_EQ(answer.status, 0) << answer.output;
    for (const std::string part :
         {"verify OK", "Subject: CN=a.test,O=Signet", "DNS:a.test, DNS:*.b.test, IP Address:192.0.2.1, email:a@b.test",
          "TLS Web Server Authentication, TLS Web Client Authentication", "status_request", "1.2.3.4"})
      EXPECT_TRUE(holds(answer.output, part)) << part << " is not in " << answer.output;
    EXPECT_FALSE(holds(answer.output, "Key Identifier")) << answer.output;
    EXPECT_TRUE(made.belongs_to(key(type)));
    EXPECT_FALSE(made.belongs_to(other_key()));
    EXPECT_EQ(made.public_key_type(), key(type).type());
    const auto again = certificate_request::from_der(made.der()).value();
    EXPECT_EQ(again.pem(), made.pem());
    EXPECT_EQ(again.extensions(), made.extensions());
  }
}

TEST_F(certificate_request_test, requests_of_the_openssl_program_are_read) {
  const auto text =
      request_of_openssl("C=DE\nO=Ä\n0.OU=a\n1.OU=b\nCN=a.test",
                         "subjectAltName=DNS:a.test,IP:2001:db8::1\nkeyUsage=digitalSignature", key(), {"-newhdr"});
  EXPECT_TRUE(holds(text, "BEGIN NEW CERTIFICATE REQUEST"));
  const auto read = certificate_request::from_pem("text before\n" + text).value();
  EXPECT_EQ(read.subject(), "CN=a.test,OU=b,OU=a,O=Ä,C=DE");
  EXPECT_EQ(read.subject_name().values("OU"), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(read.alternative_names(),
            (std::vector<general_name>{{kind::dns, "a.test"}, {kind::ip_address, "2001:db8::1"}}));
  EXPECT_EQ(read.extensions().size(), 2U);
  const auto bare = read_of_openssl("CN=a.test", "");
  EXPECT_TRUE(bare.extensions().empty());
  EXPECT_TRUE(bare.alternative_names().empty());
}

TEST_F(certificate_request_test, files_are_read_in_both_forms) {
  const temporary_folder folder;
  const auto made = certificate_request::make({.dns_names = {"a.test"}}, key()).value();
  EXPECT_EQ(certificate_request::load(folder.file("pem", made.pem())).value().der(), made.der());
  const auto der = made.der();
  EXPECT_EQ(certificate_request::load(folder.file("der", std::string(byte_view(der).text()))).value().der(), der);
  EXPECT_EQ(certificate_request::load(folder / "none").error().code(), errc::file_not_readable);
  for (const auto& [name, content] : std::vector<std::pair<std::string, std::string>>{
           {"empty", ""},
           {"text", "hello"},
           {"certificate", ca().leaf().pem()},
           {"two", made.pem() + made.pem()},
           {"cut", made.pem().substr(0, made.pem().size() - 40)},
           {"header", "-----BEGIN CERTIFICATE REQUEST-----\n"},
           {"nothing in it", "-----BEGIN CERTIFICATE REQUEST-----\n-----END CERTIFICATE REQUEST-----\n"},
           {"more", std::string(byte_view(der).text()) + "x"},
           {"a sequence", std::string("\x30\x03\x02\x01\x01", 5)}}) {
    const auto e = certificate_request::load(folder.file(name, content)).error();
    EXPECT_EQ(e.code(), errc::file_malformed) << name;
    EXPECT_TRUE(holds(e.message(), name)) << e.message();
  }
}

TEST_F(certificate_request_test, every_octet_counts) {
  const auto der = certificate_request::make({.dns_names = {"a.test"}}, key()).value().der();
  for (std::size_t i = 0; i < der.size(); ++i) {
    auto changed = der;
    changed[i] ^= std::byte{0x01};
    const auto read = certificate_request::from_der(changed);
    ASSERT_FALSE(read.has_value()) << i;
    EXPECT_TRUE(read.error().code() == errc::bad_signature || read.error().code() == errc::file_malformed) << i;
    EXPECT_FALSE(certificate_request::from_der(byte_view(std::span(der).first(i))).has_value()) << i;
  }
}

TEST_F(certificate_request_test, a_request_that_nobody_has_signed_is_refused) {
  auto der = certificate_request::make({.dns_names = {"a.test"}}, key("ed25519")).value().der();
  der.back() ^= std::byte{0x10};
  EXPECT_EQ(certificate_request::from_der(der).error().code(), errc::bad_signature);
}

TEST_F(certificate_request_test, passwords_and_unknown_attributes_are_tolerated) {
  const temporary_folder folder;
  const auto config = folder.file("config",
                                  "oid_section=oids\n[oids]\nodd=1.2.3.4.5.6\n[req]\ndistinguished_name=dn\n"
                                  "attributes=attr\nprompt=no\nreq_extensions=ext\n[dn]\nCN=a.test\n[attr]\n"
                                  "challengePassword=secret\nunstructuredName=x\n[ext]\nsubjectAltName=DNS:a.test\n");
  const auto answer = run_program({"openssl", "req", "-new", "-config", config.string(), "-key",
                                   folder.file("key.pem", key().pem()).string(), "-out", (folder / "r").string()});
  ASSERT_EQ(answer.status, 0) << answer.output;
  const auto read = certificate_request::load(folder / "r").value();
  EXPECT_EQ(read.extensions().size(), 1U);
  EXPECT_TRUE(sign_request(read, {}, ca()).has_value());
}

TEST_F(certificate_request_test, extensions_that_cannot_be_read_are_not_taken_for_none) {
  for (const std::string extensions : {"subjectAltName=DER:3003820100ff", "subjectAltName=DER:0500", "keyUsage=DER:04",
                                       "extendedKeyUsage=DER:3000ff"}) {
    const auto e = certificate_request::from_pem(request_of_openssl("CN=a.test", extensions)).error();
    EXPECT_EQ(e.code(), errc::file_malformed) << extensions << e.message();
  }
}

TEST_F(certificate_request_test, what_is_the_issuers_to_choose_is_not_asked_for) {
  const std::vector<certificate_options> refused{{},
                                                 {.dns_names = {"a b"}},
                                                 {.dns_names = {"a.test"}, .lifetime = std::chrono::days(1)},
                                                 {.dns_names = {"a.test"}, .at = std::chrono::sys_seconds{}},
                                                 {.dns_names = {"a.test"}, .not_before = std::chrono::sys_seconds{}},
                                                 {.dns_names = {"a.test"}, .not_after = std::chrono::sys_seconds{}},
                                                 {.dns_names = {"a.test"}, .path_length = 1},
                                                 {.dns_names = {"a.test"}, .ocsp_urls = {"http://a.test"}},
                                                 {.dns_names = {"a.test"}, .ca_issuer_urls = {"http://a.test"}},
                                                 {.dns_names = {"a.test"}, .crl_urls = {"http://a.test"}},
                                                 {.dns_names = {"a.test"}, .policies = {"1.2.3"}},
                                                 {.dns_names = {"a.test"}, .serial_number = bytes({1})},
                                                 {.dns_names = {"a.test"}, .digest = "md5"}};
  for (std::size_t i = 0; i < refused.size(); ++i) {
    const auto made = certificate_request::make(refused[i], key());
    ASSERT_FALSE(made.has_value()) << i;
    EXPECT_EQ(made.error().code(), i == 1 ? errc::invalid_name : errc::invalid_argument) << made.error().message();
  }
}

TEST_F(certificate_request_test, a_signed_request_has_its_subject_names_and_key) {
  for (const std::string type : {"ec:P-384", "rsa:2048", "ed25519"}) {
    SCOPED_TRACE(type);
    const auto request = read_of_openssl("C=DE\nO=Ä\nCN=a.test",
                                         "subjectAltName=DNS:a.test,DNS:*.b.test,email:a@b.test,IP:192.0.2.1\n"
                                         "basicConstraints=CA:FALSE\nkeyUsage=digitalSignature\n"
                                         "extendedKeyUsage=clientAuth\nsubjectKeyIdentifier=hash",
                                         key(type));
    const auto chain =
        sign_request(request, {.purposes = {certificate_purpose::server, certificate_purpose::client}}, ca()).value();
    ASSERT_EQ(chain.size(), 1U);
    const auto& made = chain.front();
    EXPECT_EQ(made.subject_name(), request.subject_name());
    EXPECT_EQ(made.alternative_names(), request.alternative_names());
    EXPECT_TRUE(key(type).belongs_to(made));
    EXPECT_EQ(made.extended_key_usage(), (std::vector<object_id>{{"1.3.6.1.5.5.7.3.2", "clientAuth"}}));
    EXPECT_EQ(made.key_usage(), (std::vector<key_usage>{key_usage::digital_signature}));
    const auto answer = verified(chain, ca().leaf(), {"-purpose", "sslclient", "-verify_hostname", "x.b.test"});
    EXPECT_EQ(answer.status, 0) << answer.output;
    EXPECT_EQ(verified(chain, ca().leaf(), {"-purpose", "sslserver"}).status, 2);
  }
}

TEST_F(certificate_request_test, ours_are_signed_and_the_chain_comes_along) {
  const auto root = make_ca({.common_name = "root", .path_length = 1}, key()).value();
  const auto middle = issue_ca({.common_name = "middle"}, other_key(), root).value();
  const certificate_options options{
      .dns_names = {"a.test"}, .staple = stapling::required, .extensions = {{.id = "1.2.3.4", .text = "DER:0500"}}};
  const auto request = certificate_request::make(options, key("rsa:2048")).value();
  const auto chain =
      sign_request(request, {.staple = options.staple, .extensions = options.extensions}, middle).value();
  ASSERT_EQ(chain.size(), 2U);
  EXPECT_EQ(chain[1], middle.leaf());
  EXPECT_TRUE(chain[0].must_staple());
  EXPECT_EQ(chain[0].key_usage(), (std::vector<key_usage>{key_usage::digital_signature, key_usage::key_encipherment}));
  const auto answer = verified(chain, root.leaf(), {"-purpose", "sslserver"});
  EXPECT_EQ(answer.status, 0) << answer.output;
}

TEST_F(certificate_request_test, the_issuers_word_counts_before_the_requests) {
  const auto request = read_of_openssl("CN=asked.test", "subjectAltName=DNS:asked.test");
  const auto made = sign_request(request,
                                 {.common_name = "Given",
                                  .dns_names = {"given.test"},
                                  .lifetime = std::chrono::days(1),
                                  .ocsp_urls = {"http://ocsp.test"},
                                  .serial_number = bytes({7})},
                                 ca())
                        .value()
                        .front();
  EXPECT_EQ(made.subject(), "CN=Given");
  EXPECT_EQ(made.dns_names(), (std::vector<std::string>{"given.test"}));
  EXPECT_EQ(made.serial_number(), "07");
  EXPECT_EQ(made.ocsp_urls().size(), 1U);
  EXPECT_EQ(made.not_after() - made.not_before(), 25h - 1s);
}

TEST_F(certificate_request_test, what_is_not_granted_is_refused_by_name) {
  struct asked {
    std::string extensions;
    certificate_options options;
    std::string named;
  };
  const std::string name = "subjectAltName=DNS:a.test\n";
  const std::vector<asked> table{
      {name + "basicConstraints=critical,CA:TRUE", {}, "CA"},
      {name + "keyUsage=digitalSignature,keyCertSign", {}, "keyCertSign"},
      {name + "keyUsage=nonRepudiation", {}, "nonRepudiation"},
      {name + "extendedKeyUsage=clientAuth", {}, "clientAuth"},
      {name + "extendedKeyUsage=serverAuth,1.2.3.4", {}, "1.2.3.4"},
      {name + "tlsfeature=status_request", {}, "tlsfeature"},
      {name + "1.2.3.4=DER:0500", {}, "1.2.3.4"},
      {name + "1.2.3.4=DER:0500", {.extensions = {{.id = "1.2.3.4", .text = "DER:0101ff"}}}, "1.2.3.4"},
      {name + "nsComment=hello", {}, "nsComment"},
      {name + "nameConstraints=permitted;DNS:a.test", {}, "nameConstraints"},
      {name + "certificatePolicies=1.2.3", {}, "certificatePolicies"},
  };
  for (const auto& [extensions, options, named] : table) {
    const auto e = sign_request(read_of_openssl("CN=a.test", extensions), options, ca()).error();
    EXPECT_EQ(e.code(), errc::invalid_argument) << extensions;
    EXPECT_TRUE(holds(e.message(), named)) << extensions << e.message();
  }
  // The same, granted.
  EXPECT_TRUE(sign_request(read_of_openssl("CN=a.test", name + "keyUsage=digitalSignature,nonRepudiation"),
                           {.key_usages = {key_usage::digital_signature, key_usage::non_repudiation}}, ca())
                  .has_value());
  EXPECT_TRUE(sign_request(read_of_openssl("CN=a.test", name + "extendedKeyUsage=1.2.3.4"),
                           {.extended_key_usages = {"1.2.3.4"}}, ca())
                  .has_value());
  EXPECT_TRUE(
      sign_request(read_of_openssl("CN=a.test", name + "certificatePolicies=1.2.3"), {.policies = {"1.2.3"}}, ca())
          .has_value());
}

TEST_F(certificate_request_test, names_that_are_none_are_not_certified) {
  const auto code = [](const std::string& subject, const std::string& extensions) {
    return sign_request(read_of_openssl(subject, extensions), {}, ca()).error().code();
  };
  EXPECT_EQ(code("CN=a.test", ""), errc::invalid_argument) << "no name";
  EXPECT_EQ(code("CN=a.test", "subjectAltName=DNS:a b"), errc::invalid_name);
  EXPECT_EQ(code("CN=a.test", "subjectAltName=DNS:*"), errc::invalid_name);
  EXPECT_EQ(code("CN=a.test", "subjectAltName=DNS:127.0.0.1"), errc::invalid_name);
  EXPECT_EQ(code("CN=a.test", "subjectAltName=DER:3009820761002e74657374"), errc::invalid_name) << "NUL";
  EXPECT_EQ(code("CN=a.test", "subjectAltName=email:nobody"), errc::invalid_name);
  EXPECT_EQ(code("C=de\nCN=a.test", "subjectAltName=DNS:a.test"), errc::invalid_name);
  EXPECT_EQ(sign_request(read_of_openssl("CN=a.test", "subjectAltName=DNS:a.test"), {}, test::load_identity("server"))
                .error()
                .code(),
            errc::invalid_argument)
      << "by a leaf";
}

}  // namespace
}  // namespace signet
