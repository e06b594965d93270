#include <signet/verify/certificate_check.hpp>
#include <signet/x509/certificate_builder.hpp>
#include <signet/x509/identity.hpp>

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "spoilt.hpp"
#include "support/pki.hpp"

namespace signet {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::year;
using test::pki;
using test::test_ca;
using namespace std::chrono_literals;

class certificate_check_test : public testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(ERR_peek_error(), 0UL) << "OpenSSL's queue was left filled"; }
};

constexpr sys_seconds now = sys_days(year(2026) / 5 / 1) + 10h;

certificate load(const std::string& stem) {
  return load_certificates(pki(stem + ".pem")).value().at(0);
}
// "chain intermediate" in this order; "chain" is the leaf alone.
std::vector<certificate> list_of(std::string stems) {
  std::vector<certificate> out;
  for (stems += ' '; !stems.empty(); stems.erase(0, stems.find(' ') + 1))
    out.push_back(load(stems.substr(0, stems.find(' '))));
  return out;
}

certificate_check_options options_at(sys_seconds at) {
  return {.at = at};
}

// "problem:expired:0 note:root_included:1", the place left out where there is none.
std::string summary(const std::vector<certificate_finding>& findings) {
  std::string out;
  for (const auto& f : findings) {
    out += (out.empty() ? "" : " ") + std::string(name(f.weight)) + ':' + f.id;
    if (f.index) out += ':' + std::to_string(*f.index);
    EXPECT_FALSE(f.message.empty());
    EXPECT_NE(f.message.back(), '.');
  }
  return out;
}
std::string summary(const std::string& stems, const certificate_check_options& options = options_at(now)) {
  return summary(check_certificates(list_of(stems), options));
}

TEST_F(certificate_check_test, each_fault_has_its_finding) {
  struct row {
    std::string list, found;
  };
  const std::vector<row> table = {
      {"server", ""},
      {"server-rsa", ""},
      {"ed25519", ""},
      {"wildcard", ""},
      {"self-signed", ""},
      {"client", "problem:wrong_purpose:0"},
      {"chain intermediate", ""},
      {"ca", ""},
      {"intermediate ca", "note:root_included:1"},
      {"chain intermediate ca", "note:root_included:2"},
      {"expired", "problem:expired:0"},
      {"not-yet", "problem:not_yet_valid:0"},
      {"weak-rsa1024", "problem:weak_key:0"},
      {"dsa", "problem:weak_key:0"},
      {"weak-digest", "problem:weak_signature:0"},
      {"cn-only", "problem:no_names:0"},
      {"server server", "note:duplicate_certificate:1"},
      {"intermediate chain", "problem:wrong_order"},
      {"ca intermediate chain", "problem:wrong_order note:root_included:0"},
      {"chain ca intermediate", "warning:wrong_order note:root_included:1"},
      {"chain intermediate other-ca", "warning:unrelated_certificate:2"},
      {"server wrong-name", "warning:unrelated_certificate:1"},
      {"chain expired-ca", "problem:expired:1 warning:unrelated_certificate:1"},
      {"names-its-issuer", "warning:missing_intermediate:0"},
      {"names-its-issuer intermediate", ""},
      {"chain intermediate intermediate-cross", ""},
      {"ring-leaf ring-one ring-two", ""},
  };
  for (const auto& r : table) EXPECT_EQ(summary(r.list), r.found) << r.list;
  EXPECT_EQ(summary(check_certificates({}, options_at(now))), "problem:no_certificate");
}

TEST_F(certificate_check_test, a_root_may_have_an_old_signature) {
  // SHA-1, and its own.
  const auto old = load("ca-sha1");
  EXPECT_EQ(old.signature_algorithm().name, "ecdsa-with-SHA1");
  EXPECT_EQ(summary("ca-sha1"), "");
}

