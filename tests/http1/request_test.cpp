#include "http1/request.hpp"

#include <gtest/gtest.h>

namespace signet::http1 {
namespace {

request sound(const std::string& text) {
  return std::get<request>(parse_request(text));
}
// The status of its refusal, 0 when it is taken.
int refused(const std::string& text) {
  const auto parsed = parse_request(text);
  const auto* why = std::get_if<refusal>(&parsed);
  return why == nullptr ? 0 : why->status;
}

TEST(request, is_read) {
  const auto got = sound("GET /a?b HTTP/1.1\r\nHost: example.org\r\nConnection: Keep-Alive, Close\r\nX:  y \t\r\n\r\n");
  EXPECT_EQ(got.method, "GET");
  EXPECT_EQ(got.target, "/a?b");
  EXPECT_EQ(*got.fields.find("x"), "y");
  EXPECT_TRUE(got.fields.lists("connection", "close"));
  EXPECT_FALSE(got.keep_alive());
  EXPECT_TRUE(got.body.done());
}

TEST(request, in_absolute_form_is_for_its_path) {
  EXPECT_EQ(sound("GET HTTP://a/b?c HTTP/1.1\r\nHost: a\r\n\r\n").target, "/b?c");
  EXPECT_EQ(sound("GET http://a HTTP/1.1\r\nHost: a\r\n\r\n").target, "/");
}

TEST(request, stays_open_by_version_and_wish) {
  EXPECT_TRUE(sound("GET / HTTP/1.1\r\nHost: a\r\n\r\n").keep_alive());
  EXPECT_FALSE(sound("GET / HTTP/1.0\r\n\r\n").keep_alive());
  EXPECT_TRUE(sound("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n").keep_alive());
}

TEST(request, that_two_readers_could_understand_differently_is_refused) {
  const std::string host = "Host: a\r\n";
  EXPECT_EQ(refused("GET / HTTP/1.1\r\n" + host + "A: b\r\n c\r\n\r\n"), 400) << "obs-fold";
  EXPECT_EQ(refused("GET / HTTP/1.1\r\n" + host + "A : b\r\n\r\n"), 400) << "blank before the colon";
  EXPECT_EQ(refused("GET / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n"), 400);
  EXPECT_EQ(refused("GET / HTTP/1.1\r\n" + host + "Content-Length: 1, 2\r\n\r\n"), 400);
  EXPECT_EQ(refused("GET / HTTP/1.1\r\n" + host + "Content-Length: +1\r\n\r\n"), 400);
  EXPECT_EQ(refused("GET / HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n"), 400);
  EXPECT_EQ(refused("GET / HTTP/1.1\r\n" + host + "Content-Length: 99999999999999999999\r\n\r\n"), 400);
  EXPECT_EQ(refused("GET / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_EQ(refused("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_EQ(refused("GET / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked, chunked\r\n\r\n"), 501);
  EXPECT_EQ(refused("GET / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip\r\n\r\n"), 501);
  EXPECT_EQ(refused("GET / HTTP/1.1\r\n" + host + host + "\r\n"), 400) << "two hosts";
  EXPECT_EQ(refused("GET / HTTP/1.1\r\n\r\n"), 400) << "no host";
  EXPECT_EQ(refused("GET / HTTP/1.1\r\n" + host + "A: b\rc\r\n\r\n"), 400) << "bare CR";
  EXPECT_EQ(refused("GET / HTTP/1.1\n" + host + "\r\n"), 400) << "bare LF";
  EXPECT_EQ(refused(std::string("GET / HTTP/1.1\r\nHost: a\r\nA: \0\r\n\r\n", 33)), 400) << "NUL";
  EXPECT_EQ(refused("GET /a b HTTP/1.1\r\n" + host + "\r\n"), 400);
  EXPECT_EQ(refused("GET  / HTTP/1.1\r\n" + host + "\r\n"), 400);
  EXPECT_EQ(refused("GET / HTTP/1.1 \r\n" + host + "\r\n"), 400);
  EXPECT_EQ(refused("GET a HTTP/1.1\r\n" + host + "\r\n"), 400);
  EXPECT_EQ(refused("GET /#f HTTP/1.1\r\n" + host + "\r\n"), 400);
  EXPECT_EQ(refused("G@T / HTTP/1.1\r\n" + host + "\r\n"), 400);
  EXPECT_EQ(refused("GET / HTTP/2.0\r\n" + host + "\r\n"), 505);
  EXPECT_EQ(refused("GET / HTTP/x\r\n" + host + "\r\n"), 400);
  EXPECT_EQ(refused("\r\n"), 400);
  std::string many = "GET / HTTP/1.1\r\n" + host;
  for (int i = 0; i < 250; ++i) many += "A: b\r\n";
  EXPECT_EQ(refused(many + "\r\n"), 400);
}

}  // namespace
}  // namespace signet::http1
