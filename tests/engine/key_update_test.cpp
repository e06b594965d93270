// Messages between the data that are none: key updates of TLS 1.3 (RFC 8446 section 4.6.3) and renegotiation, which TLS
// 1.2 has (RFC 5246 section 7.4.1.1) and nobody here grants.
#include <signet/native.hpp>

#include <gtest/gtest.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "support/pair.hpp"
#include "tls/wire.hpp"

namespace signet {
namespace {

using test::drain;
using test::pair;

// As seen by whom it concerns.
struct role {
  engine& asks;
  engine& is_asked;
  test::pipe& from_asked;
};

class of_each_side : public testing::TestWithParam<bool> {
 protected:
  static role roles(pair& p) {
    return GetParam() ? role{*p.client, *p.server, *p.to_client} : role{*p.server, *p.client, *p.to_server};
  }
};
class key_update : public of_each_side {};
class renegotiation : public of_each_side {};
constexpr auto name_of = [](const auto& each) { return each.param ? "asked_by_client" : "asked_by_server"; };
INSTANTIATE_TEST_SUITE_P(sides, key_update, testing::Bool(), name_of);
INSTANTIATE_TEST_SUITE_P(sides, renegotiation, testing::Bool(), name_of);

void must_carry(engine& from, engine& to, const std::string& text) {
  ASSERT_EQ(from.write(text).value().bytes, text.size());
  const auto got = drain(to);
  EXPECT_EQ(got.text, text);
  EXPECT_FALSE(got.failure) << got.failure->message();
}

TEST_P(key_update, is_answered_and_seen_by_nobody) {
  pair p(pair::defaults(protocol_version::tls1_3));
  p.must_shake();
  auto [asks, asked, from_asked] = roles(p);
  for (const int type : {SSL_KEY_UPDATE_REQUESTED, SSL_KEY_UPDATE_NOT_REQUESTED, SSL_KEY_UPDATE_REQUESTED}) {
    ASSERT_EQ(SSL_key_update(native::handle(asks), type), 1);
    // It goes with the next data, and its answer before the answer to that.
    must_carry(asks, asked, "question");
    must_carry(asked, asks, "answer");
    EXPECT_EQ(SSL_get_key_update_type(native::handle(asks)), SSL_KEY_UPDATE_NONE);
    EXPECT_EQ(ERR_peek_error(), 0UL);
  }
  EXPECT_EQ(asks.close_write().value(), io_status{});
  EXPECT_TRUE(drain(asked).ended);
}

TEST_P(key_update, alone_is_no_data_and_its_answer_goes_with_the_next) {
  pair p(pair::defaults(protocol_version::tls1_3));
  p.must_shake();
  auto [asks, asked, from_asked] = roles(p);
  must_carry(asked, asks, "first");  // with it what a server had kept back
  const auto octets_of = [&wire = from_asked, &from = asked, &to = asks] {
    const auto before = wire.written;
    must_carry(from, to, "x");
    return wire.written - before;
  };
  const auto usual = octets_of();
  ASSERT_EQ(SSL_key_update(native::handle(asks), SSL_KEY_UPDATE_REQUESTED), 1);
  ASSERT_EQ(SSL_do_handshake(native::handle(asks)), 1);
  EXPECT_EQ(asks.flush().value(), io_status{});
  char buffer[16];
  EXPECT_EQ(asked.read(buffer).value(), (io_status{.next = wait_for::read}));
  EXPECT_EQ(asked.unsent(), 0U);
  EXPECT_GT(octets_of(), usual);
  EXPECT_EQ(octets_of(), usual);
}

TEST_P(key_update, in_any_number_holds_no_call_up) {
  pair p(pair::defaults(protocol_version::tls1_3));
  p.must_shake();
  auto [asks, asked, from_asked] = roles(p);
  auto* ssl = native::handle(asks);
  for (int i = 0; i < 8000; ++i) {
    ASSERT_EQ(SSL_key_update(ssl, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
    ASSERT_EQ(SSL_do_handshake(ssl), 1);
    ASSERT_TRUE(asks.flush());
  }
  ASSERT_TRUE(asks.write("data"));
  const auto& incoming = GetParam() ? *p.to_server : *p.to_client;
  const auto all = incoming.queue.size();
  ASSERT_GT(all, 2 * wire::taken_at_most);
  char buffer[16];
  EXPECT_EQ(asked.read(buffer).value(), (io_status{.next = wait_for::read}));
  EXPECT_GT(incoming.queue.size(), all - 2 * wire::taken_at_most);
  auto got = asked.read(buffer).value();
  while (got.bytes == 0 && !incoming.queue.empty()) got = asked.read(buffer).value();
  EXPECT_EQ(std::string_view(buffer, got.bytes), "data");
}

// A peer that asks for it, which this library is not.
void ask_to_renegotiate(engine& asks) {
  auto* ssl = native::handle(asks);
  SSL_clear_options(ssl, SSL_OP_NO_RENEGOTIATION);
  ASSERT_EQ(SSL_renegotiate(ssl), 1);
  SSL_do_handshake(ssl);
  ERR_clear_error();
  ASSERT_TRUE(asks.flush());
}

TEST_P(renegotiation, is_refused_and_the_connection_goes_on) {
  pair p(pair::defaults(protocol_version::tls1_2));
  p.must_shake();
  auto [asks, asked, from_asked] = roles(p);
  ask_to_renegotiate(asks);
  if (HasFatalFailure()) return;

  const auto before = from_asked.written;
  char buffer[16];
  EXPECT_EQ(asked.read(buffer).value(), (io_status{.next = wait_for::read}));
  // The warning, encrypted.
  EXPECT_EQ(from_asked.log.at(before), '\x15');
  EXPECT_EQ(SSL_num_renegotiations(native::handle(asked)), 0);
  // For us nothing has happened. A server that asked may go on talking; a client of OpenSSL's waits for its answer.
  if (!GetParam()) must_carry(asks, asked, "goes on");
  EXPECT_EQ(asked.write("so do we").value(), (io_status{.bytes = 8}));
  EXPECT_EQ(asked.read(buffer).value(), (io_status{.next = wait_for::read}));
  EXPECT_EQ(asked.close_write().value(), io_status{});
  // What OpenSSL makes of a warning that it has no use for.
  const auto told = drain(asks);
  ASSERT_TRUE(told.failure);
  EXPECT_NE(told.failure->message().find("no renegotiation"), std::string::npos) << told.failure->message();
}

TEST_P(renegotiation, whose_refusal_cannot_leave_yet_is_told_by_unsent) {
  pair p(pair::defaults(protocol_version::tls1_2));
  p.must_shake();
  auto [asks, asked, from_asked] = roles(p);
  ask_to_renegotiate(asks);
  if (HasFatalFailure()) return;
  from_asked.full = true;
  // A read that has something to write.
  char buffer[16];
  EXPECT_EQ(asked.read(buffer).value(), (io_status{.next = wait_for::read}));
  EXPECT_GT(asked.unsent(), 0U);
  EXPECT_EQ(asked.flush().value(), (io_status{.next = wait_for::write}));
  from_asked.full = false;
  EXPECT_EQ(asked.flush().value(), io_status{});
  EXPECT_EQ(asked.unsent(), 0U);
}

TEST(a_renegotiation, refused_to_a_server_that_asks_without_end_fills_no_memory) {
  pair p(pair::defaults(protocol_version::tls1_2));
  p.must_shake();
  auto* ssl = native::handle(*p.server);
  SSL_clear_options(ssl, SSL_OP_NO_RENEGOTIATION);
  for (int i = 0; i < 20'000; ++i) {
    SSL_renegotiate(ssl);
    SSL_do_handshake(ssl);
    ASSERT_TRUE(p.server->flush());
  }
  ERR_clear_error();
  p.to_server->full = true;
  const auto step = [&] {
    char buffer[16];
    const auto status = p.client->read(buffer).value();
    EXPECT_EQ(status.bytes, 0U);
    EXPECT_LE(p.client->unsent(), wire::held_limit + 1024);
    return status.next;
  };
  // As much as a peer may leave lying.
  while (step() != wait_for::write) ASSERT_FALSE(p.to_client->queue.empty());
  EXPECT_EQ(step(), wait_for::write);
  const auto left = p.to_client->queue.size();
  p.to_server->full = false;
  EXPECT_EQ(step(), wait_for::read);
  EXPECT_LT(p.to_client->queue.size(), left);
}

TEST_P(renegotiation, does_not_exist_in_tls1_3) {
  pair p(pair::defaults(protocol_version::tls1_3));
  p.must_shake();
  auto [asks, asked, from_asked] = roles(p);
  EXPECT_EQ(SSL_renegotiate(native::handle(asks)), 0);
  ERR_clear_error();
  must_carry(asks, asked, "goes on");
}

}  // namespace
}  // namespace signet
