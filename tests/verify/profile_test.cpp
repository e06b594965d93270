#include "verify/profile.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>

#include "issued.hpp"
#include "support/crafted.hpp"
#include "x509/impl.hpp"

namespace signet {
namespace {

using namespace std::chrono_literals;
using test::codes;
using test::judge;
using strings = std::vector<std::string>;

const identity& anchor() {
  static const identity made = test::root("Root");
  return made;
}

verdict judge_as(verify_profile profile, const certificate& c, const std::string& name = "server.test") {
  return judge({c}, trust_store::of({anchor().leaf()}), name, {.profile = profile});
}

TEST(profile, the_systems_store_brings_webpki_and_other_trust_compatible) {
  const auto v = [](const trust_store& trust) {
    const auto ca = make_self_signed({.common_name = "no name", .dns_names = {"x.test"}}, test::fresh_key());
    return judge({ca->leaf()}, trust, "x.test");
  };
  // Only under compatible is there a list of what was let pass.
  const auto plain =
      issue_certificate({.dns_names = {"server.test"}, .at = test::noon - 24h, .serial_number = {std::byte{1}}},
                        test::fresh_key(), anchor())
          .value();
  EXPECT_TRUE(judge({plain.leaf()}, trust_store::of({anchor().leaf()}), "server.test").trusted());
  EXPECT_FALSE(v(trust_store::system()).trusted());
}

TEST(profile, is_known_by_its_name) {
  EXPECT_EQ(parse_verify_profile("strict").value(), verify_profile::strict);
  EXPECT_EQ(parse_verify_profile("webpki").value(), verify_profile::webpki);
  EXPECT_EQ(parse_verify_profile("compatible").value(), verify_profile::compatible);
  EXPECT_EQ(parse_verify_profile("automatic").error().code(), errc::invalid_argument);
}

TEST(profile, what_our_own_builder_makes_passes_each) {
  const auto issuing = test::intermediate("Issuing CA", anchor());
  const auto server = test::leaf("server.test", issuing);
  for (const auto profile : {verify_profile::compatible, verify_profile::webpki, verify_profile::strict}) {
    const auto answer =
        judge({server.leaf(), issuing.leaf()}, trust_store::of({anchor().leaf()}), "server.test", {.profile = profile});
    EXPECT_EQ(codes(answer.findings()), strings{});
    EXPECT_EQ(codes(answer.passed_over()), strings{});
  }
}

// A good certificate of server.test, changed and signed again: what our builder would refuse to make.
certificate altered(const std::function<void(X509*)>& change) {
  const auto good = test::leaf("server.test", anchor());
  const ossl::x509_ptr x(X509_dup(raw(good.leaf())));
  change(x.get());
  const bool old = X509_get_version(x.get()) == X509_VERSION_1;
  EXPECT_GT(X509_sign(x.get(), raw(anchor().key()), EVP_sha256()), 0);
  if (old) return test::as_version_1(x.get(), raw(anchor().key()));
  return certificate::from_der(adopt(ossl::share(x.get())).der()).value();
}

void remove(X509* x, int nid) {
  X509_EXTENSION_free(X509_delete_ext(x, X509_get_ext_by_NID(x, nid, -1)));
}

// In OpenSSL's notation, instead of what is there.
void replace(X509* x, int nid, const char* value) {
  remove(x, nid);
  X509V3_CTX ctx;
  X509V3_set_ctx(&ctx, raw(anchor().leaf()), x, nullptr, nullptr, 0);
  const ossl::x509_extension_ptr made(X509V3_EXT_conf_nid(nullptr, &ctx, nid, value));
  ASSERT_TRUE(made) << value;
  X509_add_ext(x, made.get(), -1);
}

void set_serial(X509* x, const std::string& octets) {
  const ossl::bignum_ptr number(
      BN_bin2bn(reinterpret_cast<const unsigned char*>(octets.data()), static_cast<int>(octets.size()), nullptr));
  ASN1_INTEGER* serial = BN_to_ASN1_INTEGER(number.get(), nullptr);
  X509_set_serialNumber(x, serial);
  ASN1_INTEGER_free(serial);
}

certificate signed_again(X509* x, const identity& issuer) {
  EXPECT_GT(X509_sign(x, raw(issuer.key()), EVP_sha256()), 0);
  return certificate::from_der(adopt(ossl::share(x)).der()).value();
}

TEST(profile, an_anchor_need_not_say_whose_key_signed_it) {
  const auto stranger = test::root("Stranger");
  const auto cross = test::intermediate("Cross", stranger);
  const ossl::x509_ptr x(X509_dup(raw(cross.leaf())));
  remove(x.get(), NID_authority_key_identifier);
  const auto without = signed_again(x.get(), stranger);
  const auto server = test::leaf("server.test", cross).leaf();
  const auto judged = [&](const std::vector<certificate>& sent, const certificate& trusted) {
    return codes(
        judge(sent, trust_store::of({trusted}), "server.test", {.profile = verify_profile::strict}).findings());
  };
  EXPECT_EQ(judged({server}, without), strings{});
  EXPECT_EQ(judged({server, without}, stranger.leaf()), strings{"invalid_extension"});
}

// Of whom no host is expected, none has to be in the certificate.
TEST(profile, names_of_hosts_are_missed_only_where_one_is_asked_for) {
  const auto server = altered([](X509* x) { replace(x, NID_subject_alt_name, "URI:https://server.test/"); });
  for (const auto profile : {verify_profile::webpki, verify_profile::strict}) {
    const auto judged = [&](const std::optional<server_name>& expected) {
      return codes(verify_peer({.sent = {server},
                                .trust = trust_store::of({anchor().leaf()}),
                                .expected = expected,
                                .options = {.clock = [] { return test::noon; }, .profile = profile}})
                       .findings());
    };
    EXPECT_EQ(judged(std::nullopt), strings{});
    EXPECT_EQ(judged(server_name::parse("server.test").value()), (strings{"name_mismatch", "no_alternative_names"}));
  }
  // Nor under compatible is it told then.
  const verify_options compatible{.clock = [] { return test::noon; }, .profile = verify_profile::compatible};
  EXPECT_EQ(
      codes(verify_peer({.sent = {server}, .trust = trust_store::of({anchor().leaf()}), .options = compatible})
                .passed_over()),
      strings{});
}

void name_it(X509* x, const char* common_name) {
  X509_NAME* name = X509_get_subject_name(x);
  X509_NAME_ENTRY_free(X509_NAME_delete_entry(name, 0));
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(common_name), -1, -1, 0);
}

struct fault {
  const char* title;
  std::function<void(X509*)> change;
  // What webpki and strict say first; empty where they say nothing.
  std::string webpki, strict;
};

class faulty : public testing::TestWithParam<fault> {};
INSTANTIATE_TEST_SUITE_P(
    table, faulty,
    testing::Values(
        fault{"nothing", [](X509*) {}, "", ""},
        fault{"version_1", [](X509* x) { X509_set_version(x, X509_VERSION_1); }, "invalid_version", "invalid_version"},
        fault{"serial_of_zero", [](X509* x) { set_serial(x, ""); }, "invalid_serial_number", "invalid_serial_number"},
        fault{"serial_of_21_octets", [](X509* x) { set_serial(x, std::string(21, 'a')); }, "invalid_serial_number",
              "invalid_serial_number"},
        fault{"serial_of_20_octets_with_the_high_bit", [](X509* x) { set_serial(x, std::string(20, '\xff')); },
              "invalid_serial_number", "invalid_serial_number"},
        fault{"serial_of_20_octets", [](X509* x) { set_serial(x, std::string(20, 'a')); }, "", ""},
        fault{"key_usage_of_a_ca", [](X509* x) { replace(x, NID_key_usage, "critical,digitalSignature,keyCertSign"); },
              "invalid_extension", "invalid_extension"},
        fault{"any_purpose", [](X509* x) { replace(x, NID_ext_key_usage, "serverAuth,anyExtendedKeyUsage"); }, "",
              "invalid_purpose"},
        fault{"purposes_marked_critical", [](X509* x) { replace(x, NID_ext_key_usage, "critical,serverAuth"); }, "",
              "invalid_extension"},
        fault{"no_purpose", [](X509* x) { remove(x, NID_ext_key_usage); }, "", "invalid_purpose"},
        fault{"no_authority_key_identifier", [](X509* x) { remove(x, NID_authority_key_identifier); }, "",
              "invalid_extension"},
        fault{"name_constraints_of_a_leaf",
              [](X509* x) { replace(x, NID_name_constraints, "critical,permitted;DNS:server.test"); }, "",
              "invalid_extension"},
        fault{"names_marked_critical", [](X509* x) { replace(x, NID_subject_alt_name, "critical,DNS:server.test"); },
              "", "invalid_extension"},
        fault{"a_name_with_an_underscore",
              [](X509* x) { replace(x, NID_subject_alt_name, "DNS:server.test,DNS:a_b.test"); }, "",
              "invalid_extension"},
        fault{"an_address_as_a_name",
              [](X509* x) { replace(x, NID_subject_alt_name, "DNS:server.test,DNS:192.0.2.1"); }, "",
              "invalid_extension"},
        // A symbol and a hyphen at the end are in no name of IDNA 2008.
        fault{"a_name_that_is_no_a_label",
              [](X509* x) { replace(x, NID_subject_alt_name, "DNS:server.test,DNS:xn--n3h.test"); }, "",
              "invalid_extension"},
        fault{"a_name_that_is_an_a_label",
              [](X509* x) { replace(x, NID_subject_alt_name, "DNS:server.test,DNS:*.xn--lwe-sna.test"); }, "", ""},
        fault{"a_common_name_in_other_letters", [](X509* x) { name_it(x, "Server.Test"); }, "", "invalid_certificate"},
        fault{"a_common_name_of_a_host_in_unicode", [](X509* x) { name_it(x, "l\u00f6we.test"); }, "",
              "invalid_certificate"},
        fault{"more_common_names_than_are_compared",
              [](X509* x) {
                for (int i = 0; i < 17; ++i)
                  X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                                             reinterpret_cast<const unsigned char*>("somebody"), -1, -1, 0);
              },
              "", "invalid_certificate"},
        fault{"a_common_name_of_somebody", [](X509* x) { name_it(x, "Fr\u00e4ulein L. L\u00f6we"); }, "", ""}),
    [](const auto& p) { return std::string(p.param.title); });

