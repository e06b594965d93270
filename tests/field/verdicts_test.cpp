// A refusal says what was found beside what was wanted, in words and as fields: each kind that the field reported.
#include <signet/x509/crl_builder.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/pki.hpp"
#include "verify/issued.hpp"
#include "verify/spoilt.hpp"

namespace signet {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

finding first(const std::vector<certificate>& sent, const identity& trusted, const std::string& name,
              verify_options options = {}) {
  const auto answer = test::judge(sent, trust_store::of({trusted.leaf()}), name, std::move(options));
  EXPECT_FALSE(answer.trusted());
  return answer.findings().empty() ? finding{} : answer.findings().front();
}

std::vector<certificate> chain_of(const identity& who) {
  return who.chain();
}

std::vector<certificate> input(const std::string& file) {
  return load_certificates(std::string(SIGNET_SOURCE) + "/tests/field/inputs/" + file).value();
}
// The first second in which all of them are valid, and the last of e-old.pem.
constexpr auto then = std::chrono::sys_days(std::chrono::year(2026) / 11 / 29) + 5h + 26min + 30s;
verdict judge_input(const std::string& sent, const std::string& root, const std::string& name) {
  return test::judge(input(sent), trust_store::of(input(root)), name, {.clock = [] { return then; }});
}

// With extensions that our builder would refuse to give it.
certificate crafted_ca(const private_key& key, const identity& issuer, const std::string& name, int more,
                       const char* value) {
  return test::spoilt(key, issuer, [&](X509* x) {
    test::put_common_name(x, name);
    test::put(x, NID_basic_constraints, "critical,CA:TRUE");
    test::put(x, more, value);
  });
}

TEST(field_name_constraint, names_the_name_the_ca_and_what_it_permits) {
  const auto root = test::root("Root");
  const auto ca = test::intermediate("Constrained", root,
                                     {.constraints = {.permitted = {{general_name_kind::dns, "inside.test"}}}});
  const auto leaf = test::spoilt_leaf(ca, "DNS:a.inside.test,DNS:www.outside.test");
  const auto f = first({leaf, ca.leaf()}, root, "a.inside.test");
  EXPECT_EQ(f.code, errc::name_constraint);
  EXPECT_EQ(f.message,
            "the certificate 'a.inside.test' has the name DNS:www.outside.test, and the intermediate 'Constrained' "
            "(depth 1) may only certify DNS:inside.test by its name constraints");
  EXPECT_EQ(f.expected, "DNS:inside.test");
  EXPECT_EQ(f.presented, "DNS:www.outside.test");
  EXPECT_NE(f.hint, "");
}

TEST(field_name_constraint, names_what_is_excluded_a_wildcard_over_it_too) {
  const auto root = test::root("Root");
  const auto ca =
      test::intermediate("Barred", root, {.constraints = {.excluded = {{general_name_kind::dns, "secret.good.test"}}}});
  for (const std::string name : {"www.secret.good.test", "*.good.test"}) {
    const auto leaf = test::spoilt_leaf(ca, "DNS:" + name);
    const auto f = first({leaf, ca.leaf()}, root, "www.secret.good.test");
    EXPECT_EQ(f.code, errc::name_constraint) << name;
    EXPECT_THAT(f.message, AllOf(HasSubstr("'Barred' (depth 1)"), HasSubstr("nothing of DNS:secret.good.test")));
    EXPECT_EQ(f.presented, "DNS:" + name);
  }
}

TEST(field_path_length, says_whose_how_long_and_who_stands_below) {
  const auto root = test::root("Root");
  auto low = test::intermediate("Low", root);
  // Its issuer does not allow it, so it is made by hand.
  const auto key = test::fresh_key();
  const auto under = crafted_ca(key, low, "Too Low", NID_key_usage, "critical,keyCertSign");
  const auto leaf = test::leaf("a.test", identity::make({under}, key).value());
  const auto f = first({leaf.leaf(), under, low.leaf()}, root, "a.test");
  EXPECT_EQ(f.code, errc::path_too_long);
  EXPECT_EQ(f.message,
            "the intermediate 'Low' (depth 2) allows 0 intermediates below it by its path length, and there is 1: "
            "'Too Low'");
  EXPECT_EQ(f.presented, "1: 'Too Low'");
  EXPECT_EQ(f.expected, "at most 0 intermediates below the intermediate 'Low' (depth 2)");
}

TEST(field_path_length, of_the_users_limit_says_the_limit_and_the_option) {
  const auto root = test::root("Root");
  const auto upper = test::intermediate("Upper", root, {.path_length = 2});
  const auto lower = test::intermediate("Lower", upper);
  const auto leaf = test::leaf("a.test", lower);
  const auto f = first({leaf.leaf(), lower.leaf(), upper.leaf()}, root, "a.test", {.max_intermediates = 1});
  EXPECT_EQ(f.code, errc::path_too_long);
  EXPECT_THAT(f.message, AllOf(HasSubstr("at most 1 intermediate "), HasSubstr("'Lower', 'Upper'")));
  EXPECT_THAT(f.hint, HasSubstr("max_intermediates"));
}

TEST(field_purpose, says_what_was_found_and_what_was_wanted) {
  const auto root = test::root("Root");
  const auto f = first({test::spoilt_leaf(root, "DNS:a.test", "x", "clientAuth,emailProtection")}, root, "a.test");
  EXPECT_EQ(f.code, errc::invalid_purpose);
  EXPECT_EQ(
      f.message,
      "the certificate 'a.test' is for clientAuth, emailProtection by its extended key usage, not for serverAuth");
  EXPECT_EQ(f.expected, "serverAuth");
  EXPECT_EQ(f.presented, "clientAuth, emailProtection");
}

TEST(field_purpose, of_a_ca_that_stands_for_a_server_says_so) {
  const auto root = test::root("Root");
  const auto key = test::fresh_key();
  const auto ca = crafted_ca(key, root, "ca", NID_subject_alt_name, "DNS:a.test");
  const auto f = first({ca}, root, "a.test", {.profile = verify_profile::webpki});
  EXPECT_EQ(f.code, errc::invalid_purpose);
  EXPECT_THAT(f.message, HasSubstr("is that of a CA"));
  EXPECT_EQ(f.presented, "CA:TRUE");
  EXPECT_THAT(f.hint, HasSubstr("CA:FALSE"));
}

TEST(field_signature, of_sha1_names_the_algorithm) {
  const auto answer = verify_peer({.sent = load_certificates(test::pki("weak-digest.pem")).value(),
                                   .trust = test::test_ca(),
                                   .expected = server_name::parse("server.test").value()});
  ASSERT_FALSE(answer.trusted());
  EXPECT_EQ(answer.findings()[0].code, errc::weak_signature);
  EXPECT_THAT(answer.findings()[0].message, HasSubstr("SHA1"));
  EXPECT_THAT(answer.findings()[0].presented, HasSubstr("SHA1"));
}

TEST(field_wildcard, is_said_to_stand_for_one_label) {
  const auto root = test::root("Root");
  const auto leaf = test::leaf("*.wild.test", root);
  EXPECT_THAT(first(chain_of(leaf), root, "a.b.wild.test").message,
              HasSubstr("the '*' of '*.wild.test' stands for one label"));
  EXPECT_THAT(first(chain_of(leaf), root, "wild.test").message,
              HasSubstr("'*.wild.test' speaks for names below wild.test, not for wild.test itself"));
  EXPECT_THAT(first(chain_of(leaf), root, "a.tame.test").message, Not(HasSubstr("stands for")));
}

TEST(field_address, of_a_certificate_with_domains_only_is_told_so) {
  const auto root = test::root("Root");
  const auto f = first(chain_of(test::leaf("a.test", root)), root, "192.0.2.1");
  EXPECT_EQ(f.message, "the certificate is for a.test, and for no address, so not for 192.0.2.1");
  EXPECT_EQ(f.expected, "IP:192.0.2.1");
  EXPECT_EQ(f.presented, "DNS:a.test");
}

TEST(field_address, as_a_dns_name_speaks_for_none) {
  const auto answer = judge_input("g-ipasdns.pem", "g-root.pem", "127.0.0.1");
  ASSERT_FALSE(answer.trusted());
  EXPECT_EQ(answer.findings()[0].message,
            "the certificate holds the address 127.0.0.1 as a DNS name, which speaks for no address");
  EXPECT_EQ(answer.findings()[0].presented, "DNS:127.0.0.1");
}

TEST(field_names, of_another_kind_are_named) {
  const auto answer = judge_input("g-ipuri.pem", "g-root.pem", "127.0.0.1");
  ASSERT_FALSE(answer.trusted());
  EXPECT_THAT(answer.findings()[0].message,
              AllOf(HasSubstr("only names of kinds that do not speak for a host (URI:"), Not(HasSubstr("holds no"))));
  EXPECT_THAT(answer.findings()[0].presented, StartsWith("URI:"));
}

TEST(field_names, that_cannot_be_read_are_the_first_thing_said) {
  for (const std::string file : {"o-badsan.pem", "o-dupext.pem"}) {
    const auto answer = judge_input(file, "o-root.pem", "host.example.org");
    ASSERT_FALSE(answer.trusted()) << file;
    EXPECT_EQ(answer.findings()[0].code, errc::invalid_extension) << file << ": " << answer.findings()[0].message;
    EXPECT_THAT(answer.findings()[0].message, HasSubstr("cannot be read")) << file;
    for (const auto& f : answer.findings()) EXPECT_THAT(f.message, Not(HasSubstr("holds no"))) << file;
  }
  const auto empty = judge_input("o-emptysan.pem", "o-root.pem", "host.example.org");
  ASSERT_FALSE(empty.trusted());
}

TEST(field_list, that_is_out_of_date_says_whose_since_when_and_where_a_new_one_is) {
  const auto root = test::root("Root");
  const auto leaf = test::leaf("a.test", root, {.crl_urls = {"http://lists.test/root.crl"}});
  const auto list = make_crl({.at = test::noon - 9 * 24h}, root).value();
  const auto f = first(chain_of(leaf), root, "a.test", {.crls = revocation_lists{.lists = {list}}});
  EXPECT_EQ(f.code, errc::crl_expired);
  EXPECT_THAT(f.message, AllOf(HasSubstr("the revocation list of 'CN=Root'"), HasSubstr("2026-05-30T12:00:00Z")));
  EXPECT_EQ(f.presented, "current until 2026-05-30T12:00:00Z");
  EXPECT_THAT(f.hint, HasSubstr("http://lists.test/root.crl"));
}

TEST(field_pin, says_what_was_expected_and_what_was_found_in_the_same_form) {
  const auto root = test::root("Root");
  const auto leaf = test::leaf("a.test", root), other = test::leaf("a.test", root);
  for (const auto part : {fingerprint_of::certificate, fingerprint_of::public_key}) {
    const std::string form = part == fingerprint_of::certificate ? "sha256$" : "sha256$pub$";
    const auto of = [&](const identity& who) { return form + to_hex(who.leaf().fingerprint("sha256", part).value()); };
    const auto f = first(chain_of(leaf), root, "a.test", {.pins = {certificate_pin::parse(of(other)).value()}});
    EXPECT_EQ(f.code, errc::pin_mismatch);
    EXPECT_EQ(f.expected, of(other));
    EXPECT_EQ(f.presented, of(leaf));
    EXPECT_THAT(f.message, AllOf(HasSubstr(of(other)), HasSubstr(of(leaf))));
  }
}

TEST(field_trusted_name, by_another_key_says_what_differs) {
  const auto old_root = test::root("Example CA"), new_root = test::root("Example CA");
  const auto f = first(chain_of(test::leaf("a.test", old_root)), new_root, "a.test");
  EXPECT_EQ(f.code, errc::unknown_issuer);
  EXPECT_THAT(f.message, AllOf(HasSubstr("a name that is trusted"), HasSubstr("their key identifiers differ"),
                               HasSubstr(to_hex(old_root.leaf().subject_key_id())),
                               HasSubstr(to_hex(new_root.leaf().subject_key_id()))));
  EXPECT_THAT(f.hint, HasSubstr("get its current certificate"));
}

TEST(field_trusted_name, renewed_with_the_same_key_says_that_the_serial_number_differs) {
  const auto answer = verify_peer({.sent = input("e-leaf.pem"),
                                   .trust = trust_store::of(input("e-new.pem")),
                                   .expected = server_name::parse("host.example.org").value(),
                                   .options = {.clock = [] { return then; }, .profile = verify_profile::webpki}});
  ASSERT_FALSE(answer.trusted());
  EXPECT_THAT(answer.findings()[0].message,
              AllOf(HasSubstr("the serial number"), Not(HasSubstr("key identifiers differ"))));
  EXPECT_THAT(answer.findings()[0].expected, StartsWith("serial number "));
  EXPECT_TRUE(judge_input("e-leaf.pem", "e-old.pem", "host.example.org").trusted());
  // Without what browsers demand it is a hint, and told.
  const auto compatible = judge_input("e-leaf.pem", "e-new.pem", "host.example.org");
  ASSERT_TRUE(compatible.trusted()) << compatible.findings()[0].message;
  ASSERT_EQ(compatible.passed_over().size(), 1U);
  EXPECT_THAT(compatible.passed_over()[0].message, HasSubstr("by another serial number"));
  // The name of the issuer's issuer is no number that changes at each renewal.
  EXPECT_FALSE(judge_input("c-chain.pem", "c-root.pem", "host.example.org").trusted());
}

TEST(field_issuer, that_was_sent_and_does_not_fit_is_not_to_be_trusted) {
  const auto answer = judge_input("c-chain.pem", "c-root.pem", "host.example.org");
  ASSERT_FALSE(answer.trusted());
  const auto& f = answer.findings()[0];
  EXPECT_EQ(f.code, errc::unknown_issuer);
  EXPECT_THAT(f.message, AllOf(HasSubstr("was sent does not fit"), HasSubstr("authority key identifier names"),
                               HasSubstr("'CN=C Int'"), HasSubstr("'CN=C Root'")));
  EXPECT_THAT(f.hint, Not(HasSubstr("trust_store")));
}

TEST(field_issuer, that_was_not_sent_is_missed_whatever_the_trust) {
  const auto root = test::root("Root");
  const auto ca = test::intermediate("Issuing", root, {.ca_issuer_urls = {}});
  const auto leaf = test::leaf("a.test", ca, {.ca_issuer_urls = {"http://certs.test/issuing.der"}});
  for (const auto& who : {leaf, test::leaf("a.test", ca)}) {
    const auto f = first({who.leaf()}, root, "a.test");
    EXPECT_THAT(f.message, HasSubstr("'CN=Issuing', which was not sent along"));
    EXPECT_THAT(f.hint, StartsWith("either the server did not send the intermediate 'CN=Issuing'"));
  }
  EXPECT_THAT(first({leaf.leaf()}, root, "a.test").hint, HasSubstr("http://certs.test/issuing.der"));
}

TEST(field_issuer, that_was_not_sent_is_missed_whatever_else_was) {
  const auto root = test::root("Root"), other = test::root("Other");
  const auto leaf =
      test::leaf("a.test", test::intermediate("Issuing", root), {.ca_issuer_urls = {"http://certs.test/i"}});
  for (const auto& more : {root.leaf(), leaf.leaf(), other.leaf()}) {
    const auto f = first({leaf.leaf(), more}, root, "a.test");
    EXPECT_THAT(f.message, HasSubstr("'CN=Issuing', which was not sent along"));
    EXPECT_THAT(f.hint, HasSubstr("http://certs.test/i"));
  }
}

TEST(field_issuer, by_name_only_is_not_to_be_trusted) {
  // The twin signed itself and bears the issuer's name; without key identifiers nothing tells it from the issuer.
  const auto key = test::fresh_key(), other = test::fresh_key();
  const auto self = [](const private_key& own) {
    return make_ca({.common_name = "Example CA", .at = test::noon - 24h * 20}, own).value();
  };
  const auto issuer = self(key), twin = self(other);
  const auto leaf = test::spoilt(test::fresh_key(), issuer, [](X509* x) {
    test::put_common_name(x, "a.test");
    test::put(x, NID_subject_alt_name, "DNS:a.test");
  });
  for (const bool is_trusted : {false, true}) {
    const auto answer = test::judge(
        {leaf, twin.leaf()}, trust_store::of({is_trusted ? twin.leaf() : test::root("Unlike").leaf()}), "a.test");
    ASSERT_FALSE(answer.trusted());
    const auto& f = answer.findings()[0];
    EXPECT_EQ(f.code, errc::bad_signature) << f.message;
    EXPECT_THAT(f.message, HasSubstr("'Example CA' (depth 1) did not make it"));
    EXPECT_THAT(f.hint, HasSubstr(is_trusted ? "get its current certificate" : "has to send the certificate of"));
  }
}

TEST(field_list, that_revokes_says_who_and_when_and_why) {
  const auto root = test::root("Root");
  const auto leaf = test::leaf("a.test", root);
  crl_options options{.at = test::noon - 24h};
  options.entries.push_back({.serial_number = leaf.leaf().serial_number(),
                             .revoked_at = test::noon - 48h,
                             .reason = revocation_reason::key_compromise});
  const auto f =
      first(chain_of(leaf), root, "a.test", {.crls = revocation_lists{.lists = {make_crl(options, root).value()}}});
  EXPECT_EQ(f.code, errc::revoked);
  EXPECT_THAT(f.message, AllOf(HasSubstr("'CN=Root' took it back on 2026-05-30T12:00:00Z"), HasSubstr("key")));
  EXPECT_THAT(f.hint, HasSubstr("needs another one"));
}

TEST(field_list, that_is_missing_says_where_it_is) {
  const auto root = test::root("Root");
  const auto f = first(chain_of(test::leaf("a.test", root, {.crl_urls = {"http://lists.test/root.crl"}})), root,
                       "a.test", {.crls = revocation_lists{}});
  EXPECT_EQ(f.code, errc::crl_not_found);
  EXPECT_THAT(f.hint, HasSubstr("http://lists.test/root.crl"));
}

TEST(field_pin, that_was_to_be_accepted_is_told_beside_what_else_is_wrong) {
  const auto root = test::root("Root"), stranger = test::root("Stranger");
  const auto pin = certificate_pin::parse("sha256$pub$" + std::string(64, '0')).value();
  const auto f = first(chain_of(test::leaf("a.test", stranger)), root, "a.test", {.accepted_pins = {pin}});
  EXPECT_EQ(f.code, errc::unknown_issuer);
  EXPECT_THAT(f.message, AllOf(HasSubstr(pin.text()), HasSubstr("found sha256$pub$")));
}

TEST(field_known_key, that_changed_comes_before_all_else_with_both_keys) {
  const test::temporary_folder folder;
  const auto root = test::root("Root");
  const auto stranger = test::root("Stranger");
  const auto old_one = test::leaf("a.test", stranger), new_one = test::leaf("a.test", stranger);
  const auto peers = known_peers::open(folder / "peers").value();
  ASSERT_TRUE(peers.remember(server_name::parse("a.test").value(), 0, old_one.leaf(), test::noon));
  const auto key_of = [](const identity& who) {
    return "sha256$pub$" + to_hex(who.leaf().fingerprint("sha256", fingerprint_of::public_key).value());
  };
  // And by then it has expired as well.
  for (const auto at : {test::noon, test::noon + 4000 * 24h}) {
    const auto f = first(chain_of(new_one), root, "a.test", {.clock = [at] { return at; }, .first_use = peers});
    EXPECT_EQ(f.code, errc::pin_mismatch);
    EXPECT_EQ(f.expected, key_of(old_one));
    EXPECT_EQ(f.presented, key_of(new_one));
    EXPECT_THAT(f.message, AllOf(HasSubstr(f.expected), HasSubstr(f.presented)));
  }
  // Of a key that is known, the chain is no matter.
  const auto late =
      first(chain_of(old_one), root, "a.test", {.clock = [] { return test::noon + 4000 * 24h; }, .first_use = peers});
  EXPECT_EQ(late.code, errc::expired);
}

TEST(field_common_name, is_named_where_it_is_consulted) {
  const auto root = test::root("Root");
  const auto leaf = test::spoilt(test::fresh_key(), root, [](X509* x) { test::put_common_name(x, "a.test"); });
  const auto f = first({leaf, root.leaf()}, root, "b.test", {.scheme = hostname_scheme::http});
  EXPECT_EQ(f.message, "the certificate is for the common name 'a.test', not for b.test");
  EXPECT_THAT(f.hint, Not(HasSubstr("scheme")));
}

TEST(field_wildcard, that_counts_nowhere_is_no_advice) {
  const auto root = test::root("Root");
  for (const auto* names : {"DNS:a.*.example", "DNS:*.*.example"}) {
    const auto f = first({test::spoilt_leaf(root, names)}, root, "a.b.example");
    EXPECT_THAT(f.message, HasSubstr("counts only as the whole first label"));
    EXPECT_THAT(f.hint, Not(HasSubstr("connect by one of those names")));
  }
}

TEST(field_name_constraint, that_cannot_be_compared_names_both) {
  const auto root = test::root("Root");
  const auto key = test::fresh_key();
  const auto constrained = crafted_ca(key, root, "Constrained", NID_name_constraints, "permitted;URI:.example");
  const auto issuing = identity::make({constrained}, key).value();
  const auto leaf = test::spoilt_leaf(issuing, "DNS:a.test,URI:urn:x:y");
  const auto f = first({leaf, constrained}, root, "a.test");
  EXPECT_EQ(f.code, errc::name_constraint);
  EXPECT_THAT(f.message, AllOf(HasSubstr("the name URI:urn:x:y"), HasSubstr("'Constrained' (depth 1)"),
                               HasSubstr("URI:.example")));
}

TEST(field_time, that_was_given_is_no_age) {
  const auto root = test::root("Root");
  const auto leaf = test::leaf("a.test", root);
  for (const auto at : {test::noon + 4000 * 24h, test::noon - 15 * 24h}) {
    const auto f = first(chain_of(leaf), root, "a.test", {.clock = [at] { return at; }});
    EXPECT_THAT(f.message,
                AllOf(HasSubstr(to_rfc3339(at)), HasSubstr("the time that was given"), Not(HasSubstr("days"))));
    EXPECT_EQ(f.expected, "valid on " + to_rfc3339(at));
  }
}

// `openssl req -x509` makes CA and server in one.
TEST(field_self_signed, ca_and_server_in_one_is_accepted_where_exactly_it_is_trusted) {
  const auto key = test::fresh_key();
  const auto made = test::crafted([&](X509* x) {
    test::put_common_name(x, "host.test");
    X509_set_issuer_name(x, X509_get_subject_name(x));
    test::put(x, NID_basic_constraints, "critical,CA:TRUE");
    test::put(x, NID_subject_alt_name, "DNS:host.test");
  });
  const auto asked = server_name::parse("host.test").value();
  for (const auto profile : {verify_profile::compatible, verify_profile::webpki}) {
    const auto trusted = verify_peer(
        {.sent = {made}, .trust = trust_store::of({made}), .expected = asked, .options = {.profile = profile}});
    EXPECT_TRUE(trusted.trusted()) << (trusted.findings().empty() ? "" : trusted.findings()[0].message);
    // Not because it signed itself.
    const auto stranger =
        verify_peer({.sent = {made}, .trust = test::test_ca(), .expected = asked, .options = {.profile = profile}});
    ASSERT_FALSE(stranger.trusted());
    EXPECT_EQ(test::codes(stranger.findings()), std::vector<std::string>{"self_signed"});
  }
}

TEST(field_error, holds_expected_and_presented) {
  const auto root = test::root("Root");
  const auto answer = std::make_shared<const verdict>(
      test::judge(chain_of(test::leaf("a.test", root)), trust_store::of({root.leaf()}), "b.test"));
  const auto e = to_error("b.test", answer);
  EXPECT_EQ(e.expected(), "DNS:b.test");
  EXPECT_EQ(e.presented(), "DNS:a.test");
}

}  // namespace
}  // namespace signet
