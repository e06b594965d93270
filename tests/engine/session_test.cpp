// Resumption: on by default, never a way around the verdict.
#include <signet/x509/crl_builder.hpp>

#include <gtest/gtest.h>

#include <array>
#include <latch>
#include <map>
#include <set>
#include <thread>
#include <utility>

#include "support/pair.hpp"
#include "support/pki.hpp"
#include "tls/session_cache.hpp"

namespace signet {
namespace {

using test::drain;
using test::pair;
using namespace std::chrono_literals;

// A connection that lives, reads what a client reads (tickets among it), and goes without a close_notify.
connection_info converse(const client_config& client, const server_config& server,
                         const std::string& name = "server.test", engine_options options = {}) {
  pair p(client, server, name, std::move(options));
  p.must_shake();
  p.server->write("hello").value();
  EXPECT_EQ(drain(*p.client).text, "hello");
  p.client->write("back").value();
  EXPECT_EQ(drain(*p.server).text, "back");
  return p.client->info();
}

class session : public testing::TestWithParam<protocol_version> {
 protected:
  test::pair_options options = pair::defaults(GetParam());
};
INSTANTIATE_TEST_SUITE_P(versions, session, testing::Values(protocol_version::tls1_2, protocol_version::tls1_3),
                         [](const auto& each) { return each.param == protocol_version::tls1_2 ? "tls1_2" : "tls1_3"; });

TEST_P(session, is_resumed_by_default_with_all_that_was_verified) {
  const auto client = client_config::make(options.client).value();
  const auto server = server_config::make(options.server).value();
  const auto first = converse(client, server);
  EXPECT_FALSE(first.resumed);
  for (int i = 0; i < 3; ++i) {
    // Freed without flags, OpenSSL would have made it not resumable: the only ticket of a one-ticket server.
    const auto again = converse(client, server);
    EXPECT_TRUE(again.resumed);
    EXPECT_EQ(again.peer_chain, first.peer_chain);
    EXPECT_EQ(again.verified_chain, first.verified_chain);
    EXPECT_EQ(again.trust, first.trust);
  }
}

TEST_P(session, of_a_client_ends_when_the_servers_trust_is_read_again) {
  const test::temporary_folder folder;
  const auto ca = test::contents_of(test::pki("ca.pem"));
  auto changed = options;
  changed.client.identity = test::load_identity("client");
  changed.server.client_auth = client_certificates::required;
  changed.server.client_trust = trust_store::pem_file(folder.file("clients.pem", ca)).value();
  const auto client = client_config::make(changed.client).value();
  const auto server = server_config::make(changed.server).value();
  converse(client, server);
  EXPECT_TRUE(converse(client, server).resumed);
  folder.file("clients.pem", ca + test::contents_of(test::pki("other-ca.pem")));
  const auto until = std::chrono::steady_clock::now() + 20s;
  bool resumed = true;
  while (resumed && std::chrono::steady_clock::now() < until) resumed = converse(client, server).resumed;
  EXPECT_FALSE(resumed);
  EXPECT_TRUE(converse(client, server).resumed);
}

TEST_P(session, of_a_client_ends_with_the_revocation_lists_it_was_judged_by) {
  const auto ca = test::load_identity("ca");
  auto changed = options;
  changed.client.identity = test::load_identity("client");
  changed.server.client_auth = client_certificates::required;
  changed.server.client_trust = test::test_ca();
  auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  changed.server.verify.clock = [&now] { return now; };
  changed.server.verify.crls = revocation_lists{.lists = {make_crl({.at = now}, ca).value()}};
  const auto client = client_config::make(changed.client).value();
  const auto server = server_config::make(changed.server).value();
  converse(client, server);
  EXPECT_TRUE(converse(client, server).resumed);
  now += std::chrono::days(8);
  pair late(client, server);
  const auto refused = late.shake();
  ASSERT_FALSE(refused && late.server->write("x").has_value() && drain(*late.client).text == "x");
  ASSERT_TRUE(late.server->verdict());
  EXPECT_EQ(late.server->verdict()->findings().at(0).code, errc::crl_expired);
}

TEST_P(session, is_not_resumed_when_either_side_does_not_want_it) {
  for (const bool at_client : {true, false}) {
    auto changed = options;
    (at_client ? changed.client.resumption : changed.server.resumption) = resumption::disabled;
    const auto client = client_config::make(changed.client).value();
    const auto server = server_config::make(changed.server).value();
    converse(client, server);
    EXPECT_FALSE(converse(client, server).resumed);
  }
}

TEST_P(session, of_one_name_serves_no_other) {
  const auto client = client_config::make(options.client).value();
  const auto server = server_config::make(options.server).value();
  // The same peer by address and key, and a certificate for both names: yet each name is proved for itself.
  converse(client, server, "server.test", {.session_key = "192.0.2.1:443"});
  EXPECT_FALSE(converse(client, server, "localhost", {.session_key = "192.0.2.1:443"}).resumed);
  EXPECT_TRUE(converse(client, server, "server.test", {.session_key = "192.0.2.1:443"}).resumed);
}

TEST_P(session, of_one_peer_serves_no_other) {
  const auto client = client_config::make(options.client).value();
  const auto server = server_config::make(options.server).value();
  converse(client, server, "server.test", {.session_key = "192.0.2.1:443"});
  EXPECT_FALSE(converse(client, server, "server.test", {.session_key = "192.0.2.2:443"}).resumed);
}

TEST_P(session, is_found_by_the_key_given_for_the_peer_and_by_nothing_less) {
  const auto client = client_config::make(options.client).value();
  const auto server = server_config::make(options.server).value();
  const auto resumed = [&](const engine_options& how) { return converse(client, server, "server.test", how).resumed; };
  // One key for the two ports of FTP over TLS, say.
  const engine_options keyed{.session_key = "ftp"};
  EXPECT_FALSE(resumed(keyed));
  EXPECT_TRUE(resumed(keyed));
  // Another name is sent, or none: what the server shows for it was not seen.
  EXPECT_FALSE(resumed({.sni = "", .session_key = "ftp"}));
  EXPECT_FALSE(resumed({.sni = "localhost", .session_key = "ftp"}));
  // Without a key it is the name.
  EXPECT_FALSE(resumed({}));
  EXPECT_TRUE(resumed({}));
  EXPECT_TRUE(resumed({.session_key = "server.test"}));
  // Another configuration has verified nothing yet.
  const auto other = client_config::make(options.client).value();
  EXPECT_FALSE(converse(other, server, "server.test", keyed).resumed);
  EXPECT_TRUE(resumed(keyed));
}

TEST_P(session, ends_with_the_certificates_it_stands_on) {
  auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  options.client.verify.clock = [&now] { return now; };
  const auto client = client_config::make(options.client).value();
  const auto server = server_config::make(options.server).value();
  converse(client, server);
  EXPECT_TRUE(converse(client, server).resumed);
  now = test::load_identity("server").leaf().not_after() + 1s;
  pair late(client, server);
  EXPECT_EQ(late.shake().error().code(), errc::expired) << "a full handshake, judged anew";
}

TEST_P(session, of_a_client_with_a_certificate_keeps_it_known_to_the_server) {
  options.server.client_auth = client_certificates::required;
  options.server.client_trust = test::test_ca();
  options.client.identity = test::load_identity("client");
  const auto client = client_config::make(options.client).value();
  const auto server = server_config::make(options.server).value();
  converse(client, server);
  pair p(client, server);
  p.must_shake();
  EXPECT_TRUE(p.server->info().resumed);
  EXPECT_EQ(p.server->info().peer_chain.front(), test::load_identity("client").leaf());
  ASSERT_TRUE(p.server->verdict());
  EXPECT_TRUE(p.server->verdict()->trusted());
}

TEST(session_tickets, a_connection_that_never_reads_stores_nothing_and_breaks_nothing) {
  const auto options = pair::defaults(protocol_version::tls1_3);
  const auto client = client_config::make(options.client).value();
  const auto server = server_config::make(options.server).value();
  {
    pair p(client, server);
    p.must_shake();
  }
  EXPECT_FALSE(converse(client, server).resumed);
}

TEST(session_tickets, go_with_the_first_data) {
  pair p(pair::defaults(protocol_version::tls1_3));
  p.must_shake();
  const auto writes = p.to_client->writes;
  const auto bytes = p.to_client->written;
  p.server->write("x").value();
  EXPECT_EQ(p.to_client->writes, writes + 1);
  EXPECT_GT(p.to_client->written, bytes + 100) << "the ticket and the data";
  p.server->write("x").value();
  EXPECT_LT(p.to_client->written, bytes + 450) << "one ticket is enough";
}

TEST(session_tickets, go_before_the_first_wait_and_not_before) {
  pair p(pair::defaults(protocol_version::tls1_3));
  p.must_shake();
  const auto bytes = p.to_client->written;
  p.client->write("asked").value();
  char buffer[16];
  EXPECT_EQ(p.server->read(buffer).value().bytes, 5U);
  EXPECT_EQ(p.to_client->written, bytes) << "what is there already is not waited for";
  EXPECT_EQ(p.server->read(buffer).value().next, wait_for::read);
  EXPECT_GT(p.to_client->written, bytes + 100) << "a client that listens first gets its ticket";
  const auto with_ticket = p.to_client->written;
  p.server->write("x").value();
  EXPECT_LT(p.to_client->written, with_ticket + 50);
}

TEST(session_tickets, of_tls_1_3_are_used_once) {
  const auto options = pair::defaults(protocol_version::tls1_3);
  const auto client = client_config::make(options.client).value();
  const auto server = server_config::make(options.server).value();
  converse(client, server);
  pair one(client, server);
  pair two(client, server);  // at the same time: the one ticket is taken
  one.must_shake();
  two.must_shake();
  EXPECT_TRUE(one.client->info().resumed);
  EXPECT_FALSE(two.client->info().resumed);
}

// ------------------------------------------------------------------------------------------------------------ the
// cache

std::shared_ptr<const saved_session> made_for(int version) {
  auto s = std::make_shared<saved_session>();
  s->session.reset(SSL_SESSION_new());
  SSL_SESSION_set_protocol_version(s->session.get(), version);
  return s;
}

TEST(session_cache, drops_the_least_recently_used) {
  session_cache cache(2);
  const auto a = made_for(TLS1_2_VERSION), b = made_for(TLS1_2_VERSION), c = made_for(TLS1_2_VERSION);
  cache.put("a", a);
  cache.put("b", b);
  EXPECT_EQ(cache.take("a"), a);
  cache.put("c", c);
  EXPECT_EQ(cache.size(), 2U);
  EXPECT_EQ(cache.take("b"), nullptr);
  EXPECT_EQ(cache.take("a"), a);
  EXPECT_EQ(cache.take("c"), c);
}

TEST(session_cache, drops_what_does_not_hold_any_more) {
  session_cache cache(10);
  const auto old = made_for(TLS1_2_VERSION), good = made_for(TLS1_2_VERSION);
  cache.put("peer", good);
  cache.put("peer", old);
  EXPECT_EQ(cache.take("peer"), old);
  cache.drop("peer", old);
  cache.drop("peer", old);
  cache.drop("nobody", old);
  EXPECT_EQ(cache.take("peer"), good);
  EXPECT_EQ(cache.size(), 1U);
}

// Tickets of TLS 1.3 are for one use, however many ask at once; what was put under a key comes back under it and no
// other.
TEST(session_cache, is_shared_by_threads) {
  constexpr std::size_t capacity = 8, threads = 4, rounds = 2000, keys = 12;
  using saved = std::shared_ptr<const saved_session>;
  session_cache cache(capacity);
  std::array<std::vector<std::pair<std::string, saved>>, threads> put, taken;
  // Made before, so that the cache is all that they are busy with, and begun together.
  for (std::size_t t = 0; t < threads; ++t)
    for (std::size_t i = 0; i < rounds; ++i)
      put[t].emplace_back(std::to_string((i + t) % keys), made_for(i % 2 == 0 ? TLS1_2_VERSION : TLS1_3_VERSION));
  std::latch all(threads);
  const auto work = [&](std::size_t t) {
    all.arrive_and_wait();
    std::size_t i = 0;
    for (const auto& [key, session] : put[t]) {
      cache.put(key, session);
      EXPECT_LE(cache.size(), capacity);
      auto got = cache.take(key);
      if (!got) continue;
      if (++i % 3 == 0) cache.drop(key, got);
      taken[t].emplace_back(key, std::move(got));
    }
  };
  std::vector<std::thread> running;
  for (std::size_t t = 0; t < threads; ++t) running.emplace_back(work, t);
  for (auto& r : running) r.join();
  // What is left is all there is, and taking it leaves nothing.
  for (std::size_t i = 0; i < keys * (capacity + 1); ++i) {
    const auto key = std::to_string(i % keys);
    auto got = cache.take(key);
    if (!got) continue;
    if (SSL_SESSION_get_protocol_version(got->session.get()) < TLS1_3_VERSION) cache.drop(key, got);
    taken[0].emplace_back(key, std::move(got));
  }
  EXPECT_EQ(cache.size(), 0U);

  std::map<saved, std::string> key_of;
  for (const auto& of_one : put)
    for (const auto& [key, session] : of_one) key_of.emplace(session, key);
  std::set<saved> used;
  std::size_t times = 0;
  for (const auto& of_one : taken)
    for (const auto& [key, session] : of_one) {
      EXPECT_EQ(key_of.at(session), key);
      if (SSL_SESSION_get_protocol_version(session->session.get()) < TLS1_3_VERSION) continue;
      EXPECT_TRUE(used.insert(session).second) << "a ticket was given to two";
      ++times;
    }
  EXPECT_GT(times, 0U);
}

TEST(session_cache, keeps_few_tickets_a_peer_and_gives_the_newest_first) {
  session_cache cache(100);
  std::vector<std::shared_ptr<const saved_session>> made;
  for (int i = 0; i < 6; ++i) cache.put("peer", made.emplace_back(made_for(TLS1_3_VERSION)));
  EXPECT_EQ(cache.size(), 4U);
  for (int i = 5; i >= 2; --i) EXPECT_EQ(cache.take("peer"), made[static_cast<std::size_t>(i)]);
  EXPECT_EQ(cache.take("peer"), nullptr);
  EXPECT_EQ(cache.size(), 0U);
}

}  // namespace
}  // namespace signet
