#include <signet/x509/distinguished_name.hpp>

#include <gtest/gtest.h>
#include <openssl/err.h>

#include <algorithm>
#include <iterator>
#include <random>
#include <string>

#include <signet/x509/certificate.hpp>

#include "base/printable.hpp"
#include "ossl/errors.hpp"
#include "support/pki.hpp"
#include "x509/names.hpp"
#include "x509/text.hpp"

namespace signet {
namespace {

using namespace std::string_literals;
using strings = std::vector<std::string>;

class distinguished_name_test : public testing::Test {
 protected:
  void TearDown() override { EXPECT_EQ(ERR_peek_error(), 0UL) << "OpenSSL's queue was left filled"; }
};

distinguished_name parsed(std::string_view text) {
  return distinguished_name::parse(text).value();
}

distinguished_name encoded_and_decoded(const distinguished_name& name) {
  return x509::decode(x509::encode(name).value().get());
}

// What OpenSSL makes of a name, or nothing where it gives up, or leaves a '#' that stands alone without its backslash.
std::optional<std::string> text_of_openssl(const X509_NAME* name) {
  const ossl::quiet_errors quiet;
  const ossl::bio_ptr memory(BIO_new(BIO_s_mem()));
  constexpr unsigned long readable = XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
  for (int i = 0; i < X509_NAME_entry_count(name); ++i)
    if (x509::utf8_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, i))) == "#") return std::nullopt;
  if (X509_NAME_print_ex(memory.get(), name, 0, readable) < 0) return std::nullopt;
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return base::printable({text, static_cast<std::size_t>(size)});
}

// The parts of a set in one order: in DER they have their own.
distinguished_name sorted(distinguished_name name) {
  auto begin = name.attributes.begin();
  while (begin != name.attributes.end()) {
    const auto end =
        std::find_if(std::next(begin), name.attributes.end(), [](const name_attribute& a) { return !a.is_joined; });
    for (auto at = begin; at != end; ++at) at->is_joined = false;
    std::sort(begin, end,
              [](const auto& a, const auto& b) { return std::pair(a.type, a.value) < std::pair(b.type, b.value); });
    for (auto at = std::next(begin); at != end; ++at) at->is_joined = true;
    begin = end;
  }
  return name;
}

TEST_F(distinguished_name_test, a_certificate_has_its_name_in_parts) {
  const auto c = load_certificates(test::pki("every-field.pem")).value().at(0);
  const auto name = c.subject_name();
  const std::vector<name_attribute> expected{{"DC", "test"},
                                             {"DC", "fields"},
                                             {"C", "DE"},
                                             {"O", "Löwe, Söhne + Töchter"},
                                             {"OU", "one"},
                                             {"OU", "#two"},
                                             {"UID", "joined", true},
                                             {"serialNumber", "12-34"},
                                             {"title", "back\\5Cslash"},
                                             {"1.2.3.4.5", "#0C106E6F206E616D6520666F722074686973"},
                                             {"emailAddress", "who@fields.test"},
                                             {"CN", "fields.test"}};
  EXPECT_EQ(name.attributes, expected);
  EXPECT_EQ(name.text(),
            "CN=fields.test,emailAddress=who@fields.test,1.2.3.4.5=#0C106E6F206E616D6520666F722074686973,"
            "title=back\\\\slash,serialNumber=12-34,UID=joined+OU=\\#two,OU=one,O=Löwe\\, Söhne \\+ Töchter,C=DE,"
            "DC=fields,DC=test");
  EXPECT_EQ(name.text(), c.subject());
  EXPECT_EQ(parsed(name.text()), name);
  EXPECT_EQ(encoded_and_decoded(name), name);
  EXPECT_EQ(name.values("OU"), (strings{"one", "#two"}));
  EXPECT_EQ(name.values("organizationalUnitName"), (strings{"one", "#two"}));
  EXPECT_EQ(name.values("2.5.4.11"), (strings{"one", "#two"}));
  EXPECT_EQ(name.values("ou"), (strings{"one", "#two"}));
  EXPECT_TRUE(name.values("L").empty());
  EXPECT_TRUE(name.values("no such thing").empty());
  EXPECT_EQ(c.issuer_name().text(), c.issuer());
}

