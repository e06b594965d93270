// A peer is told what was wrong with what it sent, however little time the call had that found it.
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <functional>
#include <string>
#include <vector>

#include <signet/net/native.hpp>
#include <signet/net/nonblocking_socket.hpp>
#include <signet/net/relay.hpp>
#include <signet/net/split.hpp>

#include "support/net_peers.hpp"

namespace signet {
namespace {

using test::patience;
using namespace std::chrono_literals;

// What a peer puts on the wire after the handshake, and the alert it gets for it.
struct spoilt {
  const char* title;
  protocol_version version;
  std::string record;
  std::uint8_t alert;
};

std::string record(char type, const std::string& version, const std::string& length, std::size_t octets) {
  return std::string(1, type) + version + length + std::string(octets, '\x5a');
}

const std::string tls1_2_on_the_wire("\x03\x03", 2);

// One way to read, that ends without waiting. Gets a connection whose peer's bytes are there already.
struct driver {
  const char* title;
  std::function<error(tls_socket)> read;
};

class fatal_alert : public testing::TestWithParam<std::tuple<spoilt, driver>> {};

std::vector<spoilt> what_peers_send() {
  using enum protocol_version;
  const auto of = [](char type, std::string version, std::string length) {
    return record(type, std::move(version), std::move(length), 64);
  };
  const std::string right("\0\x40", 2), huge("\x7f\0", 2);
  return {
      {"altered", tls1_2, of('\x17', tls1_2_on_the_wire, right), 20},
      {"altered", tls1_3, of('\x17', tls1_2_on_the_wire, right), 20},
      {"too_long", tls1_2, of('\x17', tls1_2_on_the_wire, huge), 22},
      {"too_long", tls1_3, of('\x17', tls1_2_on_the_wire, huge), 22},
      {"of_no_type", tls1_3, of('\x63', tls1_2_on_the_wire, right), 10},
      {"plain_handshake", tls1_3, of('\x16', tls1_2_on_the_wire, right), 10},
  };
}

std::vector<driver> drivers() {
  return {
      {"read_some",
       [](tls_socket s) {
         char byte = 0;
         return s.read_some(std::span(&byte, 1), 0s).error();
       }},
      {"read_line", [](tls_socket s) { return s.read_line({}, 0s).error(); }},
      {"read_all_late",
       [](tls_socket s) {
         s.set_deadline(deadline::clock::now() - 1s);
         return s.read_all().error();
       }},
      {"split",
       [](tls_socket s) {
         auto both = split(std::move(s)).value();
         char byte = 0;
         return both.reader.read_some(std::span(&byte, 1), 0s).error();
       }},
      {"nonblocking",
       [](tls_socket s) {
         auto n = nonblocking_socket::from(std::move(s)).value();
         char byte = 0;
         return n.read_some(std::span(&byte, 1)).error();
       }},
      {"relay",
       [](tls_socket s) {
         auto [near, far] = test::make_plain_pair();
         return relay(s, far, {.until = deadline::clock::now() - 1s}).error();
       }},
  };
}

std::string title_of(const testing::TestParamInfo<fatal_alert::ParamType>& test) {
  const auto& [what, how] = test.param;
  return std::string(what.title) + (what.version == protocol_version::tls1_2 ? "_tls1_2_" : "_tls1_3_") + how.title;
}

INSTANTIATE_TEST_SUITE_P(each, fatal_alert,
                         testing::Combine(testing::ValuesIn(what_peers_send()), testing::ValuesIn(drivers())),
                         title_of);

TEST_P(fatal_alert, reaches_the_peer_whatever_the_deadline) {
  const auto& [what, how] = GetParam();
  auto [client, server] =
      test::make_tls_pair(test::trusting_client({.min_version = what.version, .max_version = what.version}));
  ASSERT_EQ(::send(client.native_handle(), what.record.data(), what.record.size(), MSG_NOSIGNAL),
            static_cast<ssize_t>(what.record.size()));
  ASSERT_TRUE(test::wait_readable(server.native_handle()));
  const auto found = how.read(std::move(server));
  EXPECT_EQ(found.alert(), (alert{what.alert, alert::sender::us})) << found.message();
  const auto told = client.read_all({}, patience).error();
  EXPECT_EQ(told.code(), errc::alert_received) << told.message();
  EXPECT_EQ(told.alert(), (alert{what.alert, alert::sender::peer})) << told.message();
}

// A warning, behind which nothing follows. Whoever asked waits for it.
TEST(alerts, that_refuse_to_renegotiate_leave_in_a_read_that_has_no_time) {
  const auto version = protocol_version::tls1_2;
  auto [client, server] = test::make_tls_pair(test::trusting_client({.min_version = version, .max_version = version}));
  auto* asking = native::handle(client);
  SSL_clear_options(asking, SSL_OP_NO_RENEGOTIATION);
  ASSERT_EQ(SSL_renegotiate(asking), 1);
  // Its ClientHello leaves, and the answer does not come.
  char byte = 0;
  EXPECT_EQ(client.read_some(std::span(&byte, 1), 30ms).error().code(), errc::timed_out);
  ASSERT_TRUE(test::wait_readable(server.native_handle()));
  EXPECT_EQ(server.read_some(std::span(&byte, 1), 0s).error().code(), errc::timed_out);
  ASSERT_TRUE(test::wait_readable(client.native_handle()));
  const auto refused = client.read_some(std::span(&byte, 1), patience);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind(), error_kind::peer) << refused.error().message();
}

}  // namespace
}  // namespace signet
