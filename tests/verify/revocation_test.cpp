#include "verify/revocation.hpp"

#include <signet/x509/crl_builder.hpp>

#include <gtest/gtest.h>

#include "issued.hpp"
#include "support/pki.hpp"

namespace signet {
namespace {

using namespace std::chrono_literals;
using test::codes;
using test::judge;
using test::noon;
using strings = std::vector<std::string>;

struct hierarchy {
  identity anchor = test::root("Root");
  identity issuing = test::intermediate("Issuing CA", anchor);
  identity server = test::leaf("server.test", issuing);
  trust_store trust = trust_store::of({anchor.leaf()});

  [[nodiscard]] strings judged(std::vector<crl> lists, crl_scope scope = crl_scope::leaf) const {
    return codes(judge({server.leaf(), issuing.leaf()}, trust, "server.test",
                       {.crls = revocation_lists{.lists = std::move(lists), .scope = scope}})
                     .findings());
  }
};

const hierarchy& h() {
  static const hierarchy made;
  return made;
}

crl list_of(const identity& ca, const std::vector<certificate>& revoked, std::chrono::sys_seconds at = noon - 24h) {
  crl_options options{.at = at};
  for (const auto& c : revoked) options.entries.push_back({.serial_number = c.serial_number(), .revoked_at = at - 1h});
  return make_crl(options, ca).value();
}

TEST(revocation, a_certificate_that_stands_in_its_issuers_list_is_refused) {
  EXPECT_EQ(h().judged({list_of(h().issuing, {})}), strings{});
  EXPECT_EQ(h().judged({list_of(h().issuing, {h().server.leaf()})}), strings{"revoked"});
}

TEST(revocation, the_scope_says_of_whom_lists_are_asked) {
  const auto clean = list_of(h().issuing, {});
  const auto bad = list_of(h().anchor, {h().issuing.leaf()});
  EXPECT_EQ(h().judged({clean, bad}), strings{});
  EXPECT_EQ(h().judged({clean, bad}, crl_scope::chain), strings{"revoked"});
  EXPECT_EQ(h().judged({clean}, crl_scope::chain), strings{"crl_not_found"});
  EXPECT_EQ(h().judged({clean, list_of(h().anchor, {})}, crl_scope::chain), strings{});
}

TEST(revocation, without_a_list_of_the_issuer_nothing_is_cleared) {
  EXPECT_EQ(h().judged({}), strings{"crl_not_found"});
  EXPECT_EQ(h().judged({list_of(h().anchor, {})}), strings{"crl_not_found"});
  // A CA of the same name with another key.
  const auto twin = test::intermediate("Issuing CA", h().anchor);
  EXPECT_EQ(h().judged({list_of(twin, {})}), strings{"crl_invalid"});
  EXPECT_EQ(h().judged({list_of(twin, {}), list_of(h().issuing, {})}), strings{});
}

TEST(revocation, a_list_counts_from_its_time_to_its_successors) {
  EXPECT_EQ(h().judged({list_of(h().issuing, {}, noon)}), strings{});
  EXPECT_EQ(h().judged({list_of(h().issuing, {}, noon - 24h * 8)}), strings{"crl_expired"});
  EXPECT_EQ(h().judged({list_of(h().issuing, {}, noon + 1h)}), strings{"crl_invalid"});
  // One that is out of date does not stand in the way of a current one.
  EXPECT_EQ(h().judged({list_of(h().issuing, {}, noon - 24h * 8), list_of(h().issuing, {h().server.leaf()})}),
            strings{"revoked"});
}

// Only a later list that does not name the certificate takes a hold back.
TEST(revocation, a_hold_counts_until_a_later_list_takes_it_back) {
  const auto hold_of = [](std::chrono::sys_seconds at) {
    crl_options options{.at = at};
    options.entries.push_back({.serial_number = h().server.leaf().serial_number(),
                               .revoked_at = at - 1h,
                               .reason = revocation_reason::certificate_hold});
    return make_crl(options, h().issuing).value();
  };
  for (const auto at : {noon - 24h, noon - 24h * 8, noon + 1h})
    EXPECT_EQ(h().judged({hold_of(at)}), strings{"revoked"}) << to_rfc3339(at);
  EXPECT_EQ(h().judged({list_of(h().issuing, {}, noon - 48h), hold_of(noon - 24h)}), strings{"revoked"});
  EXPECT_EQ(h().judged({list_of(h().issuing, {}, noon - 24h), hold_of(noon - 24h)}), strings{"revoked"});
  EXPECT_EQ(h().judged({list_of(h().issuing, {}, noon - 24h), hold_of(noon - 48h)}), strings{});
  // One that does not count takes nothing back.
  EXPECT_EQ(h().judged({list_of(h().issuing, {}, noon - 24h * 8), hold_of(noon - 24h * 9)}), strings{"revoked"});
}

TEST(revocation, is_asked_of_a_certificate_that_is_trusted_itself) {
  const auto& leaf = h().server.leaf();
  const auto judged = [&](std::vector<certificate> trusted, std::vector<certificate> sent, std::vector<crl> lists,
                          crl_scope scope = crl_scope::leaf, std::vector<certificate> intermediates = {}) {
    return codes(judge(sent, trust_store::of(std::move(trusted)), "server.test",
                       {.intermediates = std::move(intermediates),
                        .crls = revocation_lists{.lists = std::move(lists), .scope = scope}})
                     .findings());
  };
  const auto& ca = h().issuing.leaf();
  const auto& root = h().anchor.leaf();
  const auto clean = list_of(h().issuing, {}), bad = list_of(h().issuing, {leaf});
  // Its issuer may be known from anywhere.
  for (const auto scope : {crl_scope::leaf, crl_scope::chain}) {
    EXPECT_EQ(judged({leaf}, {leaf, ca}, {bad}, scope), strings{"revoked"});
    EXPECT_EQ(judged({leaf}, {leaf}, {bad}, scope, {ca}), strings{"revoked"});
    EXPECT_EQ(judged({leaf}, {leaf, ca}, {clean}, scope), strings{});
    EXPECT_EQ(judged({leaf}, {leaf, ca}, {}, scope), strings{"crl_not_found"});
    // Whether a list is signed only the issuer's key can tell.
    EXPECT_EQ(judged({leaf}, {leaf}, {bad}, scope), strings{"crl_not_found"});
    EXPECT_EQ(judged({leaf}, {leaf}, {clean}, scope), strings{"crl_not_found"});
  }
  // A search for another way does not end at it.
  EXPECT_EQ(judged({leaf, root}, {leaf, ca}, {bad}), strings{"revoked"});
  EXPECT_EQ(judged({leaf, root}, {leaf, ca}, {}), strings{"crl_not_found"});
  EXPECT_EQ(judged({leaf, ca}, {leaf}, {bad}), strings{"revoked"});

  const auto bad_ca = list_of(h().anchor, {ca});
  EXPECT_EQ(judged({ca, root}, {leaf, ca}, {clean, bad_ca}, crl_scope::chain), strings{"revoked"});
  EXPECT_EQ(judged({ca}, {leaf, ca, root}, {clean, bad_ca}, crl_scope::chain), strings{"revoked"});
  // A trusted CA without a list is trusted as it is, and roots have no issuer.
  EXPECT_EQ(judged({ca}, {leaf}, {clean}, crl_scope::chain), strings{});
  const auto alone = make_self_signed({.dns_names = {"server.test"}, .at = noon - 24h}, test::fresh_key()).value();
  EXPECT_EQ(judged({alone.leaf()}, {alone.leaf()}, {}), strings{});
}

TEST(revocation, each_refusal_has_its_sentence_and_a_way_out) {
  const auto answer =
      judge({h().server.leaf(), h().issuing.leaf()}, h().trust, "server.test", {.crls = revocation_lists{}});
  ASSERT_EQ(answer.findings().size(), 1U);
  EXPECT_NE(answer.findings()[0].message.find("server.test"), std::string::npos);
  EXPECT_NE(answer.findings()[0].hint.find("Issuing CA"), std::string::npos);
}

TEST(revocation, lists_are_found_in_a_folder_by_their_names) {
  const test::temporary_folder folder;
  const auto one = list_of(h().issuing, {h().server.leaf()});
  folder.file("5ad8a5d6.r0", one.pem());
  folder.file("issuing.crl", one.pem());
  folder.file("readme.txt", "nothing");
  folder.file("5ad8a5d6.0", "a certificate would be here");
  const auto found = load_crl_directory(folder / ".");
  ASSERT_TRUE(found) << found.error().message();
  EXPECT_EQ(found->size(), 1U);
  EXPECT_EQ(h().judged(*found), strings{"revoked"});
  folder.file("broken.crl", "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n");
  EXPECT_FALSE(load_crl_directory(folder / "."));
  EXPECT_EQ(name(load_crl_directory("/nowhere/at/all").error().code()), "file_not_readable");
}

}  // namespace
}  // namespace signet
