#include "x509/pem.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace signet::pem {
namespace {

using namespace std::string_literals;

std::vector<block> blocks_of(std::string_view text) {
  std::vector<block> out;
  for (reader in(text);;) {
    const auto next = in.next().value();
    if (!next) return out;
    out.push_back(*next);
  }
}

std::string broken(std::string_view text) {
  for (reader in(text);;) {
    const auto next = in.next();
    if (!next) {
      EXPECT_EQ(next.error().code(), errc::file_malformed);
      EXPECT_FALSE(in.next().value().has_value()) << "a reader is at its end after an error";
      return next.error().message();
    }
    if (!next->has_value()) return {};
  }
}

TEST(pem, blocks_come_in_their_order_with_their_lines) {
  const auto found = blocks_of(
      "text\n-----BEGIN A-----\nQUJD\n-----END A-----\n\nmore: text\r\n"
      "-----BEGIN B C-----\r\nProc-Type: 4,ENCRYPTED\r\nDEK-Info: X,00\r\n\r\nQUI=\r\n-----END B C-----");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].label, "A");
  EXPECT_EQ(found[0].line, 2U);
  EXPECT_TRUE(found[0].headers.empty());
  EXPECT_EQ(decode_base64(found[0].base64), "ABC");
  EXPECT_EQ(found[1].label, "B C");
  EXPECT_EQ(found[1].line, 7U);
  EXPECT_NE(found[1].headers.find("DEK-Info: X,00"), std::string_view::npos);
  EXPECT_EQ(decode_base64(found[1].base64), "AB");
  EXPECT_EQ(found[0].text, "-----BEGIN A-----\nQUJD\n-----END A-----");
  EXPECT_TRUE(found[1].text.starts_with("-----BEGIN B C-----\r\nProc-Type"));
  EXPECT_TRUE(found[1].text.ends_with("\nQUI=\r\n-----END B C-----"));
}

TEST(pem, files_that_were_glued_together_without_a_newline_lose_nothing) {
  const auto found =
      blocks_of("\xef\xbb\xbf-----BEGIN A-----\nQUJD\n-----END A----------BEGIN B-----\nQUJD\n-----END B-----");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[1].label, "B");
}

TEST(pem, broken_framing_is_an_error_with_its_line) {
  EXPECT_EQ(broken("no block at all, ----- and dashes"), "");
  EXPECT_NE(broken("x\n-----BEGIN A-----\nQUJD\n").find("line 2 has no end"), std::string::npos);
  EXPECT_NE(broken("-----BEGIN A-----\nQUJD\n-----BEGIN B-----\nQUJD\n-----END B-----\n").find("line 1 has no end"),
            std::string::npos);
  EXPECT_NE(broken("-----BEGIN A-----\nQUJD\n-----END B-----\n").find("broken END"), std::string::npos);
  EXPECT_NE(broken("-----BEGIN A-----\nQUJD\n-----END A----\n").find("broken END"), std::string::npos);
  EXPECT_NE(broken("-----BEGIN A----\nQUJD\n-----END A-----\n").find("broken BEGIN"), std::string::npos);
  EXPECT_NE(broken("-----BEGIN -----\n").find("broken BEGIN"), std::string::npos);
  EXPECT_NE(broken("-----BEGIN ").find("broken BEGIN"), std::string::npos);
  EXPECT_NE(broken("-----BEGIN " + std::string(1000, 'A') + "-----\n").find("broken BEGIN"), std::string::npos);
}

TEST(pem, base64_is_read_strictly) {
  EXPECT_EQ(decode_base64(""), "");
  EXPECT_EQ(decode_base64(" Q U\nJ\r\nD\t"), "ABC");
  EXPECT_EQ(decode_base64("QQ=="), "A");
  EXPECT_EQ(decode_base64("+/+/"), "\xfb\xff\xbf");
  for (const auto& bad : {"Q"s, "QQ"s, "QQ="s, "QUI"s, "QUJD="s, "QQ==QQ=="s, "QU-D"s, "QU_D"s, "QUJ\0"s, "QUJD===="s,
                          "===="s, "QUJ\x80"s})
    EXPECT_FALSE(decode_base64(bad).has_value()) << testing::PrintToString(bad);
}

TEST(pem, what_a_file_holds_is_told) {
  const auto block = [](const std::string& label) {
    return "-----BEGIN " + label + "-----\nQUJD\n-----END " + label + "-----\n";
  };
  EXPECT_EQ(contents(""), "nothing (it is empty)");
  EXPECT_EQ(contents("hello\n"), "text that is not PEM");
  EXPECT_EQ(contents("\x00\x01\x02"s), "binary data");
  EXPECT_EQ(contents("0\x82\x01\x02\x00"s), "DER or other binary data");
  EXPECT_EQ(contents("\xff\xfe-\0-\0"s), "UTF-16 text");
  EXPECT_EQ(contents(block("CERTIFICATE")), "a certificate");
  EXPECT_EQ(contents(block("CERTIFICATE") + block("EC PRIVATE KEY") + block("CERTIFICATE")),
            "2 certificates and a private key");
  EXPECT_EQ(contents(block("PUBLIC KEY")), "a PEM block \"PUBLIC KEY\"");
  EXPECT_EQ(contents(block("CERTIFICATE") + "-----BEGIN X-----"), "a PEM block that is cut off or damaged");
  EXPECT_EQ(contents(block("\x1b[31m")), "a PEM block \"\\1B[31m\"");
}

}  // namespace
}  // namespace signet::pem
