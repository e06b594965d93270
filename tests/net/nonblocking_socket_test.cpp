#include <signet/net/nonblocking_socket.hpp>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <future>
#include <optional>

#include "support/faulty_calls.hpp"
#include "support/nonblocking_peers.hpp"
#include "support/pki.hpp"

namespace signet {
namespace {

using test::begun;
using test::connected;
using test::end;
using test::is_ready;
using test::make_narrow;
using test::patience;
using test::receive;
using test::say_and_hear;
using test::send;
using test::shake;
using test::trusting_client;
using test::turn;
using test::waiter;
using namespace std::chrono_literals;

class nonblocking_socket_at : public testing::TestWithParam<protocol_version> {
 protected:
  static client_config trusting() { return trusting_client({.min_version = GetParam(), .max_version = GetParam()}); }
};
INSTANTIATE_TEST_SUITE_P(each_version, nonblocking_socket_at,
                         testing::Values(protocol_version::tls1_2, protocol_version::tls1_3), [](const auto& version) {
                           return version.param == protocol_version::tls1_2 ? "tls12" : "tls13";
                         });

TEST_P(nonblocking_socket_at, talks_to_a_server_that_waits) {
  auto one = test::serve_one();
  waiter w;
  auto client = nonblocking_socket::connect({"localhost", one.at().port}, trusting(), {.timeout = patience}).value();
  EXPECT_FALSE(client.handshake_done());
  EXPECT_EQ(client.read_some(byte_span()).error().code(), errc::not_connected);
  auto shaken = shake(client, w);
  ASSERT_TRUE(shaken) << shaken.error().message();
  EXPECT_EQ(client.info().version, GetParam());
  EXPECT_TRUE(client.peer_verdict()->trusted());
  auto server = one.served.get().value();
  EXPECT_EQ(client.remote_endpoint(), server.local_endpoint());
  EXPECT_EQ(client.local_endpoint(), server.remote_endpoint());

  ASSERT_TRUE(send(client, "question\n", w));
  EXPECT_EQ(server.read_line({}, patience).value(), "question");
  const std::string much(1'000'000, 'm');
  auto writing = std::async(std::launch::async, [&] { return server.write_all(much, patience) && server.close(); });
  const auto got = receive(client, w);
  ASSERT_TRUE(got) << got.error().message();
  EXPECT_EQ(*got, much);
  EXPECT_TRUE(writing.get());
  std::array<char, 4> more{};
  EXPECT_TRUE(client.read_some(more)->end);
  EXPECT_TRUE(client.close());
  EXPECT_EQ(client.handshake().error().code(), errc::not_connected);
}

TEST_P(nonblocking_socket_at, talks_to_a_server_that_does_not_wait_either) {
  auto door = listener::bind({"127.0.0.1", 0}, test::test_server()).value();
  auto client =
      nonblocking_socket::connect(door.local_endpoint(), trusting(), {.timeout = patience, .name = "server.test"})
          .value();
  ASSERT_TRUE(client.handshake());
  std::optional<incoming> in;
  while (!(in = door.try_accept().value())) ASSERT_TRUE(test::wait_readable(door.native_handle()));
  auto server = nonblocking_socket::accept(*std::move(in), {.timeout = patience}).value();
  const auto [ours, theirs] = turn(client, server);
  ASSERT_TRUE(ours) << ours.error().message();
  ASSERT_TRUE(theirs) << theirs.error().message();
  EXPECT_EQ(server.info().version, GetParam());
  say_and_hear(client, server, "question");
  say_and_hear(server, client, "answer");
  EXPECT_TRUE(server.close());
  waiter w;
  EXPECT_EQ(receive(client, w).value(), "");
}

TEST_P(nonblocking_socket_at, shakes_hands_though_every_byte_comes_alone) {
  const test::faults none({});
  auto near = test::make_plain_pair();
  auto far = test::make_plain_pair();
  auto [client, server] = begun(std::move(near.client), std::move(far.server), trusting(), "server.test");
  const auto move_one = [](const tcp_socket& from, const tcp_socket& to) {
    char byte = 0;
    if (::recv(from.native_handle(), &byte, 1, MSG_DONTWAIT) == 1) {
      EXPECT_EQ(::send(to.native_handle(), &byte, 1, MSG_NOSIGNAL), 1);
    }
  };
  const auto [ours, theirs] = turn(client, server, [&] {
    move_one(near.server, far.client);
    move_one(far.client, near.server);
  });
  ASSERT_TRUE(ours) << ours.error().message();
  ASSERT_TRUE(theirs) << theirs.error().message();
}

TEST_P(nonblocking_socket_at, a_server_that_is_not_who_it_has_to_be_is_refused_and_told) {
  struct {
    client_config trusting;
    std::string_view name;
    errc code;
    int alert;
  } const cases[] = {
      {trusting(), "other.test", errc::name_mismatch, 42},
      {client_config::make({.trust = trust_store::pem_file(test::pki("other-ca.pem")).value(),
                            .min_version = GetParam(),
                            .max_version = GetParam()})
           .value(),
       "server.test", errc::unknown_issuer, 48},
  };
  for (const auto& each : cases) {
    auto one = test::serve_one();
    waiter w;
    auto client =
        nonblocking_socket::connect(one.at(), each.trusting, {.timeout = patience, .name = std::string(each.name)})
            .value();
    const auto refused = shake(client, w);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), each.code) << refused.error().message();
    EXPECT_NE(refused.error().verdict(), nullptr);
    const auto served = one.served.get();
    ASSERT_FALSE(served);
    EXPECT_EQ(served.error().code(), errc::alert_received) << served.error().message();
    EXPECT_EQ(served.error().alert(), (alert{static_cast<std::uint8_t>(each.alert), alert::sender::peer}));
    // For good, and nothing is said to it.
    EXPECT_EQ(client.handshake().error().code(), each.code);
    EXPECT_EQ(client.write_some("secret").error().code(), each.code);
    EXPECT_EQ(std::move(client).plain().error().code(), errc::not_connected);
  }
}

