#include "redis/reply.hpp"

#include <gtest/gtest.h>

#include <string>

namespace signet::redis {
namespace {

using kind = reply::kind;
using namespace std::string_literals;

result<std::optional<reply>> read(std::string_view text) {
  reply_reader reader;
  reader.feed(text);
  return reader.next();
}

errc code_of(const std::string& text) {
  const auto got = read(text);
  EXPECT_FALSE(got) << text;
  return got ? errc::internal : got.error().code();
}

TEST(reply, a_command_is_its_words_with_their_lengths) {
  EXPECT_EQ(encoded({"SET", "a\r\n\0b"s, ""}).value(), "*3\r\n$3\r\nSET\r\n$5\r\na\r\n\0b\r\n$0\r\n\r\n"s);
}

TEST(reply, each_kind_is_read) {
  EXPECT_EQ((*read("+OK\r\n"))->what, kind::status);
  EXPECT_EQ((*read("+OK\r\n"))->text, "OK");
  EXPECT_EQ((*read("-ERR no\r\n"))->what, kind::error);
  EXPECT_EQ((*read("-ERR no\r\n"))->text, "ERR no");
  EXPECT_EQ((*read(":-7\r\n"))->number, -7);
  EXPECT_EQ((*read("$-1\r\n"))->what, kind::nil);
  EXPECT_EQ((*read("*-1\r\n"))->what, kind::nil);
  EXPECT_EQ((*read("$4\r\na\0\r\n\r\n"s))->text, "a\0\r\n"s);
  const auto nested = *read("*3\r\n:1\r\n*2\r\n$1\r\nx\r\n$-1\r\n+y\r\n");
  ASSERT_EQ(nested->elements.size(), 3U);
  EXPECT_EQ(nested->elements[0].number, 1);
  ASSERT_EQ(nested->elements[1].elements.size(), 2U);
  EXPECT_EQ(nested->elements[1].elements[0].text, "x");
  EXPECT_EQ(nested->elements[1].elements[1].what, kind::nil);
  EXPECT_EQ(nested->elements[2].text, "y");
}

TEST(reply, comes_whole_however_it_is_cut) {
  const std::string text = "*2\r\n$5\r\nhello\r\n*1\r\n:5\r\n";
  reply_reader reader;
  for (std::size_t i = 0; i < text.size(); ++i) {
    EXPECT_FALSE(reader.next().value()) << i;
    reader.feed(text.substr(i, 1));
    EXPECT_EQ(reader.is_empty(), false) << i;
  }
  const auto whole = reader.next().value();
  ASSERT_TRUE(whole);
  EXPECT_EQ(whole->elements[0].text, "hello");
  EXPECT_TRUE(reader.is_empty());
}

TEST(reply, what_follows_one_is_the_next) {
  reply_reader reader;
  reader.feed("+a\r\n+b\r\n+");
  EXPECT_EQ(reader.next().value()->text, "a");
  EXPECT_EQ(reader.next().value()->text, "b");
  EXPECT_FALSE(reader.next().value());
  EXPECT_FALSE(reader.is_empty());
}

TEST(reply, garbage_is_a_violation_that_says_what_came) {
  for (const char* text : {"HTTP/1.1 400 Bad Request\r\n", "\x15\x03\x03", "$x\r\n", "*x\r\n", ":\r\n", "$-2\r\n",
                           "*-2\r\n", "$99999999999999999999\r\n"}) {
    const auto got = read(text);
    ASSERT_FALSE(got) << text;
    EXPECT_EQ(got.error().code(), errc::protocol_violation) << text;
    for (const char c : got.error().message()) EXPECT_TRUE(c >= 0x20) << got.error().message();
  }
}

// Those of a later protocol: hiredis 1.0 hands on some of them without an object of ours.
TEST(reply, types_that_were_not_asked_for_are_refused_or_harmless) {
  for (const char* text : {",1.5\r\n", "#t\r\n"}) EXPECT_EQ(code_of(text), errc::protocol_violation) << text;
  for (const char* text : {"*1\r\n,1.5\r\n", "*1\r\n#f\r\n", "%1\r\n+a\r\n#t\r\n", "~1\r\n+a\r\n", ">1\r\n+a\r\n"}) {
    const auto got = read(text);
    EXPECT_TRUE(!got || (*got && (*got)->what == kind::array)) << text;
  }
}

TEST(reply, a_count_that_no_memory_holds_is_a_limit) {
  EXPECT_EQ(code_of("*1000000\r\n"), errc::limit_exceeded);
  EXPECT_EQ(code_of("*2147483647\r\n"), errc::limit_exceeded);
  EXPECT_EQ(code_of("*1000\r\n*1000\r\n"), errc::limit_exceeded);
}

TEST(reply, nesting_without_end_is_a_limit) {
  std::string deep;
  for (std::size_t i = 0; i < reply_reader::deepest; ++i) deep += "*1\r\n";
  EXPECT_TRUE(*read(deep + ":1\r\n"));
  EXPECT_EQ(code_of(deep + "*1\r\n"), errc::limit_exceeded);
}

TEST(reply, a_string_without_end_is_a_limit) {
  for (const char* head : {"$1000000000\r\n", "+", "-", ":"}) {
    reply_reader reader;
    reader.feed(head);
    std::size_t fed = 0;
    result<std::optional<reply>> got = std::optional<reply>();
    for (; got && fed < (std::size_t{16} << 20); fed += 4096) {
      reader.feed(std::string(4096, 'x'));
      got = reader.next();
    }
    ASSERT_FALSE(got) << head;
    EXPECT_LE(fed, 2 * reply_reader::most_octets) << head;
  }
}

TEST(reply, after_a_failure_it_goes_on_failing) {
  reply_reader reader;
  reader.feed("x");
  EXPECT_FALSE(reader.next());
  reader.feed("+OK\r\n");
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.is_empty());
}

}  // namespace
}  // namespace signet::redis
