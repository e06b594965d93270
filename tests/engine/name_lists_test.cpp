#include "tls/name_lists.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace signet {
namespace {

using strings = std::vector<std::string>;
using list_check = result<void> (*)(const std::string&);

struct bad_list {
  std::string list;
  // What the message has to say.
  std::string why;
  std::string hint = {};
};

void expect_good(list_check check, const strings& lists) {
  for (const auto& list : lists) {
    const auto got = check(list);
    EXPECT_TRUE(got) << list.substr(0, 100) << ": " << got.error().message();
    EXPECT_EQ(ERR_peek_error(), 0U);
  }
}

void expect_bad(list_check check, const std::string& option, const std::vector<bad_list>& lists) {
  for (const auto& row : lists) {
    SCOPED_TRACE(row.list.substr(0, 100));
    const auto got = check(row.list);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code(), errc::invalid_configuration);
    EXPECT_EQ(got.error().message().substr(0, option.size() + 2), option + ": ");
    EXPECT_NE(got.error().message().find(row.why), std::string::npos) << got.error().message();
    EXPECT_NE(got.error().hint().find(row.hint), std::string::npos) << got.error().hint();
    EXPECT_LT(got.error().message().size(), 400U);
    EXPECT_EQ(got.error().message().find('\0'), std::string::npos);
    EXPECT_EQ(ERR_peek_error(), 0U);
  }
}

bool has_rich_groups() {
  return OpenSSL_version_num() >= 0x30500000L;
}

TEST(name_lists, cipher_strings_of_known_words_pass) {
  expect_good(
      check_ciphers,
      {"", "HIGH", "HIGH:!aNULL", "HIGH:!aNULL:@STRENGTH", "HIGH, !aNULL, !MD5", "HIGH !aNULL;!MD5", "  HIGH  !aNULL  ",
       "HIGH:!aNULL:!eNULL:!EXPORT:!DES:!RC4:!MD5:!PSK:!aECDH:!EDH-DSS-DES-CBC3-SHA:!KRB5-DES-CBC3-SHA",
       "DEFAULT:!EXP:!MEDIUM:!LOW:!eNULL:!aNULL:!RC4:!DES:!MD5:!PSK:!SRP", "DEFAULT !EXP !LOW", "DEFAULT",
       "DEFAULT:@SECLEVEL=2", "DEFAULT@SECLEVEL=0", "DEFAULT!AES128", "DEFAULT-AES128", "DEFAULT+AES128", "HIGH!aNULL",
       "HIGH@STRENGTH", "HIGH:-AES128:+AES256", "ECDHE+AESGCM:DHE+CHACHA20", "ECDHE+AESGCM+AES256",
       "ECDHE+ECDSA+AES256-SHA256:HIGH", "!ECDHE+AES128:HIGH", "kEECDH:!MD5", "ALL:-COMPLEMENTOFALL",
       "ALL:COMPLEMENTOFALL", "ALL:!COMPLEMENTOFDEFAULT", "eNULL", "aNULL@SECLEVEL=0", "ECDHE-RSA-AES128-GCM-SHA256",
       "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-AES256-GCM-SHA384:AES128-SHA", "PSK-AES128-CBC-SHA",
       // Keywords for which OpenSSL may have been built without a suite.
       "IDEA:SEED:RC4:3DES:GOST12:kGOST18:GOST2012-GOST8912-GOST8912:ARIAGCM:SSLv3:TLSv1:TLSv1.0:TLSv1.2:HIGH",
       "SUITEB128", "SUITEB128ONLY", "SUITEB128C2", "SUITEB192",
       // As many as there is room for.
       std::string("HIGH") + [] {
         std::string more;
         for (int i = 0; i < 3000; ++i) more += ":+AES128:ECDHE-RSA-AES128-GCM-SHA256";
         return more.substr(0, 60'000).substr(0, more.substr(0, 60'000).rfind(':'));
       }()});
}