TEST_P(nonblocking_socket_at, what_the_peer_does_not_take_is_told_and_written_later) {
  const test::faults none({});
  auto [client, server] = connected(trusting());
  make_narrow(client);
  make_narrow(server);
  waiter w;
  // Blocks of ten octets, up to half a million.
  std::size_t accepted = 0;
  std::size_t read = 0;
  bool was_full = false;
  errc ended = {};
  std::array<char, 10> ten{};
  while (accepted < 500'000) {
    const std::string block = "0123456789";
    const auto taken = client.write_some(std::string(block.substr(accepted % 10)));
    if (!taken) {
      ended = taken.error().code();
      break;
    }
    accepted += taken->bytes;
    if (taken->next == wait_for::nothing) continue;
    EXPECT_EQ(taken->next, wait_for::write);
    was_full = true;
    if (read >= 30'000) {
      // It has gone with most of it unread.
      if (server.is_open()) {
        EXPECT_TRUE(server.close());
      }
      w.wait(client, wait_for::write);
      continue;
    }
    while (read < 30'000) {
      const auto got = server.read_some(ten);
      ASSERT_TRUE(got) << got.error().message();
      if (got->next == wait_for::read) break;
      for (std::size_t i = 0; i < got->bytes; ++i) ASSERT_EQ(ten[i], block[(read + i) % 10]);
      read += got->bytes;
    }
  }
  EXPECT_TRUE(was_full);
  EXPECT_GE(read, 30'000U);
  EXPECT_GT(accepted, 30'000U);
  EXPECT_EQ(ended, errc::connection_reset);
  for (int time = 0; time < 2; ++time) {
    EXPECT_EQ(client.write_some("x").error().code(), ended);
    EXPECT_EQ(client.flush().error().code(), ended);
  }
  EXPECT_TRUE(client.close());
  EXPECT_FALSE(client.is_open());
}

TEST_P(nonblocking_socket_at, a_large_write_goes_on_from_another_place) {
  const test::faults none({});
  auto [client, server] = connected(trusting());
  make_narrow(client);
  auto reading = std::async(std::launch::async, [from = std::move(server)]() mutable {
    waiter w;
    return receive(from, w);
  });
  std::string much(3'000'000, '\0');
  for (std::size_t i = 0; i < much.size(); ++i) much[i] = static_cast<char>('a' + i % 23);
  waiter w;
  ASSERT_TRUE(send(client, much, w));
  EXPECT_GT(w.wakes, 0U);
  EXPECT_EQ(client.unsent(), 0U);
  EXPECT_TRUE(end(client, w));
  EXPECT_TRUE(reading.get().value() == much);
}

TEST_P(nonblocking_socket_at, what_is_pending_is_read_without_the_descriptor) {
  const test::faults none({});
  auto [client, server] = connected(trusting());
  waiter w;
  ASSERT_TRUE(send(server, std::string(1000, 'p'), w));
  w.wait(client, wait_for::read);
  std::array<char, 10> ten{};
  EXPECT_EQ(client.pending(), 0U);
  EXPECT_EQ(client.read_some(byte_span()).value(), io_status{});
  for (std::size_t left = 1000; left > 0; left -= ten.size()) {
    EXPECT_EQ(client.read_some(ten).value(), (io_status{.bytes = ten.size()}));
    EXPECT_EQ(client.pending(), left - ten.size());
    EXPECT_FALSE(is_ready(client, wait_for::read));
  }
  EXPECT_EQ(client.read_some(ten).value(), (io_status{.next = wait_for::read}));
}

TEST_P(nonblocking_socket_at, a_connection_that_is_cut_is_truncated_every_time) {
  auto [client, server] = connected(trusting());
  waiter w;
  ASSERT_TRUE(send(server, "half", w));
  ::shutdown(server.native_handle(), SHUT_WR);
  EXPECT_EQ(receive(client, w, 4).value(), "half");
  for (int time = 0; time < 2; ++time) EXPECT_EQ(receive(client, w).error().code(), errc::truncated);
  EXPECT_EQ(client.write_some("x").error().code(), errc::truncated);
}

// What the peer does beside what we do when we end: nothing waits, whatever it is.
TEST_P(nonblocking_socket_at, ends_in_each_way_with_each_peer) {
  const test::faults none({});
  enum class ours { close, close_write, nothing };
  enum class theirs { first, at_once, never };
  std::array<char, 10> ten{};
  for (const auto how : {ours::close, ours::close_write, ours::nothing}) {
    for (const auto peer : {theirs::first, theirs::at_once, theirs::never}) {
      SCOPED_TRACE(testing::Message() << static_cast<int>(how) << ' ' << static_cast<int>(peer));
      auto [client, server] = connected(trusting());
      waiter w;
      const auto peer_ends = [&server = server] { EXPECT_EQ(server.close_write()->next, wait_for::nothing); };
      if (peer == theirs::first) {
        peer_ends();
        w.wait(client, wait_for::read);
        EXPECT_TRUE(client.read_some(ten)->end);
      }
      if (how == ours::close) {
        EXPECT_TRUE(client.close());
        EXPECT_FALSE(client.is_open());
        EXPECT_EQ(client.read_some(ten).error().code(), errc::not_connected);
        EXPECT_TRUE(client.close());
      } else if (how == ours::close_write) {
        EXPECT_EQ(client.close_write()->next, wait_for::nothing);
        EXPECT_EQ(client.close_write()->next, wait_for::nothing);
        EXPECT_EQ(client.write_some("x").error().code(), errc::closed);
        if (peer == theirs::never) {
          EXPECT_EQ(client.read_some(ten).value(), (io_status{.next = wait_for::read}));
        }
      } else {
        const nonblocking_socket gone = std::move(client);
      }
      if (peer == theirs::at_once) peer_ends();
      if (how == ours::close_write && peer != theirs::never) {
        EXPECT_EQ(receive(client, w).value(), "");
      }
      // Nobody takes a connection that just goes for one that has ended; after both ends nothing is owed.
      w.wait(server, wait_for::read);
      const auto seen = server.read_some(ten);
      if (how == ours::nothing) {
        EXPECT_EQ(seen.error().code(), errc::truncated);
      } else {
        ASSERT_TRUE(seen) << seen.error().message();
        EXPECT_TRUE(seen->end);
      }
    }
  }
}

TEST(nonblocking_socket, a_refused_connection_says_so_for_good) {
  const auto closed = test::make_closed_door();
  waiter w;
  auto client = nonblocking_socket::connect({"localhost", closed.at.port()}, trusting_client()).value();
  const auto refused = shake(client, w);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), errc::connection_refused);
  EXPECT_FALSE(refused.error().details().empty());
  EXPECT_EQ(client.handshake().error().message(), refused.error().message());
  EXPECT_EQ(std::move(client).blocking().error().code(), errc::connection_refused);
}

