#include "verify/chain_builder.hpp"

#include <gtest/gtest.h>
#include <openssl/core_names.h>

#include <algorithm>
#include <chrono>

#include <signet/dangerous.hpp>

#include "spoilt.hpp"
#include "support/pki.hpp"

namespace signet {
namespace {

using namespace std::chrono_literals;
using test::codes;
using test::judge;
using strings = std::vector<std::string>;

// One CA, whose key several others certified.
struct cross_signed {
  identity old_root = test::root("Old Root");
  identity new_root = test::root("New Root");
  private_key key = test::fresh_key();
  identity by_old = issue_ca({.common_name = "Issuing CA", .at = test::noon - 24h * 20}, key, old_root).value();
  identity by_new = issue_ca({.common_name = "Issuing CA", .at = test::noon - 24h * 20}, key, new_root).value();
  identity server = test::leaf("server.test", by_old);
};

TEST(chain, a_dead_end_is_no_verdict_while_another_way_is_open) {
  const cross_signed c;
  const auto& leaf = c.server.leaf();
  for (const auto& anchor : {c.old_root.leaf(), c.new_root.leaf()})
    for (const auto& order :
         {std::vector{leaf, c.by_old.leaf(), c.by_new.leaf()}, std::vector{leaf, c.by_new.leaf(), c.by_old.leaf()}}) {
      const auto answer = judge(order, trust_store::of({anchor}), "server.test");
      EXPECT_TRUE(answer.trusted()) << codes(answer.findings()).front();
      ASSERT_EQ(answer.chain().size(), 3U);
      EXPECT_EQ(answer.chain().back(), anchor);
    }
}

TEST(chain, an_expired_cross_certificate_does_not_hide_the_valid_one) {
  const cross_signed c;
  const auto expired =
      issue_ca({.common_name = "Issuing CA", .lifetime = std::chrono::days(2), .at = test::noon - 24h * 20}, c.key,
               c.new_root)
          .value();
  const auto answer = judge({c.server.leaf(), expired.leaf(), c.by_old.leaf()},
                            trust_store::of({c.new_root.leaf(), c.old_root.leaf()}), "server.test");
  EXPECT_TRUE(answer.trusted());
  EXPECT_EQ(answer.chain().back(), c.old_root.leaf());
}

TEST(chain, a_way_that_constraints_close_is_left_for_another) {
  const auto anchor = test::root("Root");
  const auto key = test::fresh_key();
  const auto barred = issue_ca({.common_name = "Issuing CA",
                                .at = test::noon - 24h * 20,
                                .constraints = {.permitted = {{general_name_kind::dns, "elsewhere.test"}}}},
                               key, anchor)
                          .value();
  const auto open = issue_ca({.common_name = "Issuing CA", .at = test::noon - 24h * 20}, key, anchor).value();
  const auto server = test::leaf("server.test", open);
  const auto trust = trust_store::of({anchor.leaf()});
  EXPECT_EQ(codes(judge({server.leaf(), barred.leaf()}, trust, "server.test").findings()), strings{"name_constraint"});
  EXPECT_TRUE(judge({server.leaf(), barred.leaf(), open.leaf()}, trust, "server.test").trusted());
  EXPECT_TRUE(judge({server.leaf(), open.leaf(), barred.leaf()}, trust, "server.test").trusted());
}

TEST(chain, a_wildcard_does_not_reach_into_an_excluded_name) {
  const auto anchor = test::root("Root", {.constraints = {.excluded = {{general_name_kind::dns, "bar.example.test"}}}});
  const auto wild = test::leaf("*.example.test", anchor);
  const auto trust = trust_store::of({anchor.leaf()});
  EXPECT_EQ(codes(judge({wild.leaf()}, trust, "foo.example.test").findings()), strings{"name_constraint"});
  const auto plain = test::leaf("foo.example.test", anchor);
  EXPECT_TRUE(judge({plain.leaf()}, trust, "foo.example.test").trusted());
}

TEST(chain, intermediates_of_the_user_stand_in_for_those_not_sent) {
  const auto anchor = test::root("Root");
  const auto issuing = test::intermediate("Issuing CA", anchor);
  const auto server = test::leaf("server.test", issuing);
  const auto trust = trust_store::of({anchor.leaf()});
  EXPECT_EQ(codes(judge({server.leaf()}, trust, "server.test").findings()), strings{"unknown_issuer"});
  EXPECT_TRUE(judge({server.leaf()}, trust, "server.test", {.intermediates = {issuing.leaf()}}).trusted());
}

TEST(chain, ends_with_what_is_trusted_whatever_was_sent_above_it) {
  const auto anchor = test::root("Root");
  const auto issuing = test::intermediate("Issuing CA", anchor);
  const auto server = test::leaf("server.test", issuing);
  const std::vector sent{server.leaf(), issuing.leaf(), anchor.leaf()};
  const auto ends_with = [&](std::vector<certificate> trusted) {
    const auto answer = judge(sent, trust_store::of(std::move(trusted)), "server.test");
    EXPECT_TRUE(answer.trusted());
    return answer.chain();
  };
  EXPECT_EQ(ends_with({server.leaf()}), std::vector{server.leaf()});
  EXPECT_EQ(ends_with({issuing.leaf()}), (std::vector{server.leaf(), issuing.leaf()}));
  EXPECT_EQ(ends_with({anchor.leaf()}), sent);
  EXPECT_EQ(ends_with({server.leaf(), anchor.leaf()}), sent);
}

TEST(chain, cas_that_certified_each_other_end_the_search) {
  const auto a_key = test::fresh_key(), b_key = test::fresh_key();
  const auto a_root = make_ca({.common_name = "A", .at = test::noon - 24h * 30, .path_length = 9}, a_key).value();
  const auto b_root = make_ca({.common_name = "B", .at = test::noon - 24h * 30, .path_length = 9}, b_key).value();
  const auto a_by_b =
      issue_ca({.common_name = "A", .at = test::noon - 24h * 20, .path_length = 5}, a_key, b_root).value();
  const auto b_by_a =
      issue_ca({.common_name = "B", .at = test::noon - 24h * 20, .path_length = 5}, b_key, a_root).value();
  const auto server = test::leaf("server.test", a_by_b);
  const auto stranger = test::root("Stranger");
  const auto answer =
      judge({server.leaf(), a_by_b.leaf(), b_by_a.leaf()}, trust_store::of({stranger.leaf()}), "server.test");
  EXPECT_EQ(codes(answer.findings()).front(), "unknown_issuer");
}

// As many ways as there are subsets: every CA of a layer certified by every CA of the layer above.
TEST(chain, a_maze_ends_within_its_bounds_and_says_so) {
  const auto anchor = test::root("Root", {.path_length = 9});
  // A stranger of the same name, so that there is an anchor in sight that no way leads to.
  const auto stranger = test::root("Root", {.path_length = 9});
  std::vector<certificate> sent;
  std::vector<identity> above{anchor};
  constexpr int layers = 6;
  for (int layer = 0; layer < layers; ++layer) {
    const auto key = test::fresh_key();
    std::vector<identity> here;
    const std::string name = "Layer " + std::to_string(layer);
    for (const auto& issuer : above)
      for (int copy = 0; copy < 2; ++copy)
        here.push_back(issue_ca({.common_name = name,
                                 .at = test::noon - 24h * 20,
                                 .path_length = static_cast<std::uint32_t>(layers - layer)},
                                key, issuer)
                           .value());
    for (const auto& one : here) sent.push_back(one.leaf());
    above = {here.front(), here.back()};
  }
  const auto server = test::leaf("server.test", above.front());
  std::reverse(sent.begin(), sent.end());
  sent.insert(sent.begin(), server.leaf());
  EXPECT_TRUE(judge(sent, trust_store::of({anchor.leaf()}), "server.test").trusted());
  const auto answer = judge(sent, trust_store::of({stranger.leaf()}), "server.test");
  const auto said = codes(answer.findings());
  EXPECT_EQ(std::ranges::count(said, "path_search_exhausted"), 1) << said.size();
}

TEST(chain, the_length_is_limited) {
  const auto anchor = test::root("Root", {.path_length = 9});
  const auto one = test::intermediate("One", anchor, {.path_length = 3});
  const auto two = test::intermediate("Two", one);
  const auto server = test::leaf("server.test", two);
  const auto trust = trust_store::of({anchor.leaf()});
  const std::vector sent{server.leaf(), two.leaf(), one.leaf()};
  EXPECT_TRUE(judge(sent, trust, "server.test", {.max_intermediates = 2}).trusted());
  EXPECT_EQ(codes(judge(sent, trust, "server.test", {.max_intermediates = 1}).findings()), strings{"path_too_long"});
  EXPECT_EQ(codes(judge(sent, trust, "server.test", {.max_intermediates = 0}).findings()), strings{"path_too_long"});
}

TEST(chain, both_searches_live_on_one_budget) {
  const auto anchor = test::root("Root", {.path_length = 9});
  const auto one = test::intermediate("One", anchor, {.path_length = 3});
  const auto two = test::intermediate("Two", one);
  const auto server = test::leaf("server.test", two);
  const verify_request request{.sent = {server.leaf(), two.leaf(), one.leaf()},
                               .trust = trust_store::of({anchor.leaf()})};
  const auto built_after = [&](int signatures) {
    work_budget budget;
    for (int i = 0; i < signatures; ++i) budget.count_signature();
    return build_chain(
        request, test::noon, [](const auto&, problems&) {}, budget);
  };
  EXPECT_TRUE(built_after(0).found.empty());
  EXPECT_TRUE(built_after(196).found.empty());
  // What was not looked at has no issuer, whoever lets the rest pass.
  for (const auto& [before, unchecked] : {std::pair{197, 0U}, {198, 1U}, {199, 2U}}) {
    const auto built = built_after(before);
    ASSERT_EQ(built.found.size(), 2U) << before;
    EXPECT_EQ(built.found[0].code, errc::path_search_exhausted);
    EXPECT_EQ(built.found[1].code, errc::unknown_issuer);
    EXPECT_EQ(built.found[1].depth, unchecked);
  }
}

// A good CA, what it issued, and beside it certificates of its name with whatever keys.
struct look_alikes {
  identity anchor = test::root("Root");
  identity issuing;
  identity server = test::leaf("server.test", issuing);
  trust_store trust = trust_store::of({anchor.leaf()});

