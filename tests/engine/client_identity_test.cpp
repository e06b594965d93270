// What a client shows to a server that asks, during the handshake and after it.
#include <signet/tls/client_config.hpp>
#include <signet/x509/certificate_builder.hpp>

#include <gtest/gtest.h>

#include <array>

#include "support/pair.hpp"
#include "support/pki.hpp"

namespace signet {
namespace {

using test::drain;
using test::pair;

private_key fresh_key(const char* type = "ec:P-256") {
  return private_key::generate(type).value();
}

class client_identity : public testing::TestWithParam<protocol_version> {
 protected:
  const identity ca_a_ = make_ca({.common_name = "A"}, fresh_key()).value();
  const identity ca_b_ = make_ca({.common_name = "B"}, fresh_key()).value();
  const identity of_a_ = leaf_of(ca_a_), of_b_ = leaf_of(ca_b_);
  test::pair_options options_ = pair::defaults(GetParam());

  static identity leaf_of(const identity& ca, const char* key = "ec:P-256") {
    return issue_certificate({.dns_names = {"some.client"}, .purposes = {certificate_purpose::client}}, fresh_key(key),
                             ca)
        .value();
  }
  void ask(const identity& ca, client_certificates how = client_certificates::required) {
    options_.server.client_auth = how;
    options_.server.client_trust = trust_store::of({ca.leaf()});
  }
  struct outcome {
    std::optional<error> failure = {};
    connection_info client = {};
    connection_info server = {};
  };
  outcome converse() {
    pair p(options_);
    outcome out;
    if (auto done = p.shake(); !done) out.failure = done.error();
    if (!out.failure) {
      p.server->write("x").value();
      if (auto got = drain(*p.client); got.failure) out.failure = got.failure;
    }
    out.client = p.client->info();
    out.server = p.server->info();
    return out;
  }
};
INSTANTIATE_TEST_SUITE_P(versions, client_identity, testing::Values(protocol_version::tls1_2, protocol_version::tls1_3),
                         [](const auto& each) { return each.param == protocol_version::tls1_2 ? "tls1_2" : "tls1_3"; });

TEST_P(client_identity, is_chosen_by_the_issuers_that_the_server_names) {
  options_.client.identity = of_a_;
  options_.client.more_identities = {of_b_};
  for (const auto* ca : {&ca_a_, &ca_b_}) {
    ask(*ca);
    const auto made = converse();
    ASSERT_FALSE(made.failure) << made.failure->message();
    const auto& shown = ca == &ca_a_ ? of_a_ : of_b_;
    EXPECT_EQ(made.server.peer_chain.front(), shown.leaf());
    ASSERT_FALSE(made.client.own_chain.empty());
    EXPECT_EQ(made.client.own_chain.front(), shown.leaf());
  }
}

TEST_P(client_identity, none_is_shown_where_none_fits) {
  options_.client.identity = of_a_;
  options_.client.more_identities = {leaf_of(ca_a_, "rsa:2048")};
  ask(ca_b_, client_certificates::requested);
  const auto made = converse();
  ASSERT_FALSE(made.failure) << made.failure->message();
  EXPECT_TRUE(made.client.certificate_requested);
  EXPECT_TRUE(made.server.peer_chain.empty());
}

TEST_P(client_identity, a_selector_chooses_waits_or_declines) {
  std::vector<std::string> named;
  identity_choice answer{.chosen = of_b_};
  options_.client.select_identity = [&](const certificate_request_info& asked) {
    named = asked.accepted_issuers;
    return answer;
  };
  ask(ca_b_, client_certificates::requested);
  EXPECT_EQ(converse().server.peer_chain.front(), of_b_.leaf());
  EXPECT_EQ(named, std::vector<std::string>{"CN=B"});

  answer = {.is = identity_choice::state::refused};
  const auto declined = converse();
  EXPECT_FALSE(declined.failure);
  EXPECT_TRUE(declined.server.peer_chain.empty());
  answer = {};
  EXPECT_TRUE(converse().server.peer_chain.empty()) << "ready with nothing";

  answer = {.is = identity_choice::state::not_yet};
  pair p(options_);
  (void)p.shake();
  EXPECT_FALSE(p.client->handshake_done());
  EXPECT_EQ(p.client->handshake().value().next, wait_for::application);
  answer = {.chosen = of_b_};
  p.must_shake();
  EXPECT_EQ(p.server->info().peer_chain.front(), of_b_.leaf());
}

TEST_P(client_identity, a_selector_that_throws_ends_the_handshake) {
  options_.client.select_identity = [](const certificate_request_info&) -> identity_choice {
    throw std::runtime_error("no");
  };
  ask(ca_b_, client_certificates::requested);
  EXPECT_TRUE(converse().failure);
}

// Whom it came as is for the selector to say each time.
TEST_P(client_identity, of_a_selector_is_in_no_session) {
  std::optional<identity> who = of_b_;
  options_.client.select_identity = [&](const certificate_request_info&) { return identity_choice{.chosen = who}; };
  ask(ca_b_, client_certificates::requested);
  const auto client = client_config::make(options_.client).value();
  const auto server = server_config::make(options_.server).value();
  for (int i = 0; i < 3; ++i) {
    pair p(client, server);
    p.must_shake();
    p.server->write("x").value();
    drain(*p.client);
    EXPECT_FALSE(p.client->info().resumed);
    EXPECT_EQ(p.server->info().peer_chain.empty(), !who.has_value());
    who.reset();
  }
}

// Who shows nothing resumes from the second connection on.
TEST_P(client_identity, a_client_without_one_resumes) {
  ask(ca_b_, client_certificates::requested);
  const auto client = client_config::make(options_.client).value();
  const auto server = server_config::make(options_.server).value();
  for (const bool resumed : {false, true, true}) {
    pair p(client, server);
    p.must_shake();
    p.server->write("x").value();
    drain(*p.client);
    EXPECT_EQ(p.client->info().resumed, resumed);
  }
}

// ---- after the handshake (TLS 1.3)

class late_certificate : public testing::Test {
 protected:
  test::pair_options options_ = pair::defaults(protocol_version::tls1_3);
  late_certificate() { options_.server.client_trust = test::test_ca(); }

