// What is said to OpenSSL: signature algorithms, security level, Diffie-Hellman, records, NPN, a hook of one's own.
#include <signet/native.hpp>
#include <signet/tls/client_config.hpp>
#include <signet/tls/server_config.hpp>

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <algorithm>

#include "support/pair.hpp"
#include "support/pki.hpp"
#include "support/run_program.hpp"

namespace signet {
namespace {

using test::drain;
using test::pair;

class settings : public testing::TestWithParam<protocol_version> {
 protected:
  test::pair_options options_ = pair::defaults(GetParam());
};
INSTANTIATE_TEST_SUITE_P(versions, settings, testing::Values(protocol_version::tls1_2, protocol_version::tls1_3),
                         [](const auto& each) { return each.param == protocol_version::tls1_2 ? "tls1_2" : "tls1_3"; });

TEST_P(settings, signature_algorithms_decide_what_is_signed) {
  for (const auto& [list, nid] :
       {std::pair{"ECDSA+SHA256", NID_sha256}, std::pair{"ECDSA+SHA384:ECDSA+SHA256", NID_sha384}}) {
    // In TLS 1.3 the curve of the key decides the digest.
    if (GetParam() == protocol_version::tls1_3 && nid == NID_sha384) continue;
    options_.server.signature_algorithms = list;
    pair p(options_);
    p.must_shake();
    int digest = 0;
    ASSERT_EQ(SSL_get_peer_signature_nid(native::handle(*p.client), &digest), 1);
    EXPECT_EQ(digest, nid) << list;
  }
  options_.server.signature_algorithms = "";
  options_.client.signature_algorithms = "RSA-PSS+SHA256";
  pair p(options_);
  EXPECT_FALSE(p.shake()) << "the server's key is no RSA key";
}

TEST_P(settings, the_security_level_shuts_out_what_is_weaker) {
  options_.client.security_level = 3;
  {
    pair p(options_);
    p.must_shake();
  }
  options_.client.security_level = 4;
  pair p(options_);
  EXPECT_FALSE(p.shake()) << "P-256 with SHA-256 is level 3";
  // And no weaker key of our own.
  options_.server.identities.clear();
  options_.server.loaded_identities = {test::load_identity("server-rsa")};
  options_.server.security_level = 3;
  EXPECT_EQ(server_config::make(options_.server).error().code(), errc::weak_key) << "RSA with 2048 bits is level 2";
  for (const int level : {0, 6, -1}) {
    options_.client.security_level = level;
    EXPECT_EQ(client_config::make(options_.client).error().code(), errc::invalid_configuration) << level;
  }
}

TEST_P(settings, records_are_as_long_as_they_may_be) {
  const std::string much(10'000, 'x');
  for (const std::size_t size : {std::size_t{512}, std::size_t{4096}, std::size_t{16384}}) {
    options_.server.max_record_size = size;
    pair p(options_);
    p.must_shake();
    p.to_client->log.clear();
    p.server->write(much).value();
    EXPECT_EQ(drain(*p.client).text, much);
    std::size_t records = 0;
    for (std::size_t i = 0; i + 5 <= p.to_client->log.size(); ++records) {
      const auto length = static_cast<unsigned char>(p.to_client->log[i + 3]) * 256U +
                          static_cast<unsigned char>(p.to_client->log[i + 4]);
      EXPECT_LE(length, size + 256);
      i += 5 + length;
    }
    // A ticket may be one of them.
    const auto least = (much.size() + size - 1) / size;
    EXPECT_TRUE(records == least || records == least + 1) << records << " of " << size;
  }
  for (const std::size_t size : {std::size_t{511}, std::size_t{16385}}) {
    options_.server.max_record_size = size;
    EXPECT_EQ(server_config::make(options_.server).error().code(), errc::invalid_configuration) << size;
  }
}

TEST_P(settings, a_hook_sees_the_context_last) {
  int called = 0;
  options_.server.on_context = native::on_context([&](SSL_CTX* ctx) {
    ++called;
    SSL_CTX_set_cipher_list(ctx, "ECDHE-ECDSA-CHACHA20-POLY1305");
    SSL_CTX_set_ciphersuites(ctx, "TLS_CHACHA20_POLY1305_SHA256");
  });
  auto server = server_config::make(options_.server).value();
  EXPECT_EQ(called, 1);
  pair p(client_config::make(options_.client).value(), server);
  p.must_shake();
  EXPECT_NE(p.client->info().cipher.find("CHACHA20"), std::string::npos);
  ASSERT_TRUE(server.reload());
  EXPECT_EQ(called, 2);
  options_.client.on_context = native::on_context([](SSL_CTX*) { throw std::runtime_error("not this one"); });
  EXPECT_THROW((void)client_config::make(options_.client), std::runtime_error);
}

// A sink of a server, which knows of its own connection only.
TEST_P(settings, each_message_is_told_with_its_octets) {
  const auto client = client_config::make(options_.client).value();
  const auto server = server_config::make(options_.server).value();
  test::pipe up, down;
  test::memory_transport client_wire(down, up), server_wire(up, down);
  auto c = engine::client(client, server_name::parse("server.test").value(), client_wire).value();
  std::string hello;
  std::vector<std::string> told;
  std::size_t headers = 0;
  auto s = engine::server(server, server_wire,
                          {.sink =
                               [&](const trace_event& event) {
                                 told.push_back(event.text);
                                 if (event.message == nullptr) return;
                                 if (event.message->content_type == 0) {
                                   ++headers;
                                   EXPECT_EQ(event.message->octets.size(), 5U);
                                 } else if (event.message->content_type == 22 && hello.empty()) {
                                   EXPECT_EQ(event.message->way, traced_message::direction::received);
                                   hello = event.message->octets.text();
                                 }
                               },
                           .level = trace_level::octets})
               .value();
  for (int i = 0; i < 10 && !(c.handshake_done() && s.handshake_done()); ++i) {
    c.handshake().value();
    s.handshake().value();
  }
  ASSERT_FALSE(hello.empty());
  EXPECT_EQ(hello.front(), 1) << "a ClientHello";
  EXPECT_NE(up.log.find(hello), std::string::npos);
  EXPECT_GT(headers, 3U);
  EXPECT_TRUE(std::ranges::any_of(told, [](const auto& t) { return t.starts_with("received ClientHello"); }));
  EXPECT_TRUE(std::ranges::any_of(told, [](const auto& t) { return t.starts_with("handshake complete"); }));
}

// Scenarios 19 and 47.10.
TEST(npn, is_spoken_in_tls_1_2) {
  auto options = pair::defaults(protocol_version::tls1_2);
  const auto spoken = [&](std::vector<std::string> server, std::vector<std::string> client) {
    options.server.npn = std::move(server);
    options.client.npn = std::move(client);
    pair p(options);
    p.must_shake();
    EXPECT_EQ(p.client->info().npn, p.server->info().npn);
    return p.client->info().npn;
  };
  EXPECT_EQ(spoken({"one", "two"}, {"two", "three"}), "two");
  EXPECT_EQ(spoken({"spdy/2", "http1.1"}, {"http1.1", "spdy/2"}), "spdy/2");
  EXPECT_EQ(spoken({"one"}, {"two", "three"}), "two") << "nothing in common: the client's first";
  EXPECT_EQ(spoken({"one"}, {}), "");
  EXPECT_EQ(spoken({}, {"one"}), "");
  options.client.npn = {""};
  EXPECT_EQ(client_config::make(options.client).error().code(), errc::invalid_configuration);
  auto newer = pair::defaults(protocol_version::tls1_3);
  newer.server.npn = newer.client.npn = {"one"};
  pair p(newer);
  p.must_shake();
  EXPECT_EQ(p.client->info().npn, "");
}

TEST(dh_parameters, are_those_of_a_file_or_fit_the_key) {
  auto options = pair::defaults(protocol_version::tls1_2);
  options.server.identities.clear();
  options.server.loaded_identities = {test::load_identity("server-rsa")};
  options.client.ciphers = "DHE-RSA-AES128-GCM-SHA256";
  const auto bits = [&] {
    pair p(options);
    p.must_shake();
    EVP_PKEY* key = nullptr;
    if (SSL_get_peer_tmp_key(native::handle(*p.client), &key) != 1) return 0;
    const int size = EVP_PKEY_get_bits(key);
    EVP_PKEY_free(key);
    return size;
  };
  EXPECT_GE(bits(), 2048);
  const test::temporary_folder folder;
  ASSERT_EQ(test::run_program({"openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt", "group:ffdhe3072",
                               "-out", (folder / "dh.pem").string()})
                .status,
            0);
  options.server.dh_parameters = folder / "dh.pem";
  EXPECT_EQ(bits(), 3072);

  const auto refused = [&](const std::filesystem::path& file) {
    options.server.dh_parameters = file;
    const auto made = server_config::make(options.server);
    EXPECT_FALSE(made);
    EXPECT_TRUE(made || made.error().message().starts_with("dh_parameters: ")) << made.error().message();
    return made ? errc::internal : made.error().code();
  };
  EXPECT_EQ(refused(folder / "none"), errc::file_not_readable);
  EXPECT_EQ(refused(folder.file("text", "no parameters")), errc::file_malformed);
  EXPECT_EQ(refused(test::pki("server.pem")), errc::file_malformed);
  ASSERT_EQ(test::run_program({"openssl", "genpkey", "-genparam", "-algorithm", "DH", "-pkeyopt",
                               "dh_paramgen_prime_len:512", "-out", (folder / "weak.pem").string()})
                .status,
            0);
  EXPECT_EQ(refused(folder / "weak.pem"), errc::file_malformed);
}

}  // namespace
}  // namespace signet