  explicit look_alikes(const char* kind)
      : issuing(issue_ca({.common_name = "Issuing CA", .at = test::noon - 24h * 20},
                         private_key::generate(kind).value(), anchor)
                    .value()) {}
  [[nodiscard]] certificate with(EVP_PKEY* key) const {
    return test::spoilt(test::fresh_key(), anchor, [&](X509* x) {
      X509_set_subject_name(x, X509_get_subject_name(raw(issuing.leaf())));
      X509_set_pubkey(x, key);
      test::put(x, NID_basic_constraints, "critical,CA:TRUE");
    });
  }
};

std::string octets(std::size_t bits) {
  std::string out((bits + 7) / 8, '\xff');
  out.front() = static_cast<char>(0xff >> (out.size() * 8 - bits));
  return out;
}

const std::string f4("\x01\x00\x01", 3);

std::vector<ossl::pkey_ptr> unusable_rsa_keys() {
  std::vector<ossl::pkey_ptr> out;
  // OpenSSL itself bounds exponents where the modulus has more than 3072 bits.
  out.push_back(test::rsa_public_key(octets(4096), octets(4095)));
  out.push_back(test::rsa_public_key(octets(3072), octets(3071)));
  out.push_back(test::rsa_public_key(octets(2048), octets(34)));
  out.push_back(test::rsa_public_key(octets(2048), "\x01"));
  out.push_back(test::rsa_public_key(octets(2048), std::string("\x01\x00\x00", 3)));
  out.push_back(test::rsa_public_key(octets(8193), f4));
  out.push_back(test::rsa_public_key(octets(16384), f4));
  return out;
}

TEST(chain, no_signature_is_checked_with_a_key_that_takes_long) {
  const look_alikes rsa("rsa:2048"), ec("ec:P-256");
  const auto judged = [](const look_alikes& from, const std::vector<certificate>& beside) {
    std::vector sent{from.server.leaf()};
    sent.insert(sent.end(), beside.begin(), beside.end());
    return judge(sent, from.trust, "server.test");
  };
  const auto is_left_out = [&](const look_alikes& from, EVP_PKEY* key) {
    const auto other = from.with(key);
    const auto answer = judged(from, {other});
    ASSERT_EQ(codes(answer.findings()), (strings{"weak_key", "unknown_issuer"}));
    EXPECT_NE(answer.findings()[0].message.find("no signature is checked with such a key"), std::string::npos);
    // And not in the way of one that is good.
    EXPECT_TRUE(judged(from, {other, from.issuing.leaf()}).trusted());
    EXPECT_TRUE(judged(from, {from.issuing.leaf(), other}).trusted());
    // To let the key pass is not to let pass what it may have signed.
    const auto loosened = dangerous::accept_findings(
        "a test", [](const finding& f, const certificate&) { return f.code == errc::weak_key; });
    EXPECT_FALSE(verify_peer({.sent = {from.server.leaf(), other},
                              .trust = from.trust,
                              .expected = server_name::parse("server.test").value(),
                              .options = {.clock = [] { return test::noon; }},
                              .loosened = loosened})
                     .trusted());
  };
  for (const auto& key : unusable_rsa_keys()) is_left_out(rsa, key.get());
  const ossl::pkey_ptr curve(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  ASSERT_EQ(EVP_PKEY_set_utf8_string_param(curve.get(), OSSL_PKEY_PARAM_EC_ENCODING, OSSL_PKEY_EC_ENCODING_EXPLICIT),
            1);
  is_left_out(ec, curve.get());

  // What is within the bounds is asked, and did not sign.
  for (const auto& [modulus, exponent] :
       {std::pair{octets(8192), octets(33)}, {octets(2048), std::string("\x03")}, {octets(2048), f4}})
    EXPECT_EQ(codes(judged(rsa, {rsa.with(test::rsa_public_key(modulus, exponent).get())}).findings()),
              strings{"bad_signature"});
}

TEST(chain, the_peers_own_key_is_one_that_signatures_are_checked_with) {
  const auto anchor = test::root("Root");
  for (const auto& key : unusable_rsa_keys()) {
    const auto leaf = test::spoilt(test::fresh_key(), anchor, [&](X509* x) {
      X509_set_pubkey(x, key.get());
      test::put(x, NID_subject_alt_name, "DNS:server.test");
    });
    const auto answer = judge({leaf}, trust_store::of({anchor.leaf()}), "server.test");
    ASSERT_EQ(codes(answer.findings()), strings{"weak_key"});
    EXPECT_NE(answer.findings()[0].message.find("no signature is checked with such a key"), std::string::npos);
    // Who trusts it has chosen it.
    EXPECT_TRUE(judge({leaf}, trust_store::of({leaf}), "server.test").trusted());
  }
}

// A CA that certified its own next key, so many times.
struct rolled_over {
  identity anchor = test::root("Root", {.path_length = 30});
  std::vector<certificate> sent = {};

  explicit rolled_over(int times) {
    auto last = test::intermediate("One", anchor);
    sent.push_back(last.leaf());
    for (int i = 0; i < times; ++i) {
      const auto key = test::fresh_key();
      // Our builder makes no such thing.
      const auto next = test::spoilt(key, last, [&](X509* x) {
        X509_set_subject_name(x, X509_get_subject_name(raw(last.leaf())));
        test::put(x, NID_basic_constraints, "critical,CA:TRUE");
        // Without these OpenSSL takes it for self-signed.
        const auto* above = X509_get0_subject_key_id(raw(last.leaf()));
        const std::string id(reinterpret_cast<const char*>(ASN1_STRING_get0_data(above)),
                             static_cast<std::size_t>(ASN1_STRING_length(above)));
        test::add_extension(x, "2.5.29.35", test::element('\x30', test::element(0x80, id)));
        test::add_extension(x, "2.5.29.14", test::element('\x04', "key " + std::to_string(i)));
      });
      sent.push_back(next);
      last = identity::make({next}, key).value();
    }
    sent.push_back(test::spoilt_leaf(last, "DNS:server.test"));
    std::ranges::reverse(sent);
  }
  [[nodiscard]] strings judged(std::size_t limit) const {
    return codes(judge(sent, trust_store::of({anchor.leaf()}), "server.test", {.max_intermediates = limit}).findings());
  }
};

TEST(chain, self_issued_certificates_do_not_count_against_its_length) {
  const rolled_over once(1);
  EXPECT_EQ(once.judged(1), strings{});
  EXPECT_EQ(once.judged(0), strings{"path_too_long"});
  const rolled_over often(10);
  EXPECT_EQ(often.judged(1), strings{});
  EXPECT_EQ(often.judged(0), strings{"path_too_long"});
}

// Each is a signature to check, whatever it counts.
TEST(chain, self_issued_certificates_are_bounded_too) {
  const rolled_over too_often(11);
  EXPECT_EQ(too_often.judged(1), strings{"path_too_long"});
  EXPECT_EQ(too_often.judged(2), strings{});
}

TEST(chain, self_issued_certificates_beside_it_lengthen_nothing) {
  const auto anchor = test::root("Root", {.path_length = 9});
  std::vector<certificate> sent{anchor.leaf(), test::root("Stranger").leaf()};
  auto last = anchor;
  for (std::uint32_t i = 1; i <= 5; ++i) {
    last = test::intermediate("CA " + std::to_string(i), last, {.path_length = 9 - i});
    sent.push_back(last.leaf());
  }
  sent.push_back(test::leaf("server.test", last).leaf());
  std::ranges::reverse(sent);
  const auto judged = [&](std::size_t limit) {
    return judge(sent, trust_store::of({anchor.leaf()}), "server.test", {.max_intermediates = limit});
  };
  EXPECT_EQ(codes(judged(5).findings()), strings{});
  for (std::size_t limit = 0; limit < 5; ++limit) {
    const auto answer = judged(limit);
    ASSERT_EQ(codes(answer.findings()), strings{"path_too_long"}) << limit;
    EXPECT_EQ(answer.findings()[0].depth, limit + 1);
  }
}

// As "openssl x509 -addtrust" or "-addreject" writes it.
std::string with_settings(const certificate& c, const std::vector<int>& trusted_for,
                          const std::vector<int>& rejected_for) {
  const ossl::x509_ptr x(X509_dup(raw(c)));
  for (const int nid : trusted_for) X509_add1_trust_object(x.get(), OBJ_nid2obj(nid));
  for (const int nid : rejected_for) X509_add1_reject_object(x.get(), OBJ_nid2obj(nid));
  const ossl::bio_ptr memory(BIO_new(BIO_s_mem()));
  EXPECT_EQ(PEM_write_bio_X509_AUX(memory.get(), x.get()), 1);
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  return {data, static_cast<std::size_t>(size)};
}

TEST(chain, a_trusted_certificate_keeps_its_settings_when_the_peer_sends_it_too) {
  const auto anchor = test::root("Root");
  const auto issuing = test::intermediate("Issuing CA", anchor);
  const auto server = test::leaf("server.test", issuing);
  const auto& leaf = server.leaf();
  const std::vector without_root{leaf, issuing.leaf()}, whole{leaf, issuing.leaf(), anchor.leaf()};
  const auto rejected_at = [&](const std::vector<certificate>& sent, const std::string& trusted) {
    const auto answer = judge(sent, trust_store::pem(trusted).value(), "server.test");
    std::vector<std::size_t> depths;
    for (const auto& f : answer.findings())
      if (f.code == errc::certificate_rejected) depths.push_back(f.depth);
    EXPECT_EQ(answer.trusted(), depths.empty());
    return depths;
  };
  using depths = std::vector<std::size_t>;
  for (const auto& [trusted_for, rejected_for] :
       {std::pair{std::vector<int>{}, std::vector{NID_server_auth}}, {std::vector{NID_email_protect}, {}}}) {
    const auto of = [&, &t = trusted_for, &r = rejected_for](const identity& i) {
      return with_settings(i.leaf(), t, r);
    };
    for (const auto& sent : {without_root, whole}) {
      EXPECT_EQ(rejected_at(sent, of(anchor)), depths{2});
      EXPECT_EQ(rejected_at(sent, of(issuing)), depths{1});
      EXPECT_EQ(rejected_at(sent, of(server)), depths{0});
      // Beside a root that is trusted, too.
      EXPECT_EQ(rejected_at(sent, of(server) + anchor.leaf().pem()), depths{0});
      EXPECT_EQ(rejected_at(sent, of(issuing) + anchor.leaf().pem()), depths{1});
    }
  }
  for (const auto& sent : {without_root, whole}) {
    EXPECT_EQ(rejected_at(sent, with_settings(anchor.leaf(), {NID_server_auth}, {NID_email_protect})), depths{});
    EXPECT_EQ(rejected_at(sent, with_settings(issuing.leaf(), {}, {NID_client_auth}) + anchor.leaf().pem()), depths{});
  }
}

TEST(chain, what_cannot_be_read_in_a_certificate_does_not_hide_behind_an_unknown_issuer) {
  const test::temporary_folder folder;
  const auto stranger = test::root("Stranger");
  const auto other = test::root("Root");
  const auto unreadable_with = [&](const std::string& oid) {
    return test::spoilt(test::fresh_key(), stranger, [&](X509* x) {
      test::put(x, NID_subject_alt_name, "DNS:server.test");
      test::put(x, NID_ext_key_usage, "clientAuth");
      test::add_extension(x, oid, test::unreadable);
    });
  };
  // Where revocation lists are, which OpenSSL reads for its checks; policies, which it does not; names, there twice.
  for (const auto& c : {unreadable_with("2.5.29.31"), unreadable_with("2.5.29.32"), unreadable_with("2.5.29.17")}) {
    const auto refused = [&](const trust_store& trust, verify_options options = {},
                             loosened_verification loosened = {}) {
      options.clock = [] { return test::noon; };
      const auto answer = verify_peer({.sent = {c},
                                       .trust = trust,
                                       .expected = server_name::parse("server.test").value(),
                                       .options = options,
                                       .loosened = std::move(loosened)});
      EXPECT_FALSE(answer.trusted());
      const auto said = codes(answer.findings());
      return std::ranges::find(said, "invalid_extension") != said.end();
    };
    EXPECT_TRUE(refused(trust_store::of({other.leaf()})));
    EXPECT_TRUE(refused(trust_store::of({stranger.leaf()})));
    EXPECT_TRUE(refused(trust_store::of({c})));
    EXPECT_TRUE(refused(trust_store::of({other.leaf()}), {.first_use = known_peers::open(folder / "peers").value()}));
    EXPECT_TRUE(refused(trust_store::of({other.leaf()}), {},
                        dangerous::accept_findings("a test", [](const finding& f, const certificate&) {
                          return f.code == errc::unknown_issuer;
                        })));
  }
}

TEST(chain, the_extension_that_cannot_be_read_is_named_and_its_issuer_not_called_untrusted) {
  const auto anchor = test::root("Root");
  const auto trust = trust_store::of({anchor.leaf()});
  const auto with = [&](const std::string& oid, const std::string& der) {
    return judge({test::spoilt(test::fresh_key(), anchor,
                               [&](X509* x) {
                                 test::put(x, NID_subject_alt_name, "DNS:server.test");
                                 test::add_extension(x, oid, der);
                               })},
                 trust, "server.test");
  };
  const auto broken = with("2.5.29.31", test::unreadable);
  ASSERT_EQ(codes(broken.findings()), (strings{"invalid_extension", "unknown_issuer"}));
  EXPECT_EQ(
      broken.findings()[0].message,
      "the certificate 'server.test' has an extension that cannot be read, or has it twice: crlDistributionPoints");
  // A key identifier that is not the issuer's.
  const auto other_key = with("2.5.29.35", test::element('\x30', test::element(0x80, "abcd")));
  ASSERT_EQ(codes(other_key.findings()), strings{"unknown_issuer"});
  for (const auto& answer : {broken, other_key}) {
    EXPECT_EQ(answer.findings().back().message.find("not among the trusted"), std::string::npos);
    EXPECT_NE(answer.findings().back().message.find("a name that is trusted"), std::string::npos);
  }
  EXPECT_NE(other_key.findings().back().hint.find("current certificate"), std::string::npos);
}

TEST(chain, a_trusted_issuer_that_may_not_sign_is_called_that) {
  const auto anchor = test::root("Root");
  const auto with_usage = [&](const std::string& der) {
    const ossl::x509_ptr x(X509_dup(raw(anchor.leaf())));
    X509_EXTENSION_free(X509_delete_ext(x.get(), X509_get_ext_by_NID(x.get(), NID_key_usage, -1)));
    test::add_extension(x.get(), "2.5.29.15", der);
    EXPECT_GT(X509_sign(x.get(), raw(anchor.key()), EVP_sha256()), 0);
    return trust_store::of({certificate::from_der(adopt(ossl::share(x.get())).der()).value()});
  };
  const auto server = test::leaf("server.test", anchor).leaf();
  // cRLSign alone.
  EXPECT_EQ(codes(judge({server}, with_usage("\x03\x02\x01\x02"), "server.test").findings()).front(), "invalid_ca");
  // No bit at all: OpenSSL finds no issuer in that one.
  const std::string none("\x03\x01\x00", 3);
  const auto answer = judge({server}, with_usage(none), "server.test");
  ASSERT_EQ(codes(answer.findings()), (strings{"invalid_ca", "unknown_issuer"}));
  EXPECT_NE(answer.findings()[0].message.find("may not sign others by its key usage"), std::string::npos);
  // Another CA of that name is a stranger.
  EXPECT_EQ(
      codes(judge({test::leaf("server.test", test::root("Root")).leaf()}, with_usage(none), "server.test").findings()),
      strings{"unknown_issuer"});
}

TEST(chain, an_extension_that_may_not_be_critical_is_not_called_unknown) {
  const auto anchor = test::root("Root");
  const auto with = [&](std::initializer_list<std::pair<int, const char*>> extensions) {
    const auto leaf = test::spoilt(test::fresh_key(), anchor, [&](X509* x) {
      test::put(x, NID_subject_alt_name, "DNS:server.test");
      for (const auto& [nid, value] : extensions) test::put(x, nid, value);
    });
    return judge({leaf}, trust_store::of({anchor.leaf()}), "server.test");
  };
  const auto access = with({{NID_info_access, "critical,caIssuers;URI:http://ca.test/"}});
  ASSERT_EQ(codes(access.findings()), strings{"invalid_extension"});
  EXPECT_NE(access.findings()[0].message.find("authority information access"), std::string::npos);
  const auto key = with({{NID_subject_key_identifier, "critical,abcd"}});
  ASSERT_EQ(codes(key.findings()), strings{"invalid_extension"});
  EXPECT_NE(key.findings()[0].message.find("key identifier"), std::string::npos);
  EXPECT_EQ(codes(with({{NID_subject_key_identifier, "critical,abcd"}, {NID_tlsfeature, "critical,status_request"}})
                      .findings()),
            strings{"unknown_critical_extension"});
}

TEST(chain, what_a_certificate_lacks_is_told_in_words_that_are_true) {
  const auto anchor = test::root("Root");
  const auto said = [&](const certificate& c, const std::string& name) {
    return judge({c}, trust_store::of({anchor.leaf()}), name).findings().front().message;
  };
  EXPECT_EQ(said(test::spoilt_leaf(anchor, "DNS:192.0.2.1"), "192.0.2.1"),
            "the certificate holds the address 192.0.2.1 as a DNS name, which speaks for no address");
  EXPECT_EQ(
      said(test::spoilt_leaf(anchor, "URI:https://server.test/"), "server.test"),
      "the certificate holds only names of kinds that do not speak for a host (URI:https://server.test/), so it is not "
      "for server.test");
  EXPECT_EQ(said(test::spoilt_leaf(anchor, ""), "server.test"),
            "the certificate holds no subjectAltName, so it is not for server.test");
  const auto nameless = test::spoilt(test::fresh_key(), anchor, [](X509* x) {
    test::put_common_name(x, "server.test");
    test::put(x, NID_subject_alt_name, "DNS:server.test");
    const ossl::x509_name_ptr nobody(X509_NAME_new());
    X509_set_issuer_name(x, nobody.get());
  });
  EXPECT_EQ(said(nameless, "server.test"),
            "the certificate 'server.test' does not name its issuer (RFC 5280 section 4.1.2.4)");
}

// They are compared with each other, and a peer can send ten thousand.
TEST(chain, more_extensions_than_anybody_has_are_not_read) {
  const auto anchor = test::root("Root");
  const auto with = [&](int count) {
    return codes(judge({test::spoilt(test::fresh_key(), anchor,
                                     [&](X509* x) {
                                       test::put(x, NID_subject_alt_name, "DNS:server.test");
                                       for (int i = 1; i < count; ++i)
                                         test::add_extension(x, "1.2.3.4." + std::to_string(i), "\x05");
                                     })},
                       trust_store::of({anchor.leaf()}), "server.test", {.profile = verify_profile::webpki})
                     .findings());
  };
  EXPECT_EQ(with(100), strings{});
  EXPECT_EQ(with(101), strings{"invalid_extension"});
}

TEST(chain, further_purposes_are_demanded_of_the_peers_own_certificate) {
  const auto anchor = test::root("Root");
  const auto server = test::leaf("server.test", anchor, {.extended_key_usages = {"1.3.6.1.4.1.99999.1"}});
  const auto trust = trust_store::of({anchor.leaf()});
  EXPECT_TRUE(
      judge({server.leaf()}, trust, "server.test", {.extended_key_usages = {"1.3.6.1.4.1.99999.1", "serverAuth"}})
          .trusted());
  EXPECT_EQ(codes(judge({server.leaf()}, trust, "server.test", {.extended_key_usages = {"clientAuth"}}).findings()),
            strings{"invalid_purpose"});
}

TEST(chain, a_further_check_can_refuse_and_cannot_accept) {
  const auto anchor = test::root("Root");
  const auto server = test::leaf("server.test", anchor);
  const auto trust = trust_store::of({anchor.leaf()});
  std::size_t seen = 99;
  verify_options objecting{.further = [&](const verdict& so_far) -> std::optional<finding> {
    seen = so_far.findings().size();
    return finding{.code = errc::certificate_rejected, .message = "not on my list"};
  }};
  EXPECT_EQ(codes(judge({server.leaf()}, trust, "server.test", objecting).findings()), strings{"certificate_rejected"});
  EXPECT_EQ(seen, 0U);
  verify_options silent{.further = [&](const verdict& so_far) -> std::optional<finding> {
    seen = so_far.findings().size();
    return std::nullopt;
  }};
  EXPECT_EQ(codes(judge({server.leaf()}, trust, "other.test", silent).findings()), strings{"name_mismatch"});
  EXPECT_EQ(seen, 1U);
}

}  // namespace
}  // namespace signet
