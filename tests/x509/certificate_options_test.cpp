// Each option of certificate_options: in the certificate as it was asked for, or refused.
#include <signet/x509/certificate_builder.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "x509/builder_support.hpp"

namespace signet {
namespace {

using namespace std::chrono_literals;
using namespace test;

using certificate_options_test = builder_test;
using kind = general_name_kind;

constexpr std::chrono::sys_seconds noon = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21) + 12h;

// A leaf for a.test, with these options besides.
result<identity> issued(certificate_options options, const private_key& with = key()) {
  if (options.dns_names.empty()) options.dns_names = {"a.test"};
  return issue_certificate(options, with, ca());
}
certificate leaf_of(const certificate_options& options) {
  return issued(options).value().leaf();
}

TEST_F(certificate_options_test, all_of_them_at_once_are_in_the_certificate) {
  const distinguished_name subject{{{"C", "DE"}, {"O", "Signet"}, {"OU", "a"}, {"OU", "b"}, {"CN", "Jörg"}}};
  const auto made = leaf_of({.subject = subject,
                             .dns_names = {"a.test", "*.b.test"},
                             .ip_addresses = {"192.0.2.1", "2001:db8::1"},
                             .other_names = {{kind::email, "a@b.test"},
                                             {kind::uri, "spiffe://b.test/x"},
                                             {kind::directory_name, "CN=x,O=y"},
                                             {kind::registered_id, "1.2.3.4"}},
                             .purposes = {certificate_purpose::client, certificate_purpose::server},
                             .key_usages = {key_usage::digital_signature, key_usage::key_agreement},
                             .extended_key_usages = {"1.2.3.4.5", "codeSigning", "serverAuth"},
                             .not_before = ca().leaf().not_before() + 1s,
                             .not_after = ca().leaf().not_after() - 1s,
                             .ocsp_urls = {"http://ocsp.test", "http://ocsp2.test:8080/a?b"},
                             .ca_issuer_urls = {"http://ca.test/ca.der"},
                             .crl_urls = {"http://crl.test/1", "https://[2001:db8::1]/2"},
                             .policies = {"2.23.140.1.2.1", "1.2.3"},
                             .staple = stapling::required,
                             .extensions = {{.id = "nsComment", .text = "hello"},
                                            {.id = "1.2.3.4.5.6", .is_critical = true, .der = bytes({5, 0})}},
                             .serial_number = bytes({0x0a, 0xff}),
                             .digest = "sha384"});
  EXPECT_EQ(made.version(), 3);
  EXPECT_EQ(made.subject_name(), subject);
  EXPECT_EQ(made.issuer_name(), ca().leaf().subject_name());
  EXPECT_EQ(made.alternative_names(), (std::vector<general_name>{{kind::dns, "a.test"},
                                                                 {kind::dns, "*.b.test"},
                                                                 {kind::ip_address, "192.0.2.1"},
                                                                 {kind::ip_address, "2001:db8::1"},
                                                                 {kind::email, "a@b.test"},
                                                                 {kind::uri, "spiffe://b.test/x"},
                                                                 {kind::directory_name, "CN=x,O=y"},
                                                                 {kind::registered_id, "1.2.3.4"}}));
  EXPECT_EQ(made.key_usage(), (std::vector<key_usage>{key_usage::digital_signature, key_usage::key_agreement}));
  std::vector<std::string> usages;
  for (const auto& u : made.extended_key_usage()) usages.push_back(u.oid);
  EXPECT_EQ(usages,
            (std::vector<std::string>{"1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "1.2.3.4.5", "1.3.6.1.5.5.7.3.3"}));
  EXPECT_EQ(made.not_before(), ca().leaf().not_before() + 1s);
  EXPECT_EQ(made.not_after(), ca().leaf().not_after() - 1s);
  EXPECT_EQ(made.ocsp_urls(), (std::vector<std::string>{"http://ocsp.test", "http://ocsp2.test:8080/a?b"}));
  EXPECT_EQ(made.ca_issuer_urls(), (std::vector<std::string>{"http://ca.test/ca.der"}));
  EXPECT_EQ(count_of(made, authority_access_oid), 1);
  EXPECT_EQ(made.crl_urls(), (std::vector<std::string>{"http://crl.test/1", "https://[2001:db8::1]/2"}));
  ASSERT_EQ(made.policies().size(), 2U);
  EXPECT_EQ(made.policies()[1].policy.oid, "1.2.3");
  EXPECT_TRUE(made.must_staple());
  EXPECT_EQ(made.serial_number(), "0aff");
  EXPECT_EQ(made.signature_algorithm().name, "ecdsa-with-SHA384");
  EXPECT_EQ(made.basic_constraints(), basic_constraints{});
  EXPECT_EQ(made.authority_key_id()->key_id, ca().leaf().subject_key_id());
  EXPECT_EQ(made.subject_key_id().size(), 20U);
  EXPECT_TRUE(made.broken_extensions().empty());
  const auto all = made.extensions();
  EXPECT_EQ(extension_of(all, "1.2.3.4.5.6")->value, bytes({5, 0}));
  EXPECT_TRUE(extension_of(all, "1.2.3.4.5.6")->is_critical);
  EXPECT_EQ(extension_of(all, "2.16.840.1.113730.1.13")->value, bytes({0x16, 5, 'h', 'e', 'l', 'l', 'o'}));
  EXPECT_TRUE(extension_of(all, key_usage_oid)->is_critical);
  EXPECT_TRUE(extension_of(all, basic_constraints_oid)->is_critical);
  EXPECT_FALSE(extension_of(all, alternative_name_oid)->is_critical);
}

struct refusal {
  std::string why;
  certificate_options options;
  errc code = errc::invalid_argument;
};

TEST_F(certificate_options_test, what_cannot_be_made_is_refused_whole) {
  using options = certificate_options;
  const auto opens = ca().leaf().not_before();
  const auto ends = ca().leaf().not_after();
  const std::string nul("http://a.test/\0b", 16);
  const std::vector<refusal> table{
      {"subject twice", {.common_name = "a", .subject = {{{"CN", "a"}}}}},
      {"blank common name", {.common_name = "  "}},
      {"unknown attribute", options{.subject = {{{"nonsense", "a"}}}}, errc::invalid_name},
      {"empty attribute", options{.subject = {{{"CN", ""}}}}, errc::invalid_name},
      {"long attribute", options{.subject = {{{"CN", std::string(65, 'a')}}}}, errc::invalid_name},
      {"country of three", options{.subject = {{{"C", "DEU"}}}}, errc::invalid_name},
      {"mail without host", options{.other_names = {{kind::email, "a@"}}}, errc::invalid_name},
      {"mail with newline", options{.other_names = {{kind::email, "a\n@b.test"}}}, errc::invalid_name},
      {"uri without scheme", options{.other_names = {{kind::uri, "a.test"}}}, errc::invalid_name},
      {"no address", options{.other_names = {{kind::ip_address, "a.test"}}}, errc::invalid_name},
      {"no oid", options{.other_names = {{kind::registered_id, "a"}}}, errc::invalid_name},
      {"a kind that is only read", options{.other_names = {{kind::x400_address, "00"}}}, errc::not_supported},
      {"kind out of range", options{.other_names = {{static_cast<kind>(99), "00"}}}, errc::not_supported},
      {"keyEncipherment with EC", {.key_usages = {key_usage::key_encipherment}}},
      {"dataEncipherment with EC", {.key_usages = {key_usage::data_encipherment}}},
      {"keyCertSign in a leaf", {.key_usages = {key_usage::key_cert_sign}}},
      {"encipherOnly alone", {.key_usages = {key_usage::digital_signature, key_usage::encipher_only}}},
      {"usage out of range", {.key_usages = {static_cast<key_usage>(12)}}},
      {"unknown extended usage", {.extended_key_usages = {"nonsense"}}},
      {"empty extended usage", {.extended_key_usages = {""}}},
      {"time stamping and more", {.purposes = {certificate_purpose::time_stamping, certificate_purpose::server}}},
      {"time stamping twice over", {.extended_key_usages = {"timeStamping"}}},
      {"ocsp signing and more", {.purposes = {certificate_purpose::ocsp_signing, certificate_purpose::client}}},
      {"purpose out of range", {.purposes = {static_cast<certificate_purpose>(77)}}},
      {"path length of a leaf", {.path_length = 1}},
      {"constraints of a leaf", {.constraints = {.permitted = {{kind::dns, "a.test"}}}}},
      {"end missing", {.not_before = opens}},
      {"beginning missing", {.not_after = ends}},
      {"end before beginning", {.not_before = opens + 2s, .not_after = opens + 1s}},
      {"before the CA", {.not_before = opens - 1s, .not_after = ends}},
      {"after the CA", {.not_before = opens, .not_after = ends + 1s}},
      {"both period and lifetime", {.lifetime = std::chrono::days(1), .not_before = opens, .not_after = ends}},
      {"both period and time", {.at = noon, .not_before = opens, .not_after = ends}},
      {"period beyond time", {.not_before = opens, .not_after = std::chrono::sys_seconds::max()}},
      {"ftp", {.ocsp_urls = {"ftp://a.test/"}}},
      {"no host", {.ocsp_urls = {"http:///x"}}},
      {"empty url", {.ocsp_urls = {""}}},
      {"scheme only", {.ca_issuer_urls = {"http://"}}},
      {"blank in url", {.ca_issuer_urls = {"http://a.test/a b"}}},
      {"newline in url", {.crl_urls = {"http://a.test/\nb"}}},
      {"nul in url", {.crl_urls = {nul}}},
      {"port of letters", {.crl_urls = {"http://a.test:x/"}}},
      {"second url bad", {.crl_urls = {"http://a.test/", "ldap://a.test/"}}},
      {"no policy", {.policies = {"nonsense"}}},
      {"policy twice", {.policies = {"1.2.3", "1.2.3"}}},
      {"serial zero", {.serial_number = bytes({0, 0})}},
      {"serial of 21 octets", {.serial_number = std::vector<std::byte>(21, std::byte{1})}},
      {"serial of 20 with the first bit", {.serial_number = std::vector<std::byte>(20, std::byte{0x80})}},
      {"md5", {.digest = "md5"}},
      {"sha1", {.digest = "SHA1"}},
      {"unknown digest", {.digest = "sha257"}},
      {"digest with nul", {.digest = std::string("sha256\0x", 8)}},
      {"digest nobody signs with", {.digest = "blake2b512"}},
  };
  for (const auto& [why, asked, code] : table) {
    const auto made = issued(asked);
    ASSERT_FALSE(made.has_value()) << why;
    EXPECT_EQ(made.error().code(), code) << why << ": " << made.error().message();
    EXPECT_EQ(ERR_peek_error(), 0UL) << why;
  }
}

TEST_F(certificate_options_test, what_is_for_leaves_is_refused_to_cas) {
  const auto code = [](const certificate_options& options) { return make_ca(options, key()).error().code(); };
  EXPECT_EQ(code({.common_name = "x", .key_usages = {key_usage::crl_sign}}), errc::invalid_argument);
  EXPECT_EQ(code({.common_name = "x", .staple = stapling::required}), errc::invalid_argument);
  EXPECT_EQ(code({.common_name = "x", .other_names = {{kind::email, "a@b.test"}}}), errc::invalid_argument);
  EXPECT_EQ(code({.common_name = "x", .constraints = {.excluded = {{kind::ip_address, "192.0.2.1"}}}}),
            errc::invalid_name);
  EXPECT_EQ(code({.common_name = "x", .constraints = {.excluded = {{kind::dns, "a b"}}}}), errc::invalid_name);
  EXPECT_EQ(code({.common_name = "x", .extensions = {{.id = "basicConstraints", .text = "CA:TRUE"}}}),
            errc::invalid_argument);
  const auto limited = make_ca({.common_name = "x", .extended_key_usages = {"serverAuth"}}, key()).value();
  EXPECT_EQ(limited.leaf().extended_key_usage().size(), 1U);
}

TEST_F(certificate_options_test, a_further_extension_is_made_as_asked_or_refused) {
  const auto add = [](further_extension e) { return issued({.extensions = {std::move(e)}}); };
  EXPECT_TRUE(add({.id = "1.2.3.4", .text = "DER:0500"}).has_value());
  EXPECT_TRUE(add({.id = "1.2.3.4", .text = "ASN1:UTF8String:hello"}).has_value());
  EXPECT_TRUE(add({.id = "subjectInfoAccess", .text = "1.3.6.1.5.5.7.48.5;URI:http://a.test/"}).has_value());
  EXPECT_TRUE(add({.id = "1.3.6.1.5.5.7.1.1", .text = "OCSP;URI:http://a.test/"}).has_value());
  EXPECT_TRUE(add({.id = "2.5.29.18", .is_critical = false, .text = "DNS:a.test"}).has_value());
  const std::vector<further_extension> refused{
      {},
      {.id = "nsComment"},
      {.id = "nonsense", .text = "x"},
      {.id = "1.2.3.4", .text = "no generic form"},
      {.id = "nsComment", .der = bytes({5, 0}), .text = "both"},
      {.id = "nsComment", .der = bytes({5, 0})},
      {.id = "nsComment", .text = "critical,hello"},
      {.id = "nsComment", .text = std::string("a\0b", 3)},
      {.id = "1.2.3.4", .der = bytes({0x30, 0x05, 0x00})},
      {.id = "1.2.3.4", .der = bytes({5, 0, 0})},
      {.id = "1.2.3.4", .der = bytes({0xff})},
      {.id = "1.2.3.4", .text = "DER:xx"},
      {.id = "1.2.3.4", .text = "DER:"},
      {.id = "1.2.3.4", .text = "DER:050000"},
      {.id = "1.2.3.4", .text = "ASN1:NONSENSE"},
      {.id = "issuerAltName", .text = "DNS"},
      {.id = "issuerAltName", .text = "IP:1.2.3.4.5"},
      {.id = "issuerAltName", .text = "NONSENSE:a.test"},
      {.id = "basicConstraints", .text = "CA:TRUE"},
      {.id = "2.5.29.15", .text = "digitalSignature"},
      {.id = "subjectAltName", .text = "DNS:b.test"},
      {.id = "subjectKeyIdentifier", .text = "00:01"},
      {.id = "authorityKeyIdentifier", .text = "keyid"},
      {.id = "extendedKeyUsage", .text = "serverAuth"},
  };
  for (const auto& e : refused) {
    const auto made = add(e);
    ASSERT_FALSE(made.has_value()) << e.id << ' ' << e.text;
    EXPECT_EQ(made.error().code(), errc::invalid_argument) << made.error().message();
    EXPECT_EQ(ERR_peek_error(), 0UL) << e.id << ' ' << e.text;
  }
  EXPECT_EQ(
      issued({.extensions = {{.id = "1.2.3", .text = "DER:0500"}, {.id = "1.2.3", .text = "DER:0500"}}}).error().code(),
      errc::invalid_argument);
}

TEST_F(certificate_options_test, the_text_of_an_extension_reaches_no_file_and_no_section) {
  const temporary_folder folder;
  const auto file = folder.file("secret", "secret").string();
  for (const auto& [id, text] : std::vector<std::pair<std::string, std::string>>{
           {"proxyCertInfo", "language:id-ppl-anyLanguage,policy:file:" + file},
           {"proxyCertInfo", "language:id-ppl-anyLanguage,pathlen:0,policy:text:x"},
           {"issuerAltName", "@section"},
           {"issuerAltName", "dirName:section"},
           {"issuerAltName", "issuer:copy"},
           {"crlDistributionPoints", "section"},
           {"crlDistributionPoints", "relativename:section"},
           {"certificatePolicies", "@section"},
           {"1.2.3.4", "ASN1:SEQUENCE:section"},
           {"1.2.3.4", "ASN1:SET:section"}}) {
    const auto made = issued({.extensions = {{.id = id, .text = text}}});
    ASSERT_FALSE(made.has_value()) << id << ' ' << text;
    EXPECT_EQ(made.error().code(), errc::invalid_argument) << made.error().message();
  }
}

TEST_F(certificate_options_test, the_digest_fits_the_key_of_the_issuer) {
  const auto algorithm = [](const std::string& type, const std::string& digest) {
    const auto root = make_ca({.common_name = "root", .digest = digest}, key(type));
    return root ? root->leaf().signature_algorithm().name : std::string(name(root.error().code()));
  };
  EXPECT_EQ(algorithm("ec:P-256", ""), "ecdsa-with-SHA256");
  EXPECT_EQ(algorithm("ec:P-384", ""), "ecdsa-with-SHA384");
  EXPECT_EQ(algorithm("ec:P-521", ""), "ecdsa-with-SHA512");
  EXPECT_EQ(algorithm("rsa:2048", ""), "RSA-SHA256");
  EXPECT_EQ(algorithm("rsa:2048", "sha512"), "RSA-SHA512");
  EXPECT_EQ(algorithm("rsa:2048", "SHA3-256"), "id-rsassa-pkcs1-v1_5-with-sha3-256");
  EXPECT_EQ(algorithm("ed25519", ""), "ED25519");
  for (const std::string digest : {"sha256", "sha512"}) {
    EXPECT_EQ(algorithm("ed25519", digest), "invalid_argument");
    EXPECT_EQ(algorithm("ed448", digest), "invalid_argument");
  }
}

TEST_F(certificate_options_test, a_period_has_the_seconds_that_were_asked_for) {
  const std::vector<std::pair<std::chrono::sys_seconds, std::chrono::sys_seconds>> periods{
      {noon, noon},
      {std::chrono::sys_days(std::chrono::year(1950) / 1 / 1), noon},
      {std::chrono::sys_days(std::chrono::year(2049) / 12 / 31) + 24h - 1s,
       std::chrono::sys_days(std::chrono::year(2050) / 1 / 1)},
      {noon, std::chrono::sys_days(std::chrono::year(9999) / 12 / 31) + 24h - 1s}};
  for (const auto& [from, to] : periods) {
    const auto made = make_ca({.common_name = "x", .not_before = from, .not_after = to}, key()).value();
    EXPECT_EQ(made.leaf().not_before(), from);
    EXPECT_EQ(made.leaf().not_after(), to);
  }
}

TEST_F(certificate_options_test, serial_numbers_are_numbers) {
  const auto made = [](std::vector<std::byte> serial) {
    return leaf_of({.serial_number = std::move(serial)}).serial_number();
  };
  EXPECT_EQ(made(bytes({1})), "01");
  EXPECT_EQ(made(bytes({0xff})), "ff");
  EXPECT_EQ(made(bytes({0, 0, 0x80})), "80");
  EXPECT_EQ(made(std::vector<std::byte>(20, std::byte{0x7f})).size(), 40U);
}

TEST_F(certificate_options_test, a_weak_key_is_not_certified) {
  const test::temporary_folder folder;
  const auto file = folder / "weak.key";
  ASSERT_EQ(run_program(
                {"openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024", "-out", file.string()})
                .status,
            0);
  const auto weak = private_key::load(file).value();
  const auto e = issued({}, weak).error();
  EXPECT_EQ(e.code(), errc::invalid_argument);
  EXPECT_TRUE(holds(e.message(), "1024")) << e.message();
}

// Random options that make sense, from a seed that a failure names.
class generator {
 public:
  explicit generator(unsigned seed) : random_(seed) {}

  certificate_options options() {
    certificate_options out;
    out.subject.attributes = {{"O", text()}, {"CN", text()}};
    if (chance()) out.subject.attributes.insert(out.subject.attributes.begin(), {"C", "DE"});
    for (std::size_t i = 0; i <= below(4); ++i) out.dns_names.push_back((chance() ? "*." : "") + host());
    for (std::size_t i = 0; i < below(3); ++i)
      out.ip_addresses.push_back("192.0." + std::to_string(below(256)) + '.' + std::to_string(below(256)));
    for (std::size_t i = 0; i < below(3); ++i) out.other_names.push_back({kind::email, label() + '@' + host()});
    for (std::size_t i = 0; i < below(3); ++i)
      out.other_names.push_back({kind::uri, "urn://" + host() + '/' + label()});
    if (chance()) out.purposes.push_back(certificate_purpose::client);
    if (chance()) out.extended_key_usages = {"1.2.3." + std::to_string(below(100000))};
    if (chance()) out.key_usages = {key_usage::digital_signature, key_usage::non_repudiation};
    out.not_before = noon - std::chrono::seconds(below(1000000));
    out.not_after = noon + std::chrono::seconds(below(1000000000));
    for (std::size_t i = 0; i < below(3); ++i) out.ocsp_urls.push_back("http://" + host() + '/' + label());
    for (std::size_t i = 0; i < below(3); ++i) out.ca_issuer_urls.push_back("http://" + host());
    for (std::size_t i = 0; i < below(3); ++i) out.crl_urls.push_back("https://" + host() + ":8443/" + label());
    if (chance()) out.policies = {"2.5.29.32.0", "1.3." + std::to_string(below(1000))};
    if (chance()) out.staple = stapling::required;
    if (chance())
      out.extensions = {{.id = "1.2.840.1." + std::to_string(below(1000)),
                         .is_critical = chance(),
                         .der = bytes({4, 1, static_cast<int>(below(256))})}};
    out.serial_number.assign(1 + below(19), std::byte{0});
    for (auto& octet : out.serial_number) octet = static_cast<std::byte>(below(256));
    out.serial_number.front() = std::byte{0x5a};
    return out;
  }

 private:
  std::size_t below(std::size_t end) { return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_); }
  bool chance() { return below(2) == 0; }
  std::string label() {
    std::string out;
    for (std::size_t i = 0; i <= below(12); ++i) out += static_cast<char>('a' + below(26));
    return out + 'x';
  }
  std::string host() { return label() + std::to_string(below(1000000)) + ".test"; }
  std::string text() {
    static const std::vector<std::string> parts{"a", "Z", "ö", "漢", ",", "+", "=", " b", "\"", "<", "#", "'", "😀"};
    std::string out = "t";
    for (std::size_t i = 0; i < below(20); ++i) out += parts[below(parts.size())];
    return out;
  }

  std::mt19937 random_;
};

TEST_F(certificate_options_test, what_is_built_and_read_again_is_what_was_asked_for) {
  const auto root = make_ca({.common_name = "root",
                             .not_before = noon - std::chrono::days(400),
                             .not_after = noon + std::chrono::days(20000)},
                            other_key())
                        .value();
  for (unsigned seed = 0; seed < 200; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto asked = generator(seed).options();
    const auto made = issue_certificate(asked, key(), root);
    ASSERT_TRUE(made.has_value()) << made.error().message();
    const auto read = certificate::from_pem(made->leaf().pem()).value();
    EXPECT_EQ(read.subject_name(), asked.subject);
    std::vector<general_name> names;
    for (const auto& n : asked.dns_names) names.push_back({kind::dns, n});
    for (const auto& n : asked.ip_addresses) names.push_back({kind::ip_address, n});
    names.insert(names.end(), asked.other_names.begin(), asked.other_names.end());
    EXPECT_EQ(read.alternative_names(), names);
    EXPECT_EQ(read.not_before(), *asked.not_before);
    EXPECT_EQ(read.not_after(), *asked.not_after);
    EXPECT_EQ(read.ocsp_urls(), asked.ocsp_urls);
    EXPECT_EQ(read.ca_issuer_urls(), asked.ca_issuer_urls);
    EXPECT_EQ(read.crl_urls(), asked.crl_urls);
    EXPECT_EQ(read.must_staple(), asked.staple == stapling::required);
    EXPECT_EQ(read.serial_number(), to_hex(asked.serial_number));
    EXPECT_EQ(read.extended_key_usage().size(), asked.purposes.size() + asked.extended_key_usages.size());
    if (!asked.key_usages.empty()) {
      EXPECT_EQ(read.key_usage(), asked.key_usages);
    }
    ASSERT_EQ(read.policies().size(), asked.policies.size());
    for (std::size_t i = 0; i < asked.policies.size(); ++i) EXPECT_EQ(read.policies()[i].policy.oid, asked.policies[i]);
    const auto all = read.extensions();
    for (const auto& e : asked.extensions) {
      const auto* found = extension_of(all, e.id);
      ASSERT_NE(found, nullptr);
      EXPECT_EQ(found->value, e.der);
      EXPECT_EQ(found->is_critical, e.is_critical);
    }
    EXPECT_TRUE(read.broken_extensions().empty());
    EXPECT_EQ(certificate::from_der(read.der()).value(), made->leaf());
  }
}

}  // namespace
}  // namespace signet
