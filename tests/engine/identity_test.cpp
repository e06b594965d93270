// Who the peer is, decided in a handshake: each connection its own verdict, pins, revocation, first use, trust that
// changes.
#include <signet/dangerous.hpp>
#include <signet/x509/certificate_builder.hpp>
#include <signet/x509/crl_builder.hpp>

#include <gtest/gtest.h>

#include <thread>

#include "support/pair.hpp"
#include "support/pki.hpp"
#include "verify/refreshed_anchors.hpp"

namespace signet {
namespace {

using namespace std::chrono_literals;
using test::drain;
using test::load_identity;
using test::pair;
using test::pair_options;

certificate_pin pin_of(const certificate& c, fingerprint_of part = fingerprint_of::certificate) {
  return certificate_pin::parse((part == fingerprint_of::public_key ? "sha256$pub$" : "sha256$") +
                                to_hex(c.fingerprint("sha256", part).value()))
      .value();
}

alert ours(std::uint8_t description) {
  return {description, alert::sender::us};
}

private_key fresh_key() {
  return private_key::generate("ec:P-256").value();
}

// A list of `ca` that is current, with these revoked.
revocation_lists lists_of(const identity& ca, const std::vector<certificate>& revoked) {
  crl_options options;
  for (const auto& c : revoked) options.entries.push_back({.serial_number = c.serial_number()});
  return {.lists = {make_crl(options, ca).value()}};
}

class in_a_handshake : public testing::TestWithParam<protocol_version> {
 protected:
  pair_options options = pair::defaults(GetParam());

  // What the client refuses, with this alert and a verdict that says so.
  void refuses(errc code, std::uint8_t description) {
    pair p(options);
    ASSERT_FALSE(p.shake());
    ASSERT_TRUE(p.client_error);
    EXPECT_EQ(name(p.client_error->code()), name(code)) << p.client_error->message();
    EXPECT_EQ(p.client_error->alert(), ours(description));
    ASSERT_TRUE(p.client_error->verdict());
    EXPECT_EQ(name(p.client_error->verdict()->findings().front().code), name(code));
    EXPECT_FALSE(p.client->handshake_done());
    ASSERT_TRUE(p.server_error);
    EXPECT_EQ(p.server_error->alert(), (alert{description, alert::sender::peer}));
  }

