#include <signet/x509/certificate_builder.hpp>
#include <signet/x509/crl_builder.hpp>

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <chrono>
#include <cstdio>
#include <functional>
#include <string>
#include <vector>

#include "support/pki.hpp"
#include "support/run_program.hpp"

namespace signet {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::year;
using test::load_identity;
using namespace std::chrono_literals;

class crl_builder_test : public testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(ERR_peek_error(), 0UL) << "OpenSSL's queue was left filled"; }
};

constexpr sys_seconds at = sys_days(year(2026) / 5 / 1) + 10h;

crl_options options_for(std::vector<revoked_certificate> entries) {
  return {.entries = std::move(entries), .at = at};
}

std::string run(const std::vector<std::string>& arguments, int status = 0) {
  const auto answer = test::run_program(arguments);
  EXPECT_EQ(answer.status, status) << answer.output;
  return answer.output;
}

TEST_F(crl_builder_test, what_is_made_is_what_was_asked_for) {
  const auto ca = load_identity("ca");
  const std::vector<revoked_certificate> entries = {
      {"0f", at - days(2), revocation_reason::key_compromise, at - days(5)},
      {"00c0ffee", at - 1s, revocation_reason::cessation_of_operation, {}},
      {"0a", sys_days(year(1999) / 1 / 2), revocation_reason::unspecified, {}},
      {"-05", at, revocation_reason::aa_compromise, {}},
      {"00", at, revocation_reason::ca_compromise, {}},
  };
  auto options = options_for(entries);
  options.number = "0100";
  options.lifetime = days(3);
  const auto made = make_crl(options, ca).value();
  auto read = entries;
  read[1].serial_number = "c0ffee";
  EXPECT_EQ(made.entries(), read);
  EXPECT_EQ(made.issuer(), ca.leaf().subject());
  EXPECT_EQ(made.number(), "0100");
  EXPECT_EQ(made.this_update(), at);
  EXPECT_EQ(made.next_update(), at + days(3));
  EXPECT_TRUE(made.is_signed_by(ca.leaf()));
  EXPECT_FALSE(made.is_signed_by(load_identity("other-ca").leaf()));
  EXPECT_FALSE(made.is_delta());
  EXPECT_FALSE(made.is_indirect());
  ASSERT_EQ(made.extensions().size(), 2U);
  EXPECT_EQ(made.extensions()[0].id.oid, "2.5.29.35");
  EXPECT_EQ(made.extensions()[1].id.oid, "2.5.29.20");
  EXPECT_FALSE(made.extensions()[0].is_critical || made.extensions()[1].is_critical);
}

TEST_F(crl_builder_test, defaults_are_a_week_a_number_by_the_clock_and_now) {
  const auto before = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  const auto made = make_crl({.entries = {{.serial_number = "0A"}}}, load_identity("ca")).value();
  EXPECT_GE(made.this_update(), before);
  EXPECT_LE(made.this_update(), std::chrono::system_clock::now());
  EXPECT_EQ(made.next_update(), made.this_update() + days(7));
  EXPECT_EQ(std::stoll(made.number(), nullptr, 16), made.this_update().time_since_epoch().count());
  EXPECT_EQ(made.entries().at(0).revoked_at, made.this_update());
  EXPECT_EQ(made.entries().at(0).serial_number, "0a");
}

TEST_F(crl_builder_test, the_key_identifier_is_the_cas) {
  const auto ca = load_identity("ca");
  const test::temporary_folder folder;
  const auto list = folder.file("list.pem", make_crl(options_for({}), ca).value().pem());
  std::string id;
  for (const auto b : to_hex(ca.leaf().subject_key_id())) {
    if (id.size() % 3 == 2) id += ':';
    id += static_cast<char>(std::toupper(b));
  }
  EXPECT_NE(run({"openssl", "crl", "-in", list, "-noout", "-text"}).find(id), std::string::npos);
}

TEST_F(crl_builder_test, every_kind_of_key_signs_and_openssl_verifies_it) {
  const test::temporary_folder folder;
  const std::vector<std::pair<std::string, std::string>> table = {{"ec:P-256", "ecdsa-with-SHA256"},
                                                                  {"ec:P-384", "ecdsa-with-SHA384"},
                                                                  {"ec:P-521", "ecdsa-with-SHA512"},
                                                                  {"rsa:2048", "RSA-SHA256"},
                                                                  {"ed25519", "ED25519"},
                                                                  {"ed448", "ED448"}};
  for (const auto& [type, algorithm] : table) {
    SCOPED_TRACE(type);
    const auto ca = make_ca({.common_name = "a CA"}, private_key::generate(type).value()).value();
    const auto made = make_crl({.entries = {{.serial_number = "0a"}}}, ca).value();
    EXPECT_EQ(made.signature_algorithm(), algorithm);
    EXPECT_TRUE(made.is_signed_by(ca.leaf()));
    const auto ca_file = folder.file("ca.pem", ca.leaf().pem());
    const auto file = folder.file("list.pem", made.pem());
    EXPECT_NE(run({"openssl", "crl", "-in", file, "-noout", "-CAfile", ca_file}).find("verify OK"), std::string::npos);
  }
}

