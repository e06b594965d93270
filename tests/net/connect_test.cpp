#include <signet/net/connect.hpp>
#include <signet/net/nonblocking_socket.hpp>
#include <signet/net/starttls.hpp>

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <future>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "net/connect/race.hpp"
#include "support/faulty_calls.hpp"
#include "support/nonblocking_peers.hpp"

namespace signet {
namespace {

using test::patience;
using test::trusting_client;
using namespace std::chrono_literals;

// Sends a byte every 20 ms of what begins like a ServerHello in a record of 16 KiB, until the peer hangs up.
void trickle(tcp_socket& peer) {
  std::array<char, 64 << 10> scrap;
  std::string start("\x16\x03\x03\x3f\xff\x02\x00\x3f\xf0\x03\x03", 11);
  const deadline whole = patience;
  for (std::size_t i = 0; !whole.passed(); ++i) {
    if (!peer.write_all(std::string(1, i < start.size() ? start[i] : 'r'), patience)) return;
    for (const deadline next = 20ms; !next.passed();) {
      const auto got = peer.read_some(scrap, next);
      if (got ? *got == 0 : got.error().code() != errc::timed_out) return;
    }
  }
}

TEST(connect, a_verified_conversation) {
  auto [client, server] = test::make_tls_pair();
  ASSERT_TRUE(client.write_all("hello\n"));
  EXPECT_EQ(server.read_line({}, patience).value(), "hello");
  EXPECT_FALSE(client.info().verified_chain.empty());
}

TEST(connect, the_host_is_the_name_that_is_verified) {
  for (const char* host : {"localhost", "127.0.0.1"}) {
    auto one = test::serve_one();
    const auto client = connect({host, one.at().port}, trusting_client(), {.timeout = patience});
    ASSERT_TRUE(client) << client.error().message();
    EXPECT_TRUE(one.served.get());
  }
}

TEST(connect, a_wrong_name_is_refused_and_both_ends_are_told) {
  auto one = test::serve_one();
  const auto client =
      connect({"localhost", one.at().port}, trusting_client(), {.timeout = patience, .name = "other.test"});
  ASSERT_FALSE(client);
  const auto& e = client.error();
  EXPECT_EQ(e.code(), errc::name_mismatch);
  EXPECT_NE(e.verdict(), nullptr);
  // Whom it talked to, and the expected name once.
  const auto whom = "localhost:" + std::to_string(one.at().port) + " (127.0.0.1): ";
  EXPECT_EQ(e.message().find(whom), 0U) << e.message();
  EXPECT_NE(e.message().find("other.test"), std::string::npos) << e.message();
  EXPECT_EQ(e.message().find("other.test: "), std::string::npos) << e.message();
  const auto server = one.served.get();
  ASSERT_FALSE(server);
  EXPECT_EQ(server.error().code(), errc::alert_received) << server.error().message();
  EXPECT_EQ(server.error().message().find("client 127.0.0.1:"), 0U) << server.error().message();
}

TEST(connect, without_a_usable_name_nobody_is_spoken_to) {
  const auto door = test::open_door();
  const auto refused = connect({"127.0.0.1", door.port()}, trusting_client(), {.name = "not a name"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), errc::invalid_name);
  pollfd nobody{door.socket.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&nobody, 1, 0), 0);
}

TEST(connect, a_refused_connection_tells_each_attempt) {
  const auto closed = test::make_closed_door();
  const auto refused = connect({"localhost", closed.at.port()}, trusting_client(), {.timeout = patience});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), errc::connection_refused);
  EXPECT_FALSE(refused.error().details().empty());
}

TEST(connect, a_server_that_accepts_and_says_nothing_times_out_in_the_handshake) {
  const auto door = test::open_door();
  const auto began = deadline::clock::now();
  const auto late = connect({"127.0.0.1", door.port()}, trusting_client(), {.timeout = 150ms});
  EXPECT_GE(deadline::clock::now() - began, 150ms);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), errc::timed_out);
  EXPECT_EQ(late.error().message().find(net::to_string(door.at) + ": handshake: timed out after "), 0U)
      << late.error().message();
  EXPECT_FALSE(late.error().hint().empty());
}

TEST(connect, a_server_that_trickles_does_not_outlive_the_deadline) {
  const auto door = test::open_door();
  std::jthread server([&door] {
    auto peer = door.accept();
    trickle(peer);
  });
  const auto began = deadline::clock::now();
  const auto late = connect({"127.0.0.1", door.port()}, trusting_client(), {.timeout = 300ms});
  const auto took = deadline::clock::now() - began;
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), errc::timed_out) << late.error().message();
  EXPECT_GE(took, 300ms);
  EXPECT_LT(took, patience);
}

