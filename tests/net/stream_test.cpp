#include <signet/net/stream.hpp>

#include <gtest/gtest.h>

#include <array>
#include <future>
#include <iomanip>
#include <iterator>
#include <thread>
#include <vector>

#include "support/net_peers.hpp"
#include "support/record_counter.hpp"

namespace signet {
namespace {

using test::make_plain_pair;
using test::make_tls_pair;
using test::patience;
using namespace std::chrono_literals;

struct streams {
  stream client;
  stream server;
};

template <class Pair>
streams over(Pair pair) {
  pair.client.set_timeout(patience);
  pair.server.set_timeout(patience);
  return {stream(std::move(pair.client)), stream(std::move(pair.server))};
}

enum class wire { plain, tls };

class stream_over : public testing::TestWithParam<wire> {
 protected:
  static streams pair() { return GetParam() == wire::tls ? over(make_tls_pair()) : over(make_plain_pair()); }
  // A stream whose peer has sent this and closed.
  static stream reading(const std::string& text) {
    auto [from, to] = pair();
    from << text;
    EXPECT_TRUE(from.close());
    return std::move(to);
  }
};
INSTANTIATE_TEST_SUITE_P(each, stream_over, testing::Values(wire::plain, wire::tls),
                         [](const auto& each) { return each.param == wire::tls ? "tls" : "plain"; });

std::vector<std::string> lines_of(std::istream& from, char separator = '\n') {
  std::vector<std::string> out;
  for (std::string line; std::getline(from, line, separator);) out.push_back(line);
  return out;
}
using lines = std::vector<std::string>;

std::string all_of(std::istream& from) {
  return {std::istreambuf_iterator<char>(from), {}};
}

TEST_P(stream_over, is_a_conversation_in_lines) {
  auto [client, server] = pair();
  client << "HELO "
         << "client.test" << std::endl;
  std::string line;
  ASSERT_TRUE(std::getline(server, line));
  EXPECT_EQ(line, "HELO client.test");
  server << 250 << ' ' << "at your service" << '\n' << std::flush;
  int code = 0;
  ASSERT_TRUE(client >> code);
  EXPECT_EQ(code, 250);
  ASSERT_TRUE(std::getline(client >> std::ws, line));
  EXPECT_EQ(line, "at your service");
  EXPECT_TRUE(client.close());
  EXPECT_FALSE(std::getline(server, line));
  EXPECT_TRUE(server.eof());
  EXPECT_FALSE(server.bad());
  EXPECT_FALSE(server.error());
}

TEST_P(stream_over, getline_keeps_the_cr_of_a_crlf) {
  auto in = reading("one\r\ntwo\n\r\nlast");
  EXPECT_EQ(lines_of(in), (lines{"one\r", "two", "\r", "last"}));
  EXPECT_TRUE(in.eof());
  EXPECT_FALSE(in.bad());
}

TEST_P(stream_over, carries_every_octet) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  all += std::string("\0\n\0", 3);
  auto in = reading(all);
  EXPECT_EQ(all_of(in), all);
  EXPECT_FALSE(in.bad());
}

TEST_P(stream_over, writes_are_formatted_as_ever) {
  auto [client, server] = pair();
  client << std::hex << std::showbase << 255 << ' ' << std::setw(5) << std::setfill('*') << "ab" << ' ' << std::fixed
         << std::setprecision(2) << 1.04 << ' ' << std::boolalpha << true << '\n';
  client.put('$').write("\0x", 2);
  EXPECT_TRUE(client.close());
  EXPECT_EQ(all_of(server), std::string("0xff ***ab 1.04 true\n$\0x", 24));
}

TEST_P(stream_over, a_megabyte_goes_both_ways) {
  auto [client, server] = pair();
  std::string much(std::size_t{1} << 20, '\0');
  for (std::size_t i = 0; i < much.size(); ++i) much[i] = static_cast<char>(i * 7 + i / 251);
  std::thread echo([&on = server, size = much.size()] {
    std::string got(size, '\0');
    if (on.read(got.data(), static_cast<std::streamsize>(size))) on << got << std::flush;
  });
  client << much << std::flush;
  std::string back(much.size(), '\0');
  EXPECT_TRUE(client.read(back.data(), static_cast<std::streamsize>(back.size())));
  EXPECT_EQ(client.gcount(), static_cast<std::streamsize>(much.size()));
  EXPECT_TRUE(back == much);
  echo.join();
}

TEST_P(stream_over, a_read_of_more_than_there_is_gets_what_came) {
  auto in = reading("four");
  std::array<char, 8> eight{};
  EXPECT_FALSE(in.read(eight.data(), 8));
  EXPECT_EQ(in.gcount(), 4);
  EXPECT_EQ(std::string_view(eight.data(), 4), "four");
  EXPECT_TRUE(in.eof());
  EXPECT_FALSE(in.error());
}

TEST_P(stream_over, looks_ahead_and_puts_back) {
  auto in = reading("abcd" + std::string(16384, 'x') + "tail");
  EXPECT_EQ(in.peek(), 'a');
  EXPECT_EQ(in.get(), 'a');
  EXPECT_TRUE(in.unget());
  EXPECT_EQ(in.get(), 'a');
  EXPECT_TRUE(in.putback('A'));
  EXPECT_EQ(in.get(), 'A');
  // Across the border of what is held at once.
  std::string most(3 + 16384 - 4, '\0');
  ASSERT_TRUE(in.read(most.data(), static_cast<std::streamsize>(most.size())));
  const auto next = in.get();
  ASSERT_TRUE(in.unget());
  EXPECT_EQ(in.get(), next);
  EXPECT_EQ(all_of(in), "xxxtail");
  ASSERT_TRUE(in);
  ASSERT_TRUE(in.unget());
  EXPECT_EQ(in.get(), 'l');
  EXPECT_EQ(in.peek(), std::char_traits<char>::eof());
  EXPECT_FALSE(in.error());
}

TEST_P(stream_over, puts_back_what_came_before_a_longer_piece) {
  auto [client, server] = pair();
  server << "0123456789" << std::flush;
  std::string read(10, '\0');
  ASSERT_TRUE(client.read(read.data(), 10));
  server << "ABCDEFGHIJKLMNOPQRST" << std::flush;
  EXPECT_EQ(client.get(), 'A');
  for (const char c : std::string_view("A98765432")) {
    ASSERT_TRUE(client.unget());
    EXPECT_EQ(client.peek(), c);
  }
  read.resize(28);
  ASSERT_TRUE(client.read(read.data(), 28));
  EXPECT_EQ(read, "23456789ABCDEFGHIJKLMNOPQRST");
}

TEST_P(stream_over, nothing_can_be_put_back_before_the_first_read) {
  auto in = reading("x");
  EXPECT_FALSE(in.putback('y'));
  EXPECT_TRUE(in.bad());
  EXPECT_FALSE(in.error());  // the stream's own complaint, not the socket's
}

TEST_P(stream_over, what_was_gathered_leaves_before_a_read_that_waits) {
  auto [client, server] = pair();
  auto answer = std::async(std::launch::async, [&on = server] {
    std::string question;
    std::getline(on, question);
    on << question << " to you\n" << std::flush;
  });
  client << "good day\n";  // no flush
  std::string line;
  ASSERT_TRUE(std::getline(client, line));
  EXPECT_EQ(line, "good day to you");
  answer.get();
}

TEST_P(stream_over, a_read_that_timed_out_may_be_repeated) {
  auto [client, server] = pair();
  client.set_timeout(30ms);
  server << "half" << std::flush;
  std::string word;
  EXPECT_FALSE(std::getline(client, word));
  EXPECT_TRUE(client.bad());
  ASSERT_TRUE(client.error());
  EXPECT_EQ(client.error()->code(), errc::timed_out);
  EXPECT_EQ(word, "half");
  client.clear();
  EXPECT_FALSE(client.error());
  client.set_timeout(patience);
  server << " line\n" << std::flush;
  ASSERT_TRUE(std::getline(client, word));
  EXPECT_EQ(word, " line");
}

TEST_P(stream_over, a_write_that_failed_stays_failed_and_reading_goes_on) {
  auto [client, server] = pair();
  client.set_timeout(50ms);
  server << "greeting\n" << std::flush;
  const std::string much(32 << 20, 'm');
  EXPECT_FALSE(client << much);
  ASSERT_TRUE(client.error());
  const auto why = client.error()->message();
  EXPECT_EQ(client.error()->code(), errc::timed_out);
  client.clear();
  std::string line;
  ASSERT_TRUE(std::getline(client, line));
  EXPECT_EQ(line, "greeting");
  client << "more";
  EXPECT_FALSE(client.flush());
  EXPECT_EQ(client.error()->message(), why);
  const auto closed = client.close();
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().message(), why);
}

