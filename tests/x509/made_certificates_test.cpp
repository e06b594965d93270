// Certificates of each kind in files, for readers that other people wrote (tests/interop/made_certificates_test.py),
// and certificates of IO::Socket::SSL::Utils read and made again.
#include <signet/x509/certificate_clone.hpp>
#include <signet/x509/certificate_request.hpp>

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "x509/builder_support.hpp"

namespace signet {
namespace {

using namespace std::chrono_literals;
using namespace test;

using made_certificates_test = builder_test;
using kind = general_name_kind;

constexpr std::chrono::sys_seconds year_2049 = std::chrono::sys_days(std::chrono::year(2049) / 12 / 31) + 24h - 1s;

// Each leaf as NAME.pem, its chain up to the root in NAME.chain.
TEST_F(made_certificates_test, one_of_each_kind_is_written_for_other_readers) {
  const temporary_folder unasked;
  const char* asked = std::getenv("SIGNET_MADE_CERTIFICATES");
  const std::filesystem::path folder = asked != nullptr ? std::filesystem::path(asked) : unasked / "";
  const auto write = [&](const std::string& name, const std::string& text) { std::ofstream(folder / name) << text; };
  for (const std::string type : {"rsa:2048", "ec:P-256", "ec:P-384", "ec:P-521", "ed25519", "ed448"}) {
    auto label = type;
    std::erase_if(label, [](char c) { return c == ':' || c == '-'; });
    // A key for each: identifiers of one shared key would be right by accident.
    const auto fresh = [&] { return private_key::generate(type).value(); };
    const auto root = make_ca({.common_name = "root " + label,
                               .organization = "Signet",
                               .lifetime = std::chrono::days(36500),
                               .path_length = 1},
                              fresh())
                          .value();
    const auto middle = issue_ca({.common_name = "middle " + label,
                                  .lifetime = std::chrono::days(36000),
                                  .constraints = {.permitted = {{kind::dns, "a.test"}, {kind::email, "a.test"}}}},
                                 fresh(), root)
                            .value();
    write("root-" + label + ".ca", root.leaf().pem());
    write("middle-" + label + ".ca", middle.leaf().pem());
    const certificate_options full{
        .subject = {{{"C", "DE"}, {"O", "Ä"}, {"OU", "a"}, {"OU", "b"}, {"CN", "www.a.test"}}},
        .dns_names = {"www.a.test", "*.a.test"},
        .other_names = {{kind::email, "me@a.test"}},
        .ocsp_urls = {"http://ocsp.test/1", "http://ocsp.test/2"},
        .ca_issuer_urls = {"http://ca.test/ca.der"},
        .crl_urls = {"http://crl.test/1"},
        .policies = {"2.23.140.1.2.1"},
        .staple = stapling::required};
    const std::vector<std::pair<std::string, certificate_options>> leaves{
        {"server", {.dns_names = {"a.test"}}},
        {"nameless", {.dns_names = {std::string(60, 'a') + ".a.test"}}},
        {"full", full},
        {"client", {.common_name = "Jörg", .purposes = {certificate_purpose::client}}},
        {"code", {.common_name = "code", .purposes = {certificate_purpose::code_signing}}},
        {"email", {.other_names = {{kind::email, "me@a.test"}}, .purposes = {certificate_purpose::email}}},
        {"stamps", {.common_name = "stamps", .purposes = {certificate_purpose::time_stamping}}},
        {"ocsp", {.common_name = "ocsp", .purposes = {certificate_purpose::ocsp_signing}}},
        {"until2049", {.dns_names = {"a.test"}, .not_before = middle.leaf().not_before(), .not_after = year_2049}},
        {"from2050", {.dns_names = {"a.test"}, .not_before = middle.leaf().not_before(), .not_after = year_2049 + 1s}}};
    const auto put = [&](const std::string& name, const std::vector<certificate>& chain) {
      write(name + '-' + label + ".pem", chain.front().pem());
      write(name + '-' + label + ".chain", pem_of(chain) + root.leaf().pem());
      const auto answer = verified(chain, root.leaf());
      EXPECT_EQ(answer.status, 0) << name << ' ' << label << answer.output;
    };
    for (const auto& [name, options] : leaves) put(name, issue_certificate(options, key(type), middle).value().chain());
    const auto server = issue_certificate(full, key(type), middle).value();
    put("renewed", renew_certificate(server.leaf(), key(type), &middle).value().chain());
    put("cloned", clone_certificate(server.leaf(), key("ec:P-256"), middle).value().chain());
    put("signed",
        sign_request(certificate_request::make({.dns_names = {"a.test"}}, key(type)).value(), {}, middle).value());
  }
}

// What CERT_create makes of this Perl, in a file with its key.
void create_with_perl(const std::filesystem::path& file, const std::string& arguments) {
  const auto answer =
      run_program({"/usr/bin/perl", "-MIO::Socket::SSL::Utils", "-e",
                   "my ($c, $k) = CERT_create(" + arguments + "); print PEM_cert2string($c), PEM_key2string($k)"});
  ASSERT_EQ(answer.status, 0) << answer.output;
  std::ofstream(file) << answer.output;
}

TEST_F(made_certificates_test, those_of_perl_are_read_renewed_and_cloned) {
  const temporary_folder folder;
  const auto file = folder / "perl.pem";
  create_with_perl(
      file,
      "subject => {commonName => 'a.test', organizationName => 'Perl'}, purpose => 'server,client', "
      "not_before => 1760000000, not_after => 2760000000, serial => 4242, "
      "ext => [{sn => 'nsComment', data => 'hello'}], "
      "subjectAltNames => [['DNS', 'a.test'], ['IP', '192.0.2.1'], ['email', 'a@b.test'], ['URI', 'http://a.test/']]");
  const auto original = identity::load({.certificate = file}).value();
  const auto& c = original.leaf();
  EXPECT_EQ(c.subject_name().values("CN"), (std::vector<std::string>{"a.test"}));
  EXPECT_EQ(c.subject_name().values("O"), (std::vector<std::string>{"Perl"}));
  EXPECT_EQ(c.serial_number(), "1092");
  EXPECT_EQ(c.not_before().time_since_epoch().count(), 1760000000);
  EXPECT_EQ(c.not_after().time_since_epoch().count(), 2760000000);
  EXPECT_EQ(c.alternative_names(), (std::vector<general_name>{{kind::dns, "a.test"},
                                                              {kind::ip_address, "192.0.2.1"},
                                                              {kind::email, "a@b.test"},
                                                              {kind::uri, "http://a.test/"}}));
  EXPECT_EQ(c.key_usage(), (std::vector<key_usage>{key_usage::digital_signature, key_usage::key_encipherment}));
  EXPECT_EQ(c.extended_key_usage().size(), 2U);

  for (const std::string type : {"rsa:2048", "ec:P-256"}) {
    const auto renewed = renew_certificate(c, key(type), &ca(), {.lifetime = std::chrono::days(9)}).value();
    const auto cloned = clone_certificate(c, key(type), ca()).value();
    for (const auto* made : {&renewed.leaf(), &cloned.leaf()}) {
      EXPECT_EQ(made->subject_name(), c.subject_name());
      EXPECT_EQ(made->alternative_names(), c.alternative_names()) << "mail addresses too";
      EXPECT_EQ(made->extended_key_usage(), c.extended_key_usage());
      const auto all = made->extensions();
      EXPECT_NE(extension_of(all, "2.16.840.1.113730.1.13"), nullptr);
    }
    EXPECT_EQ(cloned.leaf().not_after(), c.not_after());
    const auto answer = verified(renewed, ca().leaf(), {"-purpose", "sslserver", "-verify_hostname", "a.test"});
    EXPECT_EQ(answer.status, 0) << answer.output;
  }
}

TEST_F(made_certificates_test, a_ca_of_perl_issues_ours) {
  const temporary_folder folder;
  const auto file = folder / "perl.pem";
  create_with_perl(file, "CA => 1, subject => {commonName => 'Perl CA'}");
  const auto issuer = identity::load({.certificate = file}).value();
  const auto leaf = issue_certificate({.dns_names = {"a.test"}}, key(), issuer).value();
  EXPECT_EQ(leaf.leaf().authority_key_id()->key_id, issuer.leaf().subject_key_id());
  // Perl's own root is not what the strictest reader likes; the leaf under it is.
  const temporary_folder files;
  const auto answer = run_program({"openssl", "verify", "-CAfile", files.file("root.pem", issuer.leaf().pem()).string(),
                                   "-verify_hostname", "a.test", files.file("leaf.pem", leaf.leaf().pem()).string()});
  EXPECT_EQ(answer.status, 0) << answer.output;
}

}  // namespace
}  // namespace signet
