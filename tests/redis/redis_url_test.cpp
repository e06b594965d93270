#include <signet/redis/redis_url.hpp>

#include <gtest/gtest.h>

#include <string>

#include "base/access.hpp"
#include "redis/redis_url_impl.hpp"

namespace signet {
namespace {

using transport = redis_url::transport;

struct accepted {
  std::string text;
  transport over = transport::plain;
  std::string host = {};
  std::uint16_t port = 6379;
  std::string path = {};
  std::uint32_t database = 0;
  std::string user = {};
  std::string password = {};
  // Without user and password.
  std::string printed = {};
};

class redis_url_as : public testing::TestWithParam<accepted> {};

TEST_P(redis_url_as, is_read_in_its_parts) {
  const auto& p = GetParam();
  const auto url = redis_url::parse(p.text);
  ASSERT_TRUE(url) << url.error().message();
  EXPECT_EQ(url->over(), p.over);
  EXPECT_EQ(url->host(), p.host);
  EXPECT_EQ(url->port(), p.port);
  EXPECT_EQ(url->path(), p.path);
  EXPECT_EQ(url->database(), p.database);
  EXPECT_EQ(inside(*url).user, p.user);
  EXPECT_EQ(inside(*url).password, p.password);
  EXPECT_EQ(url->text(), p.printed);
  EXPECT_EQ(redis_url::parse(url->text()).value().text(), p.printed);
}

using namespace std::string_literals;

INSTANTIATE_TEST_SUITE_P(
    all, redis_url_as,
    testing::Values(accepted{.text = "redis://localhost", .host = "localhost", .printed = "redis://localhost:6379"},
                    accepted{.text = "redis://localhost/", .host = "localhost", .printed = "redis://localhost:6379"},
                    accepted{.text = "REDISS://Redis.Example.ORG:1/15",
                             .over = transport::tls,
                             .host = "redis.example.org",
                             .port = 1,
                             .database = 15,
                             .printed = "rediss://redis.example.org:1/15"},
                    accepted{.text = "redis://[2001:db8::1]:65535/0",
                             .host = "2001:db8::1",
                             .port = 65535,
                             .printed = "redis://[2001:db8::1]:65535"},
                    accepted{.text = "redis://[fe80::1%25eth0]",
                             .host = "fe80::1%eth0",
                             .printed = "redis://[fe80::1%25eth0]:6379"},
                    accepted{.text = "redis://192.0.2.1", .host = "192.0.2.1", .printed = "redis://192.0.2.1:6379"},
                    accepted{.text = "redis://:pw@h", .host = "h", .password = "pw", .printed = "redis://h:6379"},
                    accepted{.text = "redis://u:@h", .host = "h", .user = "u", .printed = "redis://h:6379"},
                    accepted{.text = "redis://fleet:a%40b%3A%2f%00%25:c@h:7/2",
                             .host = "h",
                             .port = 7,
                             .database = 2,
                             .user = "fleet",
                             .password = "a@b:/\0%:c"s,
                             .printed = "redis://h:7/2"},
                    accepted{.text = "unix:/run/redis.sock",
                             .over = transport::local_socket,
                             .port = 0,
                             .path = "/run/redis.sock",
                             .printed = "unix:/run/redis.sock"},
                    accepted{.text = "unix:////run/redis.sock",
                             .over = transport::local_socket,
                             .port = 0,
                             .path = "//run/redis.sock",
                             .printed = "unix:////run/redis.sock"},
                    accepted{.text = "unix:///run/a%20b%3F.sock",
                             .over = transport::local_socket,
                             .port = 0,
                             .path = "/run/a b?.sock",
                             .printed = "unix:/run/a%20b%3F.sock"}));

class no_redis_url : public testing::TestWithParam<std::string> {};

TEST_P(no_redis_url, is_refused_and_repeated_nowhere) {
  const auto url = redis_url::parse(GetParam());
  ASSERT_FALSE(url) << url->text();
  EXPECT_EQ(url.error().code(), errc::invalid_argument);
  EXPECT_FALSE(url.error().message().empty());
  for (const char* secret : {"hunter2", "h%75nter2"}) {
    EXPECT_EQ(url.error().message().find(secret), std::string::npos) << url.error().message();
    EXPECT_EQ(url.error().hint().find(secret), std::string::npos) << url.error().hint();
  }
}

INSTANTIATE_TEST_SUITE_P(
    all, no_redis_url,
    testing::Values("", "redis", "redis:", "redis:/", "redis:h", "redis://", "redis:///0", "redis://:6379",
                    // Other schemes, and none.
                    "http://h", "hunter2://h", "localhost:6379", "user:hunter2@h", "127.0.0.1",
                    // Ports and databases.
                    "redis://h:", "redis://h:0", "redis://h:65536", "redis://h:x", "redis://h:-1", "redis://h:6379x",
                    "redis://h/x", "redis://h/-1", "redis://h/1/", "redis://h/2147483648", "redis://h/99999999999999",
                    // Hosts.
                    "redis://[::1", "redis://[::1]x", "redis://[h]", "redis://::1", "redis://a..b", "redis://1.2.3",
                    "redis://h%zz", "redis://%00", "redis://a%2Fb", "redis://[fe80::1%25]", "redis://[fe80::1%25a/b]",
                    // Users and passwords that are not encoded, or only half there.
                    "redis://hunter2@h", "redis://:@h", "redis://@h", "redis://u:hunter2@x@h", "redis://u:hunter2/x@h",
                    "redis://u:hunter2%@h", "redis://u:hunter2%4@h", "redis://u:hunter2%4g@h", "redis://u:hunter2?@h",
                    "redis://u:hunter2#@h", "redis://u:hunter 2@h", "redis://u:hunter2\n@h", "redis://u:h%75nter2@a b",
                    "redis://u:hunter2@h?db=1", "redis://u:hunter2@", "redis://u:hunter2@h:x/hunter2",
                    // Local sockets.
                    "unix:", "unix:redis.sock", "unix://host/redis.sock", "unix:/a%00b", "unix:/a%", "unix:/a?db=1",
                    "unix:/" + std::string(107, 'a'), "redis://" + std::string(5000, 'a')));

TEST(redis_url, the_longest_path_of_a_socket_is_taken) {
  EXPECT_TRUE(redis_url::parse("unix:/" + std::string(106, 'a')));
}

}  // namespace
}  // namespace signet
