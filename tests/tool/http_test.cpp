#include <gtest/gtest.h>

#include "http/request.hpp"
#include "http/response.hpp"

namespace {

using signet::errc;
using tool::body_decoder;

std::variant<tool::http_request, tool::http_refusal> request(const std::string& text) {
  return tool::parse_request(text);
}
int refusal(const std::string& text) {
  const auto parsed = request(text);
  const auto* refused = std::get_if<tool::http_refusal>(&parsed);
  return refused == nullptr ? 0 : refused->status;
}

// Feeds in pieces of `step` bytes and joins what comes out.
signet::result<std::string> decoded(body_decoder decoder, std::string_view input, std::size_t step) {
  std::string out;
  while (!input.empty() && !decoder.done()) {
    auto piece = input.substr(0, step);
    auto taken = decoder.feed(piece);
    if (!taken) return std::move(taken).error();
    EXPECT_GT(taken->consumed, 0U);
    out += taken->data;
    input.remove_prefix(taken->consumed);
  }
  if (auto ended = decoder.end(); !ended) return std::move(ended).error();
  return out;
}

TEST(head_size, is_known_once_the_empty_line_has_come) {
  EXPECT_EQ(tool::head_size("GET / HTTP/1.1\r\nHost: a\r\n", tool::line_ends::crlf), 0U);
  EXPECT_EQ(tool::head_size("GET / HTTP/1.1\r\n\r\nmore", tool::line_ends::crlf), 18U);
  EXPECT_EQ(tool::head_size("GET / HTTP/1.1\n\nmore", tool::line_ends::crlf), 0U);
  EXPECT_EQ(tool::head_size("HTTP/1.0 200\n\nmore", tool::line_ends::crlf_or_lf), 14U);
  EXPECT_EQ(tool::head_size("HTTP/1.0 200\n\r\nmore", tool::line_ends::crlf_or_lf), 15U);
}

TEST(request, is_read) {
  auto parsed = request("GET /a?b HTTP/1.1\r\nHost: example.org\r\nConnection: Keep-Alive, Close\r\nX:  y \t\r\n\r\n");
  const auto& got = std::get<tool::http_request>(parsed);
  EXPECT_EQ(got.method, "GET");
  EXPECT_EQ(got.target, "/a?b");
  EXPECT_EQ(*got.fields.find("x"), "y");
  EXPECT_TRUE(got.fields.lists("connection", "close"));
  EXPECT_FALSE(got.keep_alive());
  EXPECT_TRUE(got.body.done());
}

TEST(request, in_absolute_form_is_for_its_path) {
  EXPECT_EQ(std::get<tool::http_request>(request("GET HTTP://a/b?c HTTP/1.1\r\nHost: a\r\n\r\n")).target, "/b?c");
  EXPECT_EQ(std::get<tool::http_request>(request("GET http://a HTTP/1.1\r\nHost: a\r\n\r\n")).target, "/");
}

TEST(request, stays_open_by_version_and_wish) {
  EXPECT_TRUE(std::get<tool::http_request>(request("GET / HTTP/1.1\r\nHost: a\r\n\r\n")).keep_alive());
  EXPECT_FALSE(std::get<tool::http_request>(request("GET / HTTP/1.0\r\n\r\n")).keep_alive());
  EXPECT_TRUE(std::get<tool::http_request>(request("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")).keep_alive());
}

TEST(request, that_two_readers_could_understand_differently_is_refused) {
  const std::string host = "Host: a\r\n";
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\n" + host + "A: b\r\n c\r\n\r\n"), 400) << "obs-fold";
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\n" + host + "A : b\r\n\r\n"), 400) << "blank before the colon";
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n"), 400);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\n" + host + "Content-Length: 1, 2\r\n\r\n"), 400);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\n" + host + "Content-Length: +1\r\n\r\n"), 400);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n"), 400);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\n" + host + "Content-Length: 99999999999999999999\r\n\r\n"), 400);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\n" + host + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_EQ(refusal("GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked, chunked\r\n\r\n"), 501);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip\r\n\r\n"), 501);
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\n" + host + host + "\r\n"), 400) << "two hosts";
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\n\r\n"), 400) << "no host";
  EXPECT_EQ(refusal("GET / HTTP/1.1\r\n" + host + "A: b\rc\r\n\r\n"), 400) << "bare CR";
  EXPECT_EQ(refusal("GET / HTTP/1.1\n" + host + "\r\n"), 400) << "bare LF";
  EXPECT_EQ(refusal(std::string("GET / HTTP/1.1\r\nHost: a\r\nA: \0\r\n\r\n", 33)), 400) << "NUL";
  EXPECT_EQ(refusal("GET /a b HTTP/1.1\r\n" + host + "\r\n"), 400);
  EXPECT_EQ(refusal("GET  / HTTP/1.1\r\n" + host + "\r\n"), 400);
  EXPECT_EQ(refusal("GET / HTTP/1.1 \r\n" + host + "\r\n"), 400);
  EXPECT_EQ(refusal("GET a HTTP/1.1\r\n" + host + "\r\n"), 400);
  EXPECT_EQ(refusal("GET /#f HTTP/1.1\r\n" + host + "\r\n"), 400);
  EXPECT_EQ(refusal("G@T / HTTP/1.1\r\n" + host + "\r\n"), 400);
  EXPECT_EQ(refusal("GET / HTTP/2.0\r\n" + host + "\r\n"), 505);
  EXPECT_EQ(refusal("GET / HTTP/x\r\n" + host + "\r\n"), 400);
  EXPECT_EQ(refusal("\r\n"), 400);
  std::string many = "GET / HTTP/1.1\r\n" + host;
  for (int i = 0; i < 250; ++i) many += "A: b\r\n";
  EXPECT_EQ(refusal(many + "\r\n"), 400);
}