// A name that takes a while to be found, at two addresses of which the first answers nobody. What is left of an hour
// is what poll(2) is told: that tells which budget a phase has, and no clock has to be watched.
class one_budget : public testing::Test {
 protected:
  static constexpr std::chrono::milliseconds whole = 1h;
  static constexpr std::chrono::milliseconds looking_up = 100ms;

  void SetUp() override {
    if (!test::faults_possible) GTEST_SKIP() << "ThreadSanitizer has to see poll()";
    door.emplace(listener::bind({"127.0.0.2", silent.door.port()}, test::test_server()).value());
    found.emplace(looking_up, std::vector<std::string>{"127.0.0.1", "127.0.0.2"});
  }
  [[nodiscard]] endpoint at() const { return {"two.test", silent.door.port()}; }

  // Of each wait of this thread, none without end.
  static std::vector<std::chrono::milliseconds> waits() {
    std::vector<std::chrono::milliseconds> out;
    for (const int each : test::faults::waits()) {
      EXPECT_GE(each, 0);
      out.emplace_back(each);
    }
    return out;
  }

  // The look-up has all of it, connecting what is left then, and the handshake what is left of that.
  static void expect_shares_of_one(const std::vector<std::chrono::milliseconds>& waits) {
    ASSERT_GE(waits.size(), 3U);
    EXPECT_LE(waits[0], whole);
    EXPECT_GT(waits[0], whole - 1min);
    // The head start of the address that does not answer.
    EXPECT_LE(waits[1], net::usual_head_start);
    for (std::size_t i = 2; i < waits.size(); ++i) EXPECT_LE(waits[i], whole - looking_up - net::usual_head_start) << i;
    EXPECT_GT(waits.back(), whole - 1min);
  }

  test::silent_door silent;
  std::optional<listener> door;
  std::optional<test::late_lookup> found;
};

TEST_F(one_budget, covers_look_up_and_connecting) {
  const test::faults watched({});
  const auto client = tcp_socket::connect(at(), {.timeout = whole});
  ASSERT_TRUE(client) << client.error().message();
  expect_shares_of_one(waits());
}

TEST_F(one_budget, covers_look_up_connecting_and_handshake) {
  auto served = std::async(std::launch::async, [this] {
    return door->accept(patience).and_then(
        [](incoming&& in) { return std::move(in).handshake({.timeout = patience}); });
  });
  const test::faults watched({});
  const auto client = connect(at(), trusting_client(), {.timeout = whole, .name = "server.test"});
  ASSERT_TRUE(client) << client.error().message();
  // The last of them is for the server's part of the handshake.
  EXPECT_GT(waits().size(), 3U);
  expect_shares_of_one(waits());
  EXPECT_TRUE(served.get());
}

TEST_F(one_budget, covers_all_of_a_connection_that_is_not_waited_for) {
  auto served = std::async(std::launch::async, [this] {
    return door->accept(patience).and_then(
        [](incoming&& in) { return std::move(in).handshake({.timeout = patience}); });
  });
  const deadline latest = whole;
  test::waiter w;
  auto client = nonblocking_socket::connect(at(), trusting_client(), {.timeout = whole, .name = "server.test"}).value();
  const auto until = client.handshake_deadline();
  ASSERT_FALSE(until.is_never());
  EXPECT_GE(until.when(), latest.when());
  const auto shaken = test::shake(client, w);
  ASSERT_TRUE(shaken) << shaken.error().message();
  EXPECT_EQ(client.handshake_deadline().when(), until.when());
  EXPECT_TRUE(served.get());
}

TEST(connect, a_server_that_hangs_up_is_closed) {
  const auto door = test::open_door();
  std::jthread server([&door] {
    auto peer = door.accept();
    EXPECT_TRUE(test::wait_readable(peer.native_handle()));
    std::array<char, 4096> hello{};
    EXPECT_TRUE(peer.read_some(hello, patience));
  });
  const auto closed = connect({"127.0.0.1", door.port()}, trusting_client(), {.timeout = patience});
  ASSERT_FALSE(closed);
  EXPECT_EQ(closed.error().code(), errc::closed) << closed.error().message();
  EXPECT_EQ(closed.error().message().find(net::to_string(door.at) + ": "), 0U) << closed.error().message();
}

TEST(connect, a_reset_in_the_handshake_is_told_once) {
  const auto door = test::open_door();
  std::jthread server([&door] {
    auto peer = door.accept();
    std::array<char, 1> first{};
    EXPECT_TRUE(peer.read_some(first, patience));
    test::close_resets(peer.native_handle());
  });
  const auto reset = connect({"127.0.0.1", door.port()}, trusting_client(), {.timeout = patience});
  ASSERT_FALSE(reset);
  EXPECT_EQ(reset.error().code(), errc::connection_reset);
  EXPECT_EQ(reset.error().message(), net::to_string(door.at) + ": handshake: connection reset by the peer");
}

