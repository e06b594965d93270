#include <signet/tls/client_config.hpp>
#include <signet/tls/protocol_versions.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace signet {
namespace {

constexpr auto v1_0 = protocol_version::tls1_0, v1_1 = protocol_version::tls1_1, v1_2 = protocol_version::tls1_2,
               v1_3 = protocol_version::tls1_3;
constexpr protocol_versions standard{}, all{v1_0, v1_3};

protocol_versions only(protocol_version version) {
  return {version, version};
}

std::string shown(const result<protocol_versions>& got) {
  if (!got) return std::string(name(got.error().code())) + ": " + got.error().message();
  return std::string(name(got->min)) + " to " + std::string(name(got->max));
}

TEST(protocol_versions, are_those_that_configs_allow_by_default) {
  EXPECT_EQ(client_options().min_version, standard.min);
  EXPECT_EQ(client_options().max_version, standard.max);
}

TEST(protocol_versions, are_read_from_the_text_of_io_socket_ssl) {
  struct {
    std::string text;
    protocol_versions versions;
  } const rows[] = {
      {"", standard},
      {"SSLv23", standard},
      {"sslv23", standard},
      {"SSLv2/3", standard},
      {"sslv2/3", standard},
      {"SSLV23", standard},
      {"TLSv1", only(v1_0)},
      {"tlsV1", only(v1_0)},
      {"TLSv1_1", only(v1_1)},
      {"TLSv11", only(v1_1)},
      {"TLSv1_2", only(v1_2)},
      {"tlsv1_2", only(v1_2)},
      {"TLSv12", only(v1_2)},
      {"TLSv1_3", only(v1_3)},
      {"TLSv13", only(v1_3)},
      {"!TLSv1_3", only(v1_2)},
      {"!tlsv13", only(v1_2)},
      {"!TLSv1_2", only(v1_3)},
      {"TLSv1_2 : !TLSv1_3", only(v1_2)},
      {"TLSv1_2\t:\t!TLSv1_3", only(v1_2)},
      {"!TLSv1_3:TLSv1_2", only(v1_2)},
      {"SSLv23:!SSLv23", standard},
      {"SSLv23:!SSLv2/3", standard},
      {"SSLv23:!SSLv2:!SSLv3", standard},
      {"SSLv23:!TLSv1:!TLSv1_1:!SSLv3:!SSLv2", standard},
      {"SSLv23:!TLSv1", standard},
      {"SSLv23:!TLSv1_2", only(v1_3)},
      {"SSLv23:!TLSv1_2:!TLSv1_2:!TLSv12", only(v1_3)},
      // The same twice, spelt in full the second time.
      {"TLSv1_2:TLSv1_2", only(v1_2)},
      {"TLSv12:TLSv1_2", only(v1_2)},
      {"SSLv23:SSLv23", standard},
      {"SSLv2/3:sslv23", standard},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text);
    const auto got = parse_protocol_versions(row.text);
    ASSERT_TRUE(got) << shown(got);
    EXPECT_EQ(*got, row.versions) << shown(got);
  }
}

TEST(protocol_versions, retired_ones_are_negotiated_where_the_caller_says_so) {
  struct {
    std::string text;
    protocol_versions versions;
  } const rows[] = {
      {"", all},
      {"SSLv23", all},
      {"SSLv23:!TLSv1_3", {v1_0, v1_2}},
      {"SSLv23:!TLSv1_3:!TLSv1_2", {v1_0, v1_1}},
      {"SSLv23:!TLSv1_3:!TLSv1_2:!TLSv1_1", only(v1_0)},
      {"SSLv23:!TLSv1", {v1_1, v1_3}},
      {"!TLSv1:!TLSv1_1", standard},
      {"TLSv1_2", only(v1_2)},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(row.text);
    const auto got = parse_protocol_versions(row.text, all);
    ASSERT_TRUE(got) << shown(got);
    EXPECT_EQ(*got, row.versions) << shown(got);
  }
}

TEST(protocol_versions, a_hole_is_refused_by_name) {
  for (const std::string text : {"SSLv23:!TLSv1_2", "!TLSv1_1", "!TLSv1_1:!TLSv1_2"}) {
    const auto got = parse_protocol_versions(text, all);
    ASSERT_FALSE(got) << shown(got);
    EXPECT_EQ(got.error().code(), errc::invalid_argument);
    EXPECT_NE(got.error().message().find(text == "SSLv23:!TLSv1_2" ? "without TLSv1.2" : "without TLSv1.1"),
              std::string::npos)
        << got.error().message();
    EXPECT_FALSE(got.error().hint().empty());
  }
}