TEST(response, is_read_and_its_body_framed) {
  auto got = tool::parse_response("HTTP/1.1 200 Very OK\r\nContent-Length: 3\r\n\r\n", "GET").value();
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.reason, "Very OK");
  EXPECT_EQ(decoded(got.body, "abcdef", 2).value(), "abc");
  EXPECT_TRUE(tool::parse_response("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", "HEAD").value().body.done());
  EXPECT_TRUE(tool::parse_response("HTTP/1.1 204 \r\n\r\n", "GET").value().body.done());
  EXPECT_TRUE(
      tool::parse_response("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", "GET").value().body.done());
  EXPECT_TRUE(tool::parse_response("HTTP/1.1 103 Early Hints\r\n\r\n", "GET").value().is_interim());
  EXPECT_EQ(decoded(tool::parse_response("HTTP/1.0 200\n\n", "GET").value().body, "to the end", 3).value(),
            "to the end");
  EXPECT_EQ(decoded(tool::parse_response("HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n", "GET").value().body,
                    "1\r\nx\r\n0\r\n\r\n", 1)
                .value(),
            "x");
}

TEST(response, that_is_none_is_a_violation) {
  for (const char* text : {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
                           "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                           "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n", "HTTP/1.1 2OO OK\r\n\r\n", "HTTP/1.1 20 OK\r\n\r\n",
                           "HTTP/1.1 099 OK\r\n\r\n", "HTTP/2 200\r\n\r\n", "HTTP/3.0 200 OK\r\n\r\n",
                           "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 101 Switching\r\n\r\n", "SSH-2.0-x\r\n\r\n", ""}) {
    const auto parsed = tool::parse_response(text, "GET");
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code(), errc::protocol_violation) << text;
  }
}

TEST(body, in_chunks_comes_out_whole_however_it_is_cut) {
  const std::string wire = "5;name=\"v\"\r\nhello\r\n00a\r\n, big worl\r\n1\r\nd\r\n0\r\nTrailer: x\r\n\r\nnext";
  for (std::size_t step = 1; step <= wire.size(); ++step)
    EXPECT_EQ(decoded(body_decoder::chunked(), wire, step).value(), "hello, big world") << step;
}

TEST(body, that_is_cut_is_an_error) {
  const std::string wire = "5\r\nhello\r\n0\r\n\r\n";
  for (std::size_t size = 0; size < wire.size(); ++size) {
    const auto cut = decoded(body_decoder::chunked(), std::string_view(wire).substr(0, size), 100);
    ASSERT_FALSE(cut) << size;
    EXPECT_EQ(cut.error().code(), errc::truncated) << size;
  }
  EXPECT_EQ(decoded(body_decoder::sized(10), "123456789", 4).error().code(), errc::truncated);
}

TEST(body, in_broken_chunks_is_a_violation) {
  for (const char* wire : {"x\r\n", "-1\r\n", "\r\n", "5\nhello\r\n0\r\n\r\n", "3\r\nhello\r\n0\r\n\r\n",
                           "0x5\r\nhello\r\n", "fffffffffffffffff\r\n", "11111111111111111\r\n", "5 5\r\nhello"}) {
    const auto broken = decoded(body_decoder::chunked(), wire, 100);
    ASSERT_FALSE(broken) << wire;
    EXPECT_EQ(broken.error().code(), errc::protocol_violation) << wire;
  }
  EXPECT_FALSE(decoded(body_decoder::chunked(), "1;" + std::string(10000, 'x'), 100));
  std::string trailer = "0\r\n";
  for (int i = 0; i < 1000; ++i) trailer += "Some-Field: some value\r\n";
  EXPECT_EQ(decoded(body_decoder::chunked(), trailer, 100).error().code(), errc::protocol_violation);
}

}  // namespace
