#include <gtest/gtest.h>

#include <ctime>

#include "spoilt.hpp"
#include "verify/name_constraints.hpp"
#include "verify/verified_chains.hpp"

namespace signet {
namespace {

using test::codes;
using test::judge;
using strings = std::vector<std::string>;
using scheme = hostname_scheme;

const identity& excluding() {
  static const identity made =
      test::root("Root", {.constraints = {.excluded = {{general_name_kind::dns, "victim.test"},
                                                       {general_name_kind::dns, "www.other.test"}}}});
  return made;
}

const identity& permitting() {
  static const identity made =
      test::root("Root", {.constraints = {.permitted = {{general_name_kind::dns, "good.test"}}}});
  return made;
}

struct asked {
  const char* title;
  const identity& ca;
  std::string names, common_name, name;
  scheme rules;
  bool is_allowed = false;
};

TEST(name_constraints, hold_for_the_name_that_was_asked_for_however_it_is_written) {
  const auto addresses =
      test::root("Root", {.constraints = {.permitted = {{general_name_kind::ip_address, "192.168.0.0/16"}},
                                          .excluded = {{general_name_kind::ip_address, "192.168.9.0/24"}}}});
  const auto key = test::fresh_key();
  const auto plain = test::root("Plain");
  // A subtree in a spelling that no name ever has.
  const auto dotted =
      identity::make({test::spoilt(key, plain,
                                   [](X509* x) {
                                     test::put_common_name(x, "Dotted");
                                     test::put(x, NID_basic_constraints, "critical,CA:TRUE");
                                     test::put(x, NID_name_constraints, "critical,excluded;DNS:victim.test.");
                                   })},
                     key)
          .value();
  for (const auto& a : {
           asked{"plain", excluding(), "DNS:www.victim.test", "x", "www.victim.test", scheme::rfc9525},
           {"a trailing dot", excluding(), "DNS:www.victim.test.", "x", "www.victim.test", scheme::rfc9525},
           {"a wildcard with a trailing dot", excluding(), "DNS:*.victim.test.", "x", "www.victim.test",
            scheme::rfc9525},
           {"a wildcard beside", excluding(), "DNS:*.other.test.", "x", "www.other.test", scheme::rfc9525},
           {"a part of a label", excluding(), "DNS:w*.other.test", "x", "www.other.test", scheme::http},
           {"a trailing dot in the constraint", dotted, "DNS:www.victim.test", "x", "www.victim.test", scheme::rfc9525},
           {"another name", excluding(), "DNS:www.good.test", "x", "www.good.test", scheme::rfc9525, true},
           {"another name with a dot", excluding(), "DNS:www.good.test.", "x", "www.good.test", scheme::rfc9525, true},
           {"a common name", permitting(), "", "www.victim.test", "www.victim.test", scheme::http},
           {"a wildcard as common name", permitting(), "", "*.victim.test", "www.victim.test", scheme::http},
           {"the same over mail", permitting(), "", "*.victim.test", "www.victim.test", scheme::smtp},
           {"a common name with a dot", permitting(), "", "www.victim.test.", "www.victim.test", scheme::http},
           {"a common name of one label", permitting(), "", "localhost", "localhost", scheme::http},
           {"a common name inside", permitting(), "", "*.good.test", "www.good.test", scheme::http, true},
           {"an address as common name", addresses, "", "10.0.0.1", "10.0.0.1", scheme::http},
           {"an excluded one", addresses, "", "192.168.9.1", "192.168.9.1", scheme::http},
           {"an address inside", addresses, "", "192.168.3.4", "192.168.3.4", scheme::http, true},
           // Whoever asks no name is told none.
           {"no name is compared", permitting(), "DNS:www.good.test", "x", "elsewhere.test", scheme::none, true},
       }) {
    const auto answer = judge({test::spoilt_leaf(a.ca, a.names, a.common_name)}, trust_store::of({a.ca.leaf()}), a.name,
                              {.scheme = a.rules});
    EXPECT_EQ(codes(answer.findings()), a.is_allowed ? strings{} : strings{"name_constraint"}) << a.title;
  }
}

TEST(name_constraints, a_wildcard_does_not_reach_into_an_excluded_name_in_any_spelling) {
  const auto trust = trust_store::of({excluding().leaf()});
  for (const char* names :
       {"DNS:*.other.test", "DNS:*.other.test.", "DNS:*.Other.TEST", "DNS:w*.other.test,DNS:foo.other.test"})
    EXPECT_EQ(codes(judge({test::spoilt_leaf(excluding(), names)}, trust, "foo.other.test").findings()),
              strings{"name_constraint"})
        << names;
  EXPECT_TRUE(judge({test::spoilt_leaf(excluding(), "DNS:*.good.test")}, trust, "foo.good.test").trusted());
}

// The asked-for name is no part of what is remembered of a chain.
TEST(name_constraints, hold_for_chains_that_are_known) {
  const auto leaf = test::spoilt_leaf(excluding(), "DNS:www.good.test,DNS:www.victim.test.");
  const std::vector sent{leaf};
  verified_chains known;
  const auto judged_for = [&](const char* name) {
    return codes(verify_peer({.sent = sent,
                              .trust = trust_store::of({excluding().leaf()}),
                              .expected = server_name::parse(name).value(),
                              .options = {.clock = [] { return test::noon; }}},
                             known)
                     .findings());
  };
  EXPECT_EQ(judged_for("www.good.test"), strings{});
  EXPECT_EQ(known.size(), 1U);
  EXPECT_EQ(judged_for("www.victim.test"), strings{"name_constraint"});
}

TEST(name_constraints, do_not_cost_the_product_of_names_and_subtrees) {
  constexpr int many = 9000;
  std::string names, subtrees = "critical";
  for (int i = 0; i < many; ++i) {
    names += (i == 0 ? "DNS:*.a" : ",DNS:*.a") + std::to_string(i);
    subtrees += ",excluded;DNS:b.c" + std::to_string(i);
  }
  const auto key = test::fresh_key();
  const auto root = test::root("Root");
  const auto ca = identity::make({test::spoilt(key, root,
                                               [&](X509* x) {
                                                 test::put_common_name(x, "Issuing CA");
                                                 test::put(x, NID_basic_constraints, "critical,CA:TRUE");
                                                 test::put(x, NID_name_constraints, subtrees);
                                               })},
                                 key)
                      .value();
  const auto before = std::clock();
  const auto answer = judge({test::spoilt_leaf(ca, names), ca.leaf()}, trust_store::of({root.leaf()}), "www.good.test");
  // Eighty-one million comparisons take more than that of any processor, and far more where each access is watched.
#ifdef SIGNET_UNDER_THREAD_SANITIZER
  constexpr int seconds = 10;
#else
  constexpr int seconds = 1;
#endif
  EXPECT_LT(std::clock() - before, seconds * CLOCKS_PER_SEC);
  EXPECT_FALSE(answer.trusted());
}

// So many names of a server under so many constraints that bar none of them.
struct crowd {
  identity root = test::root("Root");
  certificate ca, leaf;