TEST_P(faulty, is_refused_by_the_profiles_that_have_the_rule) {
  const auto& f = GetParam();
  const auto server = altered(f.change);
  const auto first = [](const std::vector<finding>& all) { return all.empty() ? "" : std::string(name(all[0].code)); };
  EXPECT_EQ(first(judge_as(verify_profile::webpki, server).findings()), f.webpki);
  EXPECT_EQ(first(judge_as(verify_profile::strict, server).findings()), f.strict);
  const auto lenient = judge_as(verify_profile::compatible, server);
  EXPECT_EQ(codes(lenient.findings()), strings{});
  EXPECT_EQ(first(lenient.passed_over()), f.webpki);
}

TEST(profile, each_finding_has_its_sentence) {
  const auto server = altered([](X509* x) { replace(x, NID_key_usage, "critical,digitalSignature,keyCertSign"); });
  const auto answer = judge_as(verify_profile::webpki, server);
  ASSERT_EQ(answer.findings().size(), 1U);
  EXPECT_EQ(answer.findings()[0].message,
            "the certificate 'server.test' may sign certificates by its key usage and is no CA (RFC 5280 section "
            "4.2.1.9)");
}

TEST(profile, a_certificate_of_a_ca_is_no_servers) {
  const auto ca = test::intermediate("server.test", anchor());
  const auto answer = judge_as(verify_profile::webpki, ca.leaf());
  EXPECT_FALSE(answer.trusted());
  const auto said = codes(answer.findings());
  EXPECT_NE(std::ranges::find(said, "no_alternative_names"), said.end());
}