TEST(connect, a_plain_server_is_not_tls) {
  const auto door = test::open_door();
  std::jthread server([&door] {
    auto peer = door.accept();
    EXPECT_TRUE(peer.write_all("220 mail.test ESMTP ready\r\n"));
    static_cast<void>(peer.read_all({}, patience));
  });
  const auto refused = connect({"127.0.0.1", door.port()}, trusting_client(), {.timeout = patience});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), errc::not_tls);
  EXPECT_EQ(refused.error().message().find(net::to_string(door.at) + ": "), 0U) << refused.error().message();
  EXPECT_FALSE(refused.error().hint().empty());
}

TEST(connect, first_bytes_leave_with_the_end_of_the_handshake) {
  auto [client, server] =
      test::make_tls_pair(trusting_client(), test::test_server(), {.name = "server.test", .first_bytes = "first\n"});
  // The ClientHello, and one segment with Finished and data.
  EXPECT_EQ(test::data_segments_sent(client.native_handle()), 2U);
  EXPECT_EQ(server.read_line({}, patience).value(), "first");
  ASSERT_TRUE(client.write_all("second\n"));
  EXPECT_EQ(server.read_line({}, patience).value(), "second");
}

TEST(connect, many_first_bytes_arrive_whole_at_both_versions) {
  const std::string much(1'000'000, 'f');
  for (const auto version : {protocol_version::tls1_2, protocol_version::tls1_3}) {
    auto one = test::serve_one();
    auto reading = std::async(std::launch::async, [&one] {
      return one.served.get().and_then([](tls_socket&& s) { return s.read_all({}, patience); });
    });
    auto client = connect(one.at(), trusting_client({.min_version = version, .max_version = version}),
                          {.timeout = patience, .first_bytes = much});
    ASSERT_TRUE(client) << client.error().message();
    ASSERT_TRUE(client->close_write());
    EXPECT_EQ(reading.get().value(), much);
  }
}

TEST(connect, a_session_belongs_to_the_host_and_port_as_they_were_named) {
  const auto config = trusting_client();
  const auto serving = test::test_server();
  auto one = listener::bind({"127.0.0.1", 0}, serving).value();
  auto other = listener::bind({"127.0.0.1", 0}, serving).value();
  const auto resumed = [&config](listener& door, const char* host) {
    auto served = std::async(std::launch::async, [&door] {
      return door.accept(patience).and_then(
          [](incoming&& in) { return std::move(in).handshake({.timeout = patience}); });
    });
    auto client = connect({host, door.local_endpoint().port}, config, {.timeout = patience, .name = "server.test"});
    auto server = served.get().value();
    EXPECT_TRUE(server.write_all("x") && server.close());
    EXPECT_EQ(client.value().read_all({}, patience).value(), "x");
    return client->info().resumed;
  };
  EXPECT_FALSE(resumed(one, "localhost"));
  EXPECT_FALSE(resumed(other, "localhost"));
  EXPECT_FALSE(resumed(one, "127.0.0.1"));
  EXPECT_TRUE(resumed(one, "localhost"));
  EXPECT_TRUE(resumed(other, "localhost"));
  EXPECT_TRUE(resumed(one, "127.0.0.1"));
}

TEST(connect, a_second_connection_resumes_the_first) {
  const auto config = trusting_client();
  const auto door = std::make_shared<listener>(listener::bind({"127.0.0.1", 0}, test::test_server()).value());
  for (const bool resumed : {false, true}) {
    auto served = std::async(std::launch::async, [door] {
      return door->accept(patience).and_then(
          [](incoming&& in) { return std::move(in).handshake({.timeout = patience}); });
    });
    auto client = connect({"localhost", door->local_endpoint().port}, config, {.timeout = patience});
    ASSERT_TRUE(client) << client.error().message();
    auto server = served.get();
    ASSERT_TRUE(server) << server.error().message();
    EXPECT_EQ(client->info().resumed, resumed);
    // Tickets come with what is read.
    ASSERT_TRUE(server->write_all("x"));
    ASSERT_TRUE(server->close());
    EXPECT_EQ(client->read_all({}, patience).value(), "x");
    EXPECT_TRUE(client->close());
  }
}

