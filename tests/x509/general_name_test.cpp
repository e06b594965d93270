#include <signet/x509/general_name.hpp>

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <algorithm>
#include <random>
#include <string>

#include "base/host_name.hpp"
#include "base/printable.hpp"
#include "support/crafted.hpp"
#include "x509/names.hpp"

namespace signet {
namespace {

using x509::name_place;
using enum general_name_kind;
using namespace std::string_literals;

class general_name_test : public testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(ERR_peek_error(), 0UL) << "OpenSSL's queue was left filled"; }
};

// A name as it is read after it was written; for one that is refused, the error.
std::string round(const general_name& name, name_place place = name_place::name) {
  const auto made = x509::encode(name, place);
  if (!made) {
    EXPECT_TRUE(made.error().code() == errc::invalid_name || made.error().code() == errc::not_supported);
    EXPECT_EQ(made.error().message(), base::printable(made.error().message()));
    return "refused: " + made.error().message();
  }
  const auto again = x509::decode(made->get(), place);
  EXPECT_EQ(again.kind, name.kind);
  return again.value;
}

struct row {
  general_name name;
  // Empty: as it was given.
  std::string value = {};
};

TEST_F(general_name_test, names_of_each_kind_are_written_and_read) {
  const std::vector<row> table{
      {{dns, "www.example.org"}},
      {{dns, "*.example.org"}},
      {{dns, "WWW.Example.ORG."}, "www.example.org"},
      {{dns, "löwe.example"}, "xn--lwe-sna.example"},
      {{dns, "localhost"}},
      {{email, "who@example.org"}},
      {{email, "a.b+c{d}@Example.ORG"}, "a.b+c{d}@example.org"},
      {{email, "who@löwe.example"}, "who@xn--lwe-sna.example"},
      {{uri, "http://example.org"}},
      {{uri, "https://user@example.org:8443/a,b?c=%20d#e"}},
      {{uri, "spiffe://domain.test/service"}},
      {{uri, "urn:host.example.org:app"}},
      {{uri, "sip:alice@example.org"}},
      {{uri, "did:web:example.org"}},
      {{uri, "mailto:alice@example.org"}},
      {{uri, "http://[2001:db8::1]/x"}},
      {{ip_address, "192.0.2.1"}},
      {{ip_address, "2001:DB8:0::1"}, "2001:db8::1"},
      {{registered_id, "1.2.3.4"}},
      {{directory_name, "CN=a\\, b,O=c"}},
      {{directory_name, "cn = x"}, "CN=x"},
      {{other_name, "1.3.6.1.4.1.311.20.2.3=0c0161"}},
      {{other_name, "1.2.3=0C0161"}, "1.2.3=0c0161"},
      {{other_name, "1.2.3=30030c0161"}},
  };
  for (const auto& r : table) EXPECT_EQ(round(r.name), r.value.empty() ? r.name.value : r.value);
}

TEST_F(general_name_test, constraints_are_domains_and_subnets) {
  const std::vector<row> table{
      {{dns, ""}},
      {{dns, "example.org"}},
      {{dns, ".example.org"}},
      {{email, "example.org"}},
      {{email, ".example.org"}},
      {{email, "who@example.org"}},
      {{uri, "example.org"}},
      {{uri, ".example.org"}},
      {{ip_address, "10.0.0.0/8"}},
      {{ip_address, "0.0.0.0/0"}},
      {{ip_address, "192.0.2.1/32"}},
      {{ip_address, "192.0.2.4/30"}},
      {{ip_address, "2001:DB8::/33"}, "2001:db8::/33"},
      {{ip_address, "::/0"}},
      {{ip_address, "::1/128"}},
      {{directory_name, ""}},
      {{directory_name, "O=c"}},
  };
  for (const auto& r : table)
    EXPECT_EQ(round(r.name, name_place::constraint), r.value.empty() ? r.name.value : r.value);
  for (std::size_t length = 0; length <= 128; ++length) {
    const auto v6 = "::/" + std::to_string(length);
    EXPECT_EQ(round({ip_address, v6}, name_place::constraint), v6);
    const auto v4 = "0.0.0.0/" + std::to_string(length);
    EXPECT_EQ(round({ip_address, v4}, name_place::constraint).starts_with("refused"), length > 32) << v4;
  }
}

