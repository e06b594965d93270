// A handshake that fails says what the engine knows: whether a certificate was asked for and what was answered, what
// was offered, what came instead of TLS.
#include <signet/tls/native.hpp>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <array>

#include "support/pair.hpp"
#include "support/pki.hpp"

namespace signet {
namespace {

using test::pair;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

test::pair_options asking_for_a_certificate(protocol_version version) {
  auto options = pair::defaults(version);
  options.server.client_auth = client_certificates::required;
  options.server.client_trust = test::test_ca();
  return options;
}

class field_client_certificate : public testing::TestWithParam<protocol_version> {
 public:
  static test::pair_options asking() { return asking_for_a_certificate(GetParam()); }
};
INSTANTIATE_TEST_SUITE_P(versions, field_client_certificate,
                         testing::Values(protocol_version::tls1_2, protocol_version::tls1_3),
                         [](const auto& each) { return each.param == protocol_version::tls1_2 ? "tls12" : "tls13"; });

// In TLS 1.3 the client's own handshake is over by then.
error failure_of(pair& p) {
  (void)p.shake();
  if (p.client_error) return *p.client_error;
  return test::drain(*p.client).failure.value_or(error(errc::internal, "no failure"));
}

TEST_P(field_client_certificate, that_was_not_sent_is_why_whatever_the_alert) {
  pair p(asking());
  const auto e = failure_of(p);
  EXPECT_EQ(e.code(), errc::certificate_required) << e.message();
  EXPECT_THAT(e.message(),
              AllOf(HasSubstr("the server asks for a client certificate"), Not(HasSubstr("our certificate"))));
  EXPECT_THAT(e.hint(),
              AllOf(HasSubstr("client_options::identity"), HasSubstr("'CN=signet test root,O=signet tests'")));
  EXPECT_THAT(e.expected(), HasSubstr("signet test root"));
  EXPECT_EQ(e.presented(), "none");
  EXPECT_TRUE(e.alert());
}

// As servers do that end without an alert, by FIN or by reset.
TEST_P(field_client_certificate, that_was_not_sent_is_why_whatever_the_end) {
  for (const auto code : {errc::closed, errc::connection_reset, errc::timed_out}) {
    pair p(asking());
    ASSERT_TRUE(p.client->handshake());
    ASSERT_TRUE(p.server->handshake());
    ASSERT_TRUE(p.client->handshake());
    if (code == errc::closed)
      p.to_client->ended = true;
    else
      p.client_wire->read_error = error(code, "server.test: reading: it is over");
    auto next = p.client->handshake();
    const auto e = next ? test::drain(*p.client).failure.value() : next.error();
    EXPECT_EQ(e.code(), code == errc::closed ? errc::certificate_required : code) << e.message();
    EXPECT_THAT(e.message(), AllOf(HasSubstr("asked for a client certificate"), HasSubstr("got none")));
    if (code != errc::timed_out || !p.client->handshake_done()) {
      EXPECT_THAT(e.hint(), HasSubstr("signet test root"));
    }
  }
}

TEST_P(field_client_certificate, that_was_refused_is_named_with_whom_the_server_accepts) {
  auto options = asking();
  options.client.identity = test::load_identity("client-wrong-ca");
  pair p(std::move(options));
  const auto e = failure_of(p);
  EXPECT_EQ(e.code(), errc::alert_received);
  EXPECT_THAT(e.message(), AllOf(HasSubstr("does not accept our certificate '"), HasSubstr("', issued by '")));
  EXPECT_THAT(e.hint(), HasSubstr("it accepts a certificate of 'CN=signet test root,O=signet tests'"));
  EXPECT_NE(e.presented(), "");
}

TEST_P(field_client_certificate, that_fits_no_signature_algorithm_of_the_server_is_not_missing) {
  auto options = asking();
  options.client.identity = test::load_identity("client");
  pair p(std::move(options));
  ASSERT_EQ(SSL_set1_client_sigalgs_list(native::handle(*p.server), "RSA-PSS+SHA256:RSA+SHA256"), 1);
  const auto e = failure_of(p);
  EXPECT_EQ(e.code(), errc::certificate_required) << e.message();
  EXPECT_THAT(e.hint(), HasSubstr("the one that was given fits none of the signature algorithms and CAs"));
}

// GnuTLS says decode_error, and others something else again.
TEST(field_client_certificate_alert, of_any_kind_is_for_the_one_that_was_not_sent) {
  pair p(asking_for_a_certificate(protocol_version::tls1_2));
  ASSERT_TRUE(p.client->handshake());
  ASSERT_TRUE(p.server->handshake());
  ASSERT_TRUE(p.client->handshake());
  p.to_client->put(std::string("\x15\x03\x03\x00\x02\x02\x32", 7));
  const auto e = p.client->handshake().error();
  EXPECT_EQ(e.code(), errc::certificate_required) << e.message();
  EXPECT_THAT(e.message(), HasSubstr("and none was sent (alert decode_error)"));
}

TEST(field_handshake, that_the_peer_ends_in_good_order_is_said_to_be_over) {
  pair p;
  ASSERT_TRUE(p.client->handshake());
  p.to_client->put(std::string("\x15\x03\x03\x00\x02\x01\x00", 7));
  const auto e = p.client->handshake().error();
  EXPECT_EQ(e.code(), errc::closed);
  EXPECT_EQ(e.message(), "server.test: the server closed the connection during the handshake");
}

TEST_P(field_client_certificate, that_nobody_asked_for_is_not_blamed) {
  auto options = pair::defaults(GetParam());
  options.client.identity = test::load_identity("client");
  options.client.trust = test::test_ca();
  pair p(std::move(options));
  p.must_shake();
  p.to_client->ended = true;
  const auto e = test::drain(*p.client).failure.value();
  EXPECT_EQ(e.code(), errc::truncated);
  EXPECT_THAT(e.message(), Not(HasSubstr("certificate")));
}

// As when a large request is still being written: what broke the connection was said before.
TEST(field_client_certificate_late, is_told_to_who_writes) {
  for (const bool by_alert : {true, false}) {
    pair p(asking_for_a_certificate(protocol_version::tls1_3));
    ASSERT_TRUE(p.client->handshake());
    ASSERT_TRUE(p.server->handshake());
    ASSERT_TRUE(p.client->handshake());
    ASSERT_TRUE(p.client->handshake_done());
    if (by_alert) {
      ASSERT_FALSE(p.server->handshake());
    }
    p.client_wire->write_error = error(errc::connection_reset, "server.test: writing: connection reset by the peer");
    for (int again = 0; again < 2; ++again) {
      const auto e = p.client->write("a request").error();
      EXPECT_EQ(e.code(), by_alert ? errc::certificate_required : errc::connection_reset) << e.message();
      EXPECT_THAT(e.message(), HasSubstr("client certificate"));
      EXPECT_THAT(e.hint(), HasSubstr("signet test root"));
    }
  }
}

// A server that asks and does not insist, and is then cut: its answer came, so the certificate is not why.
TEST_P(field_client_certificate, that_was_not_needed_is_no_reason_once_data_came) {
  auto options = asking();
  options.server.client_auth = client_certificates::requested;
  pair p(std::move(options));
  p.must_shake();
  p.server->write("answer").value();
  EXPECT_EQ(test::drain(*p.client).text, "answer");
  p.to_client->ended = true;
  EXPECT_EQ(test::drain(*p.client).failure.value().code(), errc::truncated);
}

TEST(field_offer, of_protocols_is_told_by_both_ends) {
  auto options = pair::defaults();
  options.client.alpn = {"h2", "acme"};
  options.server.alpn = {"http/1.1"};
  pair p(std::move(options));
  ASSERT_FALSE(p.shake());
  EXPECT_THAT(p.client_error->message(), HasSubstr("none of the application protocols offered, h2, acme"));
  EXPECT_EQ(p.client_error->presented(), "h2, acme");
  EXPECT_EQ(p.server_error->message(),
            "client: the client offers the application protocols h2, acme; spoken here is http/1.1");
  EXPECT_EQ(p.server_error->expected(), "http/1.1");
  EXPECT_EQ(p.server_error->presented(), "h2, acme");
}

TEST(field_offer, of_versions_is_told_by_both_ends) {
  auto options = pair::defaults(protocol_version::tls1_2);
  options.server.min_version = protocol_version::tls1_3;
  pair p(std::move(options));
  ASSERT_FALSE(p.shake());
  EXPECT_EQ(p.client_error->presented(), "TLSv1.2");
  EXPECT_EQ(p.server_error->expected(), "TLSv1.3");
}

TEST(field_offer, of_versions_is_told_with_what_is_allowed) {
  auto options = pair::defaults();
  options.client.min_version = protocol_version::tls1_3;
  options.server.max_version = protocol_version::tls1_2;
  pair newer(std::move(options));
  (void)newer.shake();
  ASSERT_TRUE(newer.server_error);
  EXPECT_EQ(newer.server_error->code(), errc::protocol_version);
  EXPECT_EQ(newer.server_error->message(), "client: the client offers TLSv1.3; allowed here is TLSv1.2");
  EXPECT_EQ(newer.server_error->presented(), "TLSv1.3");
  EXPECT_EQ(newer.server_error->expected(), "TLSv1.2");

  // A ServerHello of TLS 1.0, whoever wrote it.
  pair older;
  ASSERT_TRUE(older.client->handshake());
  std::string body("\x03\x01", 2);
  body += std::string(32, 'r') + std::string("\0\xc0\x13\0", 4);
  const auto octet = [](std::size_t n) { return std::string(1, static_cast<char>(n)); };
  const auto message = std::string("\x02\0\0", 3) + octet(body.size()) + body;
  older.to_client->put(std::string("\x16\x03\x01\0", 4) + octet(message.size()) + message);
  const auto e = older.client->handshake().error();
  EXPECT_EQ(e.code(), errc::protocol_version);
  EXPECT_EQ(e.message(), "server.test: the server chose TLSv1.0; allowed here is TLSv1.2 to TLSv1.3");
}

TEST(field_offer, of_ciphers_and_groups_is_told_by_both_ends) {
  auto options = pair::defaults(protocol_version::tls1_2);
  options.client.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
  options.client.groups = "P-384";
  options.server.ciphers = "ECDHE-ECDSA-AES256-GCM-SHA384";
  pair p(std::move(options));
  (void)p.shake();
  ASSERT_TRUE(p.server_error && p.client_error);
  for (const auto* one : {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"})
    EXPECT_THAT(p.server_error->message(), HasSubstr(one));
  EXPECT_THAT(p.server_error->presented(), HasSubstr("groups secp384r1"));
  EXPECT_THAT(p.client_error->message(),
              HasSubstr("offered were TLSv1.2, ciphers ECDHE-ECDSA-AES128-GCM-SHA256, groups P-384"));
}

error client_hears(const std::string& bytes) {
  pair p;
  p.to_client->put(bytes);
  p.to_client->ended = true;
  (void)p.client->handshake();
  return p.client->handshake().error();
}

TEST(field_no_tls, is_shown_and_known) {
  const auto ssh = client_hears("SSH-2.0-OpenSSH_9.2p1\r\n");
  EXPECT_THAT(ssh.message(), HasSubstr("\"SSH-2.0-OpenSSH_9.2p1\""));
  EXPECT_THAT(ssh.hint(), HasSubstr("SSH server"));
  EXPECT_THAT(client_hears("* OK IMAP4rev1 ready\r\n").hint(), HasSubstr("STARTTLS"));
  const auto octets = client_hears(std::string("\x00\x01\xfe\xff\x1b[0m", 8));
  EXPECT_THAT(octets.message(), HasSubstr("the octets 0001feff1b5b306d"));
  EXPECT_EQ(octets.code(), errc::not_tls);
}

// TLS 1.3 has none. What a server does when it is refused is its own affair.
TEST(field_renegotiation, that_was_refused_is_told_with_whatever_ends_the_connection) {
  for (const bool by_end : {true, false}) {
    pair p(pair::defaults(protocol_version::tls1_2));
    p.must_shake();
    SSL* server = native::handle(*p.server);
    SSL_clear_options(server, SSL_OP_NO_RENEGOTIATION);
    ASSERT_EQ(SSL_renegotiate(server), 1);
    (void)SSL_do_handshake(server);
    ASSERT_TRUE(p.server->flush());
    std::array<std::byte, 16> buffer{};
    const auto nothing = p.client->read(buffer);
    ASSERT_TRUE(nothing) << nothing.error().message();
    EXPECT_EQ(nothing->next, wait_for::read);
    if (by_end)
      p.to_client->ended = true;
    else
      p.client_wire->read_error = error(errc::connection_reset, "server.test: reading: connection reset by the peer");
    const auto e = p.client->read(buffer).error();
    EXPECT_EQ(e.code(), by_end ? errc::truncated : errc::connection_reset);
    EXPECT_THAT(e.message(), HasSubstr("renegotiation"));
    EXPECT_THAT(e.hint(), HasSubstr("client certificate"));
  }
}

}  // namespace
}  // namespace signet