TEST(protocol_versions, what_is_no_such_text_is_refused) {
  const std::string rows[] = {
      "TLSv1_2:TLSv1_3",
      "TLSv12:TLSv12",
      "TLSv1_2:TLSv12",
      "SSLv2/3:SSLv2/3",
      "SSLv23:TLSv1_2",
      "TLSv1.2",
      "TLSv1.3",
      " TLSv1_2",
      "TLSv1_2 ",
      "\tTLSv1_2",
      "TLSv1_2\n",
      " ",
      ":",
      "::",
      "TLSv1_2:",
      ":TLSv1_2",
      "TLSv1_2::!TLSv1_3",
      "TLSv1_2: :!TLSv1_3",
      "!",
      "!!TLSv1_3",
      "! TLSv1_3",
      "SSLv23:!",
      "-TLSv1_3",
      "TLSv1_4",
      "TLSv1_0",
      "TLSv2",
      "TLS",
      "TLSv",
      "TLSv1_",
      "TLSv1__2",
      "TLSv1 _2",
      "TLS1_2",
      "TLSv1_2,TLSv1_3",
      "TLSv1_2;!TLSv1_3",
      "TLSv1_2 !TLSv1_3",
      "SSLv",
      "SSLv4",
      "!SSLv4",
      "DTLSv1_2",
      "default",
      std::string("\0", 1),
      std::string("TLSv1_2\0", 8),
      std::string("TLSv1_2\0:!TLSv1_3", 17),
      "TLSv1_\xef\xbc\x92",
      std::string(200'000, 'T'),
      std::string(200'000, ':'),
      std::string(200'000, '!'),
      "TLSv1_2" + std::string(200'000, ' '),
      // Nothing is left.
      "TLSv1_2:!TLSv1_2",
      "TLSv1:!TLSv1",
      "!TLSv1_2:!TLSv1_3",
      "SSLv23:!TLSv1_2:!TLSv13",
  };
  for (const auto& text : rows) {
    SCOPED_TRACE(text.substr(0, 40));
    const auto got = parse_protocol_versions(text);
    ASSERT_FALSE(got) << shown(got);
    EXPECT_EQ(got.error().code(), errc::invalid_argument) << shown(got);
    // It is quoted, and neither whole nor raw.
    EXPECT_LT(got.error().message().size(), 400U);
    EXPECT_EQ(got.error().message().find('\0'), std::string::npos);
  }
}

TEST(protocol_versions, a_long_text_that_means_something_is_read) {
  std::string text = "SSLv23";
  for (int i = 0; i < 20'000; ++i) text += ":!TLSv1_3";
  EXPECT_EQ(parse_protocol_versions(text).value(), only(v1_2));
}

TEST(protocol_versions, those_before_tls_are_not_supported) {
  for (const auto* text : {"SSLv2", "SSLv3", "sslv3", "SSLv3:!TLSv1", "!TLSv1_3:SSLv2"}) {
    const auto got = parse_protocol_versions(text);
    ASSERT_FALSE(got) << text;
    EXPECT_EQ(got.error().code(), errc::not_supported) << shown(got);
    EXPECT_FALSE(got.error().hint().empty());
  }
}

TEST(protocol_versions, an_error_names_what_it_is_about) {
  const auto dotted = parse_protocol_versions("SSLv23:TLSv1.2").error();
  EXPECT_EQ(dotted.message(), "TLS versions: \"TLSv1.2\" is no version");
  EXPECT_NE(dotted.hint().find("TLSv1_2"), std::string::npos);
  EXPECT_EQ(parse_protocol_versions("TLSv1_2:TLSv1_3").error().message(),
            "TLS versions: \"TLSv1_2:TLSv1_3\" names more than one version");
}

TEST(protocol_versions, go_into_a_config) {
  const auto versions = parse_protocol_versions("!TLSv1_3").value();
  EXPECT_TRUE(client_config::make({.min_version = versions.min, .max_version = versions.max}));
}

}  // namespace
}  // namespace signet