TEST_F(distinguished_name_test, the_examples_of_rfc_4514_are_read) {
  EXPECT_EQ(parsed("UID=jsmith,DC=example,DC=net").attributes,
            (std::vector<name_attribute>{{"DC", "net"}, {"DC", "example"}, {"UID", "jsmith"}}));
  EXPECT_EQ(
      parsed("OU=Sales+CN=J.  Smith,DC=example,DC=net").attributes,
      (std::vector<name_attribute>{{"DC", "net"}, {"DC", "example"}, {"CN", "J.  Smith"}, {"OU", "Sales", true}}));
  EXPECT_EQ(parsed(R"(CN=James \"Jim\" Smith\, III,DC=example,DC=net)").attributes[2].value,
            "James \"Jim\" Smith, III");
  EXPECT_EQ(parsed(R"(CN=Before\0dAfter,DC=example,DC=net)").attributes[2].value, "Before\\0DAfter");
  EXPECT_EQ(parsed("1.3.6.1.4.1.1466.0=#04024869").attributes,
            (std::vector<name_attribute>{{"1.3.6.1.4.1.1466.0", "#04024869"}}));
  EXPECT_EQ(parsed(R"(CN=Lu\C4\8Di\C4\87)").attributes[0].value, "Lučić");
}

TEST_F(distinguished_name_test, other_ways_to_write_a_name_mean_the_same) {
  const auto expected = parsed("CN=a b,O=x");
  EXPECT_EQ(parsed("cn=a b,o=x"), expected);
  EXPECT_EQ(parsed("  CN = a b  ,  O  =  x  "), expected);
  EXPECT_EQ(parsed("commonName=a b,2.5.4.10=x"), expected);
  EXPECT_EQ(parsed("CN=\"a b\",O=\"x\""), expected);
  EXPECT_EQ(parsed("CN=a\\20b,O=\\78"), expected);
  EXPECT_EQ(parsed(R"(CN="a, \"b\" + c")").attributes[0].value, "a, \"b\" + c");
  EXPECT_EQ(parsed("CN=\\ a\\ ").attributes[0].value, " a ");
  EXPECT_EQ(parsed("CN=\\#0500").attributes[0].value, "\\230500");
  EXPECT_EQ(parsed("CN=\\#5").attributes[0].value, "#5");
  EXPECT_TRUE(parsed("").empty());
  EXPECT_TRUE(parsed("   ").empty());
  EXPECT_EQ(distinguished_name().text(), "");
}

TEST_F(distinguished_name_test, what_is_no_name_is_refused_with_the_reason) {
  struct row {
    std::string text;
    std::string says;
  };
  const std::vector<row> table{
      {"CN", "no '='"},
      {"example.org", "no '='"},
      {"CN=a,", "no '='"},
      {"CN=a+", "no '='"},
      {",CN=a", "is not a type of attribute"},
      {"=a", "is not a type of attribute"},
      {"XY=a", "\"XY\" is not a type of attribute"},
      {"1.=a", "is not a type of attribute"},
      {"3.1.2=a", "is not a type of attribute"},
      {"C\0N=a"s, "is not a type of attribute"},
      {"CN=\"a", "quote is not closed"},
      {"CN=\"a\"b", "behind a value"},
      {"CN=a\"b", "has to be escaped"},
      {"CN=a;O=b", "has to be escaped"},
      {"CN=<a>", "has to be escaped"},
      {"CN=a\\", "backslash"},
      {"CN=a\\g", "backslash"},
      {"CN=a\\4", "backslash"},
      {"CN=#", "no hex"},
      {"CN=#04024", "no hex"},
      {"CN=#x", "no hex"},
      {"CN=#0500 x", "behind a value"},
      {"CN=a\0b"s, "NUL"},
      {std::string(1 << 20, 'x'), "too long"},
  };
  for (const auto& r : table) {
    SCOPED_TRACE(r.text.substr(0, 80));
    const auto name = distinguished_name::parse(r.text);
    ASSERT_FALSE(name.has_value());
    EXPECT_EQ(name.error().code(), errc::invalid_name);
    EXPECT_NE(name.error().message().find(r.says), std::string::npos) << name.error().message();
    EXPECT_EQ(name.error().message(), base::printable(name.error().message()));
  }
  std::string many = "CN=a";
  for (int i = 0; i < 300; ++i) many += ",CN=a";
  EXPECT_EQ(distinguished_name::parse(many).error().code(), errc::invalid_name);
}