  crowd(int names, int subtrees, const std::string& more_names = "")
      : crowd(test::fresh_key(), names, subtrees, more_names) {}
  [[nodiscard]] verdict judged(const trust_store& trust) const { return judge({leaf, ca}, trust, "www.good.test"); }
  [[nodiscard]] verdict judged() const { return judged(trust_store::of({root.leaf()})); }

 private:
  crowd(const private_key& key, int names, int subtrees, const std::string& more_names)
      : ca(test::spoilt(key, root,
                        [&](X509* x) {
                          std::string value = "critical";
                          for (int i = 0; i < subtrees; ++i)
                            value += ",excluded;DNS:b" + std::to_string(i) + ".bad.test";
                          test::put_common_name(x, "Issuing CA");
                          test::put(x, NID_basic_constraints, "critical,CA:TRUE");
                          test::put(x, NID_name_constraints, value);
                        })),
        leaf([&] {
          std::string value = "DNS:www.good.test" + more_names;
          for (int i = 1; i < names; ++i) value += ",DNS:a" + std::to_string(i) + ".good.test";
          return test::spoilt_leaf(identity::make({ca}, key).value(), value);
        }()) {}
};

TEST(name_constraints, more_names_than_anybody_has_are_not_compared) {
  EXPECT_TRUE(crowd(300, 300).judged().trusted());
  // OpenSSL would compare these.
  const auto many = crowd(800, 800).judged();
  ASSERT_EQ(codes(many.findings()), strings{"name_constraint"});
  EXPECT_NE(many.findings()[0].message.find("more names than are compared"), std::string::npos);
  // Few of them, and long.
  std::string urls;
  for (int i = 0; i < 20; ++i) urls += ",URI:http://" + std::string(2000, 'a') + ".good.test/";
  EXPECT_EQ(codes(crowd(1, 500, urls).judged().findings()), strings{"name_constraint"});
}

TEST(name_constraints, a_chain_that_is_refused_already_gets_less) {
  const crowd some(200, 200);
  EXPECT_TRUE(some.judged().trusted());
  EXPECT_EQ(codes(some.judged(trust_store::of({test::root("Stranger").leaf()})).findings()),
            (strings{"unknown_issuer", "name_constraint"}));
}

TEST(name_constraints, are_counted_where_der_was_asked_for_and_ber_came) {
  const crowd few(50, 1);
  EXPECT_FALSE(first_with_too_many_names({few.leaf, few.ca}, most_compared_in_vain));
  const auto subtree = test::element('\x30', test::element(0x82, "b"));
  std::string excluded("\xa1\x80", 2);
  for (int i = 0; i < 5000; ++i) excluded += subtree;
  excluded += std::string(2, '\0');
  const auto ca = test::crafted([&](X509* x) {
    test::add_extension(x, "2.5.29.30", test::element('\x30', test::element(0xa0, subtree) + excluded));
  });
  EXPECT_EQ(first_with_too_many_names({few.leaf, ca}, most_compared_in_vain), 0U);
}

}  // namespace
}  // namespace signet