TEST_P(stream_over, a_reset_is_bad) {
  auto [client, server] = pair();
  server << "x" << std::flush;
  EXPECT_EQ(client.get(), 'x');
  std::visit([](auto& on) { test::close_resets(on.native_handle()); }, server.socket());
  { const auto gone = std::move(server); }
  std::string word;
  EXPECT_FALSE(client >> word);
  EXPECT_TRUE(client.bad());
  EXPECT_EQ(client.error().value().code(), errc::connection_reset);
}

TEST_P(stream_over, exceptions_come_when_asked_for_and_say_all) {
  auto [client, server] = pair();
  client.set_timeout(10ms);
  client.exceptions(std::ios::badbit);
  std::string word;
  try {
    client >> word;
    FAIL() << "nothing was thrown";
  } catch (const std::ios_base::failure& thrown) {
    EXPECT_NE(std::string(thrown.what()).find("reading: timed out after "), std::string::npos) << thrown.what();
  }
  EXPECT_EQ(client.error().value().code(), errc::timed_out);
  client.clear();
  EXPECT_THROW(client.get(), std::ios_base::failure);
  client.clear();
  EXPECT_THROW(client.peek(), std::ios_base::failure);
  client.clear();
  EXPECT_THROW(all_of(client), std::ios_base::failure);
  client.clear();
  // An end is none.
  EXPECT_TRUE(server.close());
  EXPECT_FALSE(client >> word);
  EXPECT_TRUE(client.eof());
  EXPECT_TRUE(client.close());
}

