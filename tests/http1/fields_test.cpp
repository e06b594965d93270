#include "http1/fields.hpp"

#include <gtest/gtest.h>

namespace signet::http1 {
namespace {

TEST(header_fields, list_their_members) {
  header_fields fields;
  fields.add("Upgrade", "HTTP/2.0 ,\ttls/1.2");
  fields.add("upgrade", ",");
  EXPECT_TRUE(fields.lists("UPGRADE", "TLS/1.2"));
  EXPECT_FALSE(fields.lists("Upgrade", "TLS"));
  EXPECT_FALSE(fields.lists("Connection", "TLS/1.2"));
  EXPECT_TRUE(any_member("", [](std::string_view member) { return member.empty(); }));
}

TEST(head_size, is_known_once_the_empty_line_has_come) {
  EXPECT_EQ(head_size("GET / HTTP/1.1\r\nHost: a\r\n", line_ends::crlf), 0U);
  EXPECT_EQ(head_size("GET / HTTP/1.1\r\n\r\nmore", line_ends::crlf), 18U);
  EXPECT_EQ(head_size("GET / HTTP/1.1\n\nmore", line_ends::crlf), 0U);
  EXPECT_EQ(head_size("HTTP/1.0 200\n\nmore", line_ends::crlf_or_lf), 14U);
  EXPECT_EQ(head_size("HTTP/1.0 200\n\r\nmore", line_ends::crlf_or_lf), 15U);
}

}  // namespace
}  // namespace signet::http1