TEST_F(distinguished_name_test, what_cannot_stand_in_a_certificate_is_refused_with_the_reason) {
  struct row {
    name_attribute attribute;
    std::string says;
  };
  const std::vector<row> table{
      {{"CN", ""}, "is empty"},
      {{"CN", "   "}, "is empty"},
      {{"CN", std::string(65, 'x')}, "longer than 64 characters"},
      {{"O", std::string(65, 'x')}, "longer than 64 characters"},
      {{"L", std::string(129, 'x')}, "longer than 128 characters"},
      {{"emailAddress", std::string(256, 'x')}, "longer than 255 characters"},
      {{"description", std::string(32769, 'x')}, "longer than 32768 characters"},
      {{"CN", "a\\0Ab"}, "cannot be printed"},
      {{"CN", "a\nb"}, "cannot be printed"},
      {{"CN", "a\0b"s}, "cannot be printed"},
      {{"CN", "\xff"}, "cannot be printed"},
      {{"CN", "\xe2\x80\xae"}, "cannot be printed"},
      {{"CN", "a\\b c"}, "lone backslash"},
      {{"CN", "a\\"}, "lone backslash"},
      {{"C", "de"}, "two capital letters"},
      {{"C", "DEU"}, "two capital letters"},
      {{"C", "Ä"}, "two capital letters"},
      {{"C", "#0C0464657574"}, "two capital letters"},
      {{"serialNumber", "a@b"}, "letters, digits"},
      {{"dnQualifier", "ü"}, "letters, digits"},
      {{"DC", "ü"}, "not ASCII"},
      {{"emailAddress", "ü@x"}, "not ASCII"},
      {{"CN", "#03020001"}, "is not text"},
      {{"1.2.3", "#1a0161"}, "cannot stand in a name"},
      {{"CN", "#0500"}, "is not the DER of a string"},
      {{"1.2.3", "#05"}, "is not the DER of a string"},
      {{"1.2.3", "#0c0261"}, "is not the DER of a string"},
      {{"1.2.3", "#0c81016100"}, "is not the DER of a string"},
      {{"1.2.3", "#0c810161"}, "is not the DER of a string"},
      {{"", "a"}, "is not a type of attribute"},
      {{"no such thing", "a"}, "is not a type of attribute"},
      {{"CN", "a", true}, "none before it"},
  };
  for (const auto& r : table) {
    SCOPED_TRACE(r.attribute.type + '=' + r.attribute.value.substr(0, 80));
    const auto name = x509::encode({.attributes = {r.attribute}});
    ASSERT_FALSE(name.has_value());
    EXPECT_EQ(name.error().code(), errc::invalid_name);
    EXPECT_NE(name.error().message().find(r.says), std::string::npos) << name.error().message();
    EXPECT_EQ(name.error().message(), base::printable(name.error().message()));
    EXPECT_EQ(base::printable(distinguished_name{{r.attribute}}.text()), distinguished_name{{r.attribute}}.text());
  }
  EXPECT_FALSE(x509::encode({.attributes = std::vector<name_attribute>(300, {"CN", "a"})}).has_value());
}

TEST_F(distinguished_name_test, each_attribute_has_the_string_type_of_rfc_5280) {
  const auto name = x509::encode(parsed("C=DE,O=é,CN=a,DC=test,emailAddress=a@b,serialNumber=1,dnQualifier=1,UID=x,"
                                        "1.2.3=#130161,2.5.4.3=#130161"))
                        .value();
  const auto type = [&](int nid) {
    const int at = X509_NAME_get_index_by_NID(name.get(), nid, -1);
    return ASN1_STRING_type(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name.get(), at)));
  };
  EXPECT_EQ(type(NID_countryName), V_ASN1_PRINTABLESTRING);
  EXPECT_EQ(type(NID_serialNumber), V_ASN1_PRINTABLESTRING);
  EXPECT_EQ(type(NID_dnQualifier), V_ASN1_PRINTABLESTRING);
  EXPECT_EQ(type(NID_domainComponent), V_ASN1_IA5STRING);
  EXPECT_EQ(type(NID_pkcs9_emailAddress), V_ASN1_IA5STRING);
  EXPECT_EQ(type(NID_organizationName), V_ASN1_UTF8STRING);
  EXPECT_EQ(type(NID_commonName), V_ASN1_UTF8STRING);
  EXPECT_EQ(type(NID_userId), V_ASN1_UTF8STRING);
  const auto again = x509::decode(name.get());
  EXPECT_EQ(again.values("1.2.3"), strings{"#130161"});
  EXPECT_EQ(again.values("CN"), (strings{"a", "a"}));
}