TEST(nonblocking_socket, a_name_that_does_not_exist_is_not_found) {
  waiter w;
  auto client = nonblocking_socket::connect({"no-such-host.invalid", 443}, trusting_client()).value();
  const auto unknown = shake(client, w);
  ASSERT_FALSE(unknown);
  // Where no name server answers at all, nobody can know.
  EXPECT_TRUE(unknown.error().code() == errc::name_not_found || unknown.error().code() == errc::resolve_failed);
}

TEST(nonblocking_socket, without_a_usable_name_nobody_is_spoken_to) {
  const auto door = test::open_door();
  const auto refused =
      nonblocking_socket::connect({"127.0.0.1", door.port()}, trusting_client(), {.name = "not a name"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), errc::invalid_name);
  EXPECT_EQ(nonblocking_socket::connect({"127.0.0.1", 0}, trusting_client()).error().code(), errc::invalid_endpoint);
  pollfd nobody{door.socket.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&nobody, 1, 0), 0);
}

TEST(nonblocking_socket, after_its_deadline_a_handshake_has_timed_out_for_good) {
  // The system takes the connection, and nobody speaks.
  const auto door = test::open_door();
  auto client = nonblocking_socket::connect({"127.0.0.1", door.port()}, trusting_client(), {.timeout = 80ms}).value();
  for (;;) {
    const auto status = client.handshake();
    if (!status) break;
    is_ready(client, status->next, client.handshake_deadline());
  }
  EXPECT_TRUE(client.handshake_deadline().passed());
  std::array<char, 4> buffer{};
  const auto late = client.handshake();
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().message().find(net::to_string(door.at) + ": handshake: timed out after "), 0U)
      << late.error().message();
  EXPECT_FALSE(client.handshake_done());
  EXPECT_EQ(late.error().code(), errc::timed_out);
  EXPECT_EQ(client.read_some(buffer).error().code(), errc::timed_out);
  EXPECT_EQ(client.write_some("x").error().code(), errc::timed_out);
  EXPECT_EQ(client.flush().error().code(), errc::timed_out);
  EXPECT_EQ(client.close_write().error().code(), errc::timed_out);
  EXPECT_EQ(std::move(client).blocking().error().code(), errc::timed_out);
  EXPECT_TRUE(client.close());  // NOLINT(bugprone-use-after-move): nothing was moved
}