TEST_F(certificate_check_test, expiry_is_told_in_days_and_parts_of_life) {
  const auto key = private_key::generate("ec:P-256").value();
  const auto made = [&](days lifetime) {
    return make_self_signed({.common_name = "x", .dns_names = {"x.test"}, .lifetime = lifetime, .at = now}, key)
        .value();
  };
  struct row {
    days lifetime, passed, warn_within;
    std::string found;
  };
  const std::vector<row> table = {
      {days(365), days(300), days(30), ""},
      {days(365), days(335), days(30), "warning:expires_soon:0"},
      {days(365), days(334), days(30), ""},
      {days(365), days(300), days(90), "warning:expires_soon:0"},
      {days(365), days(360), days(0), ""},
      {days(365), days(300), days::max(), "warning:expires_soon:0"},
      // Of short ones a third counts.
      {days(90), days(50), days(30), ""},
      {days(90), days(62), days(30), "warning:expires_soon:0"},
      {days(6), days(1), days(30), ""},
      {days(6), days(5), days(30), "warning:expires_soon:0"},
      {days(90), days(85), days(2), ""},
      {days(365), days(365), days(30), "problem:expired:0"},
  };
  for (const auto& r : table) {
    const auto leaf = made(r.lifetime);
    certificate_check_options options = options_at(now + r.passed);
    options.warn_within = r.warn_within;
    EXPECT_EQ(summary(check_certificates(leaf.chain(), options)), r.found)
        << r.lifetime.count() << ' ' << r.passed.count() << ' ' << r.warn_within.count();
  }
  const auto message = [&](days lifetime, std::chrono::seconds passed) {
    return check_certificates(made(lifetime).chain(), options_at(now + passed)).at(0).message;
  };
  EXPECT_EQ(message(days(150), days(137)), "the certificate 'x.test' expires in 12 days, with 9 % of its life left");
  EXPECT_EQ(message(days(150), days(150) - 3h),
            "the certificate 'x.test' expires in 2 hours, with less than 1 % of its life left");
  EXPECT_EQ(message(days(150), days(152)),
            "the certificate 'x.test' expired on 2026-09-28T09:59:59Z, before 2026-09-30T10:00:00Z, the time that was "
            "given");
  // An age is told by the clock only.
  const auto by_the_clock = check_certificates({load("expired")}).at(0).message;
  EXPECT_TRUE(by_the_clock.starts_with("the certificate 'server.test' expired on 2020-06-01T00:00:00Z, "))
      << by_the_clock;
  EXPECT_TRUE(by_the_clock.ends_with(" days ago")) << by_the_clock;
}

TEST_F(certificate_check_test, the_last_second_still_counts) {
  const auto cert = load("server");
  EXPECT_EQ(summary("server", {.warn_within = days(0), .at = cert.not_after()}), "");
  EXPECT_EQ(summary("server", {.warn_within = days(0), .at = cert.not_after() + 1s}), "problem:expired:0");
  EXPECT_EQ(summary("server", {.at = cert.not_before()}), "");
  EXPECT_EQ(summary("server", {.at = cert.not_before() - 1s}), "problem:not_yet_valid:0");
}

TEST_F(certificate_check_test, remaining_life_goes_from_one_to_nothing) {
  const auto cert = load("server");
  const auto begin = cert.not_before();
  const auto end = cert.not_after();
  EXPECT_EQ(remaining_life(cert, begin - 1s), 1.0);
  EXPECT_EQ(remaining_life(cert, begin), 1.0);
  EXPECT_NEAR(remaining_life(cert, begin + (end - begin) / 2), 0.5, 1e-6);
  EXPECT_NEAR(remaining_life(cert, end - (end - begin) / 10), 0.1, 1e-6);
  EXPECT_EQ(remaining_life(cert, end), 0.0);
  EXPECT_EQ(remaining_life(cert, end + 1s), 0.0);
  EXPECT_EQ(remaining_life(cert, sys_seconds::min()), 1.0);
  EXPECT_EQ(remaining_life(cert, sys_seconds::max()), 0.0);
}

