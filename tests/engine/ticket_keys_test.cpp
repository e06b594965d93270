#include <signet/tls/ticket_keys.hpp>

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <set>

#include "support/pair.hpp"
#include "support/pki.hpp"
#include "tls/own_ticket_keys.hpp"

namespace signet {
namespace {

using test::drain;
using test::pair;
using namespace std::chrono_literals;

std::string key_bytes(char fill, std::size_t size = 80) {
  return std::string(size, fill);
}

// A config that a client resumes with, across servers.
struct fleet {
  test::pair_options options;
  client_config client;

  explicit fleet(protocol_version version)
      : options(pair::defaults(version)), client(client_config::make(options.client).value()) {}

  [[nodiscard]] server_config server(std::shared_ptr<ticket_source> keys) const {
    auto o = options.server;
    o.tickets = std::move(keys);
    return server_config::make(o).value();
  }
  // Whether it was resumed.
  bool converse(const server_config& with) {
    pair p(client, with);
    p.must_shake();
    p.server->write("x").value();
    EXPECT_EQ(drain(*p.client).text, "x");
    return p.client->info().resumed;
  }
};

class ticket_keys_of : public testing::TestWithParam<protocol_version> {
 protected:
  fleet fleet_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(versions, ticket_keys_of, testing::Values(protocol_version::tls1_2, protocol_version::tls1_3),
                         [](const auto& each) { return each.param == protocol_version::tls1_2 ? "tls1_2" : "tls1_3"; });

TEST_P(ticket_keys_of, servers_with_the_same_keys_resume_each_others_sessions) {
  for (const std::size_t size : {80U, 48U}) {
    fleet f(GetParam());
    const auto keys = [&] { return ticket_keys::from_bytes(key_bytes('a', size)).value(); };
    const auto one = f.server(keys()), two = f.server(keys());
    EXPECT_FALSE(f.converse(one));
    EXPECT_TRUE(f.converse(two)) << size;
    EXPECT_TRUE(f.converse(one)) << size;
  }
}

TEST_P(ticket_keys_of, servers_with_keys_of_their_own_do_not) {
  const auto one = fleet_.server({}), two = fleet_.server({});
  EXPECT_FALSE(fleet_.converse(one));
  EXPECT_FALSE(fleet_.converse(two));
  EXPECT_TRUE(fleet_.converse(two));
}

// Scenario 29: keys [k1, k2], rotated after each access to the first server.
TEST_P(ticket_keys_of, the_first_encrypts_and_all_decrypt) {
  const auto a = key_bytes('a'), b = key_bytes('b');
  const auto before = fleet_.server(ticket_keys::from_bytes(a).value());
  const auto rotated = fleet_.server(ticket_keys::from_bytes(b + a).value());
  const auto after = fleet_.server(ticket_keys::from_bytes(b).value());
  EXPECT_FALSE(fleet_.converse(before));
  EXPECT_TRUE(fleet_.converse(rotated)) << "a ticket of the second key";
  EXPECT_TRUE(fleet_.converse(after)) << "it was renewed under the first key";
}

TEST_P(ticket_keys_of, a_key_that_is_gone_costs_a_full_handshake_and_no_more) {
  EXPECT_FALSE(fleet_.converse(fleet_.server(ticket_keys::from_bytes(key_bytes('a')).value())));
  const auto other = fleet_.server(ticket_keys::from_bytes(key_bytes('b')).value());
  EXPECT_FALSE(fleet_.converse(other));
  EXPECT_TRUE(fleet_.converse(other));
}

TEST_P(ticket_keys_of, the_same_name_with_another_secret_costs_a_full_handshake) {
  auto other = key_bytes('a');
  other.back() = 'z';
  other[20] = 'z';
  EXPECT_FALSE(fleet_.converse(fleet_.server(ticket_keys::from_bytes(key_bytes('a')).value())));
  EXPECT_FALSE(fleet_.converse(fleet_.server(ticket_keys::from_bytes(other).value())));
}

// A user's, which answers or does not.
struct moody_source final : ticket_source {
  std::optional<ticket_key> key = ticket_key::from_bytes(key_bytes('m')).value();
  bool throws = false;
  int asked = 0;
  std::optional<ticket_key> current() override { return answer(); }
  std::optional<ticket_key> find(const ticket_key_name& name) override {
    const auto held = answer();
    return held && held->name() == name ? held : std::nullopt;
  }
  std::optional<ticket_key> answer() {
    ++asked;
    if (throws) throw std::runtime_error("no answer");
    return key;
  }
};

TEST_P(ticket_keys_of, a_source_without_a_key_leads_to_full_handshakes) {
  const auto source = std::make_shared<moody_source>();
  const auto server = fleet_.server(source);
  source->key.reset();
  EXPECT_FALSE(fleet_.converse(server));
  EXPECT_FALSE(fleet_.converse(server));
  EXPECT_GT(source->asked, 0);
  source->throws = true;
  EXPECT_FALSE(fleet_.converse(server));
  EXPECT_FALSE(fleet_.converse(server));
  source->throws = false;
  source->key = ticket_key::from_bytes(key_bytes('m')).value();
  EXPECT_FALSE(fleet_.converse(server));
  EXPECT_TRUE(fleet_.converse(server));
}

TEST_P(ticket_keys_of, one_secret_and_the_time_are_enough) {
  auto now = std::chrono::sys_seconds(std::chrono::days(20000));
  const auto keys = [&] {
    return ticket_keys::scheduled(key_bytes('s', 32), {.period = 1h, .clock = [&] { return now; }}).value();
  };
  const auto one = fleet_.server(keys()), two = fleet_.server(keys());
  EXPECT_FALSE(fleet_.converse(one));
  EXPECT_TRUE(fleet_.converse(two));
  now += 1h;
  EXPECT_TRUE(fleet_.converse(one)) << "one period later";
  now += 3h;
  EXPECT_TRUE(fleet_.converse(two)) << "a period and two hours later";
  now += 5h;
  EXPECT_FALSE(fleet_.converse(one)) << "no ticket is valid for that long";
  const auto stranger =
      fleet_.server(ticket_keys::scheduled(key_bytes('t', 32), {.period = 1h, .clock = [&] { return now; }}).value());
  EXPECT_FALSE(fleet_.converse(stranger));
}

TEST(ticket_keys, clocks_that_differ_by_less_than_a_period_agree) {
  const auto begin = std::chrono::sys_seconds(std::chrono::days(20000));
  const auto at = [&](std::chrono::seconds offset) {
    return ticket_keys::scheduled(key_bytes('s', 32), {.period = 1h, .clock = [=] { return begin + offset; }}).value();
  };
  const auto ahead = at(59min + 59s + 1min), behind = at(59min);
  EXPECT_NE(ahead->current()->name(), behind->current()->name());
  EXPECT_TRUE(behind->find(ahead->current()->name()));
  EXPECT_TRUE(ahead->find(behind->current()->name()));
  EXPECT_FALSE(behind->find({}));
}

TEST(ticket_keys, those_of_a_config_change_each_hour_and_forget_the_past) {
  auto now = std::chrono::sys_seconds(std::chrono::days(20000));
  const auto keys = own_ticket_keys([&] { return now; });
  std::vector<ticket_key_name> names;
  for (int hour = 0; hour < 6; ++hour, now += 1h) names.push_back(keys->current()->name());
  EXPECT_EQ(std::set<ticket_key_name>(names.begin(), names.end()).size(), 6U);
  now -= 1h;
  for (std::size_t ago = 0; ago < 6; ++ago) EXPECT_EQ(keys->find(names[5 - ago]).has_value(), ago <= 3) << ago;
  // Set back: the newest stays, until its time comes.
  now -= 5h;
  EXPECT_EQ(keys->current()->name(), names[5]);
  // A leap ahead is no end of work.
  now += std::chrono::days(365 * 100);
  EXPECT_TRUE(keys->current());
  EXPECT_FALSE(keys->find(names[5]));
}

TEST(ticket_keys, what_is_no_key_is_refused) {
  const auto wrong = [](const result<std::shared_ptr<ticket_source>>& made, const std::string& says) {
    ASSERT_FALSE(made) << says;
    EXPECT_NE(made.error().message().find(says), std::string::npos) << made.error().message();
    EXPECT_FALSE(made.error().hint().empty());
  };
  wrong(ticket_keys::from_bytes(std::string_view("")), "0 octets");
  wrong(ticket_keys::from_bytes(key_bytes('a', 79)), "79 octets");
  wrong(ticket_keys::from_bytes(key_bytes('a', 49)), "49 octets");
  wrong(ticket_keys::from_bytes(key_bytes('a') + key_bytes('a')), "the same first 16 octets");
  wrong(ticket_keys::from_bytes(key_bytes('a', 80 * 1001)), "80080 octets");
  wrong(ticket_keys::scheduled(key_bytes('s', 31)), "31 octets");
  wrong(ticket_keys::scheduled(key_bytes('s', 32), {.period = 59s}), "59 s");
  wrong(ticket_keys::scheduled(key_bytes('s', 32), {.period = std::chrono::days(8)}), "691200 s");
  EXPECT_EQ(ticket_key::from_bytes(key_bytes('a', 32)).error().code(), errc::invalid_argument);
}

TEST(ticket_keys, a_file_is_for_its_owner_alone) {
  const test::temporary_folder folder;
  const auto file = folder.file("keys", key_bytes('a'));
  ::chmod(file.c_str(), 0640);
  const auto refused = ticket_keys::load(file);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), errc::invalid_argument);
  EXPECT_EQ(refused.error().hint(), "chmod 600 " + file.string());
  ::chmod(file.c_str(), 0600);
  EXPECT_TRUE(ticket_keys::load(file));
  EXPECT_EQ(ticket_keys::load(folder / "none").error().code(), errc::file_not_readable);
  EXPECT_EQ(ticket_keys::load(folder / ".").error().code(), errc::file_not_readable);
  const auto cut = folder.file("cut", key_bytes('a', 50));
  ::chmod(cut.c_str(), 0600);
  EXPECT_EQ(ticket_keys::load(cut).error().code(), errc::file_malformed);
  const auto empty = folder.file("empty", "");
  ::chmod(empty.c_str(), 0600);
  EXPECT_EQ(ticket_keys::load(empty).error().code(), errc::file_malformed);
}

}  // namespace
}  // namespace signet
