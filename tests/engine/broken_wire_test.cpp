// Peers that stop, alter and babble at every byte: no hang, no crash, and an error that says which.
#include <gtest/gtest.h>

#include <array>

#include "support/pair.hpp"
#include "support/pki.hpp"

namespace signet {
namespace {

using test::drain;
using test::drained;
using test::pair;

struct wires {
  client_config client;
  server_config server;
};

wires without_resumption(protocol_version version) {
  auto options = pair::defaults(version);
  options.client.resumption = options.server.resumption = resumption::disabled;
  return {client_config::make(options.client).value(), server_config::make(options.server).value()};
}

enum class direction { to_server, to_client };

class broken_handshake : public testing::TestWithParam<std::tuple<protocol_version, direction>> {
 protected:
  wires configs = without_resumption(std::get<0>(GetParam()));
  pair fresh() { return pair(configs.client, configs.server); }
  test::pipe& broken(pair& p) { return std::get<1>(GetParam()) == direction::to_server ? *p.to_server : *p.to_client; }
  std::size_t length() {
    auto p = fresh();
    p.must_shake();
    return broken(p).written;
  }
};
INSTANTIATE_TEST_SUITE_P(each, broken_handshake,
                         testing::Combine(testing::Values(protocol_version::tls1_2, protocol_version::tls1_3),
                                          testing::Values(direction::to_server, direction::to_client)),
                         [](const auto& each) {
                           return std::string(std::get<0>(each.param) == protocol_version::tls1_2 ? "tls1_2"
                                                                                                  : "tls1_3") +
                                  (std::get<1>(each.param) == direction::to_server ? "_to_server" : "_to_client");
                         });

TEST_P(broken_handshake, cut_at_any_byte_is_an_error_of_the_one_who_reads) {
  const auto total = length();
  for (std::size_t at = 0; at < total; ++at) {
    auto p = fresh();
    broken(p).cut_at = at;
    broken(p).ended = at == 0;
    (void)p.shake();
    const bool server_reads = std::get<1>(GetParam()) == direction::to_server;
    auto& reader = server_reads ? p.server_error : p.client_error;
    // TLS 1.3 signatures vary by an octet or two, so the last ones may not be there to be cut.
    if (!reader && (server_reads ? p.server : p.client)->handshake_done() && at + 8 >= total) continue;
    ASSERT_TRUE(reader) << "cut at " << at << " of " << total;
    EXPECT_EQ(name(reader->code()), name(errc::closed)) << at << ": " << reader->message();
    EXPECT_FALSE((server_reads ? p.server : p.client)->handshake_done());
  }
}

TEST_P(broken_handshake, altered_at_any_byte_never_ends_in_two_views) {
  const auto total = length();
  for (std::size_t at = 0; at < total; at += 3) {
    auto p = fresh();
    broken(p).alter_at = at;
    if (!p.shake()) {
      // An altered length makes its reader wait for more, until a deadline or the end: never a connection of one side
      // alone.
      p.to_server->ended = p.to_client->ended = true;
      EXPECT_FALSE(p.shake());
      EXPECT_TRUE(p.client_error || p.server_error) << "nobody objects when altered at " << at;
      continue;
    }
    // Some octets of record headers mean nothing; then both ends have to agree and talk.
    ASSERT_TRUE(p.client->write("ping"));
    const auto got = drain(*p.server);
    EXPECT_EQ(got.failure ? std::string(name(got.failure->code())) : got.text, "ping") << at;
  }
}

// What a transport does at the call of one number, and from there on or once.
class faulty_wire final : public transport {
 public:
  enum class fault : unsigned char { not_yet_once, fails_for_good, fails_once };

  faulty_wire(transport& below, std::size_t at, fault what) : below_(&below), at_(at), what_(what) {}
  result<io_status> read(byte_span buffer) override {
    if (auto out = faulty(wait_for::read)) return *out;
    return below_->read(buffer);
  }
  result<io_status> write(byte_view bytes) override {
    if (auto out = faulty(wait_for::write)) return *out;
    return below_->write(bytes);
  }
  [[nodiscard]] bool reached() const { return calls_ >= at_; }

 private:
  std::optional<result<io_status>> faulty(wait_for next) {
    ++calls_;
    if (calls_ < at_ || (calls_ > at_ && what_ != fault::fails_for_good)) return std::nullopt;
    if (what_ == fault::not_yet_once) return io_status{.next = next};
    return error(errc::connection_reset, "reset at call " + std::to_string(at_));
  }

