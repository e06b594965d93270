// What a person reads when a handshake fails: whom, which phase, why; and what to do, where that is known.
#include <gtest/gtest.h>

#include "support/pair.hpp"
#include "support/pki.hpp"

namespace signet {
namespace {

using test::pair;

struct texts {
  std::string message;
  std::string hint;
};

texts of(const std::optional<error>& e) {
  return e ? texts{e->message(), e->hint()} : texts{"no error", "no error"};
}

struct both {
  texts client, server;
};

both fail(test::pair_options options) {
  pair p(std::move(options));
  (void)p.shake();
  if (!p.client_error && p.client->handshake_done()) p.client_error = test::drain(*p.client).failure;
  return {of(p.client_error), of(p.server_error)};
}

texts server_hears(const std::string& bytes) {
  pair p;
  p.to_server->put(bytes);
  p.to_server->ended = true;
  (void)p.server->handshake();
  return of(p.server->handshake().error());
}

texts client_hears(const std::string& bytes) {
  pair p;
  p.to_client->put(bytes);
  p.to_client->ended = true;
  (void)p.client->handshake();
  return of(p.client->handshake().error());
}

TEST(texts, no_client_certificate) {
  auto options = pair::defaults();
  options.server.client_auth = client_certificates::required;
  options.server.client_trust = test::test_ca();
  const auto said = fail(std::move(options));
  EXPECT_EQ(said.server.message, "client: showed no certificate, and one is required");
  EXPECT_NE(said.server.hint.find("ca.pem"), std::string::npos);
  EXPECT_EQ(said.client.message, "server.test: the server asks for a client certificate (alert certificate_required)");
  EXPECT_EQ(said.client.hint,
            "give one (client_options::identity); the server accepts those of 'CN=signet test root,O=signet tests'");
}

TEST(texts, protocol_version) {
  auto options = pair::defaults(protocol_version::tls1_2);
  options.server.min_version = protocol_version::tls1_3;
  const auto said = fail(std::move(options));
  EXPECT_EQ(said.server.message, "client: the client offers TLSv1.2 at most; allowed here is TLSv1.3");
  EXPECT_EQ(said.client.message,
            "server.test: the server accepts none of the TLS versions offered, TLSv1.2 (alert protocol_version)");
  EXPECT_NE(said.client.hint.find("client_options::max_version"), std::string::npos);
}

TEST(texts, no_shared_cipher) {
  auto options = pair::defaults(protocol_version::tls1_2);
  options.client.ciphers = "ECDHE-RSA-AES128-GCM-SHA256";
  const auto said = fail(std::move(options));
  EXPECT_TRUE(
      said.server.message.starts_with("client: no cipher suite, group or signature algorithm in common with the "
                                      "client, which offers TLSv1.2 at most; "
                                      "ciphers ECDHE-RSA-AES128-GCM-SHA256; groups "))
      << said.server.message;
  EXPECT_TRUE(said.server.message.ends_with("; allowed here is TLSv1.2 to TLSv1.3")) << said.server.message;
  EXPECT_EQ(said.client.message,
            "server.test: the server found no cipher, group or signature algorithm in common, or refused for a reason "
            "it does not tell "
            "(alert handshake_failure); offered were TLSv1.2, ciphers ECDHE-RSA-AES128-GCM-SHA256");
  EXPECT_NE(said.client.hint, "");
  EXPECT_NE(said.server.hint, "");
}

TEST(texts, our_certificate_refused) {
  auto options = pair::defaults();
  options.client.trust = trust_store::pem_file(test::pki("other-ca.pem")).value();
  const auto said = fail(std::move(options));
  EXPECT_EQ(said.server.message,
            "client: the client does not accept our certificate 'server.test', issued by 'CN=signet test root,O=signet "
            "tests' (alert unknown_ca)");
  EXPECT_NE(said.server.hint.find("CA"), std::string::npos);
}

TEST(texts, plain_http_on_a_tls_port) {
  const auto said = server_hears("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(said.message, "client: speaks plain HTTP to a TLS port");
  EXPECT_EQ(said.hint, "the client has to use https: instead of http:");
}

TEST(texts, tls_on_a_plain_port) {
  EXPECT_EQ(client_hears("220 mail.example ESMTP\r\n").message,
            "server.test: does not speak TLS on this port: it said \"220 mail.example ESMTP\"");
  EXPECT_NE(client_hears("220 mail.example ESMTP\r\n").hint.find("STARTTLS"), std::string::npos);
  EXPECT_NE(client_hears("HTTP/1.1 400 Bad Request\r\n\r\n").hint.find("http:"), std::string::npos);
  EXPECT_EQ(client_hears(std::string("\0\0\0\0\0\0", 6)).message,
            "server.test: does not speak TLS on this port: it said the octets 000000000000");
}

TEST(texts, the_connection_ended) {
  EXPECT_EQ(client_hears("").message, "server.test: the server closed the connection during the handshake");
  EXPECT_NE(client_hears("").hint.find("nothing came back"), std::string::npos);
  EXPECT_EQ(server_hears(std::string("\x16\x03\x01", 3)).message,
            "client: the client closed the connection during the handshake");
  pair p;
  p.must_shake();
  p.to_client->ended = true;
  EXPECT_EQ(of(test::drain(*p.client).failure).message,
            "server.test: the stream was cut: the connection ended without close_notify");
}

TEST(texts, altered_data) {
  pair p;
  p.must_shake();
  p.to_server->alter_at = p.to_server->written + 10;
  p.client->write("data").value();
  EXPECT_EQ(of(test::drain(*p.server).failure).message,
            "client: the data was altered on its way, or the client encrypts wrongly");
}

TEST(texts, failures_of_the_transport_name_the_handshake) {
  for (const auto& [below, wanted] :
       {std::pair{error(errc::timed_out, "reading: timed out"), "handshake: reading: timed out"},
        {error(errc::connection_reset, "connection reset"), "handshake: connection reset"}}) {
    pair p;
    p.client_wire->read_error = below;
    EXPECT_EQ(p.client->handshake().error().message(), wanted);
  }
}

}  // namespace
}  // namespace signet
