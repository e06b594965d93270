// The buffers between OpenSSL and a transport: few reads and writes, and no memory while nothing is held
// (docs/proven.md 17, 25).
#include <gtest/gtest.h>

#include <cstring>

#include "support/pair.hpp"
#include "tls/wire.hpp"

namespace signet {
namespace {

class a_wire : public testing::Test {
 protected:
  // As OpenSSL reads, in a call of its own: a number of octets, or what the BIO says instead.
  std::string take(std::size_t size) {
    io.begin_call();
    return take_more(size);
  }
  std::string take_more(std::size_t size) {
    std::string taken(size, '\0');
    std::size_t got = 0;
    if (BIO_read_ex(bio.get(), taken.data(), size, &got) != 1)
      return BIO_should_retry(bio.get()) != 0 ? "later" : "never";
    taken.resize(got);
    return taken;
  }
  void put(std::string_view bytes) {
    std::size_t taken = 0;
    ASSERT_EQ(BIO_write_ex(bio.get(), bytes.data(), bytes.size(), &taken), 1);
    ASSERT_EQ(taken, bytes.size());
  }

  test::pipe in, out;
  test::memory_transport below{in, out};
  wire io{below};
  ossl::bio_ptr bio = io.make_bio();
};

TEST_F(a_wire, reads_a_flight_once_however_small_the_pieces_it_is_asked_for) {
  in.put("header|body of the record|header|another");
  EXPECT_EQ(take(7), "header|");
  EXPECT_EQ(take(18), "body of the record");
  EXPECT_EQ(take(100), "|header|another");
  EXPECT_EQ(below.reads, 1U);
  EXPECT_EQ(io.allocated(), 0U) << "nothing is held, so nothing is kept";
  EXPECT_EQ(take(1), "later");
}

TEST_F(a_wire, holds_no_memory_while_it_waits) {
  EXPECT_EQ(take(5), "later");
  EXPECT_EQ(io.allocated(), 0U);
  in.put(std::string(64, 'x'));
  EXPECT_EQ(take(5), "xxxxx");
  EXPECT_EQ(io.allocated(), 59U) << "what is left over, to the octet";
  EXPECT_EQ(take(59).size(), 59U);
  EXPECT_EQ(io.allocated(), 0U);
  put("sent");
  EXPECT_TRUE(io.flush().value());
  EXPECT_EQ(io.allocated(), 0U);
}

TEST_F(a_wire, gives_a_stream_a_large_buffer_and_takes_it_back) {
  in.put(std::string(300'000, 's'));
  std::size_t total = 0;
  for (std::string piece; (piece = take(16384)) != "later";) total += piece.size();
  EXPECT_EQ(total, 300'000U);
  EXPECT_LE(below.reads, 8U);
  EXPECT_EQ(io.allocated(), 0U);
}

TEST_F(a_wire, is_not_read_in_one_call_for_as_long_as_a_peer_likes) {
  in.put(std::string(300'000, 's'));
  std::size_t total = 0;
  io.begin_call();
  for (std::string piece; (piece = take_more(16384)) != "later";) total += piece.size();
  EXPECT_GE(total, wire::taken_at_most);
  EXPECT_LE(total, 2 * wire::taken_at_most);
  EXPECT_EQ(take(1), "s") << "the next call goes on";
}

TEST_F(a_wire, is_not_read_while_more_is_held_than_writing_leaves) {
  out.full = true;
  in.put("question");
  put(std::string(wire::held_limit, 'h'));
  EXPECT_EQ(take(1), "q") << "as much as a writer that waits for its reader may hold";
  put("h");
  EXPECT_EQ(take(1), "later");
  EXPECT_TRUE(io.overfull());
  out.full = false;
  EXPECT_EQ(take(1), "u");
  EXPECT_EQ(io.unsent(), 0U);
}

TEST_F(a_wire, that_could_not_send_in_the_time_of_a_read_can_still_write) {
  put("answer");
  below.write_error = error(errc::timed_out, "no time");
  EXPECT_EQ(take(1), "later");
  below.write_error.reset();
  EXPECT_TRUE(io.flush().value());
  EXPECT_EQ(out.queue, "answer");
}

TEST_F(a_wire, gathers_what_is_written_and_sends_it_before_it_waits) {
  put("one ");
  put("two ");
  put("three");
  EXPECT_EQ(out.writes, 0U);
  EXPECT_EQ(io.unsent(), 13U);
  EXPECT_EQ(take(1), "later");
  EXPECT_EQ(out.queue, "one two three");
  EXPECT_EQ(out.writes, 1U);
}

TEST_F(a_wire, keeps_the_order_when_only_a_part_is_taken) {
  out.step = 3;
  put("abcdefgh");
  EXPECT_TRUE(io.flush().value());
  EXPECT_EQ(out.queue, "abcdefgh");
  out.step = test::pipe::none;
  put("1");
  out.full = true;
  EXPECT_FALSE(io.flush().value());
  put(std::string(5000, '2'));
  out.full = false;
  EXPECT_TRUE(io.flush().value());
  EXPECT_EQ(out.queue, "abcdefgh1" + std::string(5000, '2'));
}

TEST_F(a_wire, tells_end_failure_and_time_apart) {
  below.read_error = error(errc::timed_out, "late");
  EXPECT_EQ(take(1), "later") << "a time-out may be repeated";
  EXPECT_EQ(io.take_read_failure().value().code(), errc::timed_out);
  EXPECT_FALSE(io.take_read_failure());
  below.read_error = error(errc::connection_reset, "gone");
  EXPECT_EQ(take(1), "never");
  EXPECT_EQ(io.take_read_failure().value().code(), errc::connection_reset);
  EXPECT_FALSE(io.peer_ended());
  in.ended = true;
  EXPECT_EQ(take(1), "never");
  EXPECT_TRUE(io.peer_ended());
}

TEST_F(a_wire, that_cannot_write_still_reads) {
  below.write_error = error(errc::connection_reset, "gone");
  put("lost");
  in.put("an alert");
  EXPECT_EQ(take(8), "an alert");
  EXPECT_EQ(io.write_failure().value().code(), errc::connection_reset);
  EXPECT_EQ(io.unsent(), 0U);
  EXPECT_EQ(io.flush().error().code(), errc::connection_reset) << "a wire that has lost something stays broken";
}

TEST_F(a_wire, remembers_how_the_peer_began) {
  io.feed("GET / HT");
  in.put("TP/1.1" + std::string(200, 'x'));
  EXPECT_EQ(take(8), "GET / HT");
  (void)take(300);
  EXPECT_EQ(io.first_bytes().substr(0, 15), "GET / HTTP/1.1x");
  EXPECT_EQ(io.first_bytes().size(), 64U);
}

TEST_F(a_wire, gives_up_what_is_buffered) {
  in.put("tls|plain");
  EXPECT_EQ(take(4), "tls|");
  EXPECT_EQ(io.take_buffered(), "plain");
  EXPECT_EQ(io.take_buffered(), "");
  io.read_only_buffered(true);
  in.put("more");
  EXPECT_EQ(take(4), "later");
}

}  // namespace
}  // namespace signet
