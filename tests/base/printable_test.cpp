#include "base/printable.hpp"

#include <gtest/gtest.h>

#include <string>

namespace signet::base {
namespace {

using namespace std::string_literals;

TEST(printable, text_stays_readable) {
  EXPECT_EQ(printable("Löwe, Söhne \\ 例え \U0001f600"), "Löwe, Söhne \\ 例え \U0001f600");
  EXPECT_EQ(printable(""), "");
}

TEST(printable, what_a_terminal_would_act_on_is_escaped) {
  EXPECT_EQ(printable("a\0b"s), "a\\00b");
  EXPECT_EQ(printable("a\nb\r\t\x1b[31m\x7f"), "a\\0Ab\\0D\\09\\1B[31m\\7F");
  EXPECT_EQ(printable("\u009b2J"), "\\C2\\9B2J");
  EXPECT_EQ(printable("\u202egnp.exe\u2066\u200b\ufeff\u2028"),
            "\\E2\\80\\AEgnp.exe\\E2\\81\\A6\\E2\\80\\8B\\EF\\BB\\BF\\E2\\80\\A8");
  EXPECT_EQ(printable("\U000e0041"), "\\F3\\A0\\81\\81");
}

TEST(printable, octets_that_are_not_utf8_are_escaped_one_by_one) {
  EXPECT_EQ(printable("\xff"
                      "a"),
            "\\FFa");
  EXPECT_EQ(printable("a\xc3"), "a\\C3");
  EXPECT_EQ(printable("\xc0\x80"), "\\C0\\80");          // overlong
  EXPECT_EQ(printable("\xe0\x80\x80"), "\\E0\\80\\80");  // overlong
  EXPECT_EQ(printable("\xf0\x80\x80\x80"), "\\F0\\80\\80\\80");
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\ED\\A0\\80");  // surrogate
  EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\F4\\90\\80\\80");
  EXPECT_EQ(printable("\xf5\x80\x80\x80"), "\\F5\\80\\80\\80");
  EXPECT_EQ(printable("\xe4\xbe"), "\\E4\\BE");
}

TEST(printable, quotes_are_cut_between_characters) {
  EXPECT_EQ(base::quoted("abc"), "\"abc\"");
  EXPECT_EQ(base::quoted("abcdef", 3), "\"abc...\"");
  EXPECT_EQ(base::quoted("ab\u00e4f", 3), "\"ab...\"");
  EXPECT_LT(base::quoted(std::string(1 << 20, 'a')).size(), 100U);
}

}  // namespace
}  // namespace signet::base