TEST_P(stream_over, a_failing_flush_throws_when_asked) {
  auto [client, server] = pair();
  client << "held";
  EXPECT_TRUE(client.close());
  client.exceptions(std::ios::badbit);
  client << "late";
  EXPECT_THROW(client.flush(), std::ios_base::failure);
  EXPECT_EQ(client.error().value().code(), errc::not_connected);
  EXPECT_EQ(all_of(server), "held");
}

TEST_P(stream_over, its_destructor_sends_nothing) {
  auto [client, server] = pair();
  {
    auto gone = std::move(client);
    gone << "sent" << std::flush << "held";
  }
  EXPECT_EQ(all_of(server), "sent");
  // Without a goodbye, which plain TCP cannot tell from one.
  EXPECT_EQ(server.bad(), GetParam() == wire::tls);
}

TEST_P(stream_over, moves_with_all_it_holds) {
  auto [first, server] = pair();
  server << "read ahead\nrest\n" << std::flush;
  std::string word;
  ASSERT_TRUE(first >> word);
  first << "held ";
  stream second(std::move(first));
  EXPECT_FALSE(first << "x");  // NOLINT(bugprone-use-after-move)
  EXPECT_FALSE(first >> word);
  EXPECT_TRUE(first.bad());
  EXPECT_FALSE(first.error());
  EXPECT_TRUE(first.close());
  EXPECT_EQ(first.release().error().code(), errc::not_connected);
  ASSERT_TRUE(std::getline(second, word));
  EXPECT_EQ(word, " ahead");
  auto [other, elsewhere] = pair();
  other = std::move(second);
  EXPECT_EQ(lines_of(elsewhere), lines());  // what `other` stood on is gone
  ASSERT_TRUE(std::getline(other, word));
  EXPECT_EQ(word, "rest");
  other << "and more" << std::endl;
  ASSERT_TRUE(std::getline(server, word));
  EXPECT_EQ(word, "held and more");
  // What fails is told to where it is now.
  other.set_timeout(10ms);
  EXPECT_FALSE(std::getline(other, word));
  EXPECT_EQ(other.error().value().code(), errc::timed_out);
}