TEST(nonblocking_socket, the_deadline_of_the_plain_connection_holds_too) {
  auto [plain, silent] = test::make_plain_pair();
  plain.set_deadline(0ms);
  auto client = nonblocking_socket::start_tls(std::move(plain), "server.test", trusting_client()).value();
  EXPECT_EQ(client.handshake().error().code(), errc::timed_out);
}

TEST(nonblocking_socket, upgrades_a_plain_connection_on_both_sides) {
  auto [plain, other] = test::make_plain_pair();
  ASSERT_TRUE(plain.write_all("STARTTLS\r\n"));
  auto client = nonblocking_socket::start_tls(std::move(plain), "server.test", trusting_client(),
                                              {.timeout = patience, .first_bytes = "EHLO\r\n"})
                    .value();
  // It did not wait for the go-ahead.
  ASSERT_TRUE(client.handshake());
  std::array<char, 11> first{};
  const deadline until(patience);
  while (::recv(other.native_handle(), first.data(), first.size(), MSG_PEEK | MSG_DONTWAIT) < 11)
    ASSERT_FALSE(until.passed());
  EXPECT_EQ(other.read_line({}, patience).value(), "STARTTLS");
  auto server = nonblocking_socket::start_tls(std::move(other), test::test_server(), {.timeout = patience}).value();
  const auto [ours, theirs] = turn(client, server);
  ASSERT_TRUE(ours) << ours.error().message();
  ASSERT_TRUE(theirs) << theirs.error().message();
  EXPECT_FALSE(plain.is_open());  // NOLINT(bugprone-use-after-move): what a success promises
  waiter w;
  EXPECT_EQ(receive(server, w, 6).value(), "EHLO\r\n");
  say_and_hear(server, client, "250 over TLS");
}

