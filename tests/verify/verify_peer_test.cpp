#include <signet/dangerous.hpp>
#include <signet/verify/verify_peer.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "support/pki.hpp"
#include "verify/verified_chains.hpp"
#include "x509/impl.hpp"

namespace signet {
namespace {

using namespace std::chrono_literals;
using test::pki;

std::vector<certificate> certificates(const std::string& file) {
  return load_certificates(pki(file + ".pem")).value();
}

trust_store trusting(const std::vector<const char*>& files) {
  auto store = trust_store::none();
  for (const char* file : files) store = store + trust_store::pem_file(pki(std::string(file) + ".pem")).value();
  return store;
}

struct row {
  const char* title;
  const char* sent;
  std::vector<const char*> trust;
  const char* name;
  // Codes in the order of the report; empty for a trusted peer.
  std::vector<errc> codes;
  std::size_t chain_length;
};

class judged : public testing::TestWithParam<row> {};
INSTANTIATE_TEST_SUITE_P(
    table, judged,
    testing::Values(
        row{"by_its_root", "server", {"ca"}, "server.test", {}, 2},
        row{"rsa", "server-rsa", {"ca"}, "localhost", {}, 2}, row{"ed25519", "ed25519", {"ca"}, "server.test", {}, 2},
        row{"by_address", "server", {"ca"}, "127.0.0.1", {}, 2},
        row{"by_ipv6_address", "server", {"ca"}, "[::1]", {}, 2},
        row{"in_any_case", "server", {"ca"}, "SERVER.Test.", {}, 2},
        row{"over_an_intermediate", "chain", {"ca"}, "server.test", {}, 3},
        row{"with_the_intermediate_as_anchor", "chain-leaf-only", {"intermediate"}, "server.test", {}, 2},
        row{"with_itself_as_anchor", "server", {"server"}, "server.test", {}, 1},
        row{"with_a_self_signed_self_as_anchor", "self-signed", {"self-signed"}, "server.test", {}, 1},
        row{"with_the_intermediate_in_the_store", "chain-leaf-only", {"ca", "intermediate"}, "server.test", {}, 2},
        row{"without_its_intermediate", "chain-leaf-only", {"ca"}, "server.test", {errc::unknown_issuer}, 1},
        row{"by_another_root", "server", {"other-ca"}, "server.test", {errc::unknown_issuer}, 1},
        row{"by_nobody", "server", {}, "server.test", {errc::no_trust_anchors}, 1},
        row{"self_signed", "self-signed", {"ca"}, "server.test", {errc::self_signed}, 1},
        row{"the_second_root_of_a_name", "server", {"ca-twin", "ca"}, "server.test", {}, 2},
        row{"the_first_root_of_a_name", "server", {"ca", "ca-twin"}, "server.test", {}, 2},
        row{"a_root_that_is_over_does_not_hide_its_successor",
            "server",
            {"ca-expired-twin", "ca"},
            "server.test",
            {},
            2},
        row{"only_a_root_that_is_over", "server", {"ca-expired-twin"}, "server.test", {errc::expired}, 2},
        row{"under_an_expired_root", "under-expired-ca", {"expired-ca"}, "server.test", {errc::expired}, 2},
        row{"expired", "expired", {"ca"}, "server.test", {errc::expired}, 2},
        row{"not_yet_valid", "not-yet", {"ca"}, "server.test", {errc::not_yet_valid}, 2},
        row{"wrong_name", "wrong-name", {"ca"}, "server.test", {errc::name_mismatch}, 2},
        row{"common_name_only", "cn-only", {"ca"}, "server.test", {errc::name_mismatch}, 2},
        row{"wildcard", "wildcard", {"ca"}, "a.wild.test", {}, 2},
        row{"wildcard_of_two_labels", "wildcard", {"ca"}, "a.b.wild.test", {errc::name_mismatch}, 2},
        row{"wildcard_of_no_label", "wildcard", {"ca"}, "wild.test", {errc::name_mismatch}, 2},
        row{"for_clients_only", "server-clientonly-eku", {"ca"}, "server.test", {errc::invalid_purpose}, 2},
        row{"weak_key", "weak-rsa1024", {"ca"}, "server.test", {errc::weak_key}, 2},
        row{"weak_digest", "weak-digest", {"ca"}, "server.test", {errc::weak_signature}, 2},
        row{"critical_extension_unknown",
            "critical-unknown",
            {"ca"},
            "server.test",
            {errc::unknown_critical_extension},
            2},
        // docs/proven.md 5: the CN of this one lies outside, and nobody consults it.
        row{"inside_name_constraints", "constrained", {"constrained-ca"}, "host.inside.test", {}, 2},
        row{"outside_name_constraints",
            "constrained-outside",
            {"constrained-ca"},
            "www.elsewhere.test",
            {errc::name_constraint},
            2},
        // Whatever name is asked for, this certificate has none that counts.
        row{"outside_name_constraints_and_not_who_was_meant",
            "constrained-outside",
            {"constrained-ca"},
            "server.test",
            {errc::name_constraint, errc::name_mismatch},
            2},
        row{"everything_at_once",
            "expired",
            {"other-ca"},
            "elsewhere.test",
            {errc::unknown_issuer, errc::expired, errc::name_mismatch},
            1}),
    [](const auto& each) { return each.param.title; });

TEST_P(judged, as_the_table_says) {
  const auto& row = GetParam();
  const auto sent = certificates(row.sent);
  const auto answer =
      verify_peer({.sent = sent, .trust = trusting(row.trust), .expected = server_name::parse(row.name).value()});
  std::vector<std::string> got, wanted;
  for (const auto& f : answer.findings()) got.emplace_back(name(f.code));
  for (const auto c : row.codes) wanted.emplace_back(name(c));
  EXPECT_EQ(got, wanted);
  EXPECT_EQ(answer.trusted(), row.codes.empty());
  EXPECT_EQ(answer.chain().size(), row.chain_length);
  for (const auto& f : answer.findings()) EXPECT_NE(f.message, "");
}

TEST(verify_peer, a_leaf_that_issues_is_no_ca) {
  std::vector<certificate> sent = certificates("by-a-leaf");
  sent.push_back(certificates("server").front());
  const auto answer =
      verify_peer({.sent = sent, .trust = trusting({"ca"}), .expected = server_name::parse("server.test").value()});
  ASSERT_FALSE(answer.trusted());
  EXPECT_EQ(name(answer.findings().front().code), "invalid_ca");
  EXPECT_EQ(answer.findings().front().depth, 1U);
}

TEST(verify_peer, both_ends_of_a_validity_are_inside) {
  const auto sent = certificates("server");
  for (const auto& [at, code] : {std::pair{sent[0].not_before() - 1s, errc::not_yet_valid},
                                 {sent[0].not_before(), errc{}},
                                 {sent[0].not_after(), errc{}},
                                 {sent[0].not_after() + 1s, errc::expired}}) {
    const auto answer =
        verify_peer({.sent = sent, .trust = trusting({"ca"}), .options = {.clock = [now = at] { return now; }}});
    EXPECT_EQ(answer.trusted(), code == errc{});
    if (!answer.trusted()) {
      EXPECT_EQ(name(answer.findings().front().code), name(code));
    }
  }
}

TEST(verify_peer, the_chain_is_as_long_as_allowed) {
  const auto sent = certificates("chain");
  EXPECT_TRUE(verify_peer({.sent = sent, .trust = trusting({"ca"}), .options = {.max_intermediates = 1}}).trusted());
  const auto answer = verify_peer({.sent = sent, .trust = trusting({"ca"}), .options = {.max_intermediates = 0}});
  EXPECT_FALSE(answer.trusted());
}

TEST(verify_peer, no_certificate_is_a_finding) {
  const auto answer = verify_peer({.sent = {}, .trust = trusting({"ca"})});
  ASSERT_EQ(answer.findings().size(), 1U);
  EXPECT_EQ(answer.findings().front().code, errc::no_peer_certificate);
}

TEST(verify_peer, what_a_hostile_peer_sends_is_bounded) {
  const auto one = certificates("server").front();
  const std::vector<certificate> many(5000, one);
  EXPECT_FALSE(verify_peer({.sent = many, .trust = trusting({"ca"})}).trusted());
  const std::vector<certificate> some(100, one);
  EXPECT_TRUE(verify_peer({.sent = some, .trust = trusting({"ca"})}).trusted());
}

TEST(verify_peer, order_and_strangers_in_what_was_sent_do_not_matter) {
  auto sent = certificates("chain");
  sent.insert(sent.begin() + 1, certificates("other-ca").front());
  sent.push_back(certificates("wildcard").front());
  EXPECT_TRUE(
      verify_peer({.sent = sent, .trust = trusting({"ca"}), .expected = server_name::parse("server.test").value()})
          .trusted());
}

TEST(verify_peer, loosened_reports_and_accepts) {
  const auto sent = certificates("expired");
  const auto answer =
      verify_peer({.sent = sent, .trust = trusting({"ca"}), .loosened = dangerous::accept_any_certificate("a test")});
  EXPECT_TRUE(answer.trusted());
  EXPECT_EQ(answer.waived().size(), 1U);
  EXPECT_EQ(answer.loosened(), "a test");
}

// ------------------------------------------------------------------------------------------------- on first use

TEST(first_use, remembers_nobody_whom_a_further_check_refuses) {
  const test::temporary_folder folder;
  const auto peers = known_peers::open(folder / "peers").value();
  const auto sent = certificates("self-signed");
  const auto judged = [&](further_check further, loosened_verification loosened = {}) {
    return verify_peer({.sent = sent,
                        .trust = trusting({"ca"}),
                        .expected = server_name::parse("server.test").value(),
                        .options = {.first_use = peers, .further = std::move(further)},
                        .loosened = std::move(loosened)});
  };
  const auto name = server_name::parse("server.test").value();
  bool was_trusted = false;
  const auto object = [&](const verdict& so_far) -> std::optional<finding> {
    was_trusted = so_far.trusted() && !so_far.accepted_by().empty();
    return finding{.code = errc::certificate_rejected, .message = "not this one"};
  };
  EXPECT_FALSE(judged(object).trusted());
  EXPECT_TRUE(was_trusted) << "it is asked about the verdict as it would be";
  EXPECT_FALSE(judged(object, dangerous::accept_any_certificate("a test")).trusted()) << "who says no wins";
  EXPECT_EQ(peers.look_up(name, 0, sent[0]).value(), known_peers::standing::unknown);
  EXPECT_TRUE(judged([](const verdict&) { return std::optional<finding>(); }).trusted());
  EXPECT_EQ(peers.look_up(name, 0, sent[0]).value(), known_peers::standing::known);
}

// --------------------------------------------------------------------------------------------- chains that are known

TEST(verified_chains, remember_signatures_and_nothing_that_changes) {
  verified_chains known;
  const auto sent = certificates("chain");
  const auto name_of = [](const char* text) { return server_name::parse(text).value(); };
  const auto first = verify_peer({.sent = sent, .trust = trusting({"ca"}), .expected = name_of("server.test")}, known);
  EXPECT_TRUE(first.trusted());
  EXPECT_EQ(known.size(), 1U);
  // With nobody to trust, only memory can say yes: so this is memory.
  const auto again = verify_peer({.sent = sent, .trust = trusting({}), .expected = name_of("localhost")}, known);
  EXPECT_TRUE(again.trusted());
  EXPECT_EQ(again.chain(), first.chain());

  const auto other =
      verify_peer({.sent = sent, .trust = trusting({"ca"}), .expected = name_of("elsewhere.test")}, known);
  ASSERT_EQ(other.findings().size(), 1U);
  EXPECT_EQ(other.findings().front().code, errc::name_mismatch);
  const auto late = verify_peer({.sent = sent,
                                 .trust = trusting({"ca"}),
                                 .expected = name_of("server.test"),
                                 .options = {.clock = [&] { return sent[0].not_after() + 1s; }}},
                                known);
  ASSERT_EQ(late.findings().size(), 1U);
  EXPECT_EQ(late.findings().front().code, errc::expired);
  EXPECT_FALSE(verify_peer({.sent = sent, .trust = trusting({}), .role = peer_role::client}, known).trusted())
      << "another role";
  const std::vector<certificate> leaf_only(sent.begin(), sent.begin() + 1);
  EXPECT_FALSE(verify_peer({.sent = leaf_only, .trust = trusting({})}, known).trusted()) << "other octets";
}

// What was found sound for nobody in particular may lack what a name asks for.
TEST(verified_chains, of_whom_no_host_is_expected_serve_no_host) {
  verified_chains known;
  const auto sent = certificates("cn-only");
  const auto judged = [&](const std::optional<server_name>& expected) {
    const auto answer = verify_peer(
        {.sent = sent, .trust = trusting({"ca"}), .expected = expected, .options = {.profile = verify_profile::webpki}},
        known);
    return std::ranges::any_of(answer.findings(),
                               [](const finding& f) { return f.code == errc::no_alternative_names; });
  };
  EXPECT_FALSE(judged(std::nullopt));
  EXPECT_EQ(known.size(), 1U);
  EXPECT_TRUE(judged(server_name::parse("server.test").value()));
}

TEST(verified_chains, hold_nothing_that_was_refused) {
  verified_chains known;
  for (const char* file : {"expired", "self-signed", "weak-rsa1024", "server-clientonly-eku"}) {
    const auto sent = certificates(file);
    EXPECT_FALSE(verify_peer({.sent = sent, .trust = trusting({"ca"})}, known).trusted());
  }
  EXPECT_EQ(known.size(), 0U);
}

TEST(verified_chains, are_bounded) {
  verified_chains known;
  const auto chain = certificates("server");
  for (int i = 0; i < 1000; ++i) known.put({static_cast<std::uint8_t>(i), static_cast<std::uint8_t>(i >> 8)}, chain);
  EXPECT_EQ(known.size(), 256U);
  EXPECT_FALSE(known.find({}));
  EXPECT_TRUE(known.find({static_cast<std::uint8_t>(999), static_cast<std::uint8_t>(999 >> 8)}));
}

// ------------------------------------------------------------------------------------------- the texts, and their
// hints

struct text_row {
  const char* title;
  const char* sent;
  std::vector<const char*> trust;
  const char* name;
  const char* message;
  const char* hint;
};

class text : public testing::TestWithParam<text_row> {};
INSTANTIATE_TEST_SUITE_P(
    table, text,
    testing::Values(
        text_row{"wrong_name",
                 "wrong-name",
                 {"ca"},
                 "server.test",
                 "srv: verification failed: the certificate is for other.test, not for server.test",
                 "connect by one of those names"},
        text_row{
            "address",
            "wrong-name",
            {"ca"},
            "192.0.2.1",
            "srv: verification failed: the certificate is for other.test, and for no address, so not for 192.0.2.1",
            "give the name to verify beside the address"},
        text_row{"idn",
                 "wrong-name",
                 {"ca"},
                 "bücher.example",
                 "srv: verification failed: the certificate is for other.test, not for bücher.example",
                 "connect_options::name"},
        text_row{"common_name_only",
                 "cn-only",
                 {"ca"},
                 "server.test",
                 "srv: verification failed: the certificate holds no subjectAltName, so it is not for server.test",
                 "its common name 'server.test' is not consulted (RFC 9525)"},
        text_row{"expired",
                 "expired",
                 {"ca"},
                 "server.test",
                 "srv: verification failed: the certificate 'server.test' expired on 2020-06-01T00:00:00Z, ",
                 "clock"},
        text_row{"expired_root",
                 "under-expired-ca",
                 {"expired-ca"},
                 "server.test",
                 "srv: verification failed: the root 'expired root' (depth 1) expired on 2020-01-01T00:00:00Z, ",
                 "current chain"},
        text_row{
            "not_yet_valid",
            "not-yet",
            {"ca"},
            "server.test",
            "srv: verification failed: the certificate 'server.test' is not valid before 2099-01-01T00:00:00Z, in ",
            "clock"},
        text_row{"unknown_issuer",
                 "server",
                 {"other-ca"},
                 "server.test",
                 "srv: verification failed: the certificate 'server.test' was issued by 'CN=signet test root,O=signet "
                 "tests', which was not "
                 "sent along and is not among the trusted certificates: ",
                 "trust_store::pem_file"},
        text_row{"self_signed",
                 "self-signed",
                 {"ca"},
                 "server.test",
                 "srv: verification failed: the certificate 'server.test' is self-signed and not among the trusted "
                 "certificates: ",
                 "trust_store::pem_file"},
        text_row{"nobody",
                 "server",
                 {},
                 "server.test",
                 "srv: verification failed: there is nobody to trust: the trust store is empty",
                 "trust_store::system"},
        text_row{"purpose",
                 "server-clientonly-eku",
                 {"ca"},
                 "server.test",
                 "srv: verification failed: the certificate 'server.test' is for clientAuth by its extended key usage, "
                 "not for "
                 "serverAuth",
                 "serverAuth"},
        text_row{"weak",
                 "weak-rsa1024",
                 {"ca"},
                 "server.test",
                 "srv: verification failed: the certificate 'server.test' has a key that is too weak (RSA 1024)",
                 "2048"}),
    [](const auto& each) { return each.param.title; });

TEST_P(text, says_what_is_wrong_and_what_to_do) {
  const auto& row = GetParam();
  const auto sent = certificates(row.sent);
  const auto refused = std::make_shared<const verdict>(
      verify_peer({.sent = sent, .trust = trusting(row.trust), .expected = server_name::parse(row.name).value()}));
  ASSERT_FALSE(refused->trusted());
  const auto e = to_error("srv", refused);
  EXPECT_TRUE(e.message().starts_with(row.message)) << e.message();
  EXPECT_NE(e.hint().find(row.hint), std::string::npos) << e.hint();
  EXPECT_EQ(e.verdict(), refused);
  EXPECT_EQ(e.kind(), error_kind::verification);
}

TEST(text, of_further_problems_stands_in_the_details) {
  const auto sent = certificates("expired");
  const auto e = to_error(
      "srv", std::make_shared<const verdict>(verify_peer(
                 {.sent = sent, .trust = trusting({"other-ca"}), .expected = server_name::parse("a.test").value()})));
  EXPECT_EQ(e.details().size(), 2U);
}

TEST(text, of_what_was_asked_for_says_what_that_was) {
  const auto sent = certificates("server");
  const auto first = [&](peer_role role, verify_options options, std::optional<std::string> mailbox = {}) {
    const auto answer = verify_peer({.sent = sent,
                                     .trust = trusting({"ca"}),
                                     .expected_mailbox = std::move(mailbox),
                                     .role = role,
                                     .options = std::move(options)});
    return answer.findings().empty() ? finding{} : answer.findings().front();
  };
  const auto usage = first(peer_role::server, {.extended_key_usages = {"serverAuth", "1.2.3.4.5"}});
  EXPECT_EQ(usage.code, errc::invalid_purpose);
  EXPECT_EQ(usage.message, "the certificate 'server.test' lacks an extended key usage that was asked for: 1.2.3.4.5");
  EXPECT_EQ(usage.hint.find("serverAuth"), std::string::npos) << usage.hint;
  const auto mailbox = first(peer_role::any, {}, "joe@server.test");
  EXPECT_EQ(mailbox.code, errc::name_mismatch);
  EXPECT_EQ(mailbox.message, "the certificate 'server.test' is not for the mailbox joe@server.test");
  EXPECT_EQ(mailbox.hint.find("connect_options::name"), std::string::npos) << mailbox.hint;
}

TEST(text, of_hostile_names_is_harmless) {
  const auto sent = certificates("odd-subject");
  const auto answer =
      verify_peer({.sent = sent, .trust = trusting({"ca"}), .expected = server_name::parse("odd.test").value()});
  ASSERT_FALSE(answer.trusted());
  for (const auto& f : answer.findings())
    EXPECT_TRUE(std::ranges::none_of(f.message + f.hint + f.subject, [](unsigned char c) {
      return c < 0x20 || c == 0x7f;
    })) << f.message;
}

// Whatever is waived: without a certificate there is nobody to trust.
TEST(verify_peer, trusts_nobody_without_a_certificate) {
  const auto judged = verify_peer({.loosened = dangerous::accept_any_certificate("a test")});
  EXPECT_FALSE(judged.trusted());
  ASSERT_FALSE(judged.findings().empty());
  EXPECT_EQ(judged.findings().front().code, errc::no_peer_certificate);
}

}  // namespace
}  // namespace signet
