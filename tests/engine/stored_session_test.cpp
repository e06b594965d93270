// Sessions outside of a config.
#include <signet/dangerous.hpp>
#include <signet/native.hpp>
#include <signet/tls/session_store.hpp>
#include <signet/x509/certificate_builder.hpp>

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <map>
#include <vector>

#include "support/pair.hpp"
#include "support/pki.hpp"
#include "tls/stored_sessions.hpp"

namespace signet {
namespace {

using test::drain;
using test::pair;
using namespace std::chrono_literals;

// Shows what it holds.
struct open_store final : session_store {
  std::map<std::string, std::vector<std::string>> held;
  bool throws = false;
  std::chrono::sys_seconds expires = {};

  void add(const std::string& key, const std::string& value, std::chrono::sys_seconds until) override {
    if (throws) throw std::runtime_error("no room");
    held[key].push_back(value);
    expires = until;
  }
  std::optional<std::string> find(const std::string& key) override {
    if (throws) throw std::runtime_error("out of order");
    const auto found = held.find(key);
    return found == held.end() || found->second.empty() ? std::nullopt : std::optional(found->second.back());
  }
  std::optional<std::string> take(const std::string& key) override {
    auto out = find(key);
    if (out) held[key].pop_back();
    return out;
  }
  void remove(const std::string& key) override { held.erase(key); }
  [[nodiscard]] std::size_t size() const {
    std::size_t n = 0;
    for (const auto& [key, values] : held) n += values.size();
    return n;
  }
  // The only value.
  std::string& only() {
    for (auto& [key, values] : held)
      if (!values.empty()) return values.front();
    throw std::runtime_error("nothing is stored");
  }
};

class stored_session_of : public testing::TestWithParam<protocol_version> {
 protected:
  test::pair_options options_ = pair::defaults(GetParam());
  std::shared_ptr<open_store> store_ = std::make_shared<open_store>();
  server_config server_ = server_config::make(options_.server).value();
  stored_session_of() { options_.client.sessions = store_; }

