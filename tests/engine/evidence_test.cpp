// A client that asks others for what a verdict lacks: while they look, nothing is decided, and what they bring is
// judged like everything else.
#include <signet/verify/evidence.hpp>
#include <signet/x509/crl_builder.hpp>

#include <gtest/gtest.h>

#include <deque>
#include <stdexcept>

#include "support/pair.hpp"
#include "verify/issued.hpp"

namespace signet {
namespace {

using namespace std::chrono_literals;
using test::drain;
using test::noon;
using test::pair;

// Answers in turn; "not yet" where there is nothing, and with nothing new once all is said.
class scripted_source final : public evidence_source {
 public:
  explicit scripted_source(std::deque<std::optional<evidence>> answers) : answers_(std::move(answers)) {}

  std::optional<evidence> find(const evidence_wanted& wanted) override {
    asked.push_back(wanted);
    if (asked.size() == fails_at) throw std::runtime_error("no network");
    if (answers_.empty()) return evidence{};
    auto next = std::move(answers_.front());
    answers_.pop_front();
    return next;
  }

  std::vector<evidence_wanted> asked = {};
  // 1 is the first question.
  std::size_t fails_at = 0;

 private:
  std::deque<std::optional<evidence>> answers_;
};

class a_client_with_a_source : public testing::TestWithParam<protocol_version> {
 protected:
  // The server forgets both intermediates.
  const identity root_ = test::root("Root");
  const identity upper_ = test::intermediate("Upper", root_, {.path_length = 1});
  const identity lower_ = test::intermediate("Lower", upper_);
  const identity server_ = test::leaf("server.test", lower_);
  std::shared_ptr<scripted_source> source_ = {};
  test::pair_options options_ = pair::defaults(GetParam());

  void answers(std::deque<std::optional<evidence>> with) {
    source_ = std::make_shared<scripted_source>(std::move(with));
    options_.client.evidence = source_;
    options_.client.trust = trust_store::of({root_.leaf()});
    options_.client.verify.clock = [] { return noon; };
    options_.server.verify.clock = options_.client.verify.clock;
    options_.server.identities.clear();
    options_.server.loaded_identities = {alone(server_)};
  }
  static identity alone(const identity& whole) { return identity::make({whole.leaf()}, whole.key()).value(); }