  // The verdict of a connection that comes about.
  std::shared_ptr<const verdict> accepts() {
    pair p(options);
    p.must_shake();
    return p.client->verdict();
  }
};
INSTANTIATE_TEST_SUITE_P(versions, in_a_handshake, testing::Values(protocol_version::tls1_2, protocol_version::tls1_3),
                         [](const auto& each) { return each.param == protocol_version::tls1_2 ? "tls1_2" : "tls1_3"; });

// ----------------------------------------------------------------------------------------- each connection its verdict

TEST_P(in_a_handshake, two_connections_of_one_config_are_each_judged_by_their_own_name) {
  const auto client = client_config::make(options.client).value();
  const auto server = server_config::make(options.server).value();
  for (const bool good_starts : {true, false}) {
    pair good(client, server, "server.test");
    pair bad(client, server, "somebody.else");
    // One octet at a time and by turns, so that each is in the middle of its handshake whenever the other moves.
    for (auto* wire : {&good.to_server, &good.to_client, &bad.to_server, &bad.to_client}) (*wire)->step = 1;
    std::optional<error> refused;
    const auto step = [](pair& p, std::optional<error>* failure) {
      if (failure == nullptr || !*failure)
        if (const auto moved = p.client->handshake(); !moved && failure != nullptr) *failure = moved.error();
      (void)p.server->handshake();
    };
    for (int turn = 0; turn < 20000 && !(good.client->handshake_done() && good.server->handshake_done() && refused);
         ++turn) {
      if ((turn % 2 == 0) == good_starts)
        step(good, nullptr);
      else
        step(bad, &refused);
    }
    EXPECT_TRUE(good.client->handshake_done());
    EXPECT_TRUE(good.client->verdict() && good.client->verdict()->trusted());
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->code(), errc::name_mismatch);
    EXPECT_FALSE(bad.client->handshake_done());
  }
}

TEST_P(in_a_handshake, two_threads_with_different_names_on_one_config_each_get_their_own_verdict) {
  const auto client = client_config::make(options.client).value();
  const auto server = server_config::make(options.server).value();
  const auto run = [&](const std::string& name, errc expected, int& wrong) {
    for (int i = 0; i < 30; ++i) {
      pair p(client, server, name);
      const auto shaken = p.shake();
      if ((shaken ? errc{} : p.client_error.value().code()) != expected) ++wrong;
      if (shaken && !p.client->verdict()->trusted()) ++wrong;
    }
  };
  int wrong_here = 0, wrong_there = 0;
  std::thread other([&] { run("somebody.else", errc::name_mismatch, wrong_there); });
  run("server.test", errc{}, wrong_here);
  other.join();
  EXPECT_EQ(wrong_here + wrong_there, 0);
}

TEST_P(in_a_handshake, a_refused_peer_leaves_nothing_behind_in_the_config) {
  options.client.verify.accepted_pins = {pin_of(load_identity("ed25519").leaf())};
  const auto client = client_config::make(options.client).value();
  auto bad = options.server;
  bad.loaded_identities = {load_identity("self-signed")};
  for (int i = 0; i < 2; ++i) {
    pair refused(client, server_config::make(bad).value());
    EXPECT_EQ(refused.shake().error().code(), errc::self_signed);
    pair accepted(client, server_config::make(options.server).value());
    accepted.must_shake();
  }
}

// ------------------------------------------------------------------------------------------------------------
// revocation

TEST_P(in_a_handshake, a_revoked_server_is_refused_with_alert_44) {
  options.client.verify.crls = lists_of(load_identity("ca"), {load_identity("server").leaf()});
  refuses(errc::revoked, 44);
  options.client.verify.crls = lists_of(load_identity("ca"), {load_identity("server-rsa").leaf()});
  EXPECT_TRUE(accepts()->trusted());
  options.client.verify.crls = lists_of(load_identity("other-ca"), {});
  refuses(errc::crl_not_found, 42);
}

TEST_P(in_a_handshake, a_revoked_client_is_refused_by_the_server_with_alert_44) {
  options.server.client_auth = client_certificates::required;
  options.server.client_trust = test::test_ca();
  options.client.identity = load_identity("client");
  options.server.verify.crls = lists_of(load_identity("ca"), {load_identity("server").leaf()});
  accepts();
  options.server.verify.crls = lists_of(load_identity("ca"), {load_identity("client").leaf()});
  pair p(options);
  (void)p.shake();
  ASSERT_TRUE(p.server_error);
  EXPECT_EQ(p.server_error->code(), errc::revoked);
  EXPECT_EQ(p.server_error->alert(), ours(44));
  EXPECT_EQ(p.server_error->verdict()->findings().front().code, errc::revoked);
  EXPECT_FALSE(p.server->handshake_done());
  if (!p.client_error) p.client_error = drain(*p.client).failure;
  EXPECT_EQ(p.client_error.value().alert(), (alert{44, alert::sender::peer}));
}

// ------------------------------------------------------------------------------------------------------------------
// pins

TEST_P(in_a_handshake, a_pin_that_does_not_match_is_refused_with_alert_42) {
  options.client.verify.pins = {pin_of(load_identity("server-rsa").leaf())};
  refuses(errc::pin_mismatch, 42);
  options.client.verify.pins.push_back(pin_of(load_identity("server").leaf(), fingerprint_of::public_key));
  EXPECT_TRUE(accepts()->trusted());
  // The issuer's does not do: it is the peer's own certificate that is pinned.
  options.client.verify.pins = {pin_of(load_identity("ca").leaf())};
  refuses(errc::pin_mismatch, 42);
}

TEST_P(in_a_handshake, an_accepted_pin_stands_in_for_chain_and_name_and_is_told) {
  const auto leaf = load_identity("self-signed").leaf();
  options.server.loaded_identities = {load_identity("self-signed")};
  options.name = "somebody.else";
  refuses(errc::self_signed, 48);
  for (const auto part : {fingerprint_of::certificate, fingerprint_of::public_key}) {
    options.client.verify.accepted_pins = {pin_of(load_identity("server").leaf()), pin_of(leaf, part)};
    const auto judged = accepts();
    EXPECT_TRUE(judged->trusted());
    EXPECT_EQ(judged->accepted_by(), "pin " + pin_of(leaf, part).text());
    EXPECT_EQ(judged->waived().size(), 2U);
    EXPECT_EQ(judged->loosened(), "");
  }
  options.client.verify.pins = {pin_of(load_identity("server").leaf())};
  refuses(errc::pin_mismatch, 42);
}

TEST_P(in_a_handshake, a_demanded_pin_is_demanded_of_any_certificate_that_is_accepted) {
  options.server.loaded_identities = {load_identity("self-signed")};
  options.client.loosened = dangerous::accept_any_certificate("test of pins");
  EXPECT_EQ(accepts()->loosened(), "test of pins");
  options.client.verify.pins = {pin_of(load_identity("server").leaf())};
  refuses(errc::pin_mismatch, 42);
  options.client.verify.pins = {pin_of(load_identity("self-signed").leaf())};
  EXPECT_TRUE(accepts()->trusted());
}

TEST_P(in_a_handshake, a_check_of_ones_own_refuses_what_it_objects_to) {
  options.client.verify.further = [](const verdict& so_far) -> std::optional<finding> {
    if (so_far.chain().front().serial_number() == load_identity("server").leaf().serial_number())
      return finding{.code = errc::certificate_rejected, .message = "not this one"};
    return std::nullopt;
  };
  refuses(errc::certificate_rejected, 42);
  options.server.loaded_identities = {load_identity("server-rsa")};
  EXPECT_TRUE(accepts()->trusted());
  // And accepts nothing.
  options.server.loaded_identities = {load_identity("self-signed")};
  refuses(errc::self_signed, 48);
}

// ---------------------------------------------------------------------------------------------------------- chain,
// names

TEST_P(in_a_handshake, a_leaf_alone_is_enough_where_its_intermediate_is_trusted) {
  options.server.loaded_identities = {
      identity::load({.certificate = test::pki("chain-leaf-only.pem"), .key = test::pki("chain.key")}).value()};
  refuses(errc::unknown_issuer, 48);
  options.client.trust = trust_store::pem_file(test::pki("intermediate.pem")).value();
  const auto judged = accepts();
  ASSERT_EQ(judged->chain().size(), 2U);
  EXPECT_NE(judged->chain()[1].subject().find("intermediate"), std::string::npos);
  options.client.trust = test::test_ca();
  options.client.verify.intermediates = {load_identity("intermediate").leaf()};
  EXPECT_EQ(accepts()->chain().size(), 3U);
}

TEST_P(in_a_handshake, a_common_name_counts_under_smtp_and_without_a_scheme_the_way_out_is_named) {
  options.server.loaded_identities = {load_identity("cn-only")};
  refuses(errc::name_mismatch, 42);
  pair p(options);
  EXPECT_NE(p.shake().error().hint().find("scheme"), std::string::npos);
  EXPECT_NE(p.client_error->hint().find("RFC 9525"), std::string::npos);
  options.client.verify.scheme = hostname_scheme::smtp;
  EXPECT_TRUE(accepts()->trusted());
  options.name = "somebody.else";
  refuses(errc::name_mismatch, 42);
}

TEST_P(in_a_handshake, rules_of_ones_own_decide_about_the_name) {
  std::string asked;
  options.name = "Somebody.ELSE";
  options.client.verify.names = name_rules{.decide = [&asked](std::string_view name, const certificate&) {
    asked = name;
    return true;
  }};
  EXPECT_TRUE(accepts()->trusted());
  EXPECT_EQ(asked, "somebody.else");
}

// ------------------------------------------------------------------------------------------------------------- first
// use

TEST_P(in_a_handshake, the_key_of_the_first_use_is_demanded_ever_after) {
  const test::temporary_folder folder;
  options.client.verify.first_use = known_peers::open(folder / "known").value();
  options.server.loaded_identities = {load_identity("self-signed")};
  EXPECT_NE(accepts()->accepted_by().find("known"), std::string::npos);
  const auto kept = test::contents_of(folder / "known");
  EXPECT_TRUE(kept.starts_with("server.test sha256$pub$")) << kept;
  EXPECT_TRUE(accepts()->trusted());
  options.server.loaded_identities = {make_self_signed({.dns_names = {"server.test"}}, fresh_key()).value()};
  refuses(errc::pin_mismatch, 42);
  EXPECT_EQ(test::contents_of(folder / "known"), kept);
  // Who has a chain is not looked up.
  options.server.loaded_identities = {load_identity("server")};
  EXPECT_EQ(accepts()->accepted_by(), "");
}

// ------------------------------------------------------------------------------------------------------------
// resumption

// A connection that lives long enough for its session to be kept; whether it was resumed.
bool converse(const client_config& client, const server_config& server, const std::string& name,
              const engine_options& how) {
  pair p(client, server, name, how);
  p.must_shake();
  p.server->write("hello").value();
  EXPECT_EQ(drain(*p.client).text, "hello");
  return p.client->info().resumed;
}

TEST_P(in_a_handshake, a_session_resumes_for_its_own_name_only_however_it_was_accepted) {
  const engine_options one_peer{.session_key = "192.0.2.1:443"};
  options.client.verify.accepted_pins = {pin_of(load_identity("self-signed").leaf())};
  auto pinned = options.server;
  pinned.loaded_identities = {load_identity("self-signed")};
  for (const auto& settings : {options.server, pinned}) {
    const auto client = client_config::make(options.client).value();
    const auto server = server_config::make(settings).value();
    EXPECT_FALSE(converse(client, server, "server.test", one_peer));
    EXPECT_TRUE(converse(client, server, "server.test", one_peer));
    EXPECT_FALSE(converse(client, server, "localhost", one_peer));
    EXPECT_TRUE(converse(client, server, "server.test", one_peer));
  }
  // The name that is not in the certificate is refused although a session is at hand.
  const auto client = client_config::make(options.client).value();
  const auto server = server_config::make(options.server).value();
  EXPECT_FALSE(converse(client, server, "server.test", one_peer));
  pair p(client, server, "somebody.else", one_peer);
  EXPECT_EQ(p.shake().error().code(), errc::name_mismatch);
}

TEST_P(in_a_handshake, a_resumed_connection_keeps_its_verdict) {
  options.client.verify.accepted_pins = {pin_of(load_identity("self-signed").leaf())};
  options.server.loaded_identities = {load_identity("self-signed")};
  const auto client = client_config::make(options.client).value();
  const auto server = server_config::make(options.server).value();
  EXPECT_FALSE(converse(client, server, "server.test", {}));
  pair p(client, server);
  p.must_shake();
  EXPECT_TRUE(p.client->info().resumed);
  ASSERT_TRUE(p.client->verdict());
  EXPECT_TRUE(p.client->verdict()->accepted_by().starts_with("pin sha256$"));
}

TEST_P(in_a_handshake, a_session_is_not_used_any_more_once_the_trust_has_changed) {
  const test::temporary_folder folder;
  const auto file = folder.file("trust.pem", test::contents_of(test::pki("ca.pem")));
  options.client.trust = trust_store::pem_file(file).value();
  const auto client = client_config::make(options.client).value();
  const auto server = server_config::make(options.server).value();
  EXPECT_FALSE(converse(client, server, "server.test", {}));
  EXPECT_TRUE(converse(client, server, "server.test", {}));

  // Whom the new file does not name is refused, session or not.
  folder.file("trust.pem", test::contents_of(test::pki("other-ca.pem")));
  const auto give_up = std::chrono::steady_clock::now() + refreshed_anchors::interval * 10;
  std::optional<error> refused;
  while (!refused && std::chrono::steady_clock::now() < give_up) {
    pair p(client, server);
    if (p.shake()) {
      EXPECT_TRUE(p.client->info().resumed) << "not read yet";
      p.server->write("ticket").value();
      (void)drain(*p.client);
      std::this_thread::yield();
    } else {
      refused = p.client_error;
    }
  }
  ASSERT_TRUE(refused) << "the changed file was not read";
  EXPECT_EQ(refused->code(), errc::unknown_issuer);
  // It comes back with the file, by a whole handshake.
  folder.file("trust.pem", test::contents_of(test::pki("ca.pem")));
  bool came_back = false;
  while (!came_back && std::chrono::steady_clock::now() < give_up) {
    pair p(client, server);
    came_back = p.shake().has_value();
    EXPECT_FALSE(came_back && p.client->info().resumed);
  }
  EXPECT_TRUE(came_back);
}

}  // namespace
}  // namespace signet
