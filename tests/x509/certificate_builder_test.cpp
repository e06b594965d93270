#include <signet/x509/certificate_builder.hpp>

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "x509/builder_support.hpp"

namespace signet {
namespace {

using namespace std::chrono_literals;
using namespace test;

using certificate_builder_test = builder_test;

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
  EXPECT_EQ(client.leaf().last_common_name(), "Jörg");
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
  EXPECT_EQ(leaf.leaf().last_common_name(), "www.xn--exmple-cua.test");
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
  const auto code = [](certificate_options options) { return issue_certificate(options, key(), ca()).error().code(); };
  for (const std::string name :
       {"", "*", "*.", "*.test", "*.*.example.test", "a.*.test", "w*.example.test", "a b", "a.test:443",
        "http://a.test", "127.0.0.1", "::1", "*.127.0.0.1", "1.2.3", "*.-a.test"})
    EXPECT_EQ(code({.dns_names = {name}}), errc::invalid_name) << name;
  EXPECT_EQ(code({.dns_names = {std::string("a.test\0.evil.test", 17)}}), errc::invalid_name);
  for (const std::string address : {"", "a.test", "1.2.3", "127.0.0.1/8", "::1%lo"})
    EXPECT_EQ(code({.ip_addresses = {address}}), errc::invalid_name) << address;
}

TEST_F(certificate_builder_test, requests_that_make_no_sense_are_refused) {
  const auto code = [](certificate_options options) { return issue_certificate(options, key(), ca()).error().code(); };
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

const std::vector<std::string>& key_types() {
  static const std::vector<std::string> all{"rsa:2048", "ec:P-256", "ec:P-384", "ec:P-521", "ed25519", "ed448"};
  return all;
}

// The purposes, and the openssl program's names for them where it has one.
struct purpose_name {
  certificate_purpose purpose;
  std::string openssl;
};
const std::vector<purpose_name>& purposes() {
  static const std::vector<purpose_name> all{{certificate_purpose::server, "sslserver"},
                                             {certificate_purpose::client, "sslclient"},
                                             {certificate_purpose::code_signing, "any"},
                                             {certificate_purpose::email, "smimesign"},
                                             {certificate_purpose::time_stamping, "timestampsign"},
                                             {certificate_purpose::ocsp_signing, "ocsphelper"}};
  return all;
}

TEST_F(certificate_builder_test, root_intermediate_and_leaf_pass_for_every_key_and_purpose) {
  for (const auto& type : key_types()) {
    const auto root = make_ca({.common_name = "root", .path_length = 1}, key(type)).value();
    const auto middle = issue_ca({.common_name = "middle"}, other_key(), root).value();
    EXPECT_EQ(middle.chain().size(), 1U);
    for (const auto& leaf_type : key_types()) {
      if (leaf_type != type && type != "rsa:2048") continue;
      for (const auto& [purpose, openssl] : purposes()) {
        SCOPED_TRACE(type + ' ' + leaf_type + ' ' + openssl);
        const auto leaf = issue_certificate({.common_name = "a.test", .dns_names = {"a.test"}, .purposes = {purpose}},
                                            key(leaf_type), middle)
                              .value();
        ASSERT_EQ(leaf.chain().size(), 2U);
        const auto answer = verified(leaf, root.leaf(), {"-purpose", openssl, "-auth_level", "2"});
        EXPECT_EQ(answer.status, 0) << answer.output;
      }
    }
  }
}

TEST_F(certificate_builder_test, the_key_usage_follows_from_the_purpose_and_the_kind_of_key) {
  using usages = std::vector<key_usage>;
  const usages sign{key_usage::digital_signature};
  const usages exchange{key_usage::digital_signature, key_usage::key_encipherment};
  const usages agree{key_usage::digital_signature, key_usage::key_agreement};
  const auto made = [](certificate_purpose purpose, const std::string& type) {
    return issue_certificate({.dns_names = {"a.test"}, .purposes = {purpose}}, key(type), ca())
        .value()
        .leaf()
        .key_usage();
  };
  for (const auto& [purpose, name] : purposes()) {
    SCOPED_TRACE(name);
    const bool is_mail = purpose == certificate_purpose::email;
    const bool is_server = purpose == certificate_purpose::server;
    EXPECT_EQ(made(purpose, "rsa:2048"), is_server || is_mail ? exchange : sign);
    EXPECT_EQ(made(purpose, "ec:P-256"), is_mail ? agree : sign);
    EXPECT_EQ(made(purpose, "ed25519"), sign);
    EXPECT_EQ(made(purpose, "ed448"), sign);
  }
}

TEST_F(certificate_builder_test, a_time_stamper_has_one_purpose_and_it_is_critical) {
  const auto made =
      issue_certificate({.common_name = "TSA", .purposes = {certificate_purpose::time_stamping}}, key(), ca())
          .value()
          .leaf();
  const auto all = made.extensions();
  const auto* usage = extension_of(all, extended_usage_oid);
  ASSERT_NE(usage, nullptr);
  EXPECT_TRUE(usage->is_critical);
  EXPECT_EQ(made.extended_key_usage(), (std::vector<object_id>{{"1.3.6.1.5.5.7.3.8", "timeStamping"}}));
}

TEST_F(certificate_builder_test, an_ocsp_responder_is_not_looked_up_itself) {
  const auto made =
      issue_certificate({.common_name = "OCSP", .purposes = {certificate_purpose::ocsp_signing}}, key(), ca())
          .value()
          .leaf();
  const auto all = made.extensions();
  const auto* no_check = extension_of(all, no_check_oid);
  ASSERT_NE(no_check, nullptr);
  EXPECT_EQ(no_check->value, bytes({5, 0}));
  EXPECT_FALSE(no_check->is_critical);
  EXPECT_EQ(count_of(issue_certificate({.dns_names = {"a.test"}}, key(), ca()).value().leaf(), no_check_oid), 0);
}

TEST_F(certificate_builder_test, path_lengths_are_respected_all_the_way_down) {
  const auto root = make_ca({.common_name = "root", .path_length = 2}, key()).value();
  EXPECT_EQ(root.leaf().basic_constraints(), (basic_constraints{true, 2}));
  const auto refused = [](const certificate_options& options, const identity& issuer) {
    return issue_ca(options, key(), issuer).error();
  };
  EXPECT_EQ(refused({.common_name = "too long", .path_length = 2}, root).code(), errc::invalid_argument);
  const auto first = issue_ca({.common_name = "first", .path_length = 1}, key(), root).value();
  EXPECT_EQ(refused({.common_name = "too long", .path_length = 1}, first).code(), errc::invalid_argument);
  const auto second = issue_ca({.common_name = "second"}, key(), first).value();
  EXPECT_EQ(second.chain().size(), 2U);
  const auto e = refused({.common_name = "third"}, second);
  EXPECT_EQ(e.code(), errc::invalid_argument);
  EXPECT_TRUE(holds(e.message(), "path length is 0")) << e.message();
  const auto leaf = issue_certificate({.dns_names = {"a.test"}}, key(), second).value();
  EXPECT_EQ(leaf.chain().size(), 3U);
  const auto answer = verified(leaf, root.leaf());
  EXPECT_EQ(answer.status, 0) << answer.output;
  EXPECT_EQ(refused({.common_name = "x", .dns_names = {"a.test"}}, root).code(), errc::invalid_argument);
  EXPECT_EQ(refused({.common_name = "x", .other_names = {{general_name_kind::email, "a@b.test"}}}, root).code(),
            errc::invalid_argument);
  EXPECT_EQ(refused({.common_name = "root"}, root).code(), errc::invalid_argument) << "named as its issuer";
}

TEST_F(certificate_builder_test, a_constrained_ca_issues_within_its_constraints_only) {
  const name_constraints constraints{
      .permitted = {{general_name_kind::dns, "example.test"}, {general_name_kind::ip_address, "192.0.2.0/24"}},
      .excluded = {{general_name_kind::dns, "secret.example.test"}}};
  const auto root = make_ca({.common_name = "root", .path_length = 1, .constraints = constraints}, key()).value();
  EXPECT_EQ(root.leaf().name_constraints(), constraints);
  const auto all = root.leaf().extensions();
  EXPECT_TRUE(extension_of(all, name_constraints_oid)->is_critical);
  const auto middle = issue_ca({.common_name = "middle"}, other_key(), root).value();
  for (const auto* issuer : {&root, &middle}) {
    const auto good =
        issue_certificate({.dns_names = {"www.example.test"}, .ip_addresses = {"192.0.2.7"}}, key(), *issuer).value();
    const auto answer = verified(good, root.leaf());
    EXPECT_EQ(answer.status, 0) << answer.output;
    // The root itself is no part of the chain that the intermediate hands on.
    if (issuer == &middle) continue;
    const std::string domains = "DNS:example.test, nothing of DNS:secret.example.test";
    const auto refused = [&](const certificate_options& options, const std::string& name, const std::string& limits) {
      const auto e = issue_certificate(options, key(), *issuer).error();
      EXPECT_EQ(e.code(), errc::invalid_name);
      EXPECT_EQ(e.message(),
                "the CA \"CN=root\" may not issue for " + name + ": by its name constraints it may certify " + limits);
      EXPECT_EQ(e.presented(), name);
      EXPECT_EQ(e.expected(), limits);
    };
    refused({.dns_names = {"a.example.test", "www.other.test"}}, "DNS:www.other.test", domains);
    refused({.dns_names = {"a.secret.example.test"}}, "DNS:a.secret.example.test", domains);
    refused({.ip_addresses = {"198.51.100.1"}}, "IP:198.51.100.1", "IP:192.0.2.0/24");
  }
}

TEST_F(certificate_builder_test, a_renewed_certificate_is_the_old_one_for_a_new_time) {
  const std::chrono::sys_seconds at = std::chrono::sys_days(std::chrono::year(2026) / 11 / 21) + 8h;
  const auto root = make_ca({.common_name = "root", .at = at}, key()).value();
  const auto old = issue_certificate({.organization = "Ä",
                                      .dns_names = {"a.test"},
                                      .other_names = {{general_name_kind::email, "a@b.test"}},
                                      .lifetime = std::chrono::days(30),
                                      .at = at,
                                      .ocsp_urls = {"http://ocsp.test"},
                                      .extensions = {{.id = "nsComment", .text = "kept"}}},
                                     key(), root)
                       .value();
  const auto renewed = renew_certificate(old.leaf(), key(), &root, {.at = at + std::chrono::days(20)}).value();
  EXPECT_EQ(renewed.leaf().not_before(), old.leaf().not_before() + std::chrono::days(20));
  EXPECT_EQ(renewed.leaf().not_after(), old.leaf().not_after() + std::chrono::days(20));
  EXPECT_EQ(renewed.leaf().extensions(), old.leaf().extensions());
  EXPECT_EQ(renewed.leaf().subject_name(), old.leaf().subject_name());
  EXPECT_NE(renewed.leaf().serial_number(), old.leaf().serial_number());
  const auto at_that_time = std::to_string((at + std::chrono::days(40)).time_since_epoch().count());
  EXPECT_EQ(verified(renewed, root.leaf(), {"-attime", at_that_time}).status, 0);

  const auto day = renew_certificate(old.leaf(), key("rsa:2048"), &ca(), {.lifetime = std::chrono::days(1)}).value();
  EXPECT_EQ(day.leaf().not_after() - day.leaf().not_before(), 25h - 1s);
  EXPECT_EQ(day.leaf().issuer_name(), ca().leaf().subject_name());
  EXPECT_NE(day.leaf().subject_key_id(), old.leaf().subject_key_id());
  EXPECT_EQ(day.leaf().authority_key_id()->key_id, ca().leaf().subject_key_id());
  EXPECT_EQ(verified(day, ca().leaf(), {"-verify_hostname", "a.test"}).status, 0);
  // A key of another kind: what it cannot do is not claimed.
  const auto as_ec = renew_certificate(day.leaf(), key("ed25519"), &ca()).value();
  EXPECT_EQ(as_ec.leaf().key_usage(), (std::vector<key_usage>{key_usage::digital_signature}));
}

TEST_F(certificate_builder_test, a_renewed_root_still_stands_above_what_it_has_issued) {
  // A root of the openssl program, whose key identifier is computed otherwise than ours.
  const auto root = test::load_identity("ca");
  const auto leaf = load_certificates(pki("server.pem")).value();
  const auto renewed = renew_certificate(root.leaf(), root.key()).value();
  EXPECT_EQ(renewed.chain().size(), 1U);
  EXPECT_EQ(renewed.leaf().subject_key_id(), root.leaf().subject_key_id());
  const auto answer = verified(leaf, renewed.leaf());
  EXPECT_EQ(answer.status, 0) << answer.output;
}

TEST_F(certificate_builder_test, what_cannot_be_renewed_is_refused) {
  const auto leaf = issue_certificate({.dns_names = {"a.test"}}, key(), ca()).value();
  const auto code = [](const result<identity>& r) { return r.error().code(); };
  EXPECT_EQ(code(renew_certificate(leaf.leaf(), key())), errc::invalid_argument) << "its CA is missing";
  EXPECT_EQ(code(renew_certificate(leaf.leaf(), key(), &leaf)), errc::invalid_argument) << "by a leaf";
  EXPECT_EQ(code(renew_certificate(leaf.leaf(), key(), &ca(), {.lifetime = std::chrono::days(-1)})),
            errc::invalid_argument);
  EXPECT_EQ(code(renew_certificate(leaf.leaf(), key(), &ca(), {.lifetime = std::chrono::days::max()})),
            errc::invalid_argument);
  EXPECT_EQ(code(renew_certificate(leaf.leaf(), key(), &ca(), {.at = std::chrono::sys_seconds::max()})),
            errc::invalid_argument);
  EXPECT_EQ(code(renew_certificate(ca().leaf(), key(), &ca())), errc::invalid_argument) << "its path length is 0";
}

TEST_F(certificate_builder_test, threads_share_one_ca) {
  std::vector<std::set<std::string>> serials(2);
  {
    const auto mine = key();
    std::vector<std::jthread> threads;
    for (auto& seen : serials)
      threads.emplace_back([&seen, &mine] {
        for (int i = 0; i < 20; ++i)
          seen.insert(issue_certificate({.dns_names = {"a.test"}}, mine, ca()).value().leaf().serial_number());
      });
  }
  serials[0].merge(serials[1]);
  EXPECT_EQ(serials[0].size(), 40U);
}

}  // namespace
}  // namespace signet
