// A resumed connection is no second door: whatever may have changed since its session began is asked again, at either
// end and in both versions. docs/guide/resumption.md is the table; each of its rows is a test here.
#include <signet/dangerous.hpp>
#include <signet/native.hpp>
#include <signet/x509/certificate_builder.hpp>
#include <signet/x509/crl_builder.hpp>

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <array>
#include <thread>

#include "support/pair.hpp"
#include "support/pki.hpp"
#include "tls/config_impl.hpp"
#include "verify/trust_store_impl.hpp"

namespace signet {
namespace {

using test::drain;
using test::pair;
using test::pki;
using namespace std::chrono_literals;

// How a connection went, as both ends saw it.
struct outcome {
  std::optional<error> failure = {};
  connection_info client = {};
  connection_info server = {};
  std::shared_ptr<const verdict> of_client = {};
  std::shared_ptr<const verdict> of_server = {};

  [[nodiscard]] bool resumed() const { return !failure && client.resumed; }
};

certificate_pin pin_of(const certificate& c) {
  std::string hex;
  for (const unsigned octet : c.fingerprint_sha256()) {
    hex += "0123456789abcdef"[octet / 16];
    hex += "0123456789abcdef"[octet % 16];
  }
  return certificate_pin::parse(hex).value();
}

private_key fresh_key() {
  return private_key::generate("ec:P-256").value();
}

// A leaf that outlives the intermediate it is sent with.
struct short_chain {
  identity root = make_ca({.common_name = "root", .path_length = 1}, fresh_key()).value();
  private_key key = fresh_key();
  identity brief = issue_ca({.common_name = "issuing", .lifetime = std::chrono::days(2)}, key, root).value();
  identity lasting = issue_ca({.common_name = "issuing"}, key, root).value();

  [[nodiscard]] identity leaf(certificate_options options) const {
    const auto made = issue_certificate(options, fresh_key(), lasting).value();
    return identity::make({made.leaf(), brief.leaf()}, made.key()).value();
  }
  [[nodiscard]] std::chrono::sys_seconds over() const { return brief.leaf().not_after() + 1s; }
};

class resumption_of : public testing::TestWithParam<protocol_version> {
 protected:
  test::pair_options options_ = pair::defaults(GetParam());
  std::chrono::sys_seconds now_ = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  std::optional<client_config> client_;
  std::optional<server_config> server_;