  // Turns both until the server has its answer; what came beside it.
  static std::string answer(pair& p) {
    (void)drain(*p.client);
    return drain(*p.server).text;
  }
};

TEST_F(late_certificate, is_asked_for_and_judged) {
  options_.client.identity = test::load_identity("client");
  pair p(options_);
  p.must_shake();
  EXPECT_FALSE(p.server->verdict());
  ASSERT_TRUE(p.server->request_certificate());
  EXPECT_FALSE(p.server->client_answered());
  p.client->write("meanwhile").value();
  EXPECT_EQ(answer(p), "meanwhile");
  EXPECT_TRUE(p.server->client_answered());
  ASSERT_TRUE(p.server->verdict());
  EXPECT_TRUE(p.server->verdict()->trusted());
  EXPECT_EQ(p.server->info().verified_chain.front(), options_.client.identity->leaf());
  p.server->write("welcome").value();
  EXPECT_EQ(drain(*p.client).text, "welcome");
}

TEST_F(late_certificate, of_a_stranger_ends_the_connection) {
  const auto stranger = make_ca({.common_name = "stranger"}, fresh_key()).value();
  options_.client.identity =
      issue_certificate({.dns_names = {"some.client"}, .purposes = {certificate_purpose::client}}, fresh_key(),
                        stranger)
          .value();
  pair p(options_);
  p.must_shake();
  ASSERT_TRUE(p.server->request_certificate());
  (void)drain(*p.client);
  const auto got = drain(*p.server);
  ASSERT_TRUE(got.failure);
  EXPECT_EQ(got.failure->code(), errc::unknown_issuer) << got.failure->message();
  const auto told = drain(*p.client);
  ASSERT_TRUE(told.failure);
  EXPECT_EQ(told.failure->alert()->description, 48);
}

TEST_F(late_certificate, a_client_that_declines_is_let_go_on_or_not) {
  bool declines = true;
  options_.client.select_identity = [&](const certificate_request_info&) {
    return declines ? identity_choice{.is = identity_choice::state::refused} : identity_choice{};
  };
  {
    pair p(options_);
    p.must_shake();
    ASSERT_TRUE(p.server->request_certificate(client_certificates::requested));
    EXPECT_EQ(answer(p), "");
    EXPECT_TRUE(p.server->client_answered());
    EXPECT_FALSE(p.server->verdict());
  }
  pair p(options_);
  p.must_shake();
  ASSERT_TRUE(p.server->request_certificate());
  (void)drain(*p.client);
  const auto got = drain(*p.server);
  ASSERT_TRUE(got.failure);
  EXPECT_EQ(got.failure->code(), errc::certificate_required) << got.failure->message();
}

TEST_F(late_certificate, needs_a_client_that_offers_it) {
  {
    pair p(options_);
    p.must_shake();
    const auto refused = p.server->request_certificate();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), errc::not_supported);
    p.server->write("goes on").value();
    EXPECT_EQ(drain(*p.client).text, "goes on");
  }
  auto old = pair::defaults(protocol_version::tls1_2);
  old.client.identity = test::load_identity("client");
  old.server.client_trust = test::test_ca();
  pair p(old);
  p.must_shake();
  EXPECT_EQ(p.server->request_certificate().error().code(), errc::not_supported);
  EXPECT_EQ(p.client->request_certificate().error().code(), errc::not_connected);
}