TEST(nonblocking_socket, first_bytes_of_any_length_arrive_once) {
  const std::string much(300'000, 'f');
  auto door = listener::bind({"127.0.0.1", 0}, test::test_server()).value();
  auto client = nonblocking_socket::connect(door.local_endpoint(), trusting_client(),
                                            {.timeout = patience, .name = "server.test", .first_bytes = much})
                    .value();
  auto served = std::async(std::launch::async, [&] {
    auto server = door.accept(patience).value();
    auto on = std::move(server).handshake({.timeout = patience}).value();
    std::string got(much.size(), '\0');
    EXPECT_TRUE(on.read_exactly(got, patience));
    EXPECT_TRUE(on.write_all("all of it", patience));
    return got;
  });
  waiter w;
  ASSERT_TRUE(shake(client, w));
  EXPECT_EQ(receive(client, w, 9).value(), "all of it");
  EXPECT_TRUE(served.get() == much);
}

TEST(nonblocking_socket, a_failed_upgrade_gives_the_plain_connection_back) {
  auto [client, server] = begun(trusting_client(), "other.test");
  EXPECT_EQ(std::move(client).plain().error().code(), errc::not_connected);
  const auto [ours, theirs] = turn(client, server);  // NOLINT(bugprone-use-after-move): nothing was moved
  ASSERT_FALSE(ours);
  EXPECT_EQ(ours.error().code(), errc::name_mismatch);
  ASSERT_FALSE(theirs);
  EXPECT_EQ(theirs.error().code(), errc::alert_received);
  auto plain = std::move(client).plain();
  ASSERT_TRUE(plain) << plain.error().message();
  auto other = std::move(server).plain();
  ASSERT_TRUE(other) << other.error().message();
  ASSERT_TRUE(plain->write_all("still here\n"));
  EXPECT_EQ(other->read_line({}, patience).value(), "still here");
}

TEST(nonblocking_socket, plain_bytes_before_an_upgrade_are_an_error_and_stay_readable) {
  const test::faults none({});
  auto [client, server] = test::make_plain_pair();
  ASSERT_TRUE(server.write_all("250 injected\r\n"));
  ASSERT_TRUE(test::wait_readable(client.native_handle()));
  EXPECT_EQ(nonblocking_socket::start_tls(std::move(client), "server.test", trusting_client()).error().code(),
            errc::plaintext_before_tls);
  EXPECT_EQ(client.read_line({}, patience).value(), "250 injected");  // NOLINT(bugprone-use-after-move)

  ASSERT_TRUE(client.write_all("STARTTLS\r\nRSET\r\n"));
  EXPECT_EQ(server.read_line({}, patience).value(), "STARTTLS");
  EXPECT_EQ(nonblocking_socket::start_tls(std::move(server), test::test_server()).error().code(),
            errc::plaintext_before_tls);
  EXPECT_EQ(server.read_line({}, patience).value(), "RSET");  // NOLINT(bugprone-use-after-move)

  EXPECT_EQ(nonblocking_socket::start_tls(std::move(client), "", trusting_client()).error().code(), errc::invalid_name);
  ASSERT_TRUE(client.close_write());
  EXPECT_EQ(nonblocking_socket::start_tls(std::move(client), "server.test", trusting_client()).error().code(),
            errc::closed);
}

TEST(nonblocking_socket, who_speaks_plain_http_is_answered) {
  const test::faults none({});
  auto door = listener::bind({"127.0.0.1", 0}, test::test_server()).value();
  auto browser = tcp_socket::connect(door.local_endpoint(), {.timeout = patience}).value();
  ASSERT_TRUE(browser.write_all("GET / HTTP/1.1\r\nHost: server.test\r\n\r\n"));
  auto server = nonblocking_socket::accept(door.accept(patience).value()).value();
  waiter w;
  EXPECT_EQ(shake(server, w).error().code(), errc::plain_http);
  EXPECT_TRUE(browser.read_line({}, patience).value().starts_with("HTTP/1.1 400 "));
}

TEST(nonblocking_socket, an_identity_that_is_not_ready_is_waited_for_by_the_application) {
  bool ready = false;
  const auto identity = test::load_identity("server");
  const auto config = server_config::make({.select_identity = [&](const client_hello_info&) -> identity_choice {
                        if (!ready) return {.is = identity_choice::state::not_yet};
                        return {.chosen = identity};
                      }}).value();
  auto [plain, other] = test::make_plain_pair();
  auto client = nonblocking_socket::start_tls(std::move(plain), "server.test", trusting_client()).value();
  auto server = nonblocking_socket::start_tls(std::move(other), config).value();
  ASSERT_TRUE(client.handshake());
  const deadline until(patience);
  while (server.handshake()->next != wait_for::application) ASSERT_FALSE(until.passed());
  EXPECT_EQ(server.handshake()->next, wait_for::application);
  ready = true;
  const auto [ours, theirs] = turn(client, server);
  EXPECT_TRUE(ours) << ours.error().message();
  EXPECT_TRUE(theirs) << theirs.error().message();
}

TEST(nonblocking_socket, goes_on_with_a_connection_that_waited_and_back) {
  const test::faults none({});
  auto [client, server] = test::make_tls_pair();
  ASSERT_TRUE(server.write_all("first\nsecond\nthird\n"));
  EXPECT_EQ(client.read_line({}, patience).value(), "first");
  auto quick = nonblocking_socket::from(std::move(client)).value();
  EXPECT_FALSE(client.is_open());  // NOLINT(bugprone-use-after-move): what a success promises
  EXPECT_TRUE(quick.handshake_done());
  EXPECT_EQ(quick.handshake().value(), io_status{});
  EXPECT_EQ(quick.pending(), 13U);
  std::array<char, 4> four{};
  EXPECT_EQ(quick.read_some(four).value(), (io_status{.bytes = 4}));
  auto patient = std::move(quick).blocking().value();
  EXPECT_FALSE(quick.is_open());  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(patient.read_line({}, patience).value(), "nd");
  EXPECT_EQ(patient.read_line({}, patience).value(), "third");
  ASSERT_TRUE(patient.write_all("answer"));
  ASSERT_TRUE(patient.close());
  EXPECT_EQ(server.read_all({}, patience).value(), "answer");
  EXPECT_EQ(nonblocking_socket::from(std::move(patient)).error().code(), errc::not_connected);
}

TEST(nonblocking_socket, tls_inside_tls_is_for_calls_that_wait) {
  auto [client, server] = test::make_tls_pair();
  auto stacked = tcp_socket::over(std::move(client));
  EXPECT_EQ(nonblocking_socket::start_tls(std::move(stacked), "server.test", trusting_client()).error().code(),
            errc::not_supported);
  EXPECT_TRUE(stacked.is_open());  // NOLINT(bugprone-use-after-move): what a failure promises
  auto accepted = std::async(std::launch::async, [&outer = server] {
    return start_tls(std::move(outer), test::test_server(), {.timeout = patience});
  });
  auto inner = start_tls(std::move(stacked), "server.test", trusting_client(), {.timeout = patience}).value();
  auto other = accepted.get().value();
  EXPECT_EQ(nonblocking_socket::from(std::move(inner)).error().code(), errc::not_supported);
  ASSERT_TRUE(inner.write_all("still here\n"));  // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(other.read_line({}, patience).value(), "still here");
}

TEST(nonblocking_socket, can_be_let_go_of_at_any_stage) {
  const auto door = test::open_door();
  for (int steps = 0; steps < 3; ++steps) {
    auto client = nonblocking_socket::connect({"127.0.0.1", door.port()}, trusting_client()).value();
    EXPECT_TRUE(client.is_open());
    EXPECT_GE(client.native_handle(), 0);
    for (int i = 0; i < steps; ++i) {
      ASSERT_TRUE(client.handshake());
      is_ready(client, wait_for::write, patience);
    }
    if (steps == 1)
      client.abandon();
    else
      EXPECT_TRUE(client.close());
    EXPECT_FALSE(client.is_open());
    EXPECT_EQ(client.native_handle(), -1);
    EXPECT_EQ(client.handshake().error().code(), errc::not_connected);
    EXPECT_EQ(client.read_some(byte_span()).error().code(), errc::not_connected);
  }
}

}  // namespace
}  // namespace signet
