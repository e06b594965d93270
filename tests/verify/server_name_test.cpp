#include <signet/verify/server_name.hpp>

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <vector>

namespace signet {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

struct accepted {
  std::string_view text;
  std::string_view ascii;
  std::size_t address_size = 0;
  std::string_view display = {};
};

TEST(server_name, what_is_a_name_or_an_address_gets_one_normal_form) {
  const std::vector<accepted> table{
      {"example.org", "example.org"},
      {"Example.ORG", "example.org"},
      {"example.org.", "example.org"},
      {"localhost", "localhost"},
      {"a", "a"},
      {"_dmarc.example.org", "_dmarc.example.org"},
      {"r3---sn-abc.example.org", "r3---sn-abc.example.org"},
      {"1.example", "1.example"},
      {"4chan.example", "4chan.example"},
      {"127.example.1a", "127.example.1a"},
      {"0x7f.example", "0x7f.example"},
      {"example.0xyz", "example.0xyz"},
      {"löwe.idntest.local", "xn--lwe-sna.idntest.local", 0, "löwe.idntest.local"},
      {"LÖWE.idntest.local", "xn--lwe-sna.idntest.local", 0, "löwe.idntest.local"},
      {"lo\u0308we.idntest.local", "xn--lwe-sna.idntest.local", 0, "löwe.idntest.local"},
      {"xn--lwe-sna.idntest.local", "xn--lwe-sna.idntest.local", 0, "löwe.idntest.local"},
      {"XN--LWE-SNA.idntest.local", "xn--lwe-sna.idntest.local", 0, "löwe.idntest.local"},
      // A-labels are compared as they are: of a symbol that IDNA 2008 does not know, of a letter that UTS 46 would have
      // folded, and of nothing at all.
      {"xn--n3h.example", "xn--n3h.example", 0, "xn--n3h.example"},
      {"XN--lwe-eda.local", "xn--lwe-eda.local", 0, "xn--lwe-eda.local"},
      {"xn--a.org", "xn--a.org", 0, "xn--a.org"},
      {"www.Exämple.org", "www.xn--exmple-cua.org", 0, "www.exämple.org"},
      // Non-transitional: ß stays itself.
      {"straße.example", "xn--strae-oqa.example", 0, "straße.example"},
      {"例え.テスト", "xn--r8jz45g.xn--zckzah", 0, "例え.テスト"},
      {"例え。テスト。", "xn--r8jz45g.xn--zckzah", 0, "例え.テスト"},
      {"ｅｘａｍｐｌｅ.org", "example.org"},
      {"127.0.0.1", "127.0.0.1", 4},
      {"255.255.255.255", "255.255.255.255", 4},
      {"0.0.0.0", "0.0.0.0", 4},
      {"::1", "::1", 16},
      {"[::1]", "::1", 16},
      {"::", "::", 16},
      {"2001:DB8:0:0:0:0:0:1", "2001:db8::1", 16},
      {"[2001:db8::00a1]", "2001:db8::a1", 16},
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", 16},
      {"::ffff:192.0.2.1", "::ffff:192.0.2.1", 16},
      {"::ffff:c000:201", "::ffff:192.0.2.1", 16},
  };
  for (const auto& row : table) {
    SCOPED_TRACE(row.text);
    const auto name = server_name::parse(row.text);
    ASSERT_TRUE(name.has_value()) << name.error().message();
    EXPECT_EQ(name->ascii(), row.ascii);
    EXPECT_EQ(name->display(), row.display.empty() ? row.ascii : row.display);
    EXPECT_EQ(name->is_ip(), row.address_size != 0);
    EXPECT_EQ(name->address().size(), row.address_size);
    // The normal form is its own normal form.
    EXPECT_EQ(server_name::parse(name->ascii()).value(), *name);
  }
}

TEST(server_name, an_address_is_kept_in_octets) {
  const auto v4 = server_name::parse("192.0.2.1").value();
  EXPECT_EQ(std::vector<std::uint8_t>(v4.address().begin(), v4.address().end()),
            (std::vector<std::uint8_t>{192, 0, 2, 1}));
  const auto v6 = server_name::parse("[2001:db8::1]").value();
  EXPECT_EQ(v6.address()[0], 0x20);
  EXPECT_EQ(v6.address()[15], 1);
  EXPECT_NE(server_name::parse("::ffff:192.0.2.1").value(), v4);
}

struct refusal {
  std::string text;
  std::string_view because;
};

TEST(server_name, everything_else_is_refused_with_its_reason) {
  const auto many = [](std::size_t n, char c) { return std::string(n, c); };
  const std::vector<refusal> table{
      {"", "empty"},
      {".", "empty label"},
      {"..", "empty label"},
      {"example.org..", "empty label"},
      {".example.org", "empty label"},
      {"example..org", "empty label"},
      {"exämple..org", "empty label"},
      {"example.org\0"s, "NUL"},
      {"example.org\0.evil.test"s, "NUL"},
      {"\0"s, "NUL"},
      {" example.org", "blank"},
      {"example.org ", "blank"},
      {"exam ple.org", "blank"},
      {"example.org\t", "blank"},
      {"example.org\n", "blank"},
      {"example.org\r\nHost: x", "blank"},
      {"exam\u00a0ple.org", "is not a host name"},
      {"exam\u200bple.\u202eorg", "is not a host name"},
      {"example.org\x1b[31m", "control character"},
      {"example.org\x7f", "control character"},
      {"a:443", "port"},
      {"example.org:443", "port"},
      {"127.0.0.1:443", "port"},
      {"[::1]:443", "follows the bracket"},
      {"[::1", "not closed"},
      {"[]", "IPv6"},
      {"[127.0.0.1]", "IPv6"},
      {"[example.org]", "IPv6"},
      {"::1]", "IPv6"},
      {"1:2:3", "IPv6"},
      {"1::2::3", "IPv6"},
      {"12345::", "IPv6"},
      {"::1%lo", "zones"},
      {"[fe80::1%25eth0]", "zones"},
      {"http://x", "scheme"},
      {"https://example.org/", "scheme"},
      {"example.org/path", "slash"},
      {"user@x", "user name"},
      {"*.x", "wildcard"},
      {"*", "wildcard"},
      {"a.*.example.org", "wildcard"},
      {"-a.example", "hyphen"},
      {"a-.example", "hyphen"},
      {"a.-", "hyphen"},
      {"a,b.example", "character"},
      {"a\\b.example", "character"},
      {"a?b", "character"},
      {"a%00b", "character"},
      {"127.0.0.01", "address"},
      {"0127.0.0.1", "address"},
      {"1.2.3", "address"},
      {"1", "address"},
      {"2130706433", "address"},
      {"256.1.1.1", "address"},
      {"1.2.3.4.5", "address"},
      {"127.0.0.1.", "address"},
      {"0x7f.1", "address"},
      {"0x7f000001", "address"},
      {"127.0.0.0x1", "address"},
      {"127.0.0.0x", "address"},
      {"example.123", "address"},
      {"１２７.0.0.1", "address"},
      {many(64, 'a') + ".org", "63"},
      {"exämple." + many(64, 'a') + ".org", "is not a host name"},
      {many(1025, 'a'), "253"},
      {many(1 << 20, '.'), "253"},
      {"\xff\xfe.org", "is not a host name"},
      {"ex\xc3.org", "is not a host name"},
      {"xn--\xc3\xa4.org", "is not a host name"},
      {"xn--.org", "is not a host name"},
      {"xn--lwe-sna-.local", "is not a host name"},
      {"\u0301a.example", "is not a host name"},
      {"a\u2488com", "is not a host name"},
  };
  for (const auto& row : table) {
    SCOPED_TRACE(testing::PrintToString(row.text.substr(0, 80)));
    const auto name = server_name::parse(row.text);
    ASSERT_FALSE(name.has_value()) << name->ascii();
    EXPECT_EQ(name.error().code(), errc::invalid_name);
    EXPECT_NE(name.error().message().find(row.because), std::string::npos) << name.error().message();
    EXPECT_LT(name.error().message().size(), 600U);
    for (const char c : name.error().message()) EXPECT_TRUE(static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  }
}

TEST(server_name, labels_end_at_63_octets_and_names_at_253) {
  const std::string label(63, 'a');
  EXPECT_TRUE(server_name::parse(label + ".org").has_value());
  const std::string longest = label + '.' + label + '.' + label + '.' + std::string(61, 'a');
  ASSERT_EQ(longest.size(), 253U);
  EXPECT_TRUE(server_name::parse(longest).has_value());
  EXPECT_TRUE(server_name::parse(longest + '.').has_value());
  EXPECT_FALSE(server_name::parse(longest + 'a').has_value());
  EXPECT_FALSE(server_name::parse(longest + "a.").has_value());
  // 63 octets as an A-label, of which "xn--" and the code take their part.
  std::string ideographs;
  for (int i = 0; i < 19; ++i) ideographs += "例";
  EXPECT_TRUE(server_name::parse(ideographs + ".org").has_value());
  for (int i = 0; i < 60; ++i) ideographs += "例え";
  EXPECT_FALSE(server_name::parse(ideographs + ".org").has_value());
}

// Whatever is looked at beyond the first pages ends the program.
TEST(server_name, a_megabyte_is_refused_without_being_looked_at) {
  constexpr std::size_t size = 1 << 20;
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  void* const memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(memory, MAP_FAILED);
  const std::string_view text(static_cast<const char*>(memory), size);
  ASSERT_EQ(mprotect(static_cast<char*>(memory) + page, size - page, PROT_NONE), 0);
  for (const std::string_view piece : {"a.", "ä.", "[", ":", "\x80", "*", "xn--"}) {
    for (std::size_t i = 0; i < page; ++i) static_cast<char*>(memory)[i] = piece[i % piece.size()];
    const auto name = server_name::parse(text);
    ASSERT_FALSE(name.has_value());
    EXPECT_NE(name.error().message().find("longer than 253 octets"), std::string::npos) << name.error().message();
  }
  EXPECT_EQ(munmap(memory, size), 0);
}

// The work is bounded by what is looked at: what stands in octet 1,024 is found wrong, and in octet 1,025 nothing is.
TEST(server_name, no_more_than_1024_octets_are_looked_at) {
  for (const auto* piece : {"xn--a.", "ä.", "例", "xn--", ":", "0.", "a\u0301\u0301"}) {
    std::string text;
    while (text.size() < 1023) text += piece;
    text.resize(1023);
    const auto said = [](const std::string& of) { return server_name::parse(of).error().message(); };
    EXPECT_NE(said(text + '\0').find("it holds a NUL"), std::string::npos) << piece;
    EXPECT_NE(said(text + "a\0"s).find("longer than 253 octets"), std::string::npos) << piece;
    EXPECT_FALSE(server_name::parse(text).has_value()) << piece;
  }
}

}  // namespace
}  // namespace signet
