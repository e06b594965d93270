// What is said of OpenSSL is held against what it does.
#include <signet/native.hpp>
#include <signet/tls/features.hpp>

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <algorithm>

#include "support/pair.hpp"

namespace signet {
namespace {

using test::pair;

bool has(const std::string& name) {
  const auto all = openssl_features();
  const auto found = std::ranges::find(all, name, &openssl_feature::name);
  EXPECT_NE(found, all.end()) << name;
  return found != all.end() && found->available;
}

// The extension of a ClientHello that a client of ours sends by default, or nothing.
bool client_sends(unsigned extension) {
  struct search {
    unsigned type;
    bool found = false;
  } wanted{extension};
  auto options = pair::defaults();
  pair p(std::move(options));
  SSL_CTX_set_client_hello_cb(
      native::handle(p.server_settings),
      [](SSL* ssl, int*, void* given) {
        auto& looked_for = *static_cast<search*>(given);
        const unsigned char* data = nullptr;
        std::size_t size = 0;
        looked_for.found = SSL_client_hello_get0_ext(ssl, looked_for.type, &data, &size) == 1;
        return SSL_CLIENT_HELLO_SUCCESS;
      },
      &wanted);
  p.must_shake();
  return wanted.found;
}

TEST(features, what_this_openssl_is_built_with_works) {
  for (const char* name : {"tls1.3", "pha", "alpn", "psk"}) EXPECT_TRUE(has(name)) << name;
  // Of a build without it nothing can be asked.
  EXPECT_EQ(client_config::make({.npn = {"a"}}).has_value(), has("npn"));
}

TEST(features, ml_kem_is_there_when_it_can_be_negotiated) {
  auto options = pair::defaults(protocol_version::tls1_3);
  options.client.groups = "X25519MLKEM768";
  const auto made = client_config::make(options.client);
  EXPECT_EQ(made.has_value(), has("ml-kem"));
  if (!made) return;
  pair p(std::move(options));
  p.must_shake();
  EXPECT_EQ(p.client->info().group, "X25519MLKEM768");
}

TEST(features, ml_kem_by_default_is_what_two_ends_agree_on) {
  pair p(pair::defaults(protocol_version::tls1_3));
  p.must_shake();
  EXPECT_EQ(p.client->info().group == "X25519MLKEM768", has("ml-kem-default"));
}

TEST(features, certificate_compression_is_offered_when_it_is_there) {
  constexpr unsigned compress_certificate = 27;  // RFC 8879 section 3
  EXPECT_EQ(client_sends(compress_certificate), has("certificate-compression"));
}

TEST(features, what_came_with_3_2_is_there_since_3_2) {
  if (OPENSSL_VERSION_NUMBER < 0x30200000L) {
    EXPECT_FALSE(has("raw-public-keys"));
    EXPECT_FALSE(has("certificate-compression"));
  } else {
    EXPECT_TRUE(has("raw-public-keys"));
  }
}

}  // namespace
}  // namespace signet
