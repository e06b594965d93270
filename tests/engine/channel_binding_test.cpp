#include <signet/tls/channel_binding.hpp>

#include <gtest/gtest.h>

#include "support/pair.hpp"
#include "support/pki.hpp"

namespace signet {
namespace {

using std::string_view;
using test::drain;
using test::pair;

class channel_binding_of : public testing::TestWithParam<protocol_version> {};
INSTANTIATE_TEST_SUITE_P(versions, channel_binding_of,
                         testing::Values(protocol_version::tls1_2, protocol_version::tls1_3),
                         [](const auto& each) { return each.param == protocol_version::tls1_2 ? "tls1_2" : "tls1_3"; });

TEST_P(channel_binding_of, both_ends_derive_the_same) {
  pair p(pair::defaults(GetParam()));
  EXPECT_EQ(p.client->export_keying_material("EXPERIMENTAL test", 32).error().code(), errc::not_connected);
  p.must_shake();
  const auto of = [&](std::size_t size, std::optional<byte_view> context = {}) {
    const auto ours = p.client->export_keying_material("EXPERIMENTAL test", size, context).value();
    EXPECT_EQ(ours, p.server->export_keying_material("EXPERIMENTAL test", size, context).value());
    EXPECT_EQ(ours.size(), size);
    return ours;
  };
  // Scenario 47.12.2.
  const auto none = of(64), empty = of(64, byte_view(string_view(""))), other = of(64, byte_view("other"));
  const bool is_new = GetParam() == protocol_version::tls1_3;
  EXPECT_EQ(none == empty, is_new);
  EXPECT_EQ(of(128).starts_with(none), !is_new);
  EXPECT_NE(none, other);
  EXPECT_NE(none, p.client->export_keying_material("EXPERIMENTAL another", 64).value());
  for (const std::size_t size : {0U, 4097U})
    EXPECT_EQ(p.client->export_keying_material("EXPERIMENTAL test", size).error().code(), errc::invalid_argument);
  EXPECT_EQ(p.client->export_keying_material("", 32).error().code(), errc::invalid_argument);
}

TEST_P(channel_binding_of, each_kind) {
  pair p(pair::defaults(GetParam()));
  p.must_shake();
  const auto both = [&](channel_binding kind) {
    const auto ours = p.client->binding(kind), theirs = p.server->binding(kind);
    EXPECT_TRUE(ours && theirs);
    EXPECT_EQ(ours.value_or(""), theirs.value_or(""));
    return ours.value_or("");
  };
  EXPECT_EQ(both(channel_binding::tls_exporter).size(), 32U);
  const auto leaf = test::load_identity("server").leaf();
  const auto print = leaf.fingerprint_sha256();
  EXPECT_EQ(both(channel_binding::tls_server_end_point), std::string(print.begin(), print.end()));
  if (GetParam() == protocol_version::tls1_2) {
    EXPECT_EQ(both(channel_binding::tls_unique).size(), 12U);
  } else {
    EXPECT_EQ(p.client->binding(channel_binding::tls_unique).error().code(), errc::not_supported);
  }
}

// Of a resumed session the first Finished is the server's.
TEST_P(channel_binding_of, a_resumed_connection) {
  pair first(pair::defaults(GetParam()));
  first.must_shake();
  first.server->write("x").value();
  drain(*first.client);
  pair p(first.client_settings, first.server_settings);
  p.must_shake();
  ASSERT_TRUE(p.client->info().resumed);
  EXPECT_EQ(p.client->binding(channel_binding::tls_exporter).value(),
            p.server->binding(channel_binding::tls_exporter).value());
  if (GetParam() == protocol_version::tls1_2) {
    EXPECT_EQ(p.client->binding(channel_binding::tls_unique).value(),
              p.server->binding(channel_binding::tls_unique).value());
    EXPECT_NE(p.client->binding(channel_binding::tls_unique).value(),
              first.client->binding(channel_binding::tls_unique).value());
  }
}

}  // namespace
}  // namespace signet