TEST_F(general_name_test, what_is_no_name_is_refused) {
  const std::vector<general_name> table{
      {dns, ""},
      {dns, "."},
      {dns, ".example.org"},
      {dns, "*"},
      {dns, "*.org"},
      {dns, "a.*.org"},
      {dns, "*.*.example.org"},
      {dns, "192.0.2.1"},
      {dns, "::1"},
      {dns, "a b"},
      {dns, "a\0b"s},
      {dns, "a\n"},
      {dns, "a,b"},
      {dns, "http://example.org"},
      {dns, std::string(300, 'a')},
      {dns, "*." + std::string(63, 'a') + '.' + std::string(62, 'b') + '.' + std::string(62, 'c') + '.' +
                std::string(62, 'd')},
      {email, ""},
      {email, "example.org"},
      {email, "@example.org"},
      {email, "who@"},
      {email, "who@192.0.2.1"},
      {email, "a b@example.org"},
      {email, "a..b@example.org"},
      {email, ".a@example.org"},
      {email, "a.@example.org"},
      {email, "a@b@example.org"},
      {email, "\"a b\"@example.org"},
      {email, "w\xc3\xbc@example.org"},
      {email, "who\0@example.org"s},
      {email, std::string(65, 'x') + "@example.org"},
      {uri, ""},
      {uri, "example.org"},
      {uri, "//example.org"},
      {uri, "http://"},
      {uri, "http:///path"},
      {uri, "1http://example.org"},
      {uri, "://example.org"},
      {uri, "http://exa mple.org"},
      {uri, "http://example.org/\n"},
      {uri, "http://example.org/\0"s},
      {uri, "http://example.org/\xc3\xbc"},
      {uri, "http://example.org/%"},
      {uri, "http://example.org/%2"},
      {uri, "http://example.org/%xy"},
      {uri, "http://example.org:port/"},
      {uri, "http://[::1/"},
      {uri, "http://[::1]x/"},
      {uri, "http://a..b/"},
      {ip_address, ""},
      {ip_address, "192.0.2.0/24"},
      {ip_address, "192.0.2"},
      {ip_address, "example.org"},
      {registered_id, ""},
      {registered_id, "commonName"},
      {registered_id, "1"},
      {registered_id, "1..2"},
      {registered_id, "1.2."},
      {registered_id, "1.2 3"},
      {registered_id, "1.2. 3"},
      {registered_id, "1.02.3"},
      {registered_id, ".1.2"},
      {registered_id, "9.1"},
      {registered_id, std::string(100000, '1')},
      {directory_name, ""},
      {directory_name, "example.org"},
      {directory_name, "C=Germany"},
      {other_name, ""},
      {other_name, "1.2.3"},
      {other_name, "1.2.3="},
      {other_name, "=0c0161"},
      {other_name, "1.2.3=0c01"},
      {other_name, "1.2.3=0c0161ff"},
      {other_name, "1.2.3=0c810161"},
      {other_name, "1.2.3=0c016"},
      {other_name, "1.2.3=text"},
      {x400_address, "3000"},
      {edi_party_name, "3000"},
  };
  for (const auto& name : table)
    EXPECT_TRUE(round(name).starts_with("refused: ")) << signet::name(name.kind) << ' ' << name.value;
  const std::vector<general_name> constraints{
      {dns, "*.example.org"},
      {dns, "."},
      {dns, "..example.org"},
      {dns, "10.0.0.0/8"},
      {email, ""},
      {email, "@"},
      {uri, "http://example.org"},
      {uri, ""},
      {uri, "192.0.2.1"},
      {ip_address, "10.0.0.1/8"},
      {ip_address, "10.0.0.0"},
      {ip_address, "10.0.0.0/"},
      {ip_address, "10.0.0.0/33"},
      {ip_address, "10.0.0.0/-1"},
      {ip_address, "10.0.0.0/8x"},
      {ip_address, "10.0.0.0/+8"},
      {ip_address, "10.0.0.0/99999999999999999999"},
      {ip_address, "::/129"},
      {ip_address, "10.0.0.0/255.0.0.0"},
  };
  for (const auto& name : constraints)
    EXPECT_TRUE(round(name, name_place::constraint).starts_with("refused: "))
        << signet::name(name.kind) << ' ' << name.value;
}

TEST_F(general_name_test, a_list_is_made_whole_or_not_at_all) {
  const std::vector<general_name> good{{dns, "a.test"}, {ip_address, "::1"}, {registered_id, "1.2.3"}};
  EXPECT_EQ(x509::decode(x509::encode(good).value().get()), good);
  EXPECT_TRUE(x509::decode(x509::encode(std::vector<general_name>{}).value().get()).empty());
  auto bad = good;
  bad.push_back({dns, "a b"});
  EXPECT_EQ(x509::encode(bad).error().code(), errc::invalid_name);
}

TEST_F(general_name_test, random_names_go_round) {
  std::mt19937 random(5280);
  const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  const auto word = [&](std::string_view of, std::size_t most) {
    std::string out;
    for (std::size_t n = 1 + below(most); n > 0; --n) out += of[below(of.size())];
    return out;
  };
  const auto host = [&] {
    auto out = word("abcdefghijklmnopqrstuvwxyz_", 10);
    for (std::size_t n = below(4); n > 0; --n) out += '.' + word("abcdefghijklmnopqrstuvwxyz0123456789", 12);
    return out + ".test";
  };
  for (int i = 0; i < 3000; ++i) {
    std::string octets(below(2) == 0 ? 4 : 16, '\0');
    for (auto& c : octets) c = static_cast<char>(below(256));
    const auto address = base::address_text(reinterpret_cast<const std::uint8_t*>(octets.data()), octets.size());
    for (const auto& name : std::vector<general_name>{
             {ip_address, address},
             {dns, (below(2) == 0 ? "" : "*.") + host()},
             {email, word("abcXYZ019!#$%&'*+-/=?^_`{|}~", 12) + '@' + host()},
             {uri, word("abcxyz", 5) + "://" + host() + '/' + word("abcXYZ019-._~:/?#[]@!$&'()*+,;=", 30)},
             {registered_id, "2." + std::to_string(below(1000)) + '.' + word("123456789", 40)},
             {other_name,
              "1.2." + std::to_string(below(1000)) + '=' + to_hex(test::element(0x04, word("\x01\x80 abc", 300)))},
         })
      ASSERT_EQ(round(name), name.value);
  }
}

TEST(general_name_kind, has_the_words_of_rfc_5280) {
  EXPECT_EQ(name(other_name), "otherName");
  EXPECT_EQ(name(dns), "dNSName");
  EXPECT_EQ(name(registered_id), "registeredID");
}

}  // namespace
}  // namespace signet
