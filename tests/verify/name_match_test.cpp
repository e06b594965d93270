#include "verify/name_match.hpp"

#include <signet/verify/hostname_scheme.hpp>
#include <signet/verify/verify_peer.hpp>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <optional>
#include <random>

#include "spoilt.hpp"
#include "support/named_certificate.hpp"

namespace signet {
namespace {

using test::certificate_with;
using test::names_of_a_certificate;
using scheme = hostname_scheme;

bool matches(const certificate& c, const std::string& name, scheme which = scheme::rfc9525) {
  // A name that is none matches nothing.
  const auto parsed = server_name::parse(name);
  return parsed && matches_name(c, *parsed, {.scheme = which});
}

bool matches(const names_of_a_certificate& names, const std::string& name, scheme which = scheme::rfc9525) {
  return matches(certificate_with(names), name, which);
}

TEST(dns_entry, matches_as_rfc_9525_says) {
  using wildcards = name_rules::wildcards;
  for (const auto& [entry, name, wanted] : {
           std::tuple{"example.org", "example.org", entry_match::exact},
           {"EXAMPLE.org", "example.org", entry_match::exact},
           {"example.org.", "example.org", entry_match::exact},
           {"example.org", "www.example.org", entry_match::none},
           {"*.example.org", "www.example.org", entry_match::wildcard},
           {"*.example.org", "a.b.example.org", entry_match::none},
           {"*.example.org", "example.org", entry_match::none},
           {"*.example.org", ".example.org", entry_match::none},
           {"w*.example.org", "www.example.org", entry_match::none},
           {"*w.example.org", "www.example.org", entry_match::none},
           {"www.*.org", "www.example.org", entry_match::none},
           {"*.*.org", "www.example.org", entry_match::none},
           {"*", "org", entry_match::none},
           {"*.xn--lwe-sna.test", "www.xn--lwe-sna.test", entry_match::wildcard},
           {"*.example.org", "xn--lwe-sna.example.org", entry_match::wildcard},
           {"", "example.org", entry_match::none},
           {".", "example.org", entry_match::none},
           {"..", "example.org", entry_match::none},
           {"*.", "example.org", entry_match::none},
           {" example.org", "example.org", entry_match::none},
           {"example.org\n", "example.org", entry_match::none},
           {"example..org", "example.org", entry_match::none},
       })
    EXPECT_EQ(match_entry(entry, name, wildcards::full_label), wanted) << entry << " " << name;
  EXPECT_EQ(match_entry(std::string_view("example.org\0.evil.test", 22), "example.org", wildcards::anywhere),
            entry_match::none);
  EXPECT_EQ(match_entry(std::string_view("example.org\0", 12), "example.org", wildcards::anywhere), entry_match::none);
}

TEST(dns_entry, a_part_of_a_label_is_matched_where_the_scheme_allows_it) {
  using wildcards = name_rules::wildcards;
  for (const auto& [entry, name, wanted] : {
           std::tuple{"www*.other.local", "www-13.other.local", entry_match::wildcard},
           {"www*.other.local", "www.other.local", entry_match::none},
           {"www*.other.local", "www-13.lala.other.local", entry_match::none},
           {"ab*.foo.org", "abc.foo.org", entry_match::wildcard},
           {"ab*.foo.org", "ab.foo.org", entry_match::none},
           {"ab*.foo.org", "xn--ab.foo.org", entry_match::none},
           {"*--poema.foo.com", "xn--poema.foo.com", entry_match::none},
           {"xn*.foo.com", "xn--poema.foo.com", entry_match::none},
           {"XN*.foo.com", "xn--poema.foo.com", entry_match::none},
           {"a*", "ab", entry_match::none},
           {"a*.", "ab", entry_match::none},
       })
    EXPECT_EQ(match_entry(entry, name, wildcards::anywhere), wanted) << entry << " " << name;
}

struct row {
  int number;
  const char* reference;
  std::optional<std::string> cn;
  const char* dns;
  const char* ip;
  bool wanted;
};

// Number for number the table of IO::Socket::SSL's t/verify_hostname_standalone.t, under the scheme www.
TEST(name_match, answers_as_the_table_for_the_scheme_www) {
  for (const auto& r : {
           row{1, "foo.com", "foo.com", "", "", true},
           row{2, "f", "f", "", "", true},
           row{3, "h", "i", "", "", false},
           row{4, "bar.foo.com", "*.foo.com", "", "", true},
           row{5, "www.test.fr", "common.name", "*.test.com,*.test.co.uk,*.test.de,*.test.fr", "", true},
           row{6, "wwW.tESt.fr", "common.name", ",*.*,*.test.de,*.test.FR,www", "", true},
           row{7, "f.uk", ".uk", "", "", false},
           row{8, "w.bar.foo.com", "?.bar.foo.com", "", "", false},
           row{9, "www.foo.com", "(www|ftp).foo.com", "", "", false},
           row{10, "www.foo.com", std::string("www.foo.com\0", 12), "", "", false},
           row{11, "www.house.example", "ww.house.example", "", "", false},
           row{12, "test.org", std::nullopt, "www.test.org,*.test.org,*.org", "", false},
           row{13, "w.bar.foo.com", "w*.bar.foo.com", "", "", false},
           row{14, "www.bar.foo.com", "ww*ww.bar.foo.com", "", "", false},
           row{15, "wwww.bar.foo.com", "ww*ww.bar.foo.com", "", "", false},
           row{16, "wwww.bar.foo.com", "w*w.bar.foo.com", "", "", true},
           row{17, "wwww.bar.foo.com", "w*w.bar.foo.c0m", "", "", false},
           row{18, "WALLY.bar.foo.com", "wa*.bar.foo.com", "", "", true},
           row{19, "wally.bar.foo.com", "*Ly.bar.foo.com", "", "", true},
           row{20, "www.test.co.jp", "www.test.co.jp", "*.test.de,*.jp,www.test.co.uk,www.*.co.jp", "", false},
           row{21, "www.bar.foo.com", "www.bar.foo.com", "*.foo.com,*.*.foo.com,*.*.bar.foo.com,*..bar.foo.com,", "",
               false},
           row{22, "www.bath.org", "www.bath.org", "", "20.30.40.50", false},  // its address bars the common name
           row{23, "66.77.88.99", "www.bath.org", "www.bath.org", "", false},
           row{24, "xn--poema-9qae5a.com.br", "xn--poema-9qae5a.com.br", "", "", true},
           row{25, "www.xn--poema-9qae5a.com.br", "*.xn--poema-9qae5a.com.br", "", "", true},
           row{26, "xn--poema-9qae5a.com.br", std::nullopt,
               "*.xn--poema-9qae5a.com.br,xn--poema-*.com.br,xn--*-9qae5a.com.br,*--poema-9qae5a.com.br", "", false},
           row{27, "xn--poema-9qae5a.foo.com.br", "*.foo.com.br", "", "", true},
           row{28, "foo.example.com", "*.example.com", "", "", true},
           row{29, "bar.foo.example.com", "*.example.com", "", "", false},
           row{30, "example.com", "*.example.com", "", "", false},
           row{31, "baz1.example.net", "baz*.example.net", "", "", true},
           row{32, "foobaz.example.net", "*baz.example.net", "", "", true},
           row{33, "buzz.example.net", "b*z.example.net", "", "", true},
           row{34, "h.foo.com", "*.foo.com", "", "", true},
           row{35, "foo.com", "*.com", "", "", false},
           row{36, "foo.us", "*.us", "", "", false},
           row{37, "foo", "*", "", "", false},
           row{38, "foo.example.com", "*.*.com", "", "", false},
           row{39, "foo.bar.example.com", "*.bar.*.com", "", "", false},
           row{40, "foo.com", "foo.com.", "", "", true},
           row{41, "foo.com.", "foo.com", "", "", true},
           row{42, "foo.com.", "foo.com.", "", "", true},
           row{43, "f", "f.", "", "", true},
           row{44, "f.", "f", "", "", true},
           row{45, "f.", "f.", "", "", true},
           row{46, "www-3.bar.foo.com", "*.bar.foo.com.", "", "", true},
           row{47, "www-3.bar.foo.com.", "*.bar.foo.com", "", "", true},
           row{48, "www-3.bar.foo.com.", "*.bar.foo.com.", "", "", true},
           row{49, ".", ".", "", "", false},
           row{50, "example.com", "*.com.", "", "", false},
           row{51, "example.com.", "*.com", "", "", false},
           row{52, "example.com.", "*.com.", "", "", false},
           row{53, "foo.", "*.", "", "", false},
           row{54, "127.0.0.1", "127.0.0.1", "", "", true},
           row{55, "192.168.1.1", "192.168.1.1", "", "", true},
           row{56, "192.169.1.1", "192.168.1.1", "", "", false},
           row{57, "12.19.1.1", "12.19.1.1/255.255.255.0", "", "", false},
           row{58, "FEDC:ba98:7654:3210:FEDC:BA98:7654:3210", "FEDC:BA98:7654:3210:FEDC:ba98:7654:3210", "", "", false},
           row{59, "1111:2222:3333:4444:5555:6666:7777:8888", "1111:2222:3333:4444:5555:6666:7777:8888", "", "", false},
           row{60, "::192.9.5.5", "[::192.9.5.5]", "", "", false},
           row{61, "::192.9.5.5", "*.9.5.5", "", "", false},
           row{62, "2010:836B:4179::836B:4179", "*:836B:4179::836B:4179", "", "", false},
           row{63, "192.168.1.11", "*.168.1.11", "", "", false},
           row{64, "FEDC:BA98:7654:3210:FEDC:BA98:7654:3210", "*.]", "", "", false},
           row{65, "10.1.2.3", std::nullopt, "", "10.1.2.3", true},
           row{66, "10.1.2.7", "10.1.2.7", "", "10.1.2.6,10.1.2.8", false},  // its address bars the common name
           row{67, "10.1.2.8", "10.20.2.8", "foo", "", false},
           row{68, "::4.5.6.7", std::nullopt, "", "x00000000000000000000000004050607", true},
           row{69, "::6.7.8.9", "::6.7.8.9", "::6.7.8.9",
               "x00000000000000000000000006070808,x0000000000000000000000000607080a,xff000000000000000000000006070809,"
               "6.7.8.9",
               false},
           row{70, "FE80::200:f8ff:fe21:67cf", "no.common.name", "",
               "x00000000000000000000000006070808,xfe800000000000000200f8fffe2167cf,xff0000000000000000000000060708ff,"
               "10.0.0.1",
               true},
           row{71, "12345.6", "12345.6", "", "", false},
           row{72, "121.2.3.512", std::nullopt, "1*1.2.3.512,*1.2.3.512,1*.2.3.512,*.2.3.512", "121.2.3.0", false},
           row{73, "1.2.3.4.5.6", "*.2.3.4.5.6", "", "", false},
           row{74, "www.*.com", "www.*.com", "", "", false},
           row{75, "w$w.f.com", "w$w.f.com", "", "", false},
           row{76, "nocolonallowed:example", std::nullopt, "nocolonallowed:example", "", false},
           row{77, "www-1.[::FFFF:129.144.52.38]", "*.[::FFFF:129.144.52.38]", "", "", false},
           // A server_name drops the brackets URLs put around addresses.
           row{78, "[::4.5.6.9]", std::nullopt, "", "x00000000000000000000000004050609", true},
       })
    EXPECT_EQ(matches({.cn = r.cn, .dns = test::split(r.dns), .ip = test::split(r.ip)}, r.reference, scheme::www),
              r.wanted)
        << "row " << r.number << ": " << r.reference;
}

TEST(name_match, never_takes_what_upstream_should_not_have_taken) {
  EXPECT_FALSE(matches({.cn = "10.1.2.3", .dns = {"foo.example.com"}}, "10.1.2.3", scheme::www));
  for (const auto which : {scheme::lenient, scheme::http, scheme::ldap, scheme::smtp})
    EXPECT_FALSE(matches({.cn = "::1"}, "::1", which));
  EXPECT_FALSE(matches({.cn = "10.1.2.3"}, "10.1.2.3", scheme::lenient));
  EXPECT_FALSE(matches({.dns = {"*--poema.foo.com"}}, "xn--poema.foo.com", scheme::www));
  EXPECT_FALSE(matches({.dns = {"127.0.0.1"}}, "127.0.0.1", scheme::www));
  EXPECT_FALSE(matches({.ip = {"x7f0000"}}, "127.0.0.1"));
  EXPECT_FALSE(matches({.ip = {"x00000000000000000000ffff7f000001"}}, "127.0.0.1"));
}

struct suffix_row {
  const char* reference;
  const char* cn;
  bool wanted;
};

// Each certificate has a common name only, scheme http.
TEST(name_match, refuses_wildcards_over_public_suffixes) {
  for (const auto& r : {
           suffix_row{"com", "*", false},
           suffix_row{"com", "com", true},
           suffix_row{"googleapis.com", "*.com", false},
           suffix_row{"googleapis.com", "googleapis.com", true},
           suffix_row{"ajax.googleapis.com", "*.googleapis.com", true},
           suffix_row{"s3.amazonaws.com", "s3.amazonaws.com", true},
           suffix_row{"foo.s3.amazonaws.com", "*.s3.amazonaws.com", true},
           suffix_row{"google.com", "*.com", false},
           suffix_row{"google.com", "google.com", true},
           suffix_row{"www.google.com", "*.google.com", true},
           suffix_row{"www.bar.com", "*.bar.com", true},
           suffix_row{"www.foo.bar.com", "*.foo.bar.com", true},
           suffix_row{"www.foo.co.uk", "*.foo.co.uk", true},
           suffix_row{"www.co.uk", "*.co.uk", false},
           suffix_row{"co.uk", "*.uk", false},
           suffix_row{"bl.uk", "bl.uk", true},
           suffix_row{"www.bl.uk", "*.bl.uk", true},
           suffix_row{"bar.kobe.jp", "*.kobe.jp", false},
           suffix_row{"foo.bar.kobe.jp", "*.bar.kobe.jp", false},
           suffix_row{"www.foo.bar.kobe.jp", "*.foo.bar.kobe.jp", true},
           suffix_row{"city.kobe.jp", "*.kobe.jp", false},
           suffix_row{"city.kobe.jp", "city.kobe.jp", true},
           suffix_row{"www.city.kobe.jp", "*.city.kobe.jp", true},
           suffix_row{"nodomain", "*", false},
           suffix_row{"foo.nodomain", "*.nodomain", false},
           suffix_row{"www.foo.nodomain", "*.foo.nodomain", true},
       }) {
    EXPECT_EQ(matches({.cn = r.cn}, r.reference, scheme::http), r.wanted) << r.reference << " " << r.cn;
    EXPECT_EQ(matches({.dns = {r.cn}}, r.reference, scheme::http), r.wanted) << r.reference << " " << r.cn;
  }
}

TEST(name_match, the_guard_follows_the_list_it_is_given) {
  const auto name = server_name::parse("a.example").value();
  const auto wild = certificate_with({.dns = {"*.example"}});
  EXPECT_FALSE(matches_name(wild, name));
  EXPECT_TRUE(matches_name(wild, name, {.public_suffixes = public_suffix_list::none()}));
  const auto wider = certificate_with({.dns = {"*.corp.example"}});
  const auto inside = server_name::parse("a.corp.example").value();
  EXPECT_TRUE(matches_name(wider, inside));
  EXPECT_FALSE(
      matches_name(wider, inside, {.public_suffixes = public_suffix_list::parse("example\ncorp.example\n").value()}));
  // A private registry's suffix counts under strict.
  const auto pages = certificate_with({.dns = {"*.github.io"}});
  const auto page = server_name::parse("someone.github.io").value();
  EXPECT_TRUE(matches_name(pages, page));
  EXPECT_FALSE(matches_name(pages, page, {.profile = verify_profile::strict}));
}

TEST(name_match, each_scheme_answers_for_the_wildcard_fixture) {
  const auto fixture = certificate_with(
      {.cn = "server.local",
       .dns = {"*.server.local", "www*.other.local", "smtp.mydomain.local", "xn--lwe-sna.idntest.local"},
       .ip = {"127.0.0.1"}});
  struct expectation {
    const char* name;
    bool smtp, ldap, www;
  };
  for (const auto& e : {
           expectation{"127.0.0.1", true, true, true},
           // Under smtp its names bar the common name; ldap (RFC 4513) consults it all the same.
           {"server.local", false, true, false},
           {"blafasel.server.local", true, true, true},
           {"lala.blafasel.server.local", false, false, false},
           {"www.other.local", false, false, false},
           {"www-13.other.local", false, false, true},
           {"www-13.lala.other.local", false, false, false},
           {"smtp.mydomain.local", true, true, true},
           {"xn--lwe-sna.idntest.local", true, true, true},
           {"smtp.mydomain.localizing.useless.local", false, false, false},
           {"l\xc3\xb6we.idntest.local", true, true, true},
           {"example.com", false, false, false},
       }) {
    EXPECT_EQ(matches(fixture, e.name, scheme::smtp), e.smtp) << e.name;
    EXPECT_EQ(matches(fixture, e.name, scheme::ldap), e.ldap) << e.name;
    EXPECT_EQ(matches(fixture, e.name, scheme::www), e.www) << e.name;
  }
}

TEST(name_match, the_common_name_counts_only_where_no_name_stands) {
  const names_of_a_certificate bare{.cn = "server.test"};
  for (const auto which :
       {scheme::lenient, scheme::http, scheme::rfc2818, scheme::ldap, scheme::smtp, scheme::gist, scheme::sip})
    EXPECT_TRUE(matches(bare, "server.test", which));
  EXPECT_FALSE(matches(bare, "server.test", scheme::rfc9525));
  for (auto names : {names_of_a_certificate{.dns = {"other.test"}}, names_of_a_certificate{.ip = {"192.0.2.1"}},
                     names_of_a_certificate{.uri = {"https://server.test/"}},
                     names_of_a_certificate{.srv = {"_xmpp.server.test"}}}) {
    names.cn = "server.test";
    for (const auto which : {scheme::lenient, scheme::http, scheme::rfc2818, scheme::smtp, scheme::gist, scheme::sip})
      EXPECT_FALSE(matches(names, "server.test", which));
    EXPECT_TRUE(matches(names, "server.test", scheme::ldap));
  }
  // Mail addresses are no names of hosts.
  EXPECT_TRUE(matches({.cn = "server.test", .email = {"a@server.test"}}, "server.test", scheme::http));
}

TEST(name_match, the_common_name_does_not_stand_in_for_names_that_cannot_be_read) {
  using test::add_extension, test::element;
  const std::string oid = "2.5.29.17";
  const auto names = [](const std::string& name) { return element('\x30', element(0x82, name)); };
  const auto bears = [&](const std::vector<std::string>& values, const std::string& common_name) {
    return test::crafted([&](X509* x) {
      for (const auto& value : values) add_extension(x, oid, value);
      test::put_common_name(x, common_name);
    });
  };
  const auto answers = [](const certificate& c, scheme which) { return matches(c, "server.test", which); };
  for (const auto which : {scheme::http, scheme::rfc2818, scheme::smtp, scheme::lenient}) {
    EXPECT_TRUE(answers(bears({}, "server.test"), which));
    EXPECT_TRUE(answers(bears({names("server.test")}, "x"), which));
    for (const auto& values : {std::vector{names("a.test"), names("b.test")},
                               {names("server.test"), names("server.test")},
                               {test::unreadable},
                               {std::string()},
                               {names("server.test") + element('\x30', "")}})
      EXPECT_FALSE(answers(bears(values, "server.test"), which));
  }
}

TEST(name_match, only_the_first_common_name_is_consulted) {
  EXPECT_TRUE(matches({.cn = "first.test", .further_cns = {"second.test"}}, "first.test", scheme::http));
  EXPECT_FALSE(matches({.cn = "first.test", .further_cns = {"second.test"}}, "second.test", scheme::http));
}

TEST(name_match, a_common_name_with_a_nul_is_not_cut_there) {
  EXPECT_FALSE(matches({.cn = std::string("server.test\0.evil.test", 22)}, "server.test", scheme::lenient));
}

TEST(name_match, ones_own_rules_replace_the_scheme) {
  const auto cert = certificate_with({.cn = "w1.server.test", .dns = {"other.test"}});
  const auto name = server_name::parse("w1.server.test").value();
  name_rules always{.consult_common_name = name_rules::common_name::always};
  EXPECT_TRUE(matches_name(cert, name, {.names = always}));
  EXPECT_FALSE(matches_name(cert, name, {.names = name_rules{}}));
  std::string asked;
  const name_rules own{.decide = [&](std::string_view wanted, const certificate& c) {
    asked = std::string(wanted) + '/' + c.last_common_name();
    return wanted == "w1.server.test";
  }};
  EXPECT_TRUE(matches_name(cert, name, {.names = own}));
  EXPECT_EQ(asked, "w1.server.test/w1.server.test");
  EXPECT_FALSE(matches_name(cert, server_name::parse("w2.server.test").value(), {.names = own}));
  // Asked about A-labels and addresses alike, and alone: no scheme says yes or no beside it.
  EXPECT_FALSE(matches_name(cert,
                            server_name::parse("B\xc3\xbc"
                                               "cher.TEST.")
                                .value(),
                            {.names = own}));
  EXPECT_EQ(asked, "xn--bcher-kva.test/w1.server.test");
  EXPECT_FALSE(matches_name(cert, server_name::parse("[2001:DB8::1]").value(), {.names = own}));
  EXPECT_EQ(asked, "2001:db8::1/w1.server.test");
  EXPECT_TRUE(matches_name(cert, server_name::parse("other.test").value()));
  EXPECT_FALSE(matches_name(cert, server_name::parse("other.test").value(), {.names = own}));
  EXPECT_TRUE(matches_name(cert, server_name::parse("anything.test").value(), {.scheme = scheme::none}));
}

TEST(name_match, a_mailbox_is_compared_as_mail_is) {
  const auto cert = certificate_with({.email = {"Jane@Example.org"}});
  EXPECT_TRUE(speaks_for_mailbox(cert, "Jane@example.ORG"));
  for (const char* other :
       {"jane@example.org", "Jane@example.com", "Jane", "@example.org", "Jane@", "", "x@Jane@example.org"})
    EXPECT_FALSE(speaks_for_mailbox(cert, other)) << other;
}

// The tables of the schemes, by each of their names.
TEST(hostname_scheme, has_its_rules_under_each_of_its_names) {
  using cn = name_rules::common_name;
  using wildcards = name_rules::wildcards;
  using addresses = name_rules::addresses;
  struct expectation {
    std::vector<const char*> names;
    cn consult;
    wildcards in_names, in_cn;
    addresses in_cn_as_text;
  };
  for (const auto& e : {
           expectation{{"rfc9525"}, cn::never, wildcards::full_label, wildcards::none, addresses::none},
           {{"default"}, cn::without_names, wildcards::anywhere, wildcards::anywhere, addresses::none},
           {{"www", "http"}, cn::without_names, wildcards::anywhere, wildcards::anywhere, addresses::ipv4},
           {{"rfc2818", "rfc3920", "xmpp", "rfc4217", "ftp"},
            cn::without_names,
            wildcards::anywhere,
            wildcards::anywhere,
            addresses::none},
           {{"rfc4513", "ldap"}, cn::always, wildcards::full_label, wildcards::none, addresses::none},
           {{"rfc2595", "smtp", "rfc4642", "imap", "pop3", "acap", "rfc5539", "nntp", "rfc5538", "netconf", "rfc5425",
             "syslog", "rfc5953", "snmp"},
            cn::without_names,
            wildcards::full_label,
            wildcards::full_label,
            addresses::none},
           {{"rfc5971", "gist"}, cn::without_names, wildcards::full_label, wildcards::full_label, addresses::none},
           {{"rfc5922", "sip"}, cn::without_names, wildcards::none, wildcards::none, addresses::none},
       })
    for (const char* spelling : e.names) {
      const auto rules = rules_of(parse_hostname_scheme(spelling).value());
      EXPECT_EQ(rules.consult_common_name, e.consult) << spelling;
      EXPECT_EQ(rules.in_names, e.in_names) << spelling;
      EXPECT_EQ(rules.in_common_name, e.in_cn) << spelling;
      EXPECT_EQ(rules.addresses_in_common_name, e.in_cn_as_text) << spelling;
      EXPECT_FALSE(rules.decide) << spelling;
    }
  EXPECT_TRUE(rules_of(parse_hostname_scheme("none").value()).decide);
}

TEST(hostname_scheme, an_unknown_one_is_refused_where_it_is_named) {
  for (const char* text : {"", "HTTP", "rfc1", "https", "none "}) {
    const auto made = parse_hostname_scheme(text);
    ASSERT_FALSE(made) << text;
    EXPECT_EQ(made.error().code(), errc::invalid_argument);
    EXPECT_NE(made.error().hint().find("rfc9525"), std::string::npos);
  }
}

// A second opinion, written for plainness: labels are compared one by one.
bool plainly_matches(const std::string& entry, const std::string& name, bool anywhere) {
  const auto labels_of = [](std::string text) {
    for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (text.ends_with('.')) text.pop_back();
    std::vector<std::string> out{""};
    for (const char c : text) {
      if (c == '.')
        out.emplace_back();
      else
        out.back() += c;
    }
    return out;
  };
  const auto e = labels_of(entry);
  const auto n = labels_of(name);
  if (e.size() != n.size()) return false;
  for (std::size_t i = 1; i < e.size(); ++i)
    if (e[i] != n[i]) return false;
  if (e[0] == n[0]) return true;
  if (e.size() < 2) return false;
  const auto star = e[0].find('*');
  if (star == std::string::npos || e[0].find('*', star + 1) != std::string::npos || n[0].empty()) return false;
  if (e[0] == "*") return true;
  if (!anywhere || n[0].substr(0, 4) == "xn--") return false;
  const auto before = e[0].substr(0, star), after = e[0].substr(star + 1);
  return n[0].size() >= before.size() + after.size() + 1 && n[0].substr(0, before.size()) == before &&
         n[0].substr(n[0].size() - after.size()) == after;
}

TEST(name_match, agrees_with_a_plain_second_opinion) {
  std::mt19937 random(20261121);
  const auto pick = [&](std::string_view from) { return from[random() % from.size()]; };
  const auto name = [&](std::string_view alphabet) {
    std::string out;
    const auto labels = 1 + random() % 4;
    for (std::size_t i = 0; i < labels; ++i) {
      if (i > 0) out += '.';
      if (random() % 8 == 0) out += "xn--";
      const auto size = 1 + random() % 3;
      for (std::size_t k = 0; k < size; ++k) out += pick(alphabet);
    }
    return out;
  };
  int matched = 0;
  for (int i = 0; i < 200'000; ++i) {
    const auto reference = name("ab");
    auto entry = random() % 2 == 0 ? name("abAB*") : reference;
    // Mostly near misses: the reference with a change or two.
    for (auto changes = random() % 3; changes > 0 && !entry.empty(); --changes)
      entry[random() % entry.size()] = pick("abB*.-");
    for (const bool anywhere : {false, true}) {
      const auto ours =
          match_entry(entry, reference, anywhere ? name_rules::wildcards::anywhere : name_rules::wildcards::full_label);
      const bool theirs = entry.find('*') == std::string::npos || reference.find('.') != std::string::npos
                              ? plainly_matches(entry, reference, anywhere)
                              : false;
      ASSERT_EQ(ours != entry_match::none, theirs) << entry << " " << reference << " " << anywhere;
      matched += ours != entry_match::none ? 1 : 0;
    }
  }
  EXPECT_GT(matched, 10'000);
}

// The same over names that RapidCheck makes up, and makes smaller when they disagree.
RC_GTEST_PROP(name_match, a_made_up_name_is_answered_as_the_second_opinion_does, (bool anywhere)) {
  const auto text = [](const char* alphabet) {
    return rc::gen::container<std::string>(rc::gen::elementOf(std::string(alphabet)));
  };
  const auto label = *rc::gen::nonEmpty(text("abx-n"));
  const auto parent = *rc::gen::nonEmpty(text("abAB"));
  const auto reference = label + '.' + [&] {
    auto out = parent;
    for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return out;
  }();
  // The label with a star for a part of it, and sometimes a second one.
  const auto from = *rc::gen::inRange<std::size_t>(0, label.size() + 1);
  const auto gone = *rc::gen::inRange<std::size_t>(0, label.size() + 1 - from);
  const auto pattern =
      label.substr(0, from) + '*' + *rc::gen::element(std::string(), std::string("*")) + label.substr(from + gone);
  const auto entry = pattern + *rc::gen::weightedElement<std::string>({{8, "."}, {1, ""}, {1, ".."}}) + parent +
                     *rc::gen::element(std::string(), std::string("."));
  const auto ours =
      match_entry(entry, reference, anywhere ? name_rules::wildcards::anywhere : name_rules::wildcards::full_label);
  RC_TAG(ours == entry_match::none ? "no match" : "match");
  RC_ASSERT((ours != entry_match::none) == plainly_matches(entry, reference, anywhere));
}

}  // namespace
}  // namespace signet
