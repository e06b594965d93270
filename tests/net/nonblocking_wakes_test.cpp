// What wakes a nonblocking_socket that waits, and what does not.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <future>

#include <signet/native.hpp>

#include "support/faulty_calls.hpp"
#include "support/nonblocking_peers.hpp"

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
using test::trusting_client;
using test::turn;
using test::waiter;
using namespace std::chrono_literals;

TEST(nonblocking_socket, a_ticket_that_comes_alone_wakes_its_reader_once) {
  const test::faults none({});
  auto [plain, server] = test::make_tls_pair();
  auto client = nonblocking_socket::from(std::move(plain)).value();
  waiter w;
  std::array<char, 10> ten{};
  for (int ticket = 0; ticket < 3; ++ticket) {
    ASSERT_EQ(SSL_new_session_ticket(native::handle(server)), 1);
    ASSERT_EQ(SSL_do_handshake(native::handle(server)), 1);
    ASSERT_TRUE(server.write_all(""));
    w.wait(client, wait_for::read);
    EXPECT_EQ(client.read_some(ten).value(), (io_status{.next = wait_for::read}));
    EXPECT_FALSE(is_ready(client, wait_for::read));
  }
  ASSERT_TRUE(server.write_all("data"));
  EXPECT_EQ(receive(client, w, 4).value(), "data");
  EXPECT_LE(w.wakes, 5U);
}

TEST(nonblocking_socket, a_peer_that_has_ended_its_direction_wakes_nobody_who_writes) {
  const test::faults none({});
  auto [client, server] = connected();
  make_narrow(client);
  make_narrow(server);
  ASSERT_TRUE(server.close_write());
  waiter w;
  EXPECT_EQ(receive(client, w).value(), "");
  // Until the peer's side is full too. Whoever is woken can write.
  const std::string block(20'000, 'b');
  std::size_t written = 0;
  unsigned idle = 0;
  const deadline until(patience);
  do {
    const auto before = client.unsent();
    const auto taken = client.write_some(block);
    ASSERT_TRUE(taken) << taken.error().message();
    written += taken->bytes;
    if (taken->bytes == 0 && client.unsent() == before) ++idle;
    ASSERT_FALSE(until.passed());
  } while (is_ready(client, wait_for::write, 20ms));
  EXPECT_LE(idle, 3U);
  auto rest = std::async(std::launch::async, [&client = client, &w] { return end(client, w) && client.close(); });
  waiter other;
  EXPECT_EQ(receive(server, other)->size(), written);
  EXPECT_TRUE(rest.get());
}

TEST(nonblocking_socket, a_key_update_passes_unseen) {
  auto [plain, server] = test::make_tls_pair();
  auto client = nonblocking_socket::from(std::move(plain)).value();
  waiter w;
  for (const char* text : {"once", "and again"}) {
    ASSERT_EQ(SSL_key_update(native::handle(server), SSL_KEY_UPDATE_REQUESTED), 1);
    ASSERT_TRUE(server.write_all(text));
    EXPECT_EQ(receive(client, w, std::strlen(text)).value(), text);
    ASSERT_TRUE(send(client, "with new keys\n", w));
    EXPECT_EQ(server.read_line({}, patience).value(), "with new keys");
  }
  EXPECT_LE(w.wakes, 6U);
}

TEST(nonblocking_socket, descriptors_of_any_number_are_waited_for) {
  // Beyond what select(2) can count to.
  constexpr int beyond = 1100;
  rlimit most{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &most), 0);
  const rlimit before = most;
  most.rlim_cur = std::min<rlim_t>(most.rlim_max, beyond + 100);
  if (most.rlim_cur <= beyond) GTEST_SKIP() << "this process may not have that many";
  if (most.rlim_cur > before.rlim_cur) {
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &most), 0);
  }
  auto low = test::make_plain_pair();
  const auto raised = [](const tcp_socket& s) {
    return tcp_socket::adopt(::fcntl(s.native_handle(), F_DUPFD_CLOEXEC, beyond)).value();
  };
  auto both = begun(raised(low.client), raised(low.server), trusting_client(), "server.test");
  EXPECT_GE(both.client.native_handle(), beyond);
  const auto [ours, theirs] = turn(both.client, both.server);
  ASSERT_TRUE(ours) << ours.error().message();
  ASSERT_TRUE(theirs) << theirs.error().message();
  say_and_hear(both.client, both.server, "question");
  auto patient = std::move(both.server).blocking().value();
  char buffer[4];
  EXPECT_EQ(patient.read_some(buffer, 30ms).error().code(), errc::timed_out);
  ASSERT_TRUE(patient.write_all("answer"));
  waiter w;
  EXPECT_EQ(receive(both.client, w, 6).value(), "answer");
  EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

}  // namespace
}  // namespace signet