TEST_F(certificate_check_test, the_key_has_to_be_the_leafs) {
  const auto key = [](const std::string& stem) { return private_key::load(pki(stem + ".key")).value(); };
  const auto with = [&](const std::string& list, const std::string& stem) {
    return summary(list, {.at = now, .key = key(stem)});
  };
  EXPECT_EQ(with("server", "server"), "");
  EXPECT_EQ(with("server", "server-rsa"), "problem:key_mismatch");
  EXPECT_EQ(with("chain intermediate", "chain"), "");
  EXPECT_EQ(with("chain intermediate", "ca"), "problem:key_mismatch");
  // The leaf is the key's, whatever else might be one.
  EXPECT_EQ(with("wildcard chain intermediate", "chain"), "problem:wrong_order warning:unrelated_certificate:0");
  EXPECT_EQ(with("wildcard chain intermediate", "wildcard"),
            "warning:unrelated_certificate:1 warning:unrelated_certificate:2");
  const auto found = check_certificates(list_of("server"), {.at = now, .key = key("server-rsa")});
  EXPECT_EQ(found.at(0).message,
            "the private key (RSA 2048) does not belong to the certificate 'server.test' (EC P-256)");
}

TEST_F(certificate_check_test, trust_tells_a_missing_intermediate_from_an_unknown_root) {
  const auto with = [](const std::string& list, trust_store trust) {
    return summary(list, {.at = now, .trust = std::move(trust)});
  };
  const auto other = trust_store::pem_file(pki("other-ca.pem")).value();
  EXPECT_EQ(with("chain intermediate", test_ca()), "");
  EXPECT_EQ(with("server", test_ca()), "");
  EXPECT_EQ(with("client", test_ca()), "problem:wrong_purpose:0");
  EXPECT_EQ(summary("client", {.at = now, .trust = test_ca(), .role = peer_role::client}), "");
  EXPECT_EQ(summary("client", {.at = now, .trust = test_ca(), .role = peer_role::any}), "");
  EXPECT_EQ(summary("server", {.at = now, .trust = test_ca(), .role = peer_role::any}), "");
  EXPECT_EQ(with("chain", test_ca()), "problem:missing_intermediate:0");
  EXPECT_EQ(with("names-its-issuer", test_ca()), "problem:missing_intermediate:0");
  EXPECT_EQ(with("chain intermediate", other), "problem:untrusted");
  EXPECT_EQ(with("chain intermediate ca", other), "problem:untrusted note:root_included:2");
  EXPECT_EQ(with("chain intermediate-cross intermediate", other), "");
  EXPECT_EQ(with("self-signed", test_ca()), "problem:untrusted");
  EXPECT_EQ(with("server", trust_store::none()), "problem:untrusted");
  // Who bears the issuer's name is no reason to call the issuer unknown.
  EXPECT_EQ(with("server", trust_store::pem_file(pki("ca-twin.pem")).value()), "problem:untrusted");
  // No CA, and not for that.
  EXPECT_EQ(with("by-a-leaf server", test_ca()), "problem:untrusted problem:untrusted");
  EXPECT_EQ(with("critical-unknown", test_ca()), "problem:untrusted");
  EXPECT_EQ(with("ring-leaf ring-one ring-two", test_ca()), "problem:untrusted");
  // What the certificate's own findings say is not said twice.
  EXPECT_EQ(with("expired", test_ca()), "problem:expired:0");
  EXPECT_EQ(with("weak-rsa1024", test_ca()), "problem:weak_key:0");
  EXPECT_EQ(with("weak-digest", test_ca()), "problem:weak_signature:0");
  EXPECT_EQ(with("under-expired-ca", trust_store::pem_file(pki("expired-ca.pem")).value()), "problem:untrusted");
  // A CA is looked at as such.
  EXPECT_EQ(with("intermediate", test_ca()), "");
}

TEST_F(certificate_check_test, what_differs_is_told_of_an_issuer_that_does_not_fit) {
  const auto key = [] { return private_key::generate("ec:P-256").value(); };
  const auto root = make_ca({.common_name = "root", .at = now, .path_length = 1}, key()).value();
  const auto issuer = issue_ca({.common_name = "issuer", .at = now}, key(), root).value();
  const auto other = issue_ca({.common_name = "issuer", .at = now}, key(), root).value();
  const auto leaf = issue_certificate({.dns_names = {"x.test"}, .at = now}, key(), issuer).value();
  auto options = options_at(now + 1h);
  EXPECT_EQ(summary(check_certificates({leaf.leaf(), other.leaf()}, options)),
            "warning:unrelated_certificate:1 warning:missing_intermediate:0");
  options.trust = trust_store::of({root.leaf()});
  const auto found = check_certificates({leaf.leaf(), other.leaf()}, options);
  EXPECT_EQ(summary(found), "problem:missing_intermediate:0 warning:unrelated_certificate:1");
  EXPECT_NE(found.at(0).message.find("that was sent does not fit: their key identifiers differ"), std::string::npos)
      << found.at(0).message;
  EXPECT_EQ(summary(check_certificates({leaf.leaf(), issuer.leaf()}, options)), "");
}

