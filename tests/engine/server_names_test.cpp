// What a server does by the name that a client asks for: identities, rules, refusals.
#include <signet/tls/client_hello.hpp>
#include <signet/tls/server_config.hpp>
#include <signet/x509/certificate_builder.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "support/pair.hpp"
#include "support/pki.hpp"

namespace signet {
namespace {

using test::drain;
using test::pair;
using namespace std::chrono_literals;
using protocols = std::vector<std::string>;

private_key fresh_key(const char* type = "ec:P-256") {
  return private_key::generate(type).value();
}

class server_names : public testing::TestWithParam<protocol_version> {
 protected:
  const identity root_ = make_ca({.common_name = "root"}, fresh_key()).value();
  const trust_store trust_ = trust_store::of({root_.leaf()});
  client_options client_ = {.trust = trust_, .min_version = GetParam(), .max_version = GetParam()};
  server_options server_;
  std::optional<client_config> made_client_;
  std::optional<server_config> made_server_;

  [[nodiscard]] identity leaf(std::vector<std::string> names, const char* key = "ec:P-256") const {
    return issue_certificate({.dns_names = std::move(names)}, fresh_key(key), root_).value();
  }
  void make() {
    made_client_ = client_config::make(client_).value();
    auto made = server_config::make(server_);
    ASSERT_TRUE(made) << made.error().message();
    made_server_ = *std::move(made);
  }
  struct outcome {
    std::optional<error> failure = {};
    std::optional<error> server_failure = {};
    connection_info client = {};
    connection_info server = {};
  };
  outcome converse(const std::string& name, engine_options engine = {}) {
    if (!made_client_) make();
    pair p(*made_client_, *made_server_, name, std::move(engine));
    outcome out;
    if (auto done = p.shake(); !done) out.failure = done.error();
    out.server_failure = p.server_error;
    if (!out.failure) {
      p.server->write("x").value();
      if (auto got = drain(*p.client); got.failure) out.failure = got.failure;
    }
    out.client = p.client->info();
    out.server = p.server->info();
    return out;
  }
};
INSTANTIATE_TEST_SUITE_P(versions, server_names, testing::Values(protocol_version::tls1_2, protocol_version::tls1_3),
                         [](const auto& each) { return each.param == protocol_version::tls1_2 ? "tls1_2" : "tls1_3"; });

TEST_P(server_names, an_exact_name_beats_a_wildcard_whatever_the_order) {
  const auto wild = leaf({"*.example.test"}), exact = leaf({"www.example.test"});
  for (const bool wild_first : {true, false}) {
    made_client_.reset();
    server_.loaded_identities = wild_first ? std::vector{wild, exact} : std::vector{exact, wild};
    EXPECT_EQ(converse("www.example.test").client.peer_chain.front(), exact.leaf());
    EXPECT_EQ(converse("other.example.test").client.peer_chain.front(), wild.leaf());
  }
}

TEST_P(server_names, a_name_of_nobody_is_refused_where_that_is_asked_for) {
  server_.loaded_identities = {leaf({"one.test"}), leaf({"*.two.test"})};
  server_.unknown_name = unknown_names::refused;
  for (const char* name : {"three.test", "two.test", "a.b.two.test", "198.51.100.1"}) {
    const auto refused = converse("one.test", {.sni = name});
    ASSERT_TRUE(refused.failure) << name;
    EXPECT_EQ(refused.failure->code(), errc::unrecognized_name);
    EXPECT_EQ(refused.failure->alert()->description, 112);
    ASSERT_TRUE(refused.server_failure);
    EXPECT_EQ(refused.server_failure->code(), errc::unrecognized_name);
  }
  EXPECT_FALSE(converse("a.two.test").failure);
  EXPECT_FALSE(converse("one.test", {.sni = "one.test."}).failure);
  // None is no unknown one.
  EXPECT_FALSE(converse("one.test", {.sni = ""}).failure);
}

TEST_P(server_names, our_own_certificate_is_told) {
  const auto who = leaf({"one.test"});
  server_.loaded_identities = {leaf({"other.test"}), who};
  const auto made = converse("one.test");
  ASSERT_EQ(made.server.own_chain.size(), who.chain().size());
  EXPECT_EQ(made.server.own_chain.front(), who.leaf());
  EXPECT_TRUE(made.client.own_chain.empty());
}

// A resumed connection shows no certificate, and means the one that its session began with.
TEST_P(server_names, our_own_certificate_is_told_of_a_resumed_connection_too) {
  const auto who = leaf({"one.test"});
  server_.loaded_identities = {leaf({"other.test"}), who};
  converse("one.test");
  pair p(*made_client_, *made_server_, "one.test");
  p.must_shake();
  ASSERT_TRUE(p.server->info().resumed);
  ASSERT_FALSE(p.server->info().own_chain.empty());
  EXPECT_EQ(p.server->info().own_chain.front(), who.leaf());
  EXPECT_EQ(p.server->binding(channel_binding::tls_server_end_point).value(),
            p.client->binding(channel_binding::tls_server_end_point).value());
}

TEST_P(server_names, rules_by_name) {
  const auto admin_root = make_ca({.common_name = "admins"}, fresh_key()).value();
  const auto admin =
      issue_certificate(
          {.common_name = "admin", .dns_names = {"admin.client"}, .purposes = {certificate_purpose::client}},
          fresh_key(), admin_root)
          .value();
  const auto user =
      issue_certificate(
          {.common_name = "user", .dns_names = {"user.client"}, .purposes = {certificate_purpose::client}}, fresh_key(),
          root_)
          .value();
  server_.loaded_identities = {leaf({"www.test", "admin.test", "a.apps.test"})};
  server_.alpn = {"http/1.1"};
  server_.by_name = {{.names = {"Admin.test", "*.apps.test"},
                      .client_auth = client_certificates::required,
                      .client_trust = trust_store::of({admin_root.leaf()}),
                      .alpn = protocols{"h2"}}};
  client_.alpn = {"http/1.1", "h2"};

  const auto open = converse("www.test");
  ASSERT_FALSE(open.failure) << open.failure->message();
  EXPECT_EQ(open.client.alpn, "http/1.1");
  EXPECT_FALSE(open.client.certificate_requested);
  for (const char* name : {"admin.test", "a.apps.test"}) {
    const auto none = converse(name);
    ASSERT_TRUE(none.failure) << name;
    EXPECT_EQ(none.failure->code(), errc::certificate_required) << none.failure->message();
  }

  made_client_.reset();
  client_.identity = user;
  EXPECT_TRUE(converse("admin.test").failure);
  EXPECT_FALSE(converse("www.test").failure);

  made_client_.reset();
  client_.identity = admin;
  const auto closed = converse("admin.test");
  ASSERT_FALSE(closed.failure) << closed.failure->message();
  EXPECT_EQ(closed.client.alpn, "h2");
  EXPECT_EQ(closed.server.verified_chain.front(), admin.leaf());
  ASSERT_EQ(closed.client.accepted_issuers.size(), 1U);
  EXPECT_EQ(closed.client.accepted_issuers.front(), "CN=admins");
  EXPECT_TRUE(converse("admin.test").client.resumed);
}

// What an entry does not set is as for all other names.
TEST_P(server_names, rules_by_name_begin_with_those_of_all) {
  server_.loaded_identities = {leaf({"www.test", "admin.test"})};
  server_.client_auth = client_certificates::required;
  server_.client_trust = trust_;
  server_.by_name = {{.names = {"admin.test"}, .alpn = protocols{"h2"}}};
  client_.alpn = {"h2"};
  EXPECT_EQ(converse("admin.test").failure->code(), errc::certificate_required);
  made_client_.reset();
  client_.identity =
      issue_certificate({.dns_names = {"user.client"}, .purposes = {certificate_purpose::client}}, fresh_key(), root_)
          .value();
  EXPECT_EQ(converse("admin.test").client.alpn, "h2");
  EXPECT_EQ(converse("www.test").client.alpn, "");
}

// OpenSSL holds one identity of each algorithm, whatever the size of its key.
TEST_P(server_names, an_exact_name_beats_a_wildcard_with_another_size_of_key) {
  for (const char* kind : {"ec:P-384", "rsa:2048"}) {
    const auto wild = leaf({"*.example.test"}, std::string(kind) == "ec:P-384" ? "ec:P-256" : "rsa:3072");
    const auto exact = leaf({"www.example.test"}, kind);
    for (const bool wild_first : {true, false}) {
      made_client_.reset();
      server_.loaded_identities = wild_first ? std::vector{wild, exact} : std::vector{exact, wild};
      EXPECT_EQ(converse("www.example.test").client.peer_chain.front(), exact.leaf()) << kind;
    }
  }
}

// A session that began where nobody was asked lets nobody in where one has to show something.
TEST_P(server_names, a_session_does_not_cross_rules) {
  server_.loaded_identities = {leaf({"www.test", "admin.test"})};
  server_.by_name = {{.names = {"admin.test"}, .client_auth = client_certificates::required, .client_trust = trust_}};
  // The client takes one name for the other: one certificate holds both, and its key for sessions is the same.
  ASSERT_FALSE(converse("www.test", {.session_key = "k"}).failure);
  const auto again = converse("www.test", {.session_key = "k"});
  EXPECT_TRUE(again.client.resumed);
  const auto crossed = converse("www.test", {.sni = "admin.test", .session_key = "k"});
  ASSERT_TRUE(crossed.failure);
  EXPECT_EQ(crossed.failure->code(), errc::certificate_required);
  EXPECT_FALSE(crossed.client.resumed);
}

TEST_P(server_names, rules_that_cannot_hold_are_refused) {
  const auto refused = [&](std::vector<name_settings> by_name, const std::string& says) {
    auto options = server_;
    options.loaded_identities = {leaf({"www.test"})};
    options.by_name = std::move(by_name);
    const auto made = server_config::make(options);
    ASSERT_FALSE(made) << says;
    EXPECT_EQ(made.error().code(), errc::invalid_configuration);
    EXPECT_NE(made.error().message().find(says), std::string::npos) << made.error().message();
  };
  refused({{}}, "an entry has no names");
  refused({{.names = {"a b"}}}, "by_name: ");
  refused({{.names = {""}}}, "by_name: ");
  refused({{.names = {"www.test"}}, {.names = {"WWW.test."}}}, "two entries are for");
  refused({{.names = {"www.test"}, .client_auth = client_certificates::required}}, "nobody is trusted");
  refused({{.names = {"www.test"}, .alpn = protocols{""}}}, "alpn: entry 1 is empty");
}

TEST_P(server_names, a_selector_sees_the_whole_hello) {
  client_hello_info seen;
  const auto who = leaf({"www.test"});
  server_.select_identity = [&](const client_hello_info& hello) {
    seen = hello;
    return identity_choice{.chosen = who};
  };
  client_.alpn = {"h2", "http/1.1"};
  ASSERT_FALSE(converse("www.test").failure);
  EXPECT_EQ(seen.server_name, "www.test");
  EXPECT_EQ(seen.alpn, (std::vector<std::string>{"h2", "http/1.1"}));
  const auto has = [](const std::vector<std::uint16_t>& list, std::uint16_t number) {
    return std::ranges::find(list, number) != list.end();
  };
  EXPECT_TRUE(has(seen.versions, static_cast<std::uint16_t>(GetParam())));
  EXPECT_TRUE(has(seen.signature_algorithms, 0x0403)) << "ecdsa_secp256r1_sha256";
  EXPECT_TRUE(has(seen.groups, 0x001d)) << "x25519";
  EXPECT_FALSE(seen.cipher_suites.empty());
  // legacy_version, the random of 32 octets, and somewhere the name.
  ASSERT_GT(seen.raw.size(), 100U);
  EXPECT_EQ(seen.raw.substr(0, 2), "\x03\x03");
  EXPECT_NE(seen.raw.find("www.test"), std::string::npos);
}

TEST_P(server_names, a_selector_of_protocols) {
  server_.loaded_identities = {leaf({"www.test"})};
  std::optional<std::string> answer = "b";
  std::vector<std::string> offered;
  server_.select_alpn = [&](const client_hello_info& hello) {
    offered = hello.alpn;
    return answer;
  };
  client_.alpn = {"a", "b"};
  EXPECT_EQ(converse("www.test").client.alpn, "b");
  EXPECT_EQ(offered, (std::vector<std::string>{"a", "b"}));
  answer = "";
  const auto without = converse("www.test");
  EXPECT_FALSE(without.failure);
  EXPECT_EQ(without.client.alpn, "");
  for (const std::optional<std::string>& refusal : {std::optional<std::string>(), std::optional<std::string>("c")}) {
    answer = refusal;
    const auto refused = converse("www.test");
    ASSERT_TRUE(refused.failure);
    EXPECT_EQ(refused.failure->code(), errc::no_shared_alpn);
    EXPECT_EQ(refused.failure->alert()->description, 120);
  }
}

TEST_P(server_names, whose_order_decides) {
  server_.loaded_identities = {leaf({"www.test"})};
  server_.alpn = {"a", "b"};
  client_.alpn = {"b", "a"};
  EXPECT_EQ(converse("www.test").client.alpn, "a");
  made_client_.reset();
  server_.order = preference::client;
  EXPECT_EQ(converse("www.test").client.alpn, "b");
}

// Scenario 17: one name with two types of key, and the client's order of suites.
struct two_keys_row {
  const char* sni;
  const char* suites;
  const char* shown;
};
class two_keys : public testing::TestWithParam<two_keys_row> {};
constexpr const char* ecdsa = "ECDHE-ECDSA-AES128-SHA";
constexpr const char* rsa = "ECDHE-RSA-AES128-SHA";
INSTANTIATE_TEST_SUITE_P(
    rows, two_keys,
    testing::Values(two_keys_row{"foo.bar", "E", "ecc"}, two_keys_row{"foo.bar", "R", "rsa"},
                    two_keys_row{"foo.bar", "RE", "rsa"}, two_keys_row{"foo.bar", "ER", "ecc"},
                    two_keys_row{"server2.local", "ER", "server2"}, two_keys_row{"server2.local", "RE", "server2"},
                    two_keys_row{"server2.local", "E", "none"}, two_keys_row{"", "E", "ecc"},
                    two_keys_row{"", "R", "rsa"}, two_keys_row{"", "RE", "rsa"}, two_keys_row{"", "ER", "ecc"}),
    [](const auto& each) {
      const std::string sni = each.param.sni;
      return (sni.empty() ? "none" : sni == "foo.bar" ? "unknown" : "server2") + std::string("_") + each.param.suites;
    });

TEST_P(two_keys, are_chosen_by_what_the_client_can_verify) {
  const auto& row = GetParam();
  const auto root = make_ca({.common_name = "root"}, fresh_key()).value();
  const auto made = [&](const char* name, const char* key) {
    return issue_certificate({.dns_names = {name}}, fresh_key(key), root).value();
  };
  const std::map<std::string, identity> all{{"rsa", made("server.local", "rsa:2048")},
                                            {"ecc", made("server.local", "ec:P-256")},
                                            {"server2", made("server2.local", "rsa:2048")}};
  std::string suites;
  for (const char c : std::string(row.suites))
    suites += std::string(suites.empty() ? "" : ":") + (c == 'E' ? ecdsa : rsa);
  const auto server = server_config::make({.loaded_identities = {all.at("rsa"), all.at("ecc"), all.at("server2")},
                                           .ciphers = std::string(ecdsa) + ":" + rsa,
                                           .order = preference::client})
                          .value();
  const auto client =
      client_config::make(
          {.trust = trust_store::of({root.leaf()}), .max_version = protocol_version::tls1_2, .ciphers = suites})
          .value();
  const bool is_second = std::string(row.sni) == "server2.local";
  pair p(client, server, is_second ? "server2.local" : "server.local", {.sni = row.sni});
  const auto shaken = p.shake();
  if (std::string(row.shown) == "none") {
    EXPECT_FALSE(shaken);
    return;
  }
  ASSERT_TRUE(shaken) << shaken.error().message();
  EXPECT_EQ(p.client->info().peer_chain.front(), all.at(row.shown).leaf());
}

}  // namespace
}  // namespace signet