// Names anybody may have: some characters that need escapes, some of several octets.
distinguished_name random_name(std::mt19937& random) {
  const strings types{"CN", "O", "OU", "L", "ST", "street", "title", "UID", "GN", "SN", "1.2.3.4.5", "description"};
  const strings pieces{"a", "Z", "7", " ", "#",  ",",          "+",   "\"", "\\5C", "<", ">",
                       ";", "=", "ü", "€", "字", "\U0001f512", "#05", "00", "'",    "/"};
  const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  distinguished_name out;
  for (std::size_t i = below(6); i > 0; --i) {
    name_attribute a{.type = types[below(types.size())], .is_joined = !out.empty() && below(3) == 0};
    for (std::size_t n = 1 + below(9); n > 0; --n) a.value += pieces[below(pieces.size())];
    if (a.value.find_first_not_of(' ') == std::string::npos) a.value += 'x';
    if (a.type == "1.2.3.4.5") {
      const auto text = x509::unescaped(a.value).value();
      auto hex = to_hex("\x0c"s + static_cast<char>(text.size()) + text);
      for (auto& c : hex) c = static_cast<char>(std::toupper(c));
      a.value = '#' + hex;
    } else if (a.value[0] == '#' && x509::from_hex(a.value.substr(1)) && a.value.size() > 1) {
      a.value = "\\23" + a.value.substr(1);
    }
    out.attributes.push_back(a);
  }
  return out;
}

TEST_F(distinguished_name_test, any_name_goes_round_in_der_and_in_text) {
  std::mt19937 random(20260801);
  int readable = 0;
  for (int i = 0; i < 5000; ++i) {
    const auto name = random_name(random);
    SCOPED_TRACE(name.text());
    ASSERT_EQ(parsed(name.text()), name);
    const auto encoded = x509::encode(name);
    ASSERT_TRUE(encoded.has_value()) << encoded.error().message();
    const auto again = x509::decode(encoded->get());
    ASSERT_EQ(sorted(again), sorted(name));
    const auto expected = text_of_openssl(encoded->get());
    if (expected) {
      ASSERT_EQ(again.text(), *expected);
    }
    readable += expected ? 1 : 0;
    // What was read has the order of the encoding, and keeps it.
    ASSERT_EQ(encoded_and_decoded(again), again);
  }
  EXPECT_GT(readable, 4000);
}

TEST_F(distinguished_name_test, any_octets_of_any_string_type_are_harmless_and_are_kept) {
  std::mt19937 random(4514);
  const auto below = [&](std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(random); };
  constexpr std::array types{V_ASN1_UTF8STRING, V_ASN1_PRINTABLESTRING, V_ASN1_IA5STRING,     V_ASN1_T61STRING,
                             V_ASN1_BMPSTRING,  V_ASN1_UNIVERSALSTRING, V_ASN1_NUMERICSTRING, V_ASN1_BIT_STRING};
  constexpr std::array kinds{NID_commonName, NID_countryName, NID_pkcs9_emailAddress, NID_domainComponent};
  const auto interesting = "\0\n\x1b\\ #\x7f\x9b\xc2\xe2\x80\xae\xff\xd8,+\"a1"s;
  int readable = 0;
  for (int i = 0; i < 5000; ++i) {
    const ossl::x509_name_ptr name(X509_NAME_new());
    for (std::size_t n = 1 + below(3); n > 0; --n) {
      std::string octets;
      const auto type = types[below(types.size())];
      const std::size_t width = type == V_ASN1_BMPSTRING ? 2 : type == V_ASN1_UNIVERSALSTRING ? 4 : 1;
      for (std::size_t k = below(8); k > 0; --k) {
        for (std::size_t high = width - 1; high > 0; --high) octets += below(6) == 0 ? '\xd8' : '\0';
        octets += below(2) == 0 ? interesting[below(interesting.size())] : static_cast<char>(below(256));
      }
      ASSERT_EQ(X509_NAME_add_entry_by_NID(name.get(), kinds[below(kinds.size())], type,
                                           reinterpret_cast<const unsigned char*>(octets.data()),
                                           static_cast<int>(octets.size()), -1, n == 2 ? -1 : 0),
                1);
    }
    const auto made = x509::decode(name.get());
    const auto text = made.text();
    SCOPED_TRACE(text);
    ASSERT_EQ(text, base::printable(text));
    for (const auto& a : made.attributes) ASSERT_EQ(a.value, base::printable(a.value));
    ASSERT_EQ(parsed(text), made);
    if (const auto expected = text_of_openssl(name.get())) {
      ASSERT_EQ(text, *expected);
      ++readable;
    }
  }
  EXPECT_GT(readable, 2000);
}

}  // namespace
}  // namespace signet