// A chain is public: it counts once its owner has signed.
TEST_F(late_certificate, counts_when_all_of_the_answer_has_come) {
  options_.client.identity = test::load_identity("client");
  pair p(options_);
  p.must_shake();
  ASSERT_TRUE(p.server->request_certificate());
  (void)drain(*p.client);
  const auto flight = p.to_server->queue;
  const std::size_t first = 5 + static_cast<unsigned char>(flight[3]) * 256U + static_cast<unsigned char>(flight[4]);
  ASSERT_LT(first, flight.size());
  p.to_server->queue = flight.substr(0, first);
  EXPECT_FALSE(drain(*p.server).failure);
  EXPECT_FALSE(p.server->client_answered());
  EXPECT_FALSE(p.server->verdict());
  EXPECT_TRUE(p.server->info().verified_chain.empty());
  EXPECT_TRUE(p.server->info().peer_chain.empty());
  // Nothing can be written in the middle of it, and nothing is lost.
  const auto waits = p.server->write("hello");
  ASSERT_TRUE(waits) << waits.error().message();
  EXPECT_EQ(waits->bytes, 0U);
  EXPECT_EQ(waits->next, wait_for::read);
  p.to_server->queue = flight.substr(first);
  EXPECT_FALSE(drain(*p.server).failure);
  EXPECT_TRUE(p.server->client_answered());
  EXPECT_EQ(p.server->info().verified_chain.front(), options_.client.identity->leaf());
  EXPECT_EQ(p.server->write("hello").value().bytes, 5U);
  EXPECT_EQ(drain(*p.client).text, "hello");
}

TEST_F(late_certificate, of_two_questions_the_stricter_one_counts) {
  options_.client.select_identity = [](const certificate_request_info&) {
    return identity_choice{.is = identity_choice::state::refused};
  };
  pair p(options_);
  p.must_shake();
  ASSERT_TRUE(p.server->request_certificate(client_certificates::requested));
  ASSERT_TRUE(p.server->request_certificate(client_certificates::required));
  (void)drain(*p.client);
  const auto got = drain(*p.server);
  ASSERT_TRUE(got.failure);
  EXPECT_EQ(got.failure->code(), errc::certificate_required);
  EXPECT_EQ(p.server->request_certificate(client_certificates::ignored).error().code(), errc::certificate_required);
}

TEST_F(late_certificate, a_client_that_declines_it_is_nobody_from_then_on) {
  bool declines = false;
  const auto identity = test::load_identity("client");
  options_.client.select_identity = [&](const certificate_request_info&) {
    return declines ? identity_choice{.is = identity_choice::state::refused} : identity_choice{.chosen = identity};
  };
  options_.server.client_auth = client_certificates::requested;
  pair p(options_);
  p.must_shake();
  EXPECT_TRUE(p.server->verdict());
  declines = true;
  ASSERT_TRUE(p.server->request_certificate(client_certificates::requested));
  EXPECT_EQ(answer(p), "");
  EXPECT_TRUE(p.server->client_answered());
  EXPECT_FALSE(p.server->verdict());
  EXPECT_TRUE(p.server->info().verified_chain.empty());
}

TEST_F(late_certificate, a_client_that_needs_time_loses_nothing) {
  identity_choice choice{.is = identity_choice::state::not_yet};
  options_.client.select_identity = [&](const certificate_request_info&) { return choice; };
  pair p(options_);
  p.must_shake();
  ASSERT_TRUE(p.server->request_certificate());
  p.server->write("data").value();
  std::array<char, 16> buffer{};
  EXPECT_EQ(p.client->read(buffer).value().next, wait_for::application);
  EXPECT_FALSE(p.client->readable());
  EXPECT_EQ(p.client->write("more").value().next, wait_for::application);
  choice = {.chosen = test::load_identity("client")};
  EXPECT_EQ(drain(*p.client).text, "data");
  EXPECT_EQ(p.client->write("more").value().bytes, 4U);
  EXPECT_EQ(drain(*p.server).text, "more");
  EXPECT_TRUE(p.server->verdict());
}

TEST_F(late_certificate, needs_somebody_to_trust) {
  options_.client.identity = test::load_identity("client");
  options_.server.client_trust = trust_store::none();
  pair p(options_);
  p.must_shake();
  EXPECT_EQ(p.server->request_certificate().error().code(), errc::invalid_configuration);
}

}  // namespace
}  // namespace signet