  struct outcome {
    bool resumed = false;
    std::optional<error> failure = {};
    connection_info client = {};
  };
  // A client that was made anew, as a program that starts again.
  outcome converse(const std::string& name = "server.test", engine_options engine = {}) {
    const auto client = client_config::make(options_.client);
    EXPECT_TRUE(client) << client.error().message();
    pair p(*client, server_, name, std::move(engine));
    outcome out;
    if (auto done = p.shake(); !done) out.failure = done.error();
    if (!out.failure) {
      p.server->write("x").value();
      if (auto got = drain(*p.client); got.failure) out.failure = got.failure;
    }
    out.client = p.client->info();
    out.resumed = !out.failure && out.client.resumed;
    return out;
  }
};
INSTANTIATE_TEST_SUITE_P(versions, stored_session_of,
                         testing::Values(protocol_version::tls1_2, protocol_version::tls1_3),
                         [](const auto& each) { return each.param == protocol_version::tls1_2 ? "tls1_2" : "tls1_3"; });

TEST_P(stored_session_of, outlives_the_config) {
  EXPECT_FALSE(converse().resumed);
  EXPECT_EQ(store_->size(), 1U);
  for (int i = 0; i < 3; ++i) {
    const auto again = converse();
    EXPECT_TRUE(again.resumed) << i;
    EXPECT_EQ(again.client.verified_chain.size(), 2U);
    EXPECT_EQ(again.client.peer_chain.front(), test::load_identity("server").leaf());
  }
}

TEST_P(stored_session_of, is_sealed_and_bound_to_its_place) {
  converse();
  const auto good = store_->only();
  EXPECT_EQ(good.find("server.test"), std::string::npos);
  EXPECT_EQ(store_->held.begin()->first.find("server.test"), std::string::npos);
  for (std::size_t i = 0; i < good.size(); i += 7) {
    store_->only() = good;
    store_->only()[i] = static_cast<char>(good[i] ^ 1);
    EXPECT_FALSE(converse().resumed) << i;
    store_->held.begin()->second.assign(1, good);
  }
  for (const std::size_t size : {std::size_t{0}, std::size_t{27}, good.size() - 1}) {
    store_->held.begin()->second.assign(1, good.substr(0, size));
    EXPECT_FALSE(converse().resumed) << size;
  }
  // Of another peer.
  store_->held.clear();
  converse("localhost");
  const auto other = store_->only();
  store_->held.clear();
  converse();
  store_->held.begin()->second.assign(1, other);
  EXPECT_FALSE(converse().resumed);
}

TEST_P(stored_session_of, another_secret_or_none_reads_nothing) {
  options_.client.session_secret = std::string(32, 'a');
  converse();
  EXPECT_TRUE(converse().resumed);
  options_.client.session_secret = std::string(32, 'b');
  EXPECT_FALSE(converse().resumed);
  options_.client.session_secret = "";
  EXPECT_FALSE(converse().resumed);
  options_.client.session_secret = "short";
  EXPECT_EQ(client_config::make(options_.client).error().code(), errc::invalid_configuration);
}

TEST_P(stored_session_of, never_stands_in_for_the_verdict) {
  const auto begin = [&] {
    options_ = pair::defaults(GetParam());
    options_.client.sessions = store_;
    store_->held.clear();
    converse();
    EXPECT_EQ(store_->size(), 1U);
  };
  begin();
  options_.client.trust = trust_store::pem_file(test::pki("other-ca.pem")).value();
  EXPECT_EQ(converse().failure->code(), errc::unknown_issuer);
  begin();
  EXPECT_EQ(converse("wrong.test", {.session_key = "server.test"}).failure->code(), errc::name_mismatch);
  begin();
  options_.client.verify.pins = {certificate_pin::parse(std::string(64, 'a')).value()};
  EXPECT_EQ(converse().failure->code(), errc::pin_mismatch);
  begin();
  const auto end = test::load_identity("server").leaf().not_after();
  options_.client.verify.clock = [end] { return end + 1s; };
  EXPECT_EQ(converse().failure->code(), errc::expired);
}

TEST_P(stored_session_of, is_for_the_same_name_trust_and_identity) {
  const auto begin = [&] {
    options_ = pair::defaults(GetParam());
    options_.client.sessions = store_;
    store_->held.clear();
    converse();
    EXPECT_TRUE(converse().resumed);
  };
  begin();
  EXPECT_FALSE(converse("localhost").resumed);
  begin();
  EXPECT_FALSE(converse("server.test", {.sni = "localhost"}).resumed);
  begin();
  options_.client.trust = options_.client.trust + trust_store::pem_file(test::pki("other-ca.pem")).value();
  EXPECT_FALSE(converse().resumed);
  begin();
  options_.client.identity = test::load_identity("client");
  EXPECT_FALSE(converse().resumed);
  begin();
  options_.client.alpn = {"h2"};
  EXPECT_FALSE(converse().resumed);
  begin();
  options_.client.loosened = dangerous::accept_any_certificate("a test");
  EXPECT_FALSE(converse().resumed);
}

TEST_P(stored_session_of, a_ticket_of_tls_1_3_is_offered_once) {
  converse();
  const auto kept = store_->held;
  EXPECT_TRUE(converse().resumed);
  const bool is_new = GetParam() == protocol_version::tls1_3;
  // The next connection before a new ticket has come: as two programs at once.
  store_->held = kept;
  const auto client = client_config::make(options_.client).value();
  pair one(client, server_), two(client, server_);
  one.must_shake();
  two.must_shake();
  EXPECT_TRUE(one.client->info().resumed);
  EXPECT_EQ(two.client->info().resumed, !is_new);
}

TEST_P(stored_session_of, a_store_that_fails_costs_a_full_handshake) {
  converse();
  store_->throws = true;
  const auto made = converse();
  EXPECT_FALSE(made.failure);
  EXPECT_FALSE(made.resumed);
  store_->throws = false;
  EXPECT_TRUE(converse().resumed);
}

TEST_P(stored_session_of, lasts_no_longer_than_asked_for) {
  options_.client.session_lifetime = 60s;
  auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  options_.client.verify.clock = [&] { return now; };
  converse();
  EXPECT_LE(store_->expires, now + 60s);
  now += 30s;
  EXPECT_TRUE(converse().resumed);
  EXPECT_LE(store_->expires, now + 30s) << "to resume it does not prolong it";
  now += 31s;
  EXPECT_FALSE(converse().resumed);
}

// ---- TLS 1.2 by the session's id

class session_ids : public testing::Test {
 protected:
  test::pair_options options_ = pair::defaults(protocol_version::tls1_2);