  void make() {
    client_ = client_config::make(options_.client).value();
    server_ = server_config::make(options_.server).value();
  }
  outcome converse(const std::string& name = "server.test", engine_options engine = {}) {
    if (!client_) make();
    return converse_with(*server_, name, std::move(engine));
  }
  outcome converse_with(const server_config& server, const std::string& name = "server.test",
                        engine_options engine = {}) {
    pair p(*client_, server, name, std::move(engine));
    outcome out;
    if (auto done = p.shake(); !done) out.failure = done.error();
    // A refusal under TLS 1.3 reaches the client after its handshake.
    if (!out.failure) {
      if (auto sent = p.server->write("hello"); !sent) out.failure = sent.error();
      if (auto got = drain(*p.client); got.failure) out.failure = got.failure;
    }
    if (!out.failure) {
      p.client->write("back").value();
      EXPECT_EQ(drain(*p.server).text, "back");
    }
    out.client = p.client->info();
    out.server = p.server->info();
    out.of_server = p.client->verdict();
    out.of_client = p.server->verdict();
    return out;
  }
  // So that a second connection would resume.
  void begin(const std::string& name = "server.test") {
    const auto first = converse(name);
    ASSERT_FALSE(first.failure) << first.failure->message();
    EXPECT_FALSE(first.client.resumed);
    const auto second = converse(name);
    ASSERT_FALSE(second.failure) << second.failure->message();
    EXPECT_TRUE(second.client.resumed) << "nothing has changed yet";
  }
  void ask_for_clients() {
    options_.client.identity = test::load_identity("client");
    options_.server.client_auth = client_certificates::required;
    options_.server.client_trust = test::test_ca();
  }
  std::function<std::chrono::sys_seconds()> clock() {
    return [this] { return now_; };
  }
};
INSTANTIATE_TEST_SUITE_P(versions, resumption_of, testing::Values(protocol_version::tls1_2, protocol_version::tls1_3),
                         [](const auto& each) { return each.param == protocol_version::tls1_2 ? "tls1_2" : "tls1_3"; });

// ---- at the client

TEST_P(resumption_of, a_server_asks_further_checks_again) {
  bool objects = false;
  options_.client.verify.further = [&](const verdict&) -> std::optional<finding> {
    if (!objects) return {};
    return finding{.code = errc::certificate_rejected, .message = "it was disabled"};
  };
  begin();
  objects = true;
  const auto refused = converse();
  ASSERT_TRUE(refused.failure);
  EXPECT_EQ(refused.failure->code(), errc::certificate_rejected);
}

TEST_P(resumption_of, a_server_known_by_its_key_is_looked_up_again) {
  const test::temporary_folder folder;
  options_.client.trust = trust_store::none();
  options_.client.verify.first_use = known_peers::open(folder / "known").value();
  begin();
  // Another key is known by now.
  const auto other = make_self_signed({.dns_names = {"server.test"}}, fresh_key());
  std::filesystem::remove(folder / "known");
  ASSERT_TRUE(known_peers::open(folder / "known")
                  .value()
                  .remember(server_name::parse("server.test").value(), 0, other->leaf(), now_));
  const auto refused = converse();
  ASSERT_TRUE(refused.failure);
  EXPECT_EQ(refused.failure->code(), errc::pin_mismatch);
}

TEST_P(resumption_of, a_server_ends_with_any_certificate_of_its_chain) {
  const short_chain chain;
  options_.server.loaded_identities = {chain.leaf({.dns_names = {"server.test"}})};
  options_.client.trust = trust_store::of({chain.root.leaf()});
  options_.client.verify.clock = clock();
  options_.client.session_lifetime = std::chrono::days(7);
  begin();
  now_ = chain.over();
  const auto refused = converse();
  ASSERT_TRUE(refused.failure);
  EXPECT_EQ(refused.failure->code(), errc::expired);
}

TEST_P(resumption_of, a_server_ends_with_the_trust_in_its_ca) {
  const test::temporary_folder folder;
  options_.client.trust = trust_store::pem_file(folder.file("ca.pem", test::contents_of(pki("ca.pem")))).value();
  begin();
  folder.file("ca.pem", test::contents_of(pki("other-ca.pem")));
  std::optional<error> refused;
  for (const auto until = std::chrono::steady_clock::now() + 20s; !refused && std::chrono::steady_clock::now() < until;)
    refused = converse().failure;
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->code(), errc::unknown_issuer);
}

TEST_P(resumption_of, a_server_ends_with_the_revocation_lists_that_spoke_for_it) {
  options_.client.verify.clock = clock();
  options_.client.verify.crls = revocation_lists{.lists = {make_crl({.at = now_}, test::load_identity("ca")).value()}};
  options_.client.session_lifetime = std::chrono::days(7);
  begin();
  now_ = options_.client.verify.crls->lists.front().next_update().value() + 1s;
  const auto refused = converse();
  ASSERT_TRUE(refused.failure);
  EXPECT_EQ(refused.failure->code(), errc::crl_expired);
}

TEST_P(resumption_of, a_session_has_a_greatest_age_for_a_client) {
  options_.client.verify.clock = clock();
  options_.client.session_lifetime = 1h;
  begin();
  for (int i = 0; i < 3; ++i) {
    now_ += 15min;
    EXPECT_TRUE(converse().resumed());
  }
  now_ += 16min;
  const auto anew = converse();
  EXPECT_FALSE(anew.failure);
  EXPECT_FALSE(anew.resumed()) << "each resumption brought a fresh ticket, and all were of one session";
}

TEST_P(resumption_of, a_verdict_with_loosened_rules_is_given_each_time) {
  options_.client.trust = trust_store::none();
  options_.client.loosened = dangerous::accept_any_certificate("a test");
  EXPECT_FALSE(converse().failure);
  EXPECT_FALSE(converse().resumed());
}

TEST_P(resumption_of, a_server_accepted_by_its_pin_is_told_so_again) {
  options_.client.trust = trust_store::none();
  const auto leaf = test::load_identity("server").leaf();
  options_.client.verify.accepted_pins = {pin_of(leaf)};
  make();
  const auto first = converse(), again = converse();
  EXPECT_TRUE(again.resumed());
  EXPECT_EQ(again.of_server->accepted_by(), first.of_server->accepted_by());
  EXPECT_NE(again.of_server->accepted_by(), "");
  EXPECT_EQ(again.of_server->waived().size(), first.of_server->waived().size());
  EXPECT_TRUE(again.client.verified_chain.empty());
}

TEST_P(resumption_of, junk_beside_the_chain_is_not_kept) {
  auto chain = test::load_identity("server").chain();
  const auto junk = load_certificates(pki("other-ca.pem")).value().front();
  chain.resize(60, junk);
  options_.server.loaded_identities = {identity::make(chain, test::load_identity("server").key()).value()};
  make();
  const auto first = converse(), again = converse();
  EXPECT_EQ(first.client.peer_chain.size(), 60U);
  EXPECT_TRUE(again.resumed());
  EXPECT_EQ(again.client.peer_chain.size(), 1U);
  EXPECT_LT(inside(*client_).sessions->octets(), 4096U);
}

// ---- at the server

TEST_P(resumption_of, a_client_accepted_by_its_pin_gets_no_chain_from_it) {
  // Whoever holds the pinned key can sign itself a certificate with any subject.
  const auto key = fresh_key();
  const auto forged = make_self_signed(
      {.common_name = "administrator", .dns_names = {"x.test"}, .purposes = {certificate_purpose::client}}, key);
  options_.client.identity = forged.value();
  options_.server.client_auth = client_certificates::required;
  options_.server.client_trust = test::test_ca();
  options_.server.verify.accepted_pins = {pin_of(forged->leaf())};
  make();
  const auto first = converse();
  ASSERT_FALSE(first.failure) << first.failure->message();
  const auto again = converse();
  ASSERT_TRUE(again.resumed());
  for (const auto* one : {&first, &again}) {
    EXPECT_NE(one->of_client->accepted_by(), "");
    EXPECT_FALSE(one->of_client->waived().empty());
    EXPECT_TRUE(one->server.verified_chain.empty());
  }
  EXPECT_EQ(again.of_client->accepted_by(), first.of_client->accepted_by());
}

TEST_P(resumption_of, a_client_keeps_the_whole_chain_it_was_verified_by) {
  const auto root = make_ca({.common_name = "root", .path_length = 1}, fresh_key()).value();
  const auto issuing = issue_ca({.common_name = "issuing"}, fresh_key(), root).value();
  const auto leaf =
      issue_certificate({.common_name = "one", .purposes = {certificate_purpose::client}}, fresh_key(), issuing)
          .value();
  options_.client.identity = identity::make({leaf.leaf(), issuing.leaf()}, leaf.key()).value();
  options_.server.client_auth = client_certificates::required;
  options_.server.client_trust = trust_store::of({root.leaf()});
  make();
  const auto first = converse(), again = converse();
  ASSERT_TRUE(again.resumed());
  EXPECT_EQ(again.server.verified_chain, first.server.verified_chain);
  EXPECT_EQ(again.server.verified_chain.size(), 3U);
  EXPECT_EQ(again.server.peer_chain, first.server.peer_chain);
}

TEST_P(resumption_of, a_client_is_asked_about_again_by_further_checks) {
  ask_for_clients();
  bool disabled = false;
  options_.server.verify.further = [&](const verdict&) -> std::optional<finding> {
    if (!disabled) return {};
    return finding{.code = errc::certificate_rejected, .message = "this user is disabled"};
  };
  begin();
  disabled = true;
  const auto refused = converse();
  ASSERT_TRUE(refused.failure);
  EXPECT_EQ(refused.of_client->findings().at(0).message, "this user is disabled");
}

TEST_P(resumption_of, a_client_ends_with_any_certificate_of_its_chain) {
  const short_chain chain;
  options_.client.identity = chain.leaf({.common_name = "one", .purposes = {certificate_purpose::client}});
  options_.server.client_auth = client_certificates::required;
  options_.server.client_trust = trust_store::of({chain.root.leaf()});
  options_.server.verify.clock = clock();
  options_.server.session_lifetime = std::chrono::days(7);
  begin();
  now_ = chain.over();
  const auto refused = converse();
  ASSERT_TRUE(refused.failure);
  EXPECT_EQ(refused.of_client->findings().at(0).code, errc::expired);
}

TEST_P(resumption_of, a_client_ends_with_the_revocation_lists_that_spoke_for_it) {
  ask_for_clients();
  options_.server.verify.clock = clock();
  options_.server.verify.crls = revocation_lists{.lists = {make_crl({.at = now_}, test::load_identity("ca")).value()}};
  options_.server.session_lifetime = std::chrono::days(7);
  begin();
  now_ = options_.server.verify.crls->lists.front().next_update().value() + 1s;
  const auto refused = converse();
  ASSERT_TRUE(refused.failure);
  EXPECT_EQ(refused.of_client->findings().at(0).code, errc::crl_expired);
}

// Processes of one server share the keys of their tickets, not their memory.
std::shared_ptr<ticket_source> shared_ticket_keys() {
  return ticket_keys::from_bytes(std::string(80, 'k')).value();
}

TEST_P(resumption_of, a_client_is_not_taken_over_by_a_process_that_trusts_others) {
  ask_for_clients();
  options_.server.tickets = shared_ticket_keys();
  make();
  auto changed = options_.server;
  changed.client_trust = trust_store::pem_file(pki("other-ca.pem")).value();
  const auto other = server_config::make(changed).value(), same = server_config::make(options_.server).value();
  EXPECT_FALSE(converse().failure);
  EXPECT_TRUE(converse_with(same).resumed()) << "the same trust, read by another process";
  EXPECT_TRUE(converse_with(other).failure);
}

TEST_P(resumption_of, a_client_is_not_taken_over_when_both_processes_have_read_their_trust_as_often) {
  ask_for_clients();
  const test::temporary_folder folder_one, folder_two;
  const auto ca = test::contents_of(pki("ca.pem")), none_of_it = test::contents_of(pki("other-ca.pem"));
  options_.server.client_trust = trust_store::pem_file(folder_one.file("ca.pem", ca)).value();
  options_.server.tickets = shared_ticket_keys();
  make();
  auto changed = options_.server;
  changed.client_trust = trust_store::pem_file(folder_two.file("ca.pem", ca)).value();
  const auto other = server_config::make(changed).value();
  EXPECT_FALSE(converse().failure);
  // Each reads a second version, and they differ.
  folder_one.file("ca.pem", ca + none_of_it);
  folder_two.file("ca.pem", none_of_it);
  const auto read_again = [](const server_config& config) {
    const auto& trust = inside(config).state()->options.client_trust;
    for (const auto until = std::chrono::steady_clock::now() + 20s;
         inside(trust).generation() == 0 && std::chrono::steady_clock::now() < until;)
      std::this_thread::sleep_for(50ms);
  };
  read_again(*server_);
  read_again(other);
  EXPECT_FALSE(converse().failure);
  EXPECT_TRUE(converse_with(other).failure);
}

TEST_P(resumption_of, a_session_has_a_greatest_age_for_a_server) {
  options_.server.verify.clock = clock();
  options_.server.session_lifetime = 1h;
  begin();
  for (int i = 0; i < 3; ++i) {
    now_ += 15min;
    EXPECT_TRUE(converse().resumed());
  }
  now_ += 16min;
  EXPECT_FALSE(converse().resumed());
}

TEST_P(resumption_of, a_session_of_one_name_is_none_of_another) {
  // A client of ours would not offer it: this one looks under a key of its own, and sends what it likes.
  options_.client.trust = test::test_ca();
  make();
  const engine_options open{.sni = "server.test", .session_key = "k"}, closed{.sni = "localhost", .session_key = "k"};
  EXPECT_FALSE(converse("server.test", open).failure);
  pair p(*client_, *server_, "server.test", closed);
  // The session of the other name, put in by hand.
  auto saved = inside(*client_).sessions->take("k\nserver.test\nserver.test");
  ASSERT_TRUE(saved);
  ASSERT_EQ(SSL_set_session(native::handle(*p.client), saved->session.get()), 1);
  p.client->handshake().value();
  ASSERT_TRUE(p.server->handshake());
  EXPECT_EQ(SSL_session_reused(native::handle(*p.server)), 0) << "RFC 6066 section 3";
}

TEST_P(resumption_of, a_name_that_is_refused_by_now_is_asked_for_again) {
  bool closed = false;
  const auto who = test::load_identity("server");
  options_.server.loaded_identities.clear();
  options_.server.select_identity = [&](const client_hello_info&) {
    return closed ? identity_choice{.is = identity_choice::state::refused} : identity_choice{.chosen = who};
  };
  begin();
  closed = true;
  EXPECT_TRUE(converse().failure);
}

TEST_P(resumption_of, a_session_of_another_identity_is_not_resumed) {
  auto who = test::load_identity("server");
  options_.server.loaded_identities.clear();
  options_.server.select_identity = [&](const client_hello_info&) { return identity_choice{.chosen = who}; };
  begin();
  who = test::load_identity("server-rsa");
  const auto anew = converse();
  EXPECT_FALSE(anew.failure);
  EXPECT_FALSE(anew.resumed());
  EXPECT_EQ(anew.client.peer_chain.front(), who.leaf());
}

TEST_P(resumption_of, an_identity_that_takes_its_time_is_waited_for) {
  int asked = 0;
  const auto who = test::load_identity("server");
  options_.server.loaded_identities.clear();
  options_.server.select_identity = [&](const client_hello_info&) {
    return ++asked % 2 == 1 ? identity_choice{.is = identity_choice::state::not_yet} : identity_choice{.chosen = who};
  };
  EXPECT_FALSE(converse().failure);
  asked = 0;
  const auto anew = converse();
  EXPECT_FALSE(anew.failure);
  EXPECT_TRUE(anew.resumed());
}

TEST_P(resumption_of, a_chain_too_long_for_a_ticket_is_sent_each_time) {
  ask_for_clients();
  // Only what the chain is built of would travel, so it takes a large certificate.
  certificate_options large{.common_name = "one", .purposes = {certificate_purpose::client}};
  const auto root = make_ca({.common_name = "root", .path_length = 1}, fresh_key()).value();
  certificate_options big{.common_name = "issuing"};
  big.extensions = {{.id = "1.2.3.4", .text = "ASN1:UTF8String:" + std::string(9000, 'x')}};
  const auto issuing = issue_ca(big, fresh_key(), root).value();
  const auto leaf = issue_certificate(large, fresh_key(), issuing).value();
  options_.client.identity = identity::make({leaf.leaf(), issuing.leaf()}, leaf.key()).value();
  options_.server.client_trust = trust_store::of({root.leaf()});
  EXPECT_FALSE(converse().failure);
  const auto anew = converse();
  EXPECT_FALSE(anew.failure);
  EXPECT_FALSE(anew.resumed());
}

TEST(session_lifetime, is_one_second_to_seven_days) {
  for (const auto length : {0s, -1s, std::chrono::seconds(std::chrono::days(7)) + 1s}) {
    auto options = pair::defaults();
    options.client.session_lifetime = options.server.session_lifetime = length;
    EXPECT_EQ(client_config::make(options.client).error().code(), errc::invalid_configuration);
    EXPECT_NE(server_config::make(options.server).error().message().find("session_lifetime"), std::string::npos);
  }
}

}  // namespace
}  // namespace signet
