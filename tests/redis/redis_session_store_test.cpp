#include <signet/redis/redis_session_store.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "redis/client_support.hpp"
#include "support/redis_server.hpp"

namespace signet {
namespace {

using test::calm;
using test::client_of;
using test::event_log;
using test::redis_server;
using kind = redis_event::kind;
using std::chrono::sys_seconds;
using namespace std::chrono_literals;
using namespace std::string_literals;

sys_seconds in(std::chrono::seconds from_now) {
  return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) + from_now;
}
std::shared_ptr<session_store> store_of(const redis_client& client, redis_session_options options = {}) {
  return make_redis_session_store(client, std::move(options)).value();
}
// The only key of a server.
std::string only_key(const redis_server& server) {
  auto keys = server.ask("KEYS *");
  EXPECT_EQ(std::count(keys.begin(), keys.end(), '\n'), 1) << keys;
  if (!keys.empty()) keys.pop_back();
  return keys;
}

TEST(redis_session_store, what_one_server_adds_the_others_find) {
  const redis_server server;
  const auto one = store_of(client_of(server.url()));
  const auto other = store_of(client_of(server.url()));
  EXPECT_FALSE(other->find("example.org:443"));
  const auto value = "session\0\r\n"s;
  one->add("example.org:443", value, in(1h));
  EXPECT_EQ(other->find("example.org:443"), value);
  EXPECT_EQ(other->find("example.org:443"), value);
  EXPECT_FALSE(other->find("example.com:443"));
  EXPECT_EQ(other->take("example.org:443"), value);
  EXPECT_FALSE(one->find("example.org:443"));
}

TEST(redis_session_store, the_newest_comes_first_and_the_oldest_go) {
  const redis_server server;
  const auto store = store_of(client_of(server.url()), {.values_per_key = 3});
  for (const char* value : {"a", "b", "c", "d"}) store->add("key", value, in(1h));
  EXPECT_EQ(server.ask("LLEN " + only_key(server)), ":3");
  EXPECT_EQ(store->find("key"), "d");
  EXPECT_EQ(store->take("key"), "d");
  EXPECT_EQ(store->take("key"), "c");
  EXPECT_EQ(store->take("key"), "b");
  EXPECT_FALSE(store->take("key"));
}

TEST(redis_session_store, removing_removes_all_of_a_key_and_no_other) {
  const redis_server server;
  const auto store = store_of(client_of(server.url()));
  store->add("one", "a", in(1h));
  store->add("one", "b", in(1h));
  store->add("two", "c", in(1h));
  store->remove("one");
  EXPECT_FALSE(store->find("one"));
  EXPECT_EQ(store->find("two"), "c");
}

TEST(redis_session_store, no_two_take_the_same) {
  const redis_server server;
  const auto first = store_of(client_of(server.url()), {.values_per_key = 100});
  for (int i = 0; i < 100; ++i) first->add("key", std::to_string(i), in(1h));
  std::mutex mutex;
  std::multiset<std::string> taken;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, store = t % 2 == 0 ? first : store_of(client_of(server.url()))] {
      while (const auto value = store->take("key")) {
        const std::scoped_lock lock(mutex);
        taken.insert(*value);
      }
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(taken.size(), 100U);
  EXPECT_EQ(std::set<std::string>(taken.begin(), taken.end()).size(), 100U);
}

TEST(redis_session_store, what_lies_in_redis_says_nothing_and_ends) {
  const redis_server server;
  store_of(client_of(server.url()))->add("example.org:443", "the session of example.org", in(1h));
  const auto place = only_key(server);
  EXPECT_EQ(place.find("signet:session:"), 0U) << place;
  EXPECT_EQ(place.find("example"), std::string::npos) << place;
  const auto left = std::stol(server.ask("TTL " + place).substr(1));
  EXPECT_GT(left, 3000);
  EXPECT_LE(left, 3600);
  const auto value = server.ask("LINDEX " + place + " 0");
  EXPECT_GT(value.size(), 26U);
  for (const char* part : {"session", "example"}) EXPECT_EQ(value.find(part), std::string::npos);
}

TEST(redis_session_store, what_is_past_its_time_is_not_returned_though_redis_has_it) {
  const redis_server server;
  const auto time = std::make_shared<std::atomic<std::int64_t>>(0);
  const auto store = store_of(client_of(server.url()),
                              {.clock = [time, start = in(0s)] { return start + std::chrono::seconds(time->load()); }});
  store->add("key", "old", in(-1s));
  EXPECT_EQ(server.ask("KEYS *"), "");
  store->add("key", "value", in(1h));
  EXPECT_EQ(store->find("key"), "value");
  *time = 3700;
  EXPECT_FALSE(store->find("key"));
  EXPECT_FALSE(store->take("key"));
}

TEST(redis_session_store, no_value_is_kept_for_more_than_a_week) {
  const redis_server server;
  store_of(client_of(server.url()))->add("key", "value", in(24h * 365));
  EXPECT_LE(std::stol(server.ask("TTL " + only_key(server)).substr(1)), 7 * 86400);
}

TEST(redis_session_store, a_value_of_64_kib_is_kept_and_a_larger_one_is_not) {
  const redis_server server;
  const auto store = store_of(client_of(server.url()));
  const std::string most(std::size_t{64} << 10, 'v');
  store->add("key", most, in(1h));
  EXPECT_EQ(store->find("key"), most);
  store->add("other", most + "v", in(1h));
  EXPECT_FALSE(store->find("other"));
  store->add("empty", "", in(1h));
  EXPECT_EQ(store->find("empty"), "");
}

TEST(redis_session_store, what_was_forged_changed_or_moved_is_told_of_once_and_never_used) {
  const redis_server server;
  const event_log log;
  const auto store = store_of(client_of(server.url(), calm(log)));
  store->add("key", "value", in(1h));
  const auto place = only_key(server);
  for (const char* forged : {"x", "\"\"", "forged-forged-forged-forged-forged-forged"}) {
    server.ask("LPUSH " + place + " " + forged);
    EXPECT_FALSE(store->find("key"));
    EXPECT_FALSE(store->take("key"));
  }
  EXPECT_EQ(store->find("key"), "value");
  store->add("other", "secret", in(1h));
  const auto keys = server.ask("KEYS *");
  const auto first = keys.substr(0, keys.find('\n'));
  const auto second = keys.substr(first.size() + 1, keys.size() - first.size() - 2);
  EXPECT_EQ(server.ask("COPY " + (first == place ? second : first) + " " + place + " REPLACE"), ":1");
  EXPECT_FALSE(store->find("key"));
  EXPECT_EQ(log.count(kind::unreadable), 1U);
  EXPECT_EQ(log.events().size(), 1U);
}

TEST(redis_session_store, another_kind_of_value_under_its_key_is_none) {
  const redis_server server;
  const event_log log;
  const auto store = store_of(client_of(server.url(), calm(log)));
  store->add("key", "value", in(1h));
  const auto place = only_key(server);
  server.ask("SET " + place + " x");
  EXPECT_FALSE(store->find("key"));
  EXPECT_FALSE(store->take("key"));
  store->add("key", "value", in(1h));
  store->remove("key");
  store->add("key", "value", in(1h));
  EXPECT_EQ(store->find("key"), "value");
  EXPECT_EQ(log.count(kind::unavailable), 0U) << log.last_message();
}

TEST(redis_session_store, servers_with_other_secrets_share_nothing) {
  const redis_server server;
  const event_log log;
  store_of(client_of(server.url()))->add("key", "value", in(1h));
  const auto other = store_of(client_of(server.url(), calm(log), std::string(32, 'o')));
  EXPECT_FALSE(other->find("key"));
  EXPECT_TRUE(log.events().empty());
}

TEST(redis_session_store, without_redis_it_keeps_and_finds_nothing_and_comes_back) {
  redis_server server;
  const event_log log;
  const auto store = store_of(client_of(server.url(), calm(log)));
  store->add("key", "value", in(1h));
  server.kill();
  for (int i = 0; i < 100; ++i) {
    store->add("key", "value", in(1h));
    EXPECT_FALSE(store->find("key"));
    EXPECT_FALSE(store->take("key"));
    store->remove("key");
  }
  EXPECT_EQ(log.events().size(), 1U);
  server.start();
  EXPECT_TRUE(test::comes_true([&] {
    store->add("key", "value", in(1h));
    return store->find("key").has_value();
  }));
  EXPECT_EQ(log.count(kind::available), 1U);
}

TEST(redis_session_store, options_out_of_range_are_refused) {
  const auto client = client_of("redis://h");
  for (const std::size_t many : {0U, 101U}) {
    const auto made = make_redis_session_store(client, {.values_per_key = many});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().code(), errc::invalid_argument);
  }
}

}  // namespace
}  // namespace signet