TEST(name_lists, each_keyword_of_openssl_passes) {
  // Each stands for a suite here, or is passed over beside one.
  for (const std::string word : {"ALL",
                                 "COMPLEMENTOFALL",
                                 "COMPLEMENTOFDEFAULT",
                                 "kRSA",
                                 "kEDH",
                                 "kDHE",
                                 "DH",
                                 "kEECDH",
                                 "kECDHE",
                                 "ECDH",
                                 "kPSK",
                                 "kRSAPSK",
                                 "kECDHEPSK",
                                 "kDHEPSK",
                                 "kSRP",
                                 "kGOST",
                                 "kGOST18",
                                 "aRSA",
                                 "aDSS",
                                 "DSS",
                                 "aNULL",
                                 "aECDSA",
                                 "ECDSA",
                                 "aPSK",
                                 "aGOST01",
                                 "aGOST12",
                                 "aGOST",
                                 "aSRP",
                                 "EDH",
                                 "DHE",
                                 "EECDH",
                                 "ECDHE",
                                 "NULL",
                                 "RSA",
                                 "ADH",
                                 "AECDH",
                                 "PSK",
                                 "SRP",
                                 "3DES",
                                 "RC4",
                                 "RC2",
                                 "IDEA",
                                 "SEED",
                                 "eNULL",
                                 "GOST89",
                                 "AES128",
                                 "AES256",
                                 "AES",
                                 "AESGCM",
                                 "AESCCM",
                                 "AESCCM8",
                                 "CAMELLIA128",
                                 "CAMELLIA256",
                                 "CAMELLIA",
                                 "CHACHA20",
                                 "ARIA",
                                 "ARIAGCM",
                                 "ARIA128",
                                 "ARIA256",
                                 "CBC",
                                 "MD5",
                                 "SHA1",
                                 "SHA",
                                 "GOST94",
                                 "GOST89MAC",
                                 "SHA256",
                                 "SHA384",
                                 "GOST12",
                                 "SSLv3",
                                 "TLSv1",
                                 "TLSv1.0",
                                 "TLSv1.2",
                                 "LOW",
                                 "MEDIUM",
                                 "HIGH",
                                 "FIPS"})
    expect_good(check_ciphers, {word + ":ECDHE-RSA-AES128-GCM-SHA256",
                                "HIGH:!" + word +
                                    ":AES128-SHA:DHE-DSS-AES128-SHA:PSK-NULL-SHA:AECDH-AES128-SHA:NULL-MD5:ECDHE-ECDSA-"
                                    "AES128-GCM-SHA256:ECDHE-RSA-AES128-SHA256"});
}

TEST(name_lists, each_suite_of_openssl_passes_by_its_name) {
  SSL_CTX* ctx = SSL_CTX_new(TLS_method());
  ASSERT_EQ(SSL_CTX_set_cipher_list(ctx, "ALL:COMPLEMENTOFALL"), 1);
  const auto* const suites = SSL_CTX_get_ciphers(ctx);
  int old = 0, recent = 0;
  for (int i = 0; i < sk_SSL_CIPHER_num(suites); ++i) {
    const auto* const suite = sk_SSL_CIPHER_value(suites, i);
    const bool is_recent = SSL_CIPHER_get_version(suite) == std::string("TLSv1.3");
    ++(is_recent ? recent : old);
    expect_good(is_recent ? check_ciphersuites : check_ciphers, {SSL_CIPHER_get_name(suite)});
    EXPECT_FALSE((is_recent ? check_ciphers : check_ciphersuites)(SSL_CIPHER_get_name(suite)));
  }
  EXPECT_GT(old, 50);
  EXPECT_GE(recent, 3);
  SSL_CTX_free(ctx);
}

