#include "http1/response.hpp"

#include <gtest/gtest.h>

#include "http1/decoded.hpp"

namespace signet::http1 {
namespace {

TEST(response, is_read_and_its_body_framed) {
  auto got = parse_response("HTTP/1.1 200 Very OK\r\nContent-Length: 3\r\n\r\n", "GET").value();
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.reason, "Very OK");
  EXPECT_EQ(decoded(got.body, "abcdef", 2).value(), "abc");
  EXPECT_TRUE(parse_response("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", "HEAD").value().body.done());
  EXPECT_TRUE(parse_response("HTTP/1.1 204 \r\n\r\n", "GET").value().body.done());
  EXPECT_TRUE(parse_response("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "GET").value().body.done());
  EXPECT_TRUE(parse_response("HTTP/1.1 103 Early Hints\r\n\r\n", "GET").value().is_interim());
  EXPECT_EQ(decoded(parse_response("HTTP/1.0 200\n\n", "GET").value().body, "to the end", 3).value(), "to the end");
  EXPECT_EQ(decoded(parse_response("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n", "GET").value().body,
                    "1\r\nx\r\n0\r\n\r\n", 1)
                .value(),
            "x");
}

TEST(status_line, keeps_its_words_as_they_came) {
  const auto refused = status_line::parse("HTTP/1.0 407 Proxy Authentication  Required ").value();
  EXPECT_EQ(refused.code, 407);
  EXPECT_EQ(refused.minor_version, 0);
  EXPECT_EQ(refused.words, "407 Proxy Authentication  Required ");
  EXPECT_EQ(status_line::parse("HTTP/1.1 200").value().words, "200");
  EXPECT_EQ(status_line::parse("HTTP/1.1 101 Switching Protocols").value().code, 101);
}

TEST(response, that_is_none_is_a_violation) {
  for (const char* text : {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
                           "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HTTP/1.1 200 OK\r\n A: b\r\n\r\n",
                           "HTTP/1.1 2OO OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n", "HTTP/1.1 099 OK\r\n\r\n",
                           "HTTP/2 200\r\n\r\n", "HTTP/3.0 200 OK\r\n\r\n", "HTTP/1.1 2000 OK\r\n\r\n",
                           "HTTP/1.1 101 Switching\r\n\r\n", "SSH-2.0-x\r\n\r\n", ""}) {
    const auto parsed = parse_response(text, "GET");
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code(), errc::protocol_violation) << text;
  }
}

// RFC 9112 section 5.2: what old servers send is taken from them, and never from a client.
TEST(response, folded_fields_are_unfolded) {
  const auto parsed = parse_response("HTTP/1.1 200 OK\r\nA: b\r\n  c\r\n\td \r\nContent-Length:\r\n 0\r\n\r\n", "GET");
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(*parsed->fields.find("A"), "b c d");
  EXPECT_TRUE(parsed->body.done());
}

}  // namespace
}  // namespace signet::http1