TEST_F(crl_builder_test, a_digest_may_be_chosen) {
  auto options = options_for({});
  options.digest = "sha512";
  EXPECT_EQ(make_crl(options, load_identity("ca")).value().signature_algorithm(), "ecdsa-with-SHA512");
}

TEST_F(crl_builder_test, openssl_refuses_the_revoked_and_accepts_the_others_by_the_strictest_rules) {
  const test::temporary_folder folder;
  const auto key = private_key::generate("ec:P-256").value();
  const auto ca = make_ca({.common_name = "a CA"}, key).value();
  const auto revoked = issue_certificate({.dns_names = {"revoked.test"}}, key, ca).value();
  const auto good = issue_certificate({.dns_names = {"good.test"}}, key, ca).value();
  const auto made = make_crl({.entries = {{revoked.leaf().serial_number(), {}, revocation_reason::superseded}}}, ca);
  ASSERT_TRUE(made.has_value()) << made.error().message();
  EXPECT_TRUE(made->find(revoked.leaf()).has_value());
  EXPECT_FALSE(made->find(good.leaf()).has_value());

  const auto verify = [&](const identity& leaf, int status) {
    return run({"openssl", "verify", "-x509_strict", "-crl_check", "-CAfile", folder.file("ca.pem", ca.leaf().pem()),
                "-CRLfile", folder.file("list.pem", made->pem()), folder.file("leaf.pem", leaf.leaf().pem())},
               status);
  };
  EXPECT_NE(verify(revoked, 2).find("certificate revoked"), std::string::npos);
  EXPECT_NE(verify(good, 0).find("OK"), std::string::npos);
}

TEST_F(crl_builder_test, reasons_are_enumerated_and_unspecified_is_left_out) {
  const auto der_of = [](revocation_reason reason) {
    const auto made = make_crl(options_for({{"0a", at, reason, {}}}), load_identity("ca")).value().der();
    return std::string(byte_view(made).text());
  };
  const std::string reason_id = "\x55\x1d\x15";
  for (const int number : {1, 2, 3, 4, 5, 6, 9, 10}) {
    // OBJECT IDENTIFIER, then an OCTET STRING that holds an ENUMERATED.
    const auto expected = reason_id + "\x04\x03\x0a\x01" + static_cast<char>(number);
    EXPECT_NE(der_of(static_cast<revocation_reason>(number)).find(expected), std::string::npos) << number;
  }
  EXPECT_EQ(der_of(revocation_reason::unspecified).find(reason_id), std::string::npos);
}

TEST_F(crl_builder_test, times_from_2050_on_are_generalized_times) {
  const auto ca =
      make_ca({.common_name = "a CA", .lifetime = days(365 * 400)}, private_key::generate("ec:P-256").value()).value();
  struct row {
    sys_seconds at;
    std::string tag, text;
  };
  const std::vector<row> table = {
      {sys_days(year(2049) / 12 / 31) + 23h, "\x17\x0d", "491231230000Z"},
      {sys_days(year(2050) / 1 / 1), "\x18\x0f", "20500101000000Z"},
      {sys_days(year(2322) / 6 / 1), "\x18\x0f", "23220601000000Z"},
  };
  for (const auto& r : table) {
    SCOPED_TRACE(r.text);
    const auto made = make_crl({.entries = {{"0a", r.at, {}, r.at}}, .at = r.at}, ca).value();
    const auto der = made.der();
    EXPECT_NE(byte_view(der).text().find(r.tag + r.text), std::string::npos);
    EXPECT_EQ(made.this_update(), r.at);
    EXPECT_EQ(made.next_update(), r.at + days(7));
    EXPECT_EQ(made.entries().at(0).revoked_at, r.at);
    EXPECT_EQ(made.entries().at(0).invalid_since, r.at);
  }
}