TEST_P(stream_over, gives_its_socket_back_only_when_nothing_is_held) {
  auto [client, server] = pair();
  server << "one two" << std::flush;
  std::string word;
  ASSERT_TRUE(std::getline(client, word, ' '));
  EXPECT_EQ(client.release().error().code(), errc::unread_data);
  word.resize(3);
  ASSERT_TRUE(client.read(word.data(), 3));
  client << "held";
  const auto refused = client.release();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), errc::unread_data);
  EXPECT_NE(refused.error().message().find("4 bytes"), std::string::npos) << refused.error().message();
  ASSERT_TRUE(client.flush());
  auto socket = client.release();
  ASSERT_TRUE(socket) << socket.error().message();
  EXPECT_EQ(client.release().error().code(), errc::not_connected);
  EXPECT_FALSE(client << "x" << std::flush);
  EXPECT_EQ(client.error().value().code(), errc::not_connected);
  std::visit([](auto& on) { EXPECT_TRUE(on.write_all(" and more\n")); }, *socket);
  ASSERT_TRUE(std::getline(server, word));
  EXPECT_EQ(word, "held and more");
}

TEST_P(stream_over, a_closed_one_says_so) {
  auto [client, server] = pair();
  client << "last words";
  EXPECT_TRUE(client.close());
  EXPECT_TRUE(client.close());
  EXPECT_EQ(all_of(server), "last words");
  EXPECT_FALSE(server.error());
  EXPECT_EQ(client.get(), std::char_traits<char>::eof());
  EXPECT_EQ(client.error().value().code(), errc::not_connected);
  client.clear();
  EXPECT_FALSE(client << "x" << std::flush);
  EXPECT_EQ(client.error().value().code(), errc::not_connected);
}

TEST_P(stream_over, knows_what_is_there_without_waiting) {
  auto [client, server] = pair();
  EXPECT_EQ(client.rdbuf()->in_avail(), 0);
  server << "seven" << std::flush;
  EXPECT_EQ(client.peek(), 's');
  std::array<char, 16> some{};
  EXPECT_EQ(client.readsome(some.data(), some.size()), 5);
  EXPECT_EQ(client.readsome(some.data(), some.size()), 0);
  EXPECT_TRUE(client);
}

TEST(stream, a_truncated_end_is_bad_and_not_an_end) {
  auto [client, server] = over(make_tls_pair());
  server << "whole\nhal" << std::flush;
  { const auto gone = std::move(server); }
  std::string line;
  ASSERT_TRUE(std::getline(client, line));
  EXPECT_EQ(line, "whole");
  EXPECT_FALSE(std::getline(client, line)) << "half a line is not a line";
  EXPECT_TRUE(client.bad());
  EXPECT_EQ(client.error().value().code(), errc::truncated);
  client.clear();
  EXPECT_EQ(client.get(), std::char_traits<char>::eof());
  EXPECT_EQ(client.error().value().code(), errc::truncated);
}

TEST(stream, many_small_writes_make_one_record) {
  test::record_counter peer;
  stream client(peer.connect());
  std::string all;
  for (int i = 0; i < 500; ++i) {
    client << i << ' ' << "apples" << '\n';
    all += std::to_string(i) + " apples\n";
  }
  ASSERT_TRUE(client.flush());
  EXPECT_EQ(peer.read(all.size()), all);
  EXPECT_EQ(peer.records(), 1U);
}

