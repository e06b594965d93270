// Which version is spoken, and that it is called by the number it has on the wire.
#include <signet/native.hpp>
#include <signet/tls/protocol_version.hpp>

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include "support/pair.hpp"
#include "support/pki.hpp"

namespace signet {
namespace {

using test::pair;

constexpr auto v1_0 = protocol_version::tls1_0, v1_1 = protocol_version::tls1_1, v1_2 = protocol_version::tls1_2,
               v1_3 = protocol_version::tls1_3;

struct range {
  protocol_version from, to;
};

test::pair_options between(range client, range server) {
  auto options = pair::defaults();
  options.client.min_version = client.from;
  options.client.max_version = client.to;
  options.server.min_version = server.from;
  options.server.max_version = server.to;
  return options;
}

// The version in a ServerHello, the first message of `bytes`: in TLS 1.3 that of its extension supported_versions (RFC
// 8446 section 4.2.1).
unsigned version_on_the_wire(std::string_view bytes) {
  const auto two = [bytes](std::size_t at) {
    return static_cast<unsigned>(static_cast<unsigned char>(bytes[at]) << 8 |
                                 static_cast<unsigned char>(bytes[at + 1]));
  };
  // Headers of a record and of a message, then a legacy_version; five more fields, and the extensions.
  const std::size_t version = 5 + 4;
  const std::size_t session_id = version + 2 + 32;
  const std::size_t extensions = session_id + 1 + static_cast<unsigned char>(bytes[session_id]) + 2 + 1;
  const std::size_t end = 5 + two(3);
  for (auto at = extensions + 2; at + 4 <= end; at += 4 + two(at + 2))
    if (two(at) == 43) return two(at + 4);
  return two(version);
}

TEST(protocol_version, is_the_number_on_the_wire) {
  const std::pair<protocol_version, unsigned> numbers[] = {
      {v1_0, 0x0301}, {v1_1, 0x0302}, {v1_2, 0x0303}, {v1_3, 0x0304}};
  for (const auto& [version, number] : numbers) {
    pair p(between({version, version}, {v1_0, v1_3}));
    ASSERT_TRUE(p.shake());
    EXPECT_EQ(version_on_the_wire(p.to_client->log), number);
    for (const auto* side : {&*p.client, &*p.server}) {
      EXPECT_EQ(static_cast<unsigned>(side->info().version), number);
      EXPECT_EQ(SSL_version(native::handle(*side)), static_cast<int>(number));
    }
  }
}

TEST(protocol_version, the_highest_that_both_allow_is_spoken) {
  struct {
    range client, server;
    std::optional<protocol_version> spoken;
  } const rows[] = {
      {{v1_0, v1_3}, {v1_0, v1_3}, v1_3}, {{v1_0, v1_2}, {v1_0, v1_3}, v1_2}, {{v1_0, v1_3}, {v1_0, v1_2}, v1_2},
      {{v1_0, v1_1}, {v1_0, v1_3}, v1_1}, {{v1_0, v1_3}, {v1_0, v1_1}, v1_1}, {{v1_0, v1_0}, {v1_0, v1_3}, v1_0},
      {{v1_2, v1_3}, {v1_1, v1_2}, v1_2}, {{v1_3, v1_3}, {v1_2, v1_3}, v1_3}, {{v1_2, v1_2}, {v1_2, v1_3}, v1_2},
      {{v1_3, v1_3}, {v1_0, v1_2}, {}},   {{v1_0, v1_1}, {v1_2, v1_3}, {}},   {{v1_2, v1_3}, {v1_0, v1_1}, {}},
  };
  for (const auto& row : rows) {
    SCOPED_TRACE(std::string(name(row.client.from)) + " to " + std::string(name(row.client.to)) + " and " +
                 std::string(name(row.server.from)) + " to " + std::string(name(row.server.to)));
    pair p(between(row.client, row.server));
    const auto shaken = p.shake();
    EXPECT_EQ(shaken.has_value(), row.spoken.has_value());
    if (shaken && row.spoken) {
      EXPECT_EQ(p.client->info().version, *row.spoken);
      EXPECT_EQ(p.server->info().version, *row.spoken);
    } else if (!row.spoken) {
      EXPECT_EQ(p.client_error.value().code(), errc::protocol_version);
    }
  }
}

TEST(protocol_version, below_1_2_none_is_spoken_unless_it_is_named) {
  const auto defaults = range{client_options().min_version, client_options().max_version};
  EXPECT_EQ(defaults.from, v1_2);
  EXPECT_EQ(defaults.to, v1_3);
  EXPECT_EQ(server_options().min_version, v1_2);
  EXPECT_EQ(server_options().max_version, v1_3);
  for (const auto old : {range{v1_0, v1_1}, range{v1_1, v1_1}}) {
    EXPECT_FALSE(pair(between(old, defaults)).shake());
    EXPECT_FALSE(pair(between(defaults, old)).shake());
  }
}

TEST(protocol_version, a_range_that_leaves_none_is_refused_by_either_config) {
  for (const auto& [from, to] : {range{v1_3, v1_2}, {v1_1, v1_0}, {v1_3, v1_0}}) {
    auto options = between({from, to}, {from, to});
    const auto client = client_config::make(options.client);
    const auto server = server_config::make(options.server);
    ASSERT_FALSE(client || server);
    for (const auto& refused : {client.error(), server.error()}) {
      EXPECT_EQ(refused.code(), errc::invalid_configuration);
      EXPECT_NE(refused.message().find(name(from)), std::string::npos) << refused.message();
      EXPECT_NE(refused.message().find(name(to)), std::string::npos) << refused.message();
    }
  }
}

}  // namespace
}  // namespace signet