  transport* below_;
  std::size_t at_;
  fault what_;
  std::size_t calls_ = 0;
};

// Handshake, question, answer and both ends. The first failure of the client, whose wire it is.
struct spoken {
  std::optional<error> failure = {};
  bool done = false;
};

spoken converse(pair& p) {
  constexpr std::string_view question = "question";
  const std::string answer(20'000, 'a');
  std::string_view to_ask = question;
  std::string_view to_answer = answer;
  drained at_server;
  drained at_client;
  const auto take = [](engine& from, drained& so_far) {
    auto more = drain(from);
    so_far.text += more.text;
    so_far.ended = more.ended;
    if (more.failure && !so_far.failure) so_far.failure = more.failure;
  };
  const auto say = [](engine& by, std::string_view& rest) -> std::optional<error> {
    if (!rest.empty()) {
      auto taken = by.write(rest);
      if (!taken) return taken.error();
      rest.remove_prefix(taken->bytes);
    }
    auto sent = rest.empty() ? by.close_write() : by.flush();
    if (!sent) return sent.error();
    return std::nullopt;
  };
  // Each round one of the two moves on, or nothing will.
  for (int round = 0; round < 20; ++round) {
    if (!p.client->handshake_done() || !p.server->handshake_done()) {
      (void)p.shake();
      if (p.client_error) return {p.client_error};
      // The handshake can end with a flight that does not leave: the next to write is told.
      if (p.client->handshake_done())
        if (auto sent = p.client->flush(); !sent) return {sent.error()};
      if (p.server_error) break;
      continue;
    }
    if (auto failed = say(*p.client, to_ask)) return {failed};
    take(*p.server, at_server);
    if (at_server.ended) (void)say(*p.server, to_answer);
    take(*p.client, at_client);
    if (at_client.failure) return {at_client.failure};
    if (at_client.ended) {
      EXPECT_EQ(at_server.text, question);
      EXPECT_EQ(at_client.text.size(), answer.size());
      return {{}, true};
    }
  }
  return {};
}

class faulty_transport : public testing::TestWithParam<protocol_version> {
 protected:
  using fault = faulty_wire::fault;

  wires configs = without_resumption(GetParam());

  // `check` for a fault at each call in turn, until a conversation has no call of that number.
  template <class Check>
  void at_each_call(fault what, Check check) {
    for (std::size_t at = 1;; ++at) {
      ASSERT_LT(at, 1'000U);
      pair p(configs.client, configs.server);
      faulty_wire broken(*p.client_wire, at, what);
      p.client.emplace(engine::client(configs.client, server_name::parse("server.test").value(), broken).value());
      const auto got = converse(p);
      if (!broken.reached()) {
        EXPECT_TRUE(got.done);
        EXPECT_GT(at, 6U);
        return;
      }
      check(at, got, p);
      if (HasFatalFailure()) return;
    }
  }
};
INSTANTIATE_TEST_SUITE_P(each, faulty_transport, testing::Values(protocol_version::tls1_2, protocol_version::tls1_3),
                         [](const auto& each) { return each.param == protocol_version::tls1_2 ? "tls1_2" : "tls1_3"; });

TEST_P(faulty_transport, failing_from_any_call_on_is_that_failure) {
  at_each_call(fault::fails_for_good, [](std::size_t at, const spoken& got, pair& p) {
    ASSERT_TRUE(got.failure) << "done although call " << at << " failed: " << got.done;
    EXPECT_EQ(name(got.failure->code()), name(errc::connection_reset)) << at << ": " << got.failure->message();
    // And it stays so.
    std::array<char, 8> some{};
    const auto again = p.client->read(some);
    ASSERT_FALSE(again) << at;
    EXPECT_EQ(name(again.error().code()), name(errc::connection_reset)) << at;
  });
}

TEST_P(faulty_transport, failing_once_at_any_call_never_looks_whole) {
  at_each_call(fault::fails_once, [](std::size_t at, const spoken& got, pair& p) {
    ASSERT_TRUE(got.failure) << "done although call " << at << " failed: " << got.done;
    EXPECT_EQ(name(got.failure->code()), name(errc::connection_reset)) << at << ": " << got.failure->message();
    // A wire that works again brings nothing back that was lost.
    const auto sent = p.client->write("more");
    EXPECT_TRUE(!sent || !p.client->flush()) << at;
  });
}

TEST_P(faulty_transport, a_last_flight_that_cannot_leave_is_no_handshake_ever) {
  pair p(configs.client, configs.server);
  // The client ends the handshake of TLS 1.3, the server that of 1.2.
  const bool by_client = GetParam() == protocol_version::tls1_3;
  ASSERT_TRUE(p.client->handshake());
  ASSERT_TRUE(p.server->handshake());
  if (!by_client) {
    ASSERT_TRUE(p.client->handshake());
  }
  auto& last = by_client ? *p.client : *p.server;
  (by_client ? p.client_wire : p.server_wire)->write_error = error(errc::connection_reset, "gone");
  for (int time = 0; time < 2; ++time) {
    const auto refused = last.handshake();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), errc::connection_reset);
    EXPECT_FALSE(last.handshake_done());
  }
}

TEST_P(faulty_transport, not_yet_at_any_call_is_not_noticed) {
  at_each_call(fault::not_yet_once, [](std::size_t at, const spoken& got, pair&) {
    ASSERT_FALSE(got.failure) << at << ": " << got.failure->message();
    ASSERT_TRUE(got.done) << at;
  });
}

TEST_P(faulty_transport, pieces_of_any_size_make_the_same_conversation) {
  for (std::size_t size = 1; size < 20'000; size += 1 + size / 24) {
    pair p(configs.client, configs.server);
    p.to_server->step = p.to_client->step = size;
    const auto got = converse(p);
    ASSERT_TRUE(got.done) << size << ": " << (got.failure ? got.failure->message() : "it does not go on");
  }
}

struct babble {
  const char* title;
  std::string bytes;
  errc at_server;
  errc at_client;
};

class garbage : public testing::TestWithParam<babble> {};
INSTANTIATE_TEST_SUITE_P(
    table, garbage,
    testing::Values(babble{"http_request", "GET / HTTP/1.1\r\nHost: x\r\n\r\n", errc::plain_http, errc::not_tls},
                    babble{"http_answer", "HTTP/1.1 400 Bad Request\r\n\r\n", errc::not_tls, errc::not_tls},
                    babble{"smtp_greeting", "220 mail.example ESMTP ready\r\n", errc::not_tls, errc::not_tls},
                    babble{"terminal_escapes", "\x1b[2J\x1b]0;pwned\x07 hello", errc::not_tls, errc::not_tls},
                    babble{"zeros", std::string(100, '\0'), errc::not_tls, errc::not_tls},
                    babble{"all_ones", std::string(100, '\xff'), errc::not_tls, errc::not_tls},
                    babble{"a_record_of_nothing", std::string("\x16\x03\x01\x00\x00", 5) + std::string(40, 'x'),
                           errc::handshake_failed, errc::handshake_failed},
                    babble{"a_record_too_long", std::string("\x16\x03\x01\xff\xff", 5) + std::string(70000, 'x'),
                           errc::handshake_failed, errc::handshake_failed},
                    babble{"an_alert", std::string("\x15\x03\x03\x00\x02\x02\x46", 7), errc::handshake_failed,
                           errc::protocol_version}),
    [](const auto& each) { return each.param.title; });

TEST_P(garbage, is_told_as_what_it_is) {
  const auto& row = GetParam();
  {
    pair p;
    p.to_server->put(row.bytes);
    const auto failed = p.server->handshake();
    ASSERT_FALSE(failed);
    EXPECT_EQ(name(failed.error().code()), name(row.at_server)) << failed.error().message();
    EXPECT_EQ(failed.error().message().find('\x1b'), std::string::npos);
  }
  {
    pair p;
    p.to_client->put(row.bytes);
    const auto failed = p.client->handshake();
    ASSERT_FALSE(failed);
    EXPECT_EQ(name(failed.error().code()), name(row.at_client)) << failed.error().message();
    EXPECT_EQ(failed.error().message().find('\x1b'), std::string::npos);
  }
}

TEST(version_and_cipher, nothing_in_common_is_told_on_both_ends) {
  {
    auto options = pair::defaults(protocol_version::tls1_2);
    options.server.min_version = protocol_version::tls1_3;
    pair p(std::move(options));
    (void)p.shake();
    EXPECT_EQ(p.server_error.value().code(), errc::protocol_version);
    EXPECT_EQ(p.client_error.value().code(), errc::protocol_version);
    EXPECT_NE(p.client_error->hint(), "");
  }
  {
    auto options = pair::defaults(protocol_version::tls1_2);
    options.client.ciphers = "ECDHE-RSA-AES128-GCM-SHA256";  // and the server's key is EC
    pair p(std::move(options));
    (void)p.shake();
    EXPECT_EQ(p.server_error.value().code(), errc::no_shared_cipher);
    EXPECT_EQ(p.client_error.value().code(), errc::no_shared_cipher);
  }
  {
    auto options = pair::defaults();
    options.client.groups = "P-384";
    options.server.groups = "P-256";
    pair p(std::move(options));
    (void)p.shake();
    EXPECT_EQ(p.server_error.value().code(), errc::no_shared_cipher);
  }
  {
    auto options = pair::defaults();
    options.client.alpn = {"h2"};
    options.server.alpn = {"http/1.1"};
    pair p(std::move(options));
    (void)p.shake();
    EXPECT_EQ(p.server_error.value().code(), errc::no_shared_alpn);
    EXPECT_EQ(p.client_error.value().code(), errc::no_shared_alpn);
  }
}

}  // namespace
}  // namespace signet