TEST(profile, a_common_name_alone_is_refused_and_the_way_out_named) {
  const auto anchor_trust = trust_store::of({anchor().leaf()});
  const auto client = issue_certificate({.common_name = "server.test",
                                         .purposes = {certificate_purpose::client, certificate_purpose::email},
                                         .at = test::noon - 24h},
                                        test::fresh_key(), anchor());
  ASSERT_TRUE(client);
  const auto answer = verify_peer({.sent = client->chain(),
                                   .trust = anchor_trust,
                                   .expected = server_name::parse("server.test").value(),
                                   .role = peer_role::any,
                                   .options = {.clock = [] { return test::noon; }}});
  EXPECT_EQ(codes(answer.findings()), strings{"name_mismatch"});
  EXPECT_NE(answer.findings()[0].hint.find("scheme"), std::string::npos) << answer.findings()[0].hint;
  const auto lenient = verify_peer({.sent = client->chain(),
                                    .trust = anchor_trust,
                                    .expected = server_name::parse("server.test").value(),
                                    .role = peer_role::any,
                                    .options = {.clock = [] { return test::noon; }, .scheme = hostname_scheme::http}});
  EXPECT_TRUE(lenient.trusted());
}

TEST(profile, a_common_name_that_counts_is_held_to_name_constraints) {
  const auto barred = test::root("Root", {.constraints = {.permitted = {{general_name_kind::dns, "elsewhere.test"}}}});
  const auto cert =
      issue_certificate(
          {.common_name = "server.test", .purposes = {certificate_purpose::client}, .at = test::noon - 24h},
          test::fresh_key(), barred)
          .value();
  const auto answer = verify_peer({.sent = cert.chain(),
                                   .trust = trust_store::of({barred.leaf()}),
                                   .expected = server_name::parse("server.test").value(),
                                   .role = peer_role::any,
                                   .options = {.clock = [] { return test::noon; }, .scheme = hostname_scheme::http}});
  EXPECT_EQ(codes(answer.findings()), strings{"name_constraint"});
}

// Every root of this system, judged as the anchor of itself would be: none of the rules may cost one.
TEST(profile, every_root_of_the_system_is_an_anchor_that_webpki_takes) {
  const auto system = trust_store::system();
  if (system.size() == 0) GTEST_SKIP() << "this system has no trust store";
  const auto all = load_certificates("/etc/ssl/certs/ca-certificates.crt");
  if (!all) GTEST_SKIP() << "this system keeps its roots elsewhere";
  for (const auto& root : *all) {
    problems found;
    check_profile({test::leaf("server.test", anchor()).leaf(), root}, chain_end::anchor, peer_role::server,
                  host_asked::one, verify_profile::webpki, found);
    EXPECT_TRUE(found.empty()) << root.subject();
  }
}

}  // namespace
}  // namespace signet
