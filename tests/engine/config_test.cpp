// Options that do not hold are refused when the configuration is made, not when the first client comes.
#include <gtest/gtest.h>

#include "support/pair.hpp"
#include "support/pki.hpp"

namespace signet {
namespace {

using test::pair;

TEST(client_config, names_the_option_that_does_not_hold) {
  const auto refused = [](auto change) {
    auto options = pair::defaults().client;
    change(options);
    auto made = client_config::make(std::move(options));
    EXPECT_FALSE(made);
    return made ? std::string() : made.error().message();
  };
  EXPECT_NE(refused([](auto& o) { o.ciphers = "NO-SUCH-CIPHER"; }).find("ciphers"), std::string::npos);
  EXPECT_NE(refused([](auto& o) { o.ciphersuites = "NO_SUCH"; }).find("ciphersuites"), std::string::npos);
  EXPECT_NE(refused([](auto& o) { o.groups = "P-257"; }).find("groups"), std::string::npos);
  EXPECT_NE(refused([](auto& o) { o.alpn = {""}; }).find("ALPN"), std::string::npos);
  EXPECT_NE(refused([](auto& o) { o.alpn = {std::string(256, 'x')}; }).find("ALPN"), std::string::npos);
  EXPECT_NE(refused([](auto& o) {
              o.min_version = protocol_version::tls1_3;
              o.max_version = protocol_version::tls1_2;
            }).find("TLSv1.3"),
            std::string::npos);
  EXPECT_NE(refused([](auto& o) { o.session_capacity = 0; }).find("session_capacity"), std::string::npos);
}

TEST(client_config, the_standard_one_is_made_once) {
  EXPECT_EQ(client_config::standard().value().get(), client_config::standard().value().get());
  EXPECT_TRUE(client_config::standard().value().trust().contains_system());
}

TEST(server_config, needs_an_identity) {
  EXPECT_EQ(server_config::make({}).error().code(), errc::invalid_configuration);
}

TEST(server_config, tells_which_file_is_wrong) {
  const auto code = [](const char* certificate, const char* key) {
    auto made = server_config::make({.identities = {{.certificate = test::pki(certificate), .key = test::pki(key)}}});
    EXPECT_FALSE(made);
    if (made) return errc::internal;
    EXPECT_NE(made.error().message().find(".pem") == std::string::npos &&
                  made.error().message().find(".key") == std::string::npos &&
                  made.error().message().find(".bin") == std::string::npos,
              true)
        << made.error().message();
    return made.error().code();
  };
  EXPECT_EQ(code("missing.pem", "server.key"), errc::file_not_readable);
  EXPECT_EQ(code("server.pem", "missing.key"), errc::file_not_readable);
  EXPECT_EQ(code("server.pem", "server-rsa.key"), errc::key_mismatch);
  EXPECT_EQ(code("server.pem", "server-enc-pkcs8.key"), errc::password_required);
  EXPECT_EQ(code("empty.pem", "server.key"), errc::file_malformed);
  EXPECT_EQ(code("binary.bin", "server.key"), errc::file_malformed);
  EXPECT_EQ(code("truncated.pem", "server.key"), errc::file_malformed);
  auto wrong = server_config::make({.identities = {{.certificate = test::pki("server.pem"),
                                                    .key = test::pki("server-enc-pkcs8.key"),
                                                    .password = [] { return "guess"; }}}});
  EXPECT_EQ(wrong.error().code(), errc::wrong_password);
}

TEST(server_config, refuses_a_weak_key_with_a_way_out) {
  auto made = server_config::make({.loaded_identities = {test::load_identity("weak-rsa1024")}});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), errc::weak_key);
  EXPECT_NE(made.error().hint(), "");
}

}  // namespace
}  // namespace signet