// Of one that our builder refuses to make, under a root that is trusted: what is found of that id, or nothing.
std::optional<certificate_finding> found_of(const certificate& leaf, const identity& root, std::string_view id) {
  auto options = options_at(test::noon);
  options.trust = trust_store::of({root.leaf()});
  for (auto& f : check_certificates({leaf}, options))
    if (f.id == id) return std::move(f);
  return std::nullopt;
}

TEST_F(certificate_check_test, a_wildcard_over_a_public_suffix_fits_no_host) {
  const auto root = test::root("Root");
  const auto found = found_of(test::spoilt_leaf(root, "DNS:*.com,DNS:*.co.uk,DNS:x.test"), root, "useless_name");
  ASSERT_TRUE(found);
  EXPECT_NE(found->message.find("DNS:*.com"), std::string::npos) << found->message;
  EXPECT_NE(found->message.find("DNS:*.co.uk"), std::string::npos) << found->message;
  EXPECT_EQ(found->message.find("x.test"), std::string::npos) << found->message;
}

TEST_F(certificate_check_test, a_ca_with_the_names_of_hosts_is_served_itself) {
  const auto root = test::root("Root");
  const auto served = test::spoilt(test::fresh_key(), root, [](X509* x) {
    test::put_common_name(x, "x");
    test::put(x, NID_basic_constraints, "critical,CA:TRUE");
    test::put(x, NID_subject_alt_name, "DNS:x.test");
  });
  const auto found = found_of(served, root, "wrong_purpose");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->weight, severity::problem);
  EXPECT_EQ(found->presented, "CA:TRUE");
}

TEST_F(certificate_check_test, what_trust_says_of_a_broken_extension_is_said_already) {
  auto options = options_at(now);
  const auto alone = summary("broken-extensions", options);
  EXPECT_NE(alone.find("problem:broken_extension:0"), std::string::npos) << alone;
  options.trust = trust_store::of({load("broken-extensions")});
  EXPECT_EQ(summary("broken-extensions", options), alone);
}

TEST_F(certificate_check_test, hints_say_what_to_do) {
  const auto hint = [](const std::string& list, certificate_check_options options = options_at(now)) {
    return check_certificates(list_of(list), options).at(0).hint;
  };
  EXPECT_EQ(hint("names-its-issuer"),
            "put the issuer's certificate behind it: it is at http://ca.test/intermediate.der");
  EXPECT_NE(hint("intermediate chain").find("in_chain_order"), std::string::npos);
  EXPECT_EQ(hint("expired"), "renew it");
  EXPECT_NE(hint("weak-digest").find("SHA-256"), std::string::npos);
  EXPECT_NE(hint("cn-only").find("subjectAltName"), std::string::npos);
}

TEST_F(certificate_check_test, the_worst_comes_first) {
  const auto found = check_certificates(list_of("expired intermediate expired ca"), options_at(now));
  EXPECT_TRUE(std::ranges::is_sorted(found, std::ranges::greater(), &certificate_finding::weight)) << summary(found);
  EXPECT_EQ(found.front().id, "expired");
}

TEST_F(certificate_check_test, hostile_names_are_printed_harmless) {
  for (const auto& f : check_certificates(list_of("odd-subject cn-only"), options_at(sys_seconds::max())))
    for (const char c : f.message + f.hint) EXPECT_GE(static_cast<unsigned char>(c), 0x20);
}