TEST(name_lists, a_cipher_string_with_an_unknown_word_or_an_empty_entry_is_refused) {
  expect_bad(check_ciphers, "ciphers",
             {{"FOO", "\"FOO\" is not a cipher suite", "`openssl ciphers -v ALL:COMPLEMENTOFALL`"},
              {"HIGH:FOO", "\"FOO\" is not"},
              {"FOO:HIGH", "\"FOO\" is not"},
              {"HIGH:!FOO", "\"FOO\" is not"},
              {"HIGH:-FOO", "\"FOO\" is not"},
              {"HIGH:+FOO", "\"FOO\" is not"},
              {"HIGH FOO", "\"FOO\" is not"},
              {"HIGH!FOO", "\"FOO\" is not"},
              {"DEFAULT:FOO", "\"FOO\" is not"},
              {"DEFAULT-FOO", "\"FOO\" is not"},
              {"ECDHE+FOO:HIGH", "\"FOO\" is not"},
              {"FOO+ECDHE:HIGH", "\"FOO\" is not"},
              {"HIGH:ECDHE-RSA-AES128-GCM-SHA257", "\"ECDHE-RSA-AES128-GCM-SHA257\" is not"},
              {"HIGH:!TLSv1.1", "\"TLSv1.1\" is not"},
              {"HIGH-aNULL", "\"HIGH-aNULL\" is not"},
              {"HIGH:--aNULL", "\"-aNULL\" is not"},
              {"high:!aNULL", "\"high\" is not", "capitals matter: HIGH"},
              {"HIGH:!anull", "\"anull\" is not", "capitals matter: aNULL"},
              {"ecdhe-rsa-aes128-gcm-sha256", "is not", "OpenSSL calls it ECDHE-RSA-AES128-GCM-SHA256"},
              {"HIGH:TLS_AES_128_GCM_SHA256", "\"TLS_AES_128_GCM_SHA256\" is not", "ciphersuites names those"},
              {"EXP:HIGH", "\"EXP\" is not", "any more"},
              {"HIGH:+SSLv2", "\"SSLv2\" is not", "any more"},
              {"HIGH:DEFAULT", "\"DEFAULT\" is not", "at the beginning"},
              {" DEFAULT", "\"DEFAULT\" is not", "at the beginning"},
              {"!DEFAULT", "\"DEFAULT\" is not", "at the beginning"},
              {"DEFAULTS", "\"DEFAULTS\" is not"},
              {"DEFAULTHIGH", "\"DEFAULTHIGH\" is not"},
              {"HIGH:SUITEB128", "\"SUITEB128\" is not", "at the beginning"},
              {"SUITEB128:FOO", "\"SUITEB128\" stands alone"},
              {"SUITEB128ONLYFOO", "\"SUITEB128ONLY\" stands alone"},
              {"SUITEB192:HIGH", "\"SUITEB192\" stands alone"},
              {"HIGH+", "\"HIGH+\" is not"},
              {"HIGH:+", "\"+\" is not"},
              {"HIGH:!", "\"!\" is not"},
              {"HIGH:! aNULL", "\"!\" is not"},
              {"HIGH:!!aNULL", "\"!!aNULL\" is not"},
              {"HIGH+!aNULL", "\"HIGH+!aNULL\" is not"},
              {"HIGH/AES", "\"/AES\" is not"},
              {"HIGH\t!aNULL", "is not a cipher suite"},
              {"HIGH\n", "is not a cipher suite"},
              {"HIGH:\xc3\xa4", "is not a cipher suite"},
              {"*", "\"*\" is not"},
              {"HIGH:@FOO", "\"@FOO\" is no command", "@SECLEVEL=0 to 5"},
              {"HIGH:@", "\"@\" is no command"},
              {"HIGH:@STRENGTHS", "\"@STRENGTHS\" is no command"},
              {"HIGH:@strength", "\"@strength\" is no command"},
              {"HIGH:@STRENGTH+FOO", "is no command"},
              {"HIGH:@STRENGTH!aNULL", "is no command"},
              {"HIGH:@SECLEVEL", "is no command"},
              {"HIGH:@SECLEVEL=", "is no command"},
              {"HIGH:@SECLEVEL=6", "\"@SECLEVEL=6\" is no command"},
              {"HIGH:@SECLEVEL=10", "is no command"},
              {"HIGH:@SECLEVEL=x", "is no command"},
              {"HIGH:@SECLEVEL=-1", "is no command"},
              {"HIGH:@SECLEVEL=1!aNULL", "is no command"},
              {"HIGH:SECLEVEL=1", "\"SECLEVEL=1\" is not"},
              {":HIGH", "entry 1 of \":HIGH\" is empty"},
              {"HIGH:", "entry 2 of \"HIGH:\" is empty"},
              {"HIGH::!aNULL", "entry 2 of"},
              {"HIGH,;!aNULL", "entry 2 of"},
              {"HIGH: :!aNULL", "entry 2 of"},
              {"DEFAULT:", "entry 2 of"},
              {"DEFAULT::HIGH", "entry 2 of"},
              {":", "entry 1 of"},
              {" ", "entry 1 of"},
              {"HIGH:!HIGH", "OpenSSL has no use for \"HIGH:!HIGH\"", "`openssl ciphers -v 'LIST'`"},
              {"!aNULL", "OpenSSL has no use for"},
              {"@SECLEVEL=2", "OpenSSL has no use for"},
              {std::string("HIGH\0FOO", 8), "holds a NUL"},
              {std::string("\0", 1), "holds a NUL"},
              {std::string(200'000, 'A'), "longer than 65536"},
              {std::string(60'000, 'A'), "is not"},
              {std::string(60'000, ':'), "entry 1"},
              {std::string(60'000, '!'), "is not"}});
}

TEST(name_lists, a_standard_name_is_explained_or_taken) {
  const auto got = check_ciphers("HIGH:TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256");
  // OpenSSL takes these names since 3.2.
  if (got)
    EXPECT_GE(OpenSSL_version_num(), 0x30200000U);
  else
    EXPECT_EQ(got.error().hint(), "OpenSSL calls it ECDHE-RSA-AES128-GCM-SHA256");
}

TEST(name_lists, why_openssl_refuses_a_whole_list_is_kept) {
  const auto got = check_ciphers("HIGH:!HIGH");
  ASSERT_FALSE(got);
  ASSERT_EQ(got.error().library_errors().size(), 1U);
  EXPECT_NE(got.error().library_errors()[0].find("no cipher match"), std::string::npos);
}

TEST(name_lists, suites_of_tls_1_3_are_checked_one_by_one) {
  expect_good(check_ciphersuites,
              {"", "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256",
               " TLS_AES_128_GCM_SHA256 : TLS_AES_128_CCM_SHA256 ", "TLS_AES_128_GCM_SHA256:TLS_AES_128_GCM_SHA256"});
  expect_bad(
      check_ciphersuites, "ciphersuites",
      {{"FOO", "\"FOO\" is not a cipher suite of TLS 1.3", "`openssl ciphers -v -s -tls1_3`"},
       {"TLS_AES_128_GCM_SHA256:FOO", "\"FOO\" is not"},
       {"FOO:TLS_AES_128_GCM_SHA256", "\"FOO\" is not"},
       {"TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256", "\"ECDHE-RSA-AES128-GCM-SHA256\" is not", "for ciphers"},
       {"TLS_AES_128_GCM_SHA256,TLS_AES_256_GCM_SHA384", "is not"},
       {"TLS_AES_128_GCM_SHA256 TLS_AES_256_GCM_SHA384", "is not"},
       {"HIGH", "\"HIGH\" is not"},
       {"TLS_AES_128_GCM_SHA256:", "entry 2"},
       {":TLS_AES_128_GCM_SHA256", "entry 1"},
       {"TLS_AES_128_GCM_SHA256::TLS_AES_256_GCM_SHA384", "entry 2"},
       {" ", "entry 1"},
       {":", "entry 1"},
       {std::string("TLS_AES_128_GCM_SHA256\0", 23), "holds a NUL"},
       {std::string(1000, 'A'), "is not"},
       {std::string(200'000, 'A'), "longer than"}});
}

TEST(name_lists, groups_are_checked_one_by_one) {
  expect_good(check_groups, {"", "X25519", "X25519:P-256:P-384", "x25519", "secp256r1", "prime256v1:secp384r1",
                             "X448:ffdhe2048", " X25519 : P-256 "});
  expect_bad(check_groups, "groups",
             {{"FOO", "\"FOO\" is not a group", "X25519"},
              {"X25519:FOO", "\"FOO\" is not"},
              {"FOO:X25519", "\"FOO\" is not"},
              {"X25519,P-256", "\"X25519,P-256\" is not"},
              {"X25519 P-256", "is not"},
              {"X25519:", "entry 2"},
              {":X25519", "entry 1"},
              {"X25519::P-256", "entry 2"},
              {"X25519: :P-256", "entry 2"},
              {" ", "entry 1"},
              {":", "entry 1"},
              {"auto", "\"auto\" is not"},
              {"P-257", "is not"},
              {"RSA", "is not"},
              {"?", "is not"},
              {"*", "is not"},
              {"-", "is not"},
              {"/", "entry 1"},
              {"X25519/", "entry 2"},
              {std::string("X25519\0", 7), "holds a NUL"},
              {std::string(1000, 'A'), "is not"},
              {std::string(200'000, 'A'), "longer than"}});
}

TEST(name_lists, the_operators_of_groups_pass_where_openssl_has_them) {
  const strings rich{
      "?X25519", "*X25519:P-256",   "X25519:?FOO", "X25519/P-256",  "*X25519:P-256/P-384",    "DEFAULT",
      "default", "DEFAULT:-X25519", "?*X25519",    "X25519:-P-384", "X25519:?FOO/?BAR:P-256", "X25519:X25519"};
  if (has_rich_groups()) {
    expect_good(check_groups, rich);
    expect_bad(check_groups, "groups",
               {{"?FOO", "OpenSSL knows nothing in \"?FOO\""},
                {"-X25519", "OpenSSL knows nothing"},
                {"?FOO:-X25519", "OpenSSL knows nothing"},
                {"X25519:-FOO", "\"-FOO\" is not a group"},
                {"X25519:*FOO", "\"*FOO\" is not a group"},
                {"X25519/FOO", "\"FOO\" is not a group"},
                {"X25519:-DEFAULT", "\"-DEFAULT\" is not"},
                {"??X25519", "is not"},
                {"X25519//P-256", "entry 2"}});
    return;
  }
  for (const auto& list : rich) EXPECT_FALSE(check_groups(list)) << list;
  expect_bad(check_groups, "groups",
             {{"X25519:?P-256", "\"?P-256\" is not a group"},
              {"X25519:X25519", "OpenSSL has no use for \"X25519:X25519\"", "twice"},
              {"P-256:secp256r1", "OpenSSL has no use for", "another spelling"}});
}

TEST(name_lists, signature_algorithms_are_checked_one_by_one) {
  expect_good(check_signature_algorithms, {"", "ecdsa_secp256r1_sha256", "ed25519:rsa_pss_rsae_sha256",
                                           "RSA+SHA256:ECDSA+SHA256", "RSA-PSS+SHA384", " ed25519 : ed448 "});
  expect_bad(check_signature_algorithms, "signature_algorithms",
             {{"FOO", "\"FOO\" is not a signature algorithm", "ed25519"},
              {"ed25519:FOO", "\"FOO\" is not"},
              {"FOO:ed25519", "\"FOO\" is not"},
              {"RSA+", "\"RSA+\" is not"},
              {"+SHA256", "is not"},
              {"RSA+FOO", "is not"},
              {"FOO+SHA256", "is not"},
              {"RSA", "\"RSA\" is not"},
              {"ed25519,ed448", "is not"},
              {"ed25519:", "entry 2"},
              {":ed25519", "entry 1"},
              {"ed25519::ed448", "entry 2"},
              {" ", "entry 1"},
              {std::string("ed25519\0", 8), "holds a NUL"},
              {std::string(1000, 'A'), "is not"},
              {std::string(200'000, 'A'), "longer than"}});
}

TEST(name_lists, protocols_are_names_of_1_to_255_octets) {
  for (const strings& good :
       {strings{}, {"h2"}, {"h2", "http/1.1"}, {std::string(255, 'x')}, {std::string("\0\xff", 2)}, {"H2", "h2"}}) {
    const auto got = check_alpn(good);
    EXPECT_TRUE(got) << got.error().message();
  }
  struct {
    strings names;
    std::string why;
  } const rows[] = {
      {{""}, "alpn: entry 1 is empty"},
      {{"h2", ""}, "alpn: entry 2 is empty"},
      {{"h2", "", "http/1.1"}, "alpn: entry 2 is empty"},
      {{"h2", "http/1.1", "h2"}, "alpn: \"h2\" is there twice"},
      {{std::string(256, 'x')}, "has 256 octets"},
      {{std::string(200'000, '\n')}, "has 200000 octets"},
  };
  for (const auto& row : rows) {
    const auto got = check_alpn(row.names);
    ASSERT_FALSE(got) << row.why;
    EXPECT_EQ(got.error().code(), errc::invalid_configuration);
    EXPECT_NE(got.error().message().find(row.why), std::string::npos) << got.error().message();
    EXPECT_LT(got.error().message().size(), 400U);
  }
}

TEST(name_lists, all_protocols_together_fit_into_their_extension) {
  strings names;
  for (int i = 0; i < 256; ++i) names.push_back(std::string(253, 'x') + static_cast<char>(i) + 'y');
  EXPECT_FALSE(check_alpn(names)) << "65,536 octets";
  names.back().pop_back();
  EXPECT_TRUE(check_alpn(names)) << "65,535 octets";
}

}  // namespace
}  // namespace signet