// Between look-up and connecting: what a name stands for is known, and nobody has been spoken to.
TEST(connect, goes_to_no_address_that_is_not_permitted) {
  const auto door = test::open_door();
  std::vector<endpoint> asked;
  const auto nobody = [&asked](const endpoint& one) {
    asked.push_back(one);
    return false;
  };
  const auto is_refused = [&](const auto& made) {
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code(), errc::permission_denied) << made.error().message();
    ASSERT_FALSE(made.error().details().empty());
    EXPECT_TRUE(made.error().details().front().ends_with(": not permitted"));
    EXPECT_EQ(std::ranges::count(asked, endpoint{"127.0.0.1", door.port()}), 1);
    asked.clear();
  };
  is_refused(tcp_socket::connect({"127.0.0.1", door.port()}, {.timeout = patience, .permit = nobody}));
  is_refused(connect({"localhost", door.port()}, trusting_client(), {.timeout = patience, .permit = nobody}));
  is_refused(starttls::connect({"localhost", door.port()}, starttls::protocol::smtp, trusting_client(),
                               {.timeout = patience, .permit = nobody}));
  auto later = nonblocking_socket::connect({"127.0.0.1", door.port()}, trusting_client(),
                                           {.timeout = patience, .permit = nobody});
  is_refused(later ? later->handshake() : result<io_status>(later.error()));
  // An IPv4 address is one, however it is written.
  is_refused(tcp_socket::connect({"::ffff:127.0.0.1", door.port()}, {.timeout = patience, .permit = nobody}));
  pollfd nobody_came{door.socket.get(), POLLIN, 0};
  EXPECT_EQ(::poll(&nobody_came, 1, 0), 0);
}

TEST(connect, goes_to_those_that_are_permitted) {
  const auto door = test::open_door();
  const auto ipv4_only = [](const endpoint& one) { return one.host.find(':') == std::string::npos; };
  const auto made = tcp_socket::connect({"localhost", door.port()}, {.timeout = patience, .permit = ipv4_only});
  ASSERT_TRUE(made) << made.error().message();
  EXPECT_EQ(made->remote_endpoint().host, "127.0.0.1");
}

// A source that never comes to an end is bounded like everything else of a connection.
TEST(connect, waits_for_evidence_no_longer_than_it_may) {
  struct endless final : evidence_source {
    std::optional<evidence> find(const evidence_wanted&) override { return std::nullopt; }
  };
  const auto config = client_config::make({.trust = trust_store::pem_file(test::pki("other-ca.pem")).value(),
                                           .evidence = std::make_shared<endless>()})
                          .value();
  auto one = test::serve_one();
  const auto late = connect(one.at(), config, {.timeout = 200ms, .name = "server.test"});
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), errc::timed_out) << late.error().message();
  EXPECT_FALSE(one.served.get());

  auto other = test::serve_one();
  auto polled = nonblocking_socket::connect(other.at(), config, {.timeout = 300ms, .name = "server.test"}).value();
  int not_yet = 0;
  auto status = polled.handshake();
  for (; status; status = polled.handshake()) {
    if (status->next == wait_for::application) ++not_yet;
    EXPECT_FALSE(polled.handshake_done());
    EXPECT_EQ(polled.peer_verdict(), nullptr);
    pollfd waited{polled.native_handle(), POLLIN, 0};
    ::poll(&waited, 1, 20);
  }
  EXPECT_EQ(status.error().code(), errc::timed_out) << status.error().message();
  EXPECT_GT(not_yet, 0);
}

// Behind a proxy nobody here knows the address.
TEST(connect, permits_nothing_that_it_cannot_see) {
  const auto anybody = [](const endpoint&) { return true; };
  const auto refused = starttls::connect({"server.test", 443}, starttls::protocol::http_connect, trusting_client(),
                                         {.timeout = patience, .permit = anybody}, {.proxy = {"127.0.0.1", 1}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), errc::invalid_argument) << refused.error().message();
}

TEST(connect, a_decision_that_throws_leaves_nothing_half_done) {
  const auto door = test::open_door();
  const auto fails = [](const endpoint&) -> bool { throw std::runtime_error("no answer"); };
  const endpoint at{"127.0.0.1", door.port()};
  EXPECT_THROW((void)tcp_socket::connect(at, {.timeout = patience, .permit = fails}), std::runtime_error);
  // "localhost" is looked up first, and decided about when that is over.
  for (const char* host : {"127.0.0.1", "localhost"}) {
    std::optional<nonblocking_socket> later;
    int thrown = 0;
    for (int i = 0; i < 200 && thrown < 2; ++i) {
      try {
        if (!later)
          later = nonblocking_socket::connect({host, door.port()}, trusting_client(),
                                              {.timeout = patience, .permit = fails})
                      .value();
        (void)later->handshake();
        std::this_thread::sleep_for(5ms);
      } catch (const std::runtime_error&) {
        ++thrown;
      }
    }
    EXPECT_EQ(thrown, 2) << host;
  }
}

}  // namespace
}  // namespace signet