  // The first call after the server's flight.
  static result<io_status> client_after_the_server(pair& p) {
    (void)p.client->handshake();
    (void)p.server->handshake();
    return p.client->handshake();
  }
  static crl list_of(const identity& ca, const std::vector<certificate>& revoked = {}) {
    crl_options options{.lifetime = std::chrono::days(7), .at = noon - 24h};
    for (const auto& c : revoked)
      options.entries.push_back({.serial_number = c.serial_number(), .revoked_at = noon - 48h});
    return make_crl(options, ca).value();
  }
  void is_refused(pair& p, errc code, std::uint8_t alert_sent) {
    EXPECT_FALSE(p.shake());
    ASSERT_TRUE(p.client_error);
    EXPECT_EQ(name(p.client_error->code()), name(code)) << p.client_error->message();
    EXPECT_EQ(p.client_error->alert(), (alert{alert_sent, alert::sender::us}));
    EXPECT_FALSE(p.client->handshake_done());
  }
};

INSTANTIATE_TEST_SUITE_P(versions, a_client_with_a_source,
                         testing::Values(protocol_version::tls1_2, protocol_version::tls1_3),
                         [](const auto& each) { return each.param == protocol_version::tls1_2 ? "tls1_2" : "tls1_3"; });

TEST_P(a_client_with_a_source, finds_the_intermediates_that_a_server_forgot) {
  answers({evidence{.issuers = {lower_.leaf()}}, evidence{.issuers = {upper_.leaf()}}});
  pair p(options_);
  p.must_shake();
  ASSERT_EQ(source_->asked.size(), 2U);
  EXPECT_EQ(source_->asked[0].issuer_of, server_.leaf());
  EXPECT_EQ(source_->asked[1].issuer_of, lower_.leaf());
  EXPECT_EQ(p.client->info().verified_chain.size(), 4U);
  EXPECT_EQ(p.client->info().peer_chain.size(), 1U);
}

TEST_P(a_client_with_a_source, decides_nothing_while_it_looks) {
  answers({std::nullopt, std::nullopt, evidence{.issuers = {lower_.leaf(), upper_.leaf()}}});
  pair p(options_);
  EXPECT_EQ(client_after_the_server(p).value().next, wait_for::application);
  EXPECT_FALSE(p.client->handshake_done());
  EXPECT_EQ(p.client->verdict(), nullptr);
  EXPECT_FALSE(p.client->write("secret"));
  EXPECT_EQ(p.client->handshake().value().next, wait_for::application);
  p.must_shake();
  EXPECT_EQ(source_->asked.size(), 3U);
  EXPECT_EQ(source_->asked[2].chain, source_->asked[0].chain);
  EXPECT_TRUE(p.client->verdict()->trusted());
  ASSERT_TRUE(p.client->write("hello"));
  EXPECT_EQ(drain(*p.server).text, "hello");
}

// A peer that can bring a source to a long search does not buy a verification each time somebody looks whether it is
// over.
TEST_P(a_client_with_a_source, judges_once_for_each_answer) {
  answers({std::nullopt, std::nullopt, std::nullopt, evidence{.issuers = {lower_.leaf(), upper_.leaf()}}});
  int judged = 0;
  options_.client.verify.further = [&judged](const verdict&) -> std::optional<finding> {
    ++judged;
    return {};
  };
  pair p(options_);
  (void)client_after_the_server(p);
  for (int i = 0; i < 2; ++i) EXPECT_EQ(p.client->handshake().value().next, wait_for::application);
  p.must_shake();
  EXPECT_EQ(judged, 2);
}

TEST_P(a_client_with_a_source, takes_no_more_than_it_can_judge) {
  std::vector<certificate> many(5000, upper_.leaf());
  many.push_back(lower_.leaf());
  answers({evidence{.issuers = many}, evidence{.issuers = many}});
  pair p(options_);
  is_refused(p, errc::unknown_issuer, 48);
}

TEST_P(a_client_with_a_source, resumes_without_asking_again) {
  answers({std::nullopt, evidence{.issuers = {lower_.leaf(), upper_.leaf()}}});
  const auto client = client_config::make(options_.client).value();
  const auto server = server_config::make(options_.server).value();
  for (const bool resumed : {false, true}) {
    pair p(client, server);
    // "Not yet" is no progress that the pair could see.
    (void)client_after_the_server(p);
    p.must_shake();
    EXPECT_EQ(p.client->info().resumed, resumed);
    EXPECT_EQ(p.client->info().verified_chain.size(), 4U);
    ASSERT_TRUE(p.server->write("ticket"));
    EXPECT_EQ(drain(*p.client).text, "ticket");
  }
  EXPECT_EQ(source_->asked.size(), 2U);
}

TEST_P(a_client_with_a_source, refuses_when_there_is_nothing_or_something_else) {
  const auto stranger = test::root("Stranger");
  const auto namesake = test::intermediate("Lower", stranger);
  answers({});
  pair nothing(options_);
  is_refused(nothing, errc::unknown_issuer, 48);
  EXPECT_EQ(source_->asked.size(), 1U);
  // Whatever comes is judged; and there is an end to it.
  answers(std::deque<std::optional<evidence>>(100, evidence{.issuers = {namesake.leaf(), stranger.leaf()}}));
  pair junk(options_);
  is_refused(junk, errc::unknown_issuer, 48);
  EXPECT_EQ(source_->asked.size(), 8U);
}

TEST_P(a_client_with_a_source, that_fails_refuses) {
  answers({});
  source_->fails_at = 1;
  pair p(options_);
  is_refused(p, errc::unknown_issuer, 48);
}

TEST_P(a_client_with_a_source, that_fails_later_refuses_and_says_what_is_missing) {
  answers({std::nullopt});
  source_->fails_at = 2;
  pair p(options_);
  EXPECT_EQ(client_after_the_server(p).value().next, wait_for::application);
  is_refused(p, errc::unknown_issuer, 48);
  EXPECT_EQ(source_->asked.size(), 2U);
}

TEST_P(a_client_with_a_source, is_not_asked_what_no_evidence_cures) {
  answers({evidence{.issuers = {lower_.leaf(), upper_.leaf()}}});
  options_.server.loaded_identities = {alone(test::leaf("other.test", root_))};
  pair p(options_);
  is_refused(p, errc::name_mismatch, 42);
  EXPECT_TRUE(source_->asked.empty());
}

TEST_P(a_client_with_a_source, finds_the_revocation_list_that_is_demanded) {
  const auto good = list_of(lower_);
  for (const auto& [list, code] :
       {std::pair{good, errc::internal}, {list_of(lower_, {server_.leaf()}), errc::revoked}}) {
    answers({std::nullopt, evidence{.lists = {list}}});
    options_.client.verify.crls = revocation_lists{};
    options_.client.verify.intermediates = {lower_.leaf(), upper_.leaf()};
    pair p(options_);
    EXPECT_EQ(client_after_the_server(p).value().next, wait_for::application);
    ASSERT_EQ(source_->asked.size(), 1U);
    EXPECT_EQ(source_->asked[0].lists_for, std::vector{server_.leaf()});
    EXPECT_FALSE(source_->asked[0].issuer_of);
    if (code == errc::revoked)
      is_refused(p, errc::revoked, 44);
    else
      p.must_shake();
  }
}

// What was found counts no longer than it says.
TEST_P(a_client_with_a_source, offers_no_session_whose_list_is_over) {
  answers({evidence{.lists = {list_of(lower_)}}});
  options_.client.verify.crls = revocation_lists{};
  options_.client.verify.intermediates = {lower_.leaf(), upper_.leaf()};
  options_.client.session_lifetime = std::chrono::days(7);
  options_.server.session_lifetime = std::chrono::days(7);
  auto now = noon;
  options_.client.verify.clock = [&now] { return now; };
  const auto client = client_config::make(options_.client).value();
  const auto server = server_config::make(options_.server).value();
  const auto converse = [&] {
    pair p(client, server);
    p.must_shake();
    EXPECT_TRUE(p.server->write("ticket"));
    EXPECT_EQ(drain(*p.client).text, "ticket");
    return p.client->info().resumed;
  };
  EXPECT_FALSE(converse());
  now = noon + std::chrono::days(5);
  EXPECT_TRUE(converse());
  now = noon + std::chrono::days(6) + 1s;
  pair late(client, server);
  is_refused(late, errc::crl_not_found, 42);
}

}  // namespace
}  // namespace signet
