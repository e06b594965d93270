#include <signet/tls/pre_shared_key.hpp>

#include <signet/native.hpp>

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "support/pair.hpp"
#include "support/pki.hpp"

namespace signet {
namespace {

using test::drain;
using test::pair;

class pre_shared_keys : public testing::TestWithParam<protocol_version> {
 protected:
  client_options client_ = pair::defaults(GetParam()).client;
  server_options server_ = pair::defaults(GetParam()).server;

  struct outcome {
    std::optional<error> failure = {};
    connection_info client = {};
    connection_info server = {};
    std::string sent = {};
  };
  outcome converse() {
    const auto client = client_config::make(client_);
    const auto server = server_config::make(server_);
    EXPECT_TRUE(client) << client.error().message();
    EXPECT_TRUE(server) << server.error().message();
    pair p(*client, *server, "server.test");
    outcome out;
    if (auto done = p.shake(); !done) out.failure = done.error();
    if (!out.failure) {
      p.client->write("ping").value();
      EXPECT_EQ(drain(*p.server).text, "ping");
      p.server->write("pong").value();
      EXPECT_EQ(drain(*p.client).text, "pong");
    }
    out.client = p.client->info();
    out.server = p.server->info();
    out.sent = p.to_client->log;
    return out;
  }
  void without_certificates() {
    server_.identities.clear();
    server_.loaded_identities.clear();
  }
};
INSTANTIATE_TEST_SUITE_P(versions, pre_shared_keys, testing::Values(protocol_version::tls1_2, protocol_version::tls1_3),
                         [](const auto& each) { return each.param == protocol_version::tls1_2 ? "tls1_2" : "tls1_3"; });

// Scenario 22; a client without an identity is io_socket_ssl there.
TEST_P(pre_shared_keys, of_the_scenario) {
  server_.pre_shared_keys = {{"foo", "foobar"}, {"io_socket_ssl", "barfoot"}};
  server_.find_pre_shared_key = [](std::string_view) { return std::optional<std::string>("\xde\xad\xbe\xef"); };
  struct row {
    const char* identity;
    const char* key;
    bool works;
  };
  for (const bool has_certificate : {true, false}) {
    if (!has_certificate) without_certificates();
    for (const auto& [identity, key, works] :
         {row{"foo", "foobar", true}, row{"foo", "barfoot", false}, row{"io_socket_ssl", "barfoot", true},
          row{"yikes", "barfoot", false}, row{"yikes", "\xde\xad\xbe\xef", true},
          row{"foo", "\xde\xad\xbe\xef", false}}) {
      client_.shared_key = pre_shared_key{identity, key};
      const auto made = converse();
      EXPECT_EQ(!made.failure, works) << identity << ' ' << (made.failure ? made.failure->message() : "");
      if (!works) continue;
      EXPECT_EQ(made.client.pre_shared_key_identity, identity);
      EXPECT_EQ(made.server.pre_shared_key_identity, identity);
      EXPECT_TRUE(made.client.peer_chain.empty());
    }
  }
}

TEST_P(pre_shared_keys, begin_with_what_octet_they_like) {
  using namespace std::string_literals;
  for (const auto& key : {"\0\0key"s, "\0"s, std::string(256, '\0'), std::string(256, '\xff')}) {
    server_.pre_shared_keys = {{"id", key}};
    client_.shared_key = pre_shared_key{"id", key};
    const auto made = converse();
    EXPECT_FALSE(made.failure) << made.failure->message();
  }
  // Every octet counts.
  client_.shared_key = pre_shared_key{"id", "\0key"s};
  server_.pre_shared_keys = {{"id", "key"}};
  EXPECT_TRUE(converse().failure);
}

TEST_P(pre_shared_keys, a_server_that_does_not_use_it_is_refused_although_its_certificate_is_good) {
  client_.shared_key = pre_shared_key{"id", "key"};
  const auto refused = converse();
  ASSERT_TRUE(refused.failure);
  if (GetParam() == protocol_version::tls1_3) {
    EXPECT_EQ(refused.failure->code(), errc::no_verdict);
    EXPECT_EQ(refused.failure->message(), "server.test: handshake: did not use the pre-shared key \"id\"");
  }
  server_.pre_shared_keys = {{"other", "key"}};
  EXPECT_TRUE(converse().failure);
}

TEST_P(pre_shared_keys, stand_beside_certificates) {
  server_.pre_shared_keys = {{"id", "key"}};
  const auto plain = converse();
  ASSERT_FALSE(plain.failure) << plain.failure->message();
  EXPECT_FALSE(plain.client.peer_chain.empty());
  EXPECT_EQ(plain.client.pre_shared_key_identity, "");
}

// Who has the key is known by it, and need not show a certificate as well.
TEST_P(pre_shared_keys, stand_in_for_a_client_certificate) {
  server_.pre_shared_keys = {{"id", "key"}};
  server_.client_auth = client_certificates::required;
  server_.client_trust = test::test_ca();
  EXPECT_TRUE(converse().failure);
  client_.shared_key = pre_shared_key{"id", "key"};
  const auto made = converse();
  ASSERT_FALSE(made.failure) << made.failure->message();
  EXPECT_EQ(made.server.pre_shared_key_identity, "id");
  EXPECT_TRUE(made.server.verified_chain.empty());
}

TEST_P(pre_shared_keys, are_proved_each_time) {
  server_.pre_shared_keys = {{"id", "key"}};
  client_.shared_key = pre_shared_key{"id", "key"};
  const auto client = client_config::make(client_).value();
  const auto server = server_config::make(server_).value();
  for (int i = 0; i < 3; ++i) {
    pair p(client, server, "server.test");
    p.must_shake();
    p.server->write("x").value();
    drain(*p.client);
    EXPECT_EQ(p.server->info().pre_shared_key_identity, "id");
  }
}

TEST_P(pre_shared_keys, a_finder_that_throws_finds_nothing) {
  server_.find_pre_shared_key = [](std::string_view) -> std::optional<std::string> { throw std::runtime_error("no"); };
  client_.shared_key = pre_shared_key{"id", "key"};
  EXPECT_TRUE(converse().failure);
}

TEST(pre_shared_key, one_that_is_none_is_refused) {
  const auto wrong = [](const pre_shared_key& key, const std::string& says) {
    const auto made = client_config::make({.shared_key = key});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code(), errc::invalid_configuration);
    EXPECT_NE(made.error().message().find(says), std::string::npos) << made.error().message();
    EXPECT_FALSE(server_config::make({.pre_shared_keys = {key}}));
  };
  wrong({"", "key"}, "the identity of a pre-shared key has 0 octets");
  wrong({std::string(129, 'i'), "key"}, "129 octets");
  wrong({"id", ""}, "the key of a pre-shared key has 0 octets");
  wrong({"id", std::string(257, 'k')}, "257 octets");
}

// Cut at its NUL it would be the identity of somebody else.
TEST(pre_shared_key, an_identity_is_compared_whole) {
  using namespace std::string_literals;
  const auto server = server_config::make({.identities = pair::defaults().server.identities,
                                           .loaded_identities = pair::defaults().server.loaded_identities,
                                           .pre_shared_keys = {{"alice", "key"}}})
                          .value();
  for (const auto& identity : {"alice\0"s, "alice\0x"s, "alic"s, "alicee"s}) {
    const auto client = client_config::make({.shared_key = pre_shared_key{identity, "key"}}).value();
    pair p(client, server, "server.test");
    EXPECT_FALSE(p.shake()) << identity;
    EXPECT_FALSE(p.server->handshake_done() && !p.server->info().pre_shared_key_identity.empty());
  }
}

TEST_P(pre_shared_keys, bring_no_ticket) {
  server_.pre_shared_keys = {{"id", "key"}};
  client_.shared_key = pre_shared_key{"id", "key"};
  const auto client = client_config::make(client_).value();
  const auto server = server_config::make(server_).value();
  auto* ctx = native::handle(client);
  static int tickets;
  tickets = 0;
  SSL_CTX_clear_options(ctx, SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(ctx, [](SSL*, SSL_SESSION* session) {
    unsigned char* data = nullptr;
    std::size_t size = 0;
    // What the server put in is sealed; a session of TLS 1.2 without a ticket counts for none.
    if (SSL_SESSION_has_ticket(session) == 1 &&
        SSL_SESSION_get0_ticket_appdata(session, reinterpret_cast<void**>(&data), &size))
      tickets += SSL_SESSION_get_protocol_version(session) >= TLS1_3_VERSION ? 1 : 0;
    return 0;
  });
  pair p(client, server, "server.test");
  p.must_shake();
  p.server->write("x").value();
  drain(*p.client);
  EXPECT_EQ(tickets, 0);
}

// In TLS 1.2 OpenSSL takes the identity as text.
TEST(pre_shared_key, an_identity_may_hold_a_nul_in_tls_1_3) {
  using namespace std::string_literals;
  const pre_shared_key key{"a\0b"s, "key"};
  const auto client = client_config::make({.shared_key = key}).value();
  const auto server = server_config::make({.pre_shared_keys = {key}}).value();
  pair p(client, server, "server.test");
  p.must_shake();
  EXPECT_EQ(p.server->info().pre_shared_key_identity, key.identity);
}

}  // namespace
}  // namespace signet
