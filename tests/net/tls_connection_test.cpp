// The steps that all drivers of a connection share have one outcome, whoever drives.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <functional>

#include <signet/net/nonblocking_socket.hpp>
#include <signet/net/relay.hpp>
#include <signet/net/split.hpp>

#include "support/net_peers.hpp"

namespace signet {
namespace {

using test::patience;
using namespace std::chrono_literals;

// Ends our direction, and then writes: what each of the two says.
struct outcome {
  result<void> ended;
  result<void> written;
};
struct driver {
  const char* title;
  std::function<outcome(tls_socket)> end_and_write;
};

result<void> of_step(const result<io_status>& step) {
  return step ? result<void>() : result<void>(step.error());
}

std::vector<driver> drivers() {
  return {
      {"blocking",
       [](tls_socket s) {
         auto ended = s.close_write(patience);
         return outcome{ended, s.write_all("more", patience)};
       }},
      {"nonblocking",
       [](tls_socket s) {
         auto n = nonblocking_socket::from(std::move(s)).value();
         auto ended = of_step(n.close_write());
         return outcome{ended, of_step(n.write_some("more"))};
       }},
      {"split",
       [](tls_socket s) {
         auto both = split(std::move(s)).value();
         auto ended = both.writer.close_write(patience);
         return outcome{ended, both.writer.write_all("more", patience)};
       }},
      {"relay",
       [](tls_socket s) {
         auto [near, far] = test::make_plain_pair();
         near.close();
         auto ended = relay(s, far, {.until = patience});
         return outcome{ended ? result<void>() : result<void>(ended.error()), s.write_all("more", patience)};
       }},
      {"unwrap",
       [](tls_socket s) {
         auto plain = std::move(s).unwrap({.until = patience});
         // NOLINTNEXTLINE(bugprone-use-after-move): moved from only on success
         auto written = plain ? plain->write_all("more", patience) : s.write_all("more", patience);
         return outcome{plain ? result<void>() : result<void>(plain.error()), written};
       }},
  };
}

class driven : public testing::TestWithParam<driver> {};

INSTANTIATE_TEST_SUITE_P(by, driven, testing::ValuesIn(drivers()), [](const auto& of) { return of.param.title; });

TEST_P(driven, an_end_that_could_not_be_sent_is_what_writing_says_from_then_on) {
  auto [client, server] = test::make_tls_pair();
  // Of the descriptor under it: nothing can be sent any more, and the peer's words still come.
  ASSERT_EQ(::shutdown(client.native_handle(), SHUT_WR), 0);
  ASSERT_TRUE(server.close_write(patience));
  const auto said = GetParam().end_and_write(std::move(client));
  ASSERT_FALSE(said.written);
  EXPECT_EQ(said.written.error().code(), errc::connection_reset) << said.written.error().message();
  // A relay forgives one that has ended its own direction.
  if (!said.ended) {
    EXPECT_EQ(said.ended.error().code(), errc::connection_reset) << said.ended.error().message();
  }
}

TEST_P(driven, nothing_is_written_after_our_end) {
  auto [client, server] = test::make_tls_pair();
  ASSERT_TRUE(server.close_write(patience));
  const auto said = GetParam().end_and_write(std::move(client));
  EXPECT_TRUE(said.ended) << said.ended.error().message();
  // What is written after unwrap() is plain.
  if (GetParam().title == std::string_view("unwrap")) {
    EXPECT_TRUE(said.written);
    return;
  }
  ASSERT_FALSE(said.written);
  EXPECT_EQ(said.written.error().code(), errc::closed) << said.written.error().message();
}

// The peer is named once, as the connection names it, and not as the certificate does.
TEST_P(driven, an_error_names_the_peer_once) {
  auto [client, server] = test::make_tls_pair();
  const auto address = to_string(client.remote_endpoint());
  ASSERT_EQ(::shutdown(client.native_handle(), SHUT_WR), 0);
  ASSERT_TRUE(server.close_write(patience));
  const auto message = GetParam().end_and_write(std::move(client)).written.error().message();
  EXPECT_TRUE(message.starts_with(address + ": ")) << message;
  EXPECT_EQ(message.find(address, 1), std::string::npos) << message;
  EXPECT_EQ(message.find("server.test"), std::string::npos) << message;
}

}  // namespace
}  // namespace signet
