#include "http1/url.hpp"

#include <gtest/gtest.h>

namespace signet::http1 {
namespace {

TEST(url, is_taken_apart) {
  const auto parsed = url::parse("https://Example.ORG:8443/a/b?q=1#part").value();
  EXPECT_EQ(parsed.protocol, url::scheme::https);
  EXPECT_EQ(parsed.host, "example.org");
  EXPECT_EQ(parsed.port, 8443);
  EXPECT_EQ(parsed.target, "/a/b?q=1");
  EXPECT_EQ(parsed.host_field(), "example.org:8443");
}

TEST(url, without_a_scheme_is_https_and_without_a_path_the_root) {
  const auto parsed = url::parse("example.org?x").value();
  EXPECT_EQ(parsed.text(), "https://example.org/?x");
  EXPECT_EQ(parsed.port, 443);
  EXPECT_EQ(url::parse("http://example.org").value().port, 80);
}

TEST(url, takes_addresses) {
  const auto parsed = url::parse("https://[2001:db8::1]:444/").value();
  EXPECT_EQ(parsed.host, "2001:db8::1");
  EXPECT_EQ(parsed.port, 444);
  EXPECT_EQ(parsed.host_field(), "[2001:db8::1]:444");
  EXPECT_EQ(url::parse("https://[2001:DB8:0::1]/").value().host_field(), "[2001:db8::1]");
  EXPECT_EQ(url::parse("https://192.0.2.1/").value().host_field(), "192.0.2.1");
}

TEST(url, encodes_what_cannot_go_on_the_wire) {
  EXPECT_EQ(url::parse("https://example.org/gr\xc3\xbc\xc3\x9f\"\\").value().target, "/gr%C3%BC%C3%9F%22%5C");
}

TEST(url, that_is_not_sound_is_refused) {
  for (const char* text :
       {"", "https://", "https:///path", "ftp://example.org/", "https://user@example.org/", "https://a:b@example.org/",
        "https://example.org:0/", "https://example.org:65536/", "https://example.org:12x/", "https://[::1/",
        "https://[::1]x/", "https://[example.org]/", "https://exa mple.org/", "https://example.org/a b",
        "https://example.org/\r\nHost: evil", "https://example.org\\@evil.test/", "https://.../", "https://1.2.3/"}) {
    const auto parsed = url::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().kind(), error_kind::usage) << text;
  }
  EXPECT_FALSE(url::parse("https://example.org/" + std::string(20000, 'a')));
}

TEST(url, knows_its_own_origin) {
  const auto base = url::parse("https://example.org/a").value();
  EXPECT_TRUE(base.same_origin(url::parse("https://EXAMPLE.org:443/b?c").value()));
  for (const char* other :
       {"http://example.org/a", "http://example.org:443/a", "https://example.org:444/a", "https://www.example.org/a"})
    EXPECT_FALSE(base.same_origin(url::parse(other).value())) << other;
}

TEST(url, resolves_references) {
  const auto base = url::parse("https://example.org/b/c/d?q").value();
  const auto at = [&](std::string_view reference) { return base.resolve(reference).value().text(); };
  // RFC 3986 section 5.4, as far as it applies.
  EXPECT_EQ(at("g"), "https://example.org/b/c/g");
  EXPECT_EQ(at("./g"), "https://example.org/b/c/g");
  EXPECT_EQ(at("g/"), "https://example.org/b/c/g/");
  EXPECT_EQ(at("/g"), "https://example.org/g");
  EXPECT_EQ(at("//other.test/g"), "https://other.test/g");
  EXPECT_EQ(at("?y"), "https://example.org/b/c/d?y");
  EXPECT_EQ(at("g?y"), "https://example.org/b/c/g?y");
  EXPECT_EQ(at("#s"), "https://example.org/b/c/d?q");
  EXPECT_EQ(at(""), "https://example.org/b/c/d?q");
  EXPECT_EQ(at("."), "https://example.org/b/c/");
  EXPECT_EQ(at(".."), "https://example.org/b/");
  EXPECT_EQ(at("../g"), "https://example.org/b/g");
  EXPECT_EQ(at("../../../g"), "https://example.org/g");
  EXPECT_EQ(at("g/../h"), "https://example.org/b/c/h");
  EXPECT_EQ(at("g?y/../x"), "https://example.org/b/c/g?y/../x");
  EXPECT_EQ(at("http://plain.test"), "http://plain.test/");
  EXPECT_FALSE(base.resolve("javascript:alert(1)"));
  EXPECT_FALSE(base.resolve("ftp://example.org/"));
  EXPECT_EQ(at("/a b?c d"), "https://example.org/a%20b?c%20d");
  EXPECT_FALSE(base.resolve("//other test/"));
  EXPECT_FALSE(base.resolve("/a\tb"));
}

// RFC 6874.
TEST(url, a_zone_is_for_the_way_there_only) {
  const auto there = url::parse("https://[fe80::1%25eth0]:8443/a").value();
  EXPECT_EQ(there.host, "fe80::1%eth0");
  EXPECT_EQ(there.host_field(), "[fe80::1]:8443");
  EXPECT_EQ(there.text(), "https://[fe80::1%25eth0]:8443/a");
  EXPECT_EQ(there.resolve("/b").value().text(), "https://[fe80::1%25eth0]:8443/b");
  for (const char* text :
       {"https://[fe80::1%eth0]/", "https://[fe80::1%25]/", "https://[fe80::1%25a/b]/", "https://[fe80::1%25a%20]/"})
    EXPECT_FALSE(url::parse(text)) << text;
}

}  // namespace
}  // namespace signet::http1