TEST_F(certificate_check_test, chains_are_put_in_order) {
  struct row {
    std::string given, ordered;
    chain_root root = chain_root::leave_out;
    std::string key = {};
  };
  const std::vector<row> table = {
      {"server", "server"},
      {"chain intermediate ca", "chain intermediate"},
      {"chain intermediate ca", "chain intermediate ca", chain_root::keep},
      {"ca intermediate chain", "chain intermediate ca", chain_root::keep},
      {"intermediate ca chain intermediate chain", "chain intermediate"},
      // Roots that are the leaf stay.
      {"self-signed", "self-signed"},
      {"ca", "ca"},
      // The same name is not the same issuer.
      {"ca-twin chain intermediate ca", "chain intermediate ca ca-twin", chain_root::keep},
      {"ca-twin intermediate", "intermediate ca-twin"},
      // Strangers come last and in their order.
      {"other-ca wildcard chain intermediate", "chain intermediate other-ca wildcard"},
      {"wildcard chain intermediate", "wildcard chain intermediate", chain_root::leave_out, "wildcard"},
      // Cross-signed: one way to the end, then the other.
      {"chain ca other-ca intermediate intermediate-cross", "chain intermediate ca intermediate-cross other-ca",
       chain_root::keep},
      // Of two with one name and key the one that lasts longer.
      {"ca-expired-twin intermediate ca", "intermediate ca ca-expired-twin", chain_root::keep},
      // CAs that signed each other.
      {"ring-two ring-one ring-leaf", "ring-leaf ring-one ring-two"},
      {"ring-two ring-one", "ring-two ring-one"},
      {"ring-two ring-one", "ring-one ring-two", chain_root::leave_out, "ring-one"},
  };
  for (const auto& r : table) {
    SCOPED_TRACE(r.given + " -> " + r.ordered);
    std::optional<private_key> key;
    if (!r.key.empty()) key = private_key::load(pki(r.key + ".key")).value();
    const auto ordered = in_chain_order(list_of(r.given), key, r.root);
    const auto expected = list_of(r.ordered);
    std::string got;
    for (const auto& c : ordered) got += c.subject() + " by " + c.issuer() + "; ";
    EXPECT_TRUE(ordered == expected) << got;
    // Once is enough, and nothing is said against the order then.
    EXPECT_TRUE(in_chain_order(ordered, key, r.root) == ordered);
    EXPECT_EQ(summary(check_certificates(ordered, {.at = now, .key = key})).find("wrong_order"), std::string::npos);
  }
  EXPECT_TRUE(in_chain_order({}).empty());
}

TEST_F(certificate_check_test, each_order_of_a_chain_leads_to_the_same) {
  auto list = list_of("chain intermediate ca other-ca");
  const auto less = [](const certificate& a, const certificate& b) { return a.der() < b.der(); };
  std::sort(list.begin(), list.end(), less);
  const auto expected = list_of("chain intermediate ca other-ca");
  do {
    EXPECT_TRUE(in_chain_order(list, {}, chain_root::keep) == expected);
  } while (std::next_permutation(list.begin(), list.end(), less));
}

TEST_F(certificate_check_test, many_certificates_of_one_name_end_in_time) {
  // Each one of two hundred could have issued each of two hundred others: 80,000 signatures to look at.
  const auto key = private_key::generate("ec:P-256").value();
  const auto root =
      make_ca({.common_name = "one", .at = now, .path_length = 9}, private_key::generate("ec:P-256").value()).value();
  const auto other = issue_ca({.common_name = "other", .at = now, .path_length = 8}, key, root).value();
  std::vector<certificate> list;
  for (int i = 0; i < 200; ++i) {
    list.push_back(issue_ca({.common_name = "other", .at = now}, key, root).value().leaf());
    list.push_back(issue_ca({.common_name = "one", .at = now}, key, other).value().leaf());
  }
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(in_chain_order(list).size(), list.size());
  EXPECT_FALSE(check_certificates(list, options_at(now)).empty());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, 20s);
}

TEST_F(certificate_check_test, severities_have_names) {
  EXPECT_EQ(name(severity::ok), "ok");
  EXPECT_EQ(name(severity::note), "note");
  EXPECT_EQ(name(severity::warning), "warning");
  EXPECT_EQ(name(severity::problem), "problem");
  EXPECT_EQ(name(static_cast<severity>(9)), "unknown");
}

}  // namespace
}  // namespace signet
