#include <signet/base/endpoint.hpp>

#include <gtest/gtest.h>

#include <string>

namespace signet {
namespace {

struct good {
  std::string_view text;
  std::uint16_t default_port;
  endpoint expected;
};

TEST(endpoint, understands_names_addresses_and_services) {
  const good cases[] = {
      {"example.org:443", 0, {"example.org", 443}},
      {"example.org:https", 0, {"example.org", 443}},
      {"mail.example.org:submission", 0, {"mail.example.org", 587}},
      {"example.org", 443, {"example.org", 443}},
      {"example.org:8443", 443, {"example.org", 8443}},
      {"EXAMPLE.org.:1", 0, {"EXAMPLE.org.", 1}},
      {"b\xc3\xbc"
       "cher.example:443",
       0,
       {"b\xc3\xbc"
        "cher.example",
        443}},
      {"my_host:443", 0, {"my_host", 443}},
      {"192.0.2.1:80", 0, {"192.0.2.1", 80}},
      {"192.0.2.1", 80, {"192.0.2.1", 80}},
      {"[2001:db8::1]:443", 0, {"2001:db8::1", 443}},
      {"[2001:db8::1]", 443, {"2001:db8::1", 443}},
      {"2001:db8::1", 443, {"2001:db8::1", 443}},
      {"2001:db8::1:443", 80, {"2001:db8::1:443", 80}},
      {"[::ffff:192.0.2.1]:65535", 0, {"::ffff:192.0.2.1", 65535}},
      {"[fe80::1%eth0]:22", 0, {"fe80::1%eth0", 22}},
      {":8443", 0, {"", 8443}},
      {"localhost:0", 443, {"localhost", 0}},
  };
  for (const auto& c : cases) {
    const auto parsed = endpoint::parse(c.text, c.default_port);
    ASSERT_TRUE(parsed) << c.text << ": " << parsed.error().message();
    EXPECT_EQ(*parsed, c.expected) << c.text << " became " << to_string(*parsed);
  }
}

TEST(endpoint, refuses_everything_else_and_says_why) {
  struct bad {
    std::string_view text;
    std::string_view says;
  };
  using namespace std::string_view_literals;
  const bad cases[] = {
      {"", "empty"},
      {"example.org", "no port"},
      {"example.org:", "nothing follows"},
      {"2001:db8::1", "no port"},
      {"example.org:65536", "not between 1 and 65535"},
      {"example.org:99999999999999999999999", "not between 1 and 65535"},
      {"example.org:0443", "begins with a zero"},
      {"example.org:-1", "no TCP service"},
      {"example.org:+443", "neither a number"},
      {"example.org:4 3", "neither a number"},
      {"example.org:no-such-service", "no TCP service"},
      {"https://example.org:443/", "URL"},
      {"example.org/path:443", "slash"},
      {"user@example.org:443", "user name"},
      {"exa mple.org:443", "blank"},
      {"exa\0mple.org:443"sv, "NUL"},
      {"exa\x1bmple.org:443", "control character"},
      {"*.example.org:443", "wildcard"},
      {"a..b:443", ""},
      {"127.1:80", "looks like an address"},
      {"256.0.0.1:80", "looks like an address"},
      {"0x7f.1:80", "looks like an address"},
      {"[::1:443", "bracket is open"},
      {"[192.0.2.1]:80", "not an IPv6 address"},
      {"[::1]443", "only a colon"},
      {"[]:443", "not an IPv6 address"},
      {"[::1\0]:443"sv, "not an IPv6 address"},
      {"[fe80::1%]:443", "not an IPv6 address"},
      {"[fe80::1%a\x1b]:443", "not an IPv6 address"},
      {"a:b:c", "more than one colon"},
      {"\xff\xfe:443", ""},
  };
  for (const auto& c : cases) {
    const auto parsed = endpoint::parse(c.text);
    ASSERT_FALSE(parsed) << c.text;
    EXPECT_EQ(parsed.error().code(), errc::invalid_endpoint) << c.text;
    EXPECT_NE(parsed.error().message().find(c.says), std::string::npos) << parsed.error().message();
    EXPECT_FALSE(parsed.error().hint().empty()) << c.text;
    for (const char ch : parsed.error().message()) EXPECT_GE(static_cast<unsigned char>(ch), 0x20) << c.text;
  }
  const auto huge = endpoint::parse(std::string(100'000, 'a') + ":1");
  ASSERT_FALSE(huge);
  EXPECT_LT(huge.error().message().size(), 300U);
}

TEST(endpoint, an_address_that_a_port_follows_without_brackets_gets_the_hint) {
  const auto parsed = endpoint::parse("2001:db8::zz:443");
  ASSERT_FALSE(parsed);
  EXPECT_NE(parsed.error().hint().find("brackets"), std::string::npos);
}

TEST(endpoint, prints_what_parses_to_the_same) {
  for (const endpoint& e : {endpoint{"example.org", 443}, endpoint{"2001:db8::1", 1}, endpoint{"192.0.2.1", 65535}}) {
    const auto again = endpoint::parse(to_string(e));
    ASSERT_TRUE(again);
    EXPECT_EQ(*again, e);
  }
  EXPECT_EQ(to_string(endpoint{"2001:db8::1", 443}), "[2001:db8::1]:443");
}

}  // namespace
}  // namespace signet