TEST(stream, what_is_more_than_a_record_fills_records) {
  test::record_counter peer;
  stream client(peer.connect());
  std::string all;
  for (int i = 0; i < 4'000; ++i) all += "ten bytes\n";
  for (std::size_t at = 0; at < all.size(); at += 100) client << all.substr(at, 100);
  ASSERT_TRUE(client.flush());
  EXPECT_EQ(peer.read(all.size()), all);
  EXPECT_EQ(peer.records(), 3U);
}

TEST(stream, numbers_and_words_are_read_across_the_borders_of_records) {
  test::record_counter peer;
  stream client(peer.connect());
  for (const char* piece : {"12", "34 5", ".", "25 wo", "rd", "\n"}) peer.write(piece);
  int number = 0;
  double fraction = 0;
  std::string word;
  ASSERT_TRUE(client >> number >> fraction >> word);
  EXPECT_EQ(number, 1234);
  EXPECT_EQ(fraction, 5.25);
  EXPECT_EQ(word, "word");
}

// The tables of readline: each mode of reading records has its means in C++.

// Lines up to an empty one; all the newlines that follow belong to it.
lines paragraphs_of(std::istream& in) {
  lines out;
  for (std::string line, paragraph; std::getline(in, line); paragraph.clear()) {
    do paragraph += line + '\n';
    while (std::getline(in, line) && !line.empty());
    while (in.peek() == '\n') in.get();
    out.push_back(paragraph);
  }
  return out;
}

TEST_P(stream_over, reads_records_that_two_newlines_end) {
  auto in = reading("multi\nple\n\n1234567890line\n\n\n\nbla\n\nblubb\n\nblip");
  // A separator of two newlines, one record: a line is empty where two newlines meet.
  std::string record;
  for (std::string line; std::getline(in, line) && !line.empty();) record += line + '\n';
  EXPECT_EQ(record, "multi\nple\n");
  // Ten octets.
  std::string ten(10, '\0');
  ASSERT_TRUE(in.read(ten.data(), 10));
  EXPECT_EQ(ten, "1234567890");
  EXPECT_EQ(paragraphs_of(in), (lines{"line\n", "bla\n", "blubb\n", "blip\n"}));
  EXPECT_FALSE(in.error());
  auto of_lines = reading("a\nb\n\nc\nd\n\ne");
  EXPECT_EQ(paragraphs_of(of_lines), (lines{"a\nb\n", "c\nd\n", "e\n"}));
}

TEST_P(stream_over, reads_a_line_then_all_the_rest) {
  auto in = reading("some\nstring\nwith\nsome\nlines\nwhatever");
  std::string line;
  ASSERT_TRUE(std::getline(in, line));
  EXPECT_EQ(line, "some");
  EXPECT_EQ(all_of(in), "string\nwith\nsome\nlines\nwhatever");
}

TEST_P(stream_over, reads_all_lines_and_the_last_without_its_end) {
  auto in = reading("some\nstring\nwith\nsome\nlines\nwhatever");
  EXPECT_EQ(lines_of(in), (lines{"some", "string", "with", "some", "lines", "whatever"}));
  EXPECT_TRUE(in.eof());
}

TEST_P(stream_over, reads_records_of_a_fixed_size_until_the_end) {
  const auto records_of = [](std::istream& in, std::size_t size) {
    lines out;
    for (std::string record(size, '\0'); in.read(record.data(), static_cast<std::streamsize>(size)) || in.gcount() > 0;)
      out.push_back(record.substr(0, static_cast<std::size_t>(in.gcount())));
    return out;
  };
  auto in = reading("1234567890");
  EXPECT_EQ(records_of(in, 2), (lines{"12", "34", "56", "78", "90"}));
  EXPECT_TRUE(in.eof());
  auto uneven = reading("ab\ncdefg");
  EXPECT_EQ(records_of(uneven, 3), (lines{"ab\n", "cde", "fg"}));
  EXPECT_TRUE(uneven.eof());
  EXPECT_FALSE(uneven.error());
}

TEST_P(stream_over, a_line_of_0_ends_nothing) {
  auto [client, server] = pair();
  std::thread writing([&to = client] {
    for (const char* piece : {"bla\n", "0", "blubb\n", "no newline"}) to << piece << std::flush;
    EXPECT_TRUE(to.close());
  });
  EXPECT_EQ(lines_of(server), (lines{"bla", "0blubb", "no newline"}));
  writing.join();
  auto zeros = reading("0\n0\n0");
  EXPECT_EQ(lines_of(zeros), (lines{"0", "0", "0"}));
  auto octets = reading("0");
  EXPECT_EQ(octets.get(), '0');
  EXPECT_EQ(octets.get(), std::char_traits<char>::eof());
}

TEST_P(stream_over, separators_are_literal) {
  auto in = reading("a|b.c|d");
  EXPECT_EQ(lines_of(in, '|'), (lines{"a", "b.c", "d"}));
}

}  // namespace
}  // namespace signet