TEST_F(crl_builder_test, what_cannot_be_made_is_an_error_that_says_why) {
  struct row {
    const char* what;
    std::function<void(crl_options&)> spoil;
    std::string says;
  };
  const auto serial = [](std::string text) {
    return [text = std::move(text)](crl_options& o) { o.entries = {{"0a", at}, {text, at}}; };
  };
  const auto number = [](std::string text) { return [text = std::move(text)](crl_options& o) { o.number = text; }; };
  const std::vector<row> table = {
      {"no serial", serial(""), "entry 2: \"\" is not a serial number"},
      {"sign only", serial("-"), "entry 2: \"-\" is not a serial number"},
      {"colons", serial("0a:0b"), "is not a serial number"},
      {"prefix", serial("0x0a"), "is not a serial number"},
      {"nul", serial(std::string("0a\0", 3)), "is not a serial number"},
      {"escape", serial("\x1b[31m"), "\\1B[31m"},
      {"long", serial(std::string(42, '1')), "longer than 20 octets"},
      {"huge", serial(std::string(1000000, '1')), "longer than 20 octets"},
      {"twice", serial("000A"), "listed twice, in entry 1 and entry 2"},
      {"future",
       [](auto& o) {
         o.entries = {{"0a", at + 1s}};
       },
       "entry 1: 2026-05-01T10:00:01Z is after the list"},
      {"invalid in future",
       [](auto& o) {
         o.entries = {{"0a", at, {}, at + 1s}};
       },
       "is after the list"},
      {"before 1950",
       [](auto& o) {
         o.entries = {{"0a", sys_days(year(1949) / 12 / 31)}};
       },
       "before 1950"},
      {"removal",
       [](auto& o) {
         o.entries = {{"0a", at, revocation_reason::remove_from_crl}};
       },
       "for delta lists"},
      {"reason 7",
       [](auto& o) {
         o.entries = {{"0a", at, static_cast<revocation_reason>(7)}};
       },
       "no reason 7"},
      {"reason 11",
       [](auto& o) {
         o.entries = {{"0a", at, static_cast<revocation_reason>(11)}};
       },
       "no reason 11"},
      {"issuer",
       [](auto& o) {
         o.entries = {{"0a", at, {}, {}, "CN=other"}};
       },
       "its issuer is 'CN=other'"},
      {"number", number("one"), "\"one\" is not a number of a list"},
      {"negative number", number("-01"), "not negative"},
      {"long number", number(std::string(40, 'f')), "at most 20 octets"},
      {"longer number", number(std::string(42, '1')), "longer than 20 octets"},
      {"no lifetime", [](auto& o) { o.lifetime = days(0); }, "in 1 to 3650 days, not in 0"},
      {"long lifetime", [](auto& o) { o.lifetime = days(3651); }, "not in 3651"},
      {"endless", [](auto& o) { o.lifetime = days::max(); }, "1 to 3650 days"},
      {"digest", [](auto& o) { o.digest = "md5"; }, "md5"},
      {"no digest", [](auto& o) { o.digest = "sha-what"; }, "sha-what"},
      {"before the CA", [](auto& o) { o.at = sys_days(year(2009) / 1 / 1); }, "is valid from"},
      {"after the CA", [](auto& o) { o.at = sys_days(year(2300) / 1 / 1); }, "is valid from"},
      {"long ago", [](auto& o) { o.at = sys_days(year(1800) / 1 / 1); }, "cannot be made at"},
      {"end of time", [](auto& o) { o.at = sys_seconds::max(); }, "cannot be made at"},
  };
  const auto ca = load_identity("ca");
  for (const auto& r : table) {
    SCOPED_TRACE(r.what);
    auto options = options_for({});
    r.spoil(options);
    const auto made = make_crl(options, ca);
    if (made) {
      ADD_FAILURE() << "was made";
      continue;
    }
    EXPECT_EQ(made.error().code(), errc::invalid_argument);
    EXPECT_NE(made.error().message().find(r.says), std::string::npos) << made.error().message();
    EXPECT_LT(made.error().message().size(), 300U);
  }
}

TEST_F(crl_builder_test, who_may_not_sign_lists_makes_none) {
  for (const std::string stem : {"server", "ca-signs-no-lists"}) {
    const auto made = make_crl(options_for({}), load_identity(stem));
    ASSERT_FALSE(made.has_value()) << stem;
    EXPECT_EQ(made.error().code(), errc::invalid_argument);
  }
}

TEST_F(crl_builder_test, large_lists_are_made) {
  constexpr int count = 100000;
  std::vector<revoked_certificate> entries(count);
  for (int i = 0; i < count; ++i) {
    std::array<char, 16> text{};
    std::snprintf(text.data(), text.size(), "%08x", i + 1);
    entries[static_cast<std::size_t>(i)] = {text.data(), at, revocation_reason::superseded, {}};
  }
  const auto made = make_crl(options_for(entries), load_identity("ca")).value();
  EXPECT_EQ(made.size(), entries.size());
  EXPECT_EQ(made.entries().back().serial_number, "0186a0");
  entries.push_back({"7", at});
  EXPECT_NE(make_crl(options_for(entries), load_identity("ca")).error().message().find("in entry 7 and entry 100001"),
            std::string::npos);
}

TEST_F(crl_builder_test, gnutls_reads_it) {
  const test::temporary_folder folder;
  const auto made =
      make_crl(options_for({{"0a0b", at, revocation_reason::key_compromise, at}}), load_identity("ca")).value();
  const auto text = run({"certtool", "--crl-info", "--infile", folder.file("list.pem", made.pem())});
  EXPECT_NE(text.find("Serial Number (hex): 0a0b"), std::string::npos) << text;
  EXPECT_NE(text.find("Revoked certificates (1)"), std::string::npos) << text;
}

}  // namespace
}  // namespace signet