  // A client that takes no tickets, as old ones do.
  bool converse(const client_config& client, const server_config& server) {
    SSL_CTX_set_options(native::handle(client), SSL_OP_NO_TICKET);
    pair p(client, server);
    const auto done = p.shake();
    EXPECT_TRUE(done) << done.error().message();
    return p.server->info().resumed;
  }
};

TEST_F(session_ids, resume) {
  const auto client = client_config::make(options_.client).value();
  const auto server = server_config::make(options_.server).value();
  EXPECT_FALSE(converse(client, server));
  EXPECT_TRUE(converse(client, server));
  EXPECT_TRUE(converse(client, server));
}

TEST_F(session_ids, resume_across_servers_that_share_a_store) {
  const auto store = std::make_shared<open_store>();
  options_.server.sessions = store;
  EXPECT_EQ(server_config::make(options_.server).error().code(), errc::invalid_configuration) << "a secret is needed";
  options_.server.session_secret = std::string(32, 's');
  const auto client = client_config::make(options_.client).value();
  const auto one = server_config::make(options_.server).value(), two = server_config::make(options_.server).value();
  EXPECT_FALSE(converse(client, one));
  EXPECT_EQ(store->size(), 1U);
  EXPECT_TRUE(converse(client, two));
  store->only()[20] ^= 1;
  EXPECT_FALSE(converse(client, two)) << "altered";
  options_.server.session_secret = std::string(32, 't');
  EXPECT_FALSE(converse(client, server_config::make(options_.server).value())) << "another secret";
  store->throws = true;
  EXPECT_FALSE(converse(client, one)) << "out of order";
}

// As a ticket's: the client is judged again.
TEST_F(session_ids, of_a_client_that_is_trusted_no_more_do_not_resume) {
  const auto store = std::make_shared<open_store>();
  options_.client.identity = test::load_identity("client");
  options_.server.client_auth = client_certificates::required;
  options_.server.client_trust = test::test_ca();
  options_.server.sessions = store;
  options_.server.session_secret = std::string(32, 's');
  std::optional<finding> objection;
  options_.server.verify.further = [&](const verdict&) { return objection; };
  const auto client = client_config::make(options_.client).value();
  auto server = server_config::make(options_.server).value();
  EXPECT_FALSE(converse(client, server));
  EXPECT_TRUE(converse(client, server));
  objection = finding{.code = errc::certificate_rejected, .message = "disabled"};
  SSL_CTX_set_options(native::handle(client), SSL_OP_NO_TICKET);
  pair p(client, server);
  EXPECT_FALSE(p.shake());
}

TEST(session_memory, keeps_the_newest_within_bounds) {
  const auto store = session_memory(10'000);
  const auto later = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) + 1h;
  store->add("a", "1", later);
  store->add("a", "2", later);
  EXPECT_EQ(store->find("a"), "2");
  EXPECT_EQ(store->take("a"), "2");
  EXPECT_EQ(store->take("a"), "1");
  EXPECT_FALSE(store->take("a"));
  store->add("old", "1", later - 2h);
  EXPECT_FALSE(store->find("old"));
  for (int i = 0; i < 100; ++i) store->add("k" + std::to_string(i), std::string(500, 'v'), later);
  EXPECT_FALSE(store->find("k0"));
  EXPECT_TRUE(store->find("k99"));
  store->add("huge", std::string(20'000, 'v'), later);
  EXPECT_FALSE(store->find("huge"));
  EXPECT_TRUE(store->find("k99"));
  store->remove("k99");
  EXPECT_FALSE(store->find("k99"));
  for (int i = 0; i < 20; ++i) store->add("same", std::to_string(i), later);
  int held = 0;
  while (store->take("same")) ++held;
  EXPECT_EQ(held, 8);
}

TEST(stored_session, what_is_none_is_not_read) {
  for (const std::string_view data : {"", "\1", "\1\0\0\0\0\0\0\0\0", "\1\0\0\0\0\0\0\0\0\0\0\1x", "\2abc"})
    EXPECT_FALSE(stored_session::decode(data));
}

}  // namespace
}  // namespace signet
