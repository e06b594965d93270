#include <signet/redis/redis_ticket_source.hpp>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <atomic>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/access.hpp"
#include "redis/client_support.hpp"
#include "redis/fake_redis.hpp"
#include "support/redis_server.hpp"

namespace signet {
namespace {

using test::calm;
using test::client_of;
using test::event_log;
using test::fake_redis;
using test::impatient;
using test::redis_server;
using kind = redis_event::kind;
using std::chrono::sys_seconds;
using namespace std::chrono_literals;
using namespace std::string_literals;

// The time for all servers of a test: the middle of an hour, until somebody turns it.
class shared_clock {
 public:
  [[nodiscard]] std::function<sys_seconds()> reader() const {
    return [now = now_] { return sys_seconds(std::chrono::seconds(now->load())); };
  }
  void turn(std::chrono::seconds by) const { *now_ += by.count(); }

 private:
  std::shared_ptr<std::atomic<std::int64_t>> now_ = std::make_shared<std::atomic<std::int64_t>>(500000 * 3600 + 1800);
};

std::shared_ptr<ticket_source> source_of(const redis_client& client, const shared_clock& clock) {
  return make_redis_ticket_source(client, {.lifetime = 24h, .clock = clock.reader()}).value();
}

std::string octets_of(const ticket_key& key) {
  const auto& octets = detail::access::shared(key).octets;
  return {octets.begin(), octets.end()};
}
bool are_same(const std::optional<ticket_key>& a, const std::optional<ticket_key>& b) {
  return a && b && octets_of(*a) == octets_of(*b);
}
std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> out;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = text.find('\n', at);
    out.push_back(text.substr(at, end - at));
    at = end == text.npos ? text.size() : end + 1;
  }
  return out;
}
std::vector<std::string> keys_in(const redis_server& server) {
  return lines(server.ask("KEYS *"));
}
// How many commands of others it has done.
long calls_of(const redis_server& server, const std::string& command) {
  const auto all = server.ask("INFO commandstats");
  const auto start = "cmdstat_" + command + ":calls=";
  const auto at = all.find(start);
  return at == all.npos ? 0 : std::stol(all.substr(at + start.size()));
}

TEST(redis_ticket_source, servers_agree_on_a_key) {
  const redis_server server;
  const shared_clock clock;
  const auto one = source_of(client_of(server.url()), clock);
  const auto other = source_of(client_of(server.url()), clock);
  const auto key = one->current();
  ASSERT_TRUE(key);
  EXPECT_TRUE(are_same(key, other->current()));
  EXPECT_TRUE(are_same(key, other->find(key->name())));
  EXPECT_FALSE(other->find(ticket_key_name{}));
}

TEST(redis_ticket_source, one_that_has_just_started_reads_the_tickets_of_before) {
  const redis_server server;
  const shared_clock clock;
  const auto old = source_of(client_of(server.url()), clock);
  std::vector<ticket_key> keys;
  for (int hour = 0; hour < 30; ++hour, clock.turn(1h)) keys.push_back(old->current().value());
  clock.turn(-1h);
  const auto fresh = source_of(client_of(server.url()), clock);
  EXPECT_TRUE(are_same(fresh->find(keys.back().name()), keys.back()));
  // A ticket of the last minute of an hour lives for a day after it.
  EXPECT_TRUE(fresh->find(keys[30 - 25].name()));
  EXPECT_FALSE(fresh->find(keys[30 - 26].name()));
  EXPECT_TRUE(old->find(keys[30 - 25].name()));
  EXPECT_FALSE(old->find(keys[30 - 26].name()));
}

TEST(redis_ticket_source, each_period_has_a_key_of_its_own) {
  const redis_server server;
  const shared_clock clock;
  const auto source = source_of(client_of(server.url()), clock);
  std::set<std::string> seen;
  for (int hour = 0; hour < 10; ++hour, clock.turn(1h)) seen.insert(octets_of(source->current().value()));
  EXPECT_EQ(seen.size(), 10U);
}

TEST(redis_ticket_source, the_next_key_is_there_before_its_time) {
  redis_server server;
  const shared_clock clock;
  const auto source = source_of(client_of(server.url()), clock);
  const auto key = source->current();
  clock.turn(20min);
  EXPECT_TRUE(are_same(source->current(), key));
  // A server whose clock is ahead uses it already.
  const shared_clock ahead;
  ahead.turn(31min);
  const auto next = source_of(client_of(server.url()), ahead)->current();
  server.kill();
  EXPECT_TRUE(are_same(source->find(next.value().name()), next));
  clock.turn(20min);
  EXPECT_TRUE(are_same(source->current(), next));
  EXPECT_TRUE(are_same(source->find(key.value().name()), key));
}

TEST(redis_ticket_source, what_lies_in_redis_says_nothing_and_ends) {
  const redis_server server;
  const shared_clock clock;
  const auto key = source_of(client_of(server.url()), clock)->current();
  ASSERT_TRUE(key);
  const auto keys = keys_in(server);
  ASSERT_EQ(keys.size(), 1U);
  EXPECT_EQ(keys[0].find("signet:ticket:"), 0U) << keys[0];
  const auto left = std::stol(server.ask("TTL " + keys[0]).substr(1));
  // Half an hour, and a day.
  EXPECT_LE(left, 1800 + 86400);
  EXPECT_GT(left, 86400);
  const auto value = server.ask("GET " + keys[0]);
  const auto octets = octets_of(*key);
  ASSERT_GE(value.size(), 80U);
  for (std::size_t i = 0; i + 8 <= octets.size(); ++i)
    EXPECT_EQ(value.find(octets.substr(i, 8)), std::string::npos) << i;
}

TEST(redis_ticket_source, the_prefix_is_the_users) {
  const redis_server server;
  auto options = calm();
  options.prefix = "signet.blue";
  EXPECT_TRUE(source_of(client_of(server.url(), options), {})->current());
  EXPECT_EQ(keys_in(server).at(0).find("signet.blue:ticket:"), 0U);
}

TEST(redis_ticket_source, redis_is_asked_seldom_whatever_clients_send) {
  const redis_server server;
  const shared_clock clock;
  const auto source = source_of(client_of(server.url()), clock);
  const auto began = deadline::clock::now();
  ASSERT_TRUE(source->current());
  const auto before = calls_of(server, "get");
  for (int i = 0; i < 10000; ++i) {
    ticket_key_name name{};
    name[0] = static_cast<std::uint8_t>(i);
    name[1] = static_cast<std::uint8_t>(i >> 8);
    EXPECT_FALSE(source->find(name));
    EXPECT_TRUE(source->current());
  }
  const auto looks = (deadline::clock::now() - began) / 5s + 1;
  EXPECT_LE(calls_of(server, "get") - before, looks);
}

TEST(redis_ticket_source, servers_with_other_secrets_neither_share_nor_disturb) {
  const redis_server server;
  const shared_clock clock;
  const event_log log;
  const auto one = source_of(client_of(server.url(), calm(log)), clock);
  const auto other = source_of(client_of(server.url(), calm(log), std::string(32, 'o')), clock);
  const auto key = one->current();
  const auto others = other->current();
  ASSERT_TRUE(key && others);
  EXPECT_FALSE(are_same(key, others));
  EXPECT_FALSE(other->find(key->name()));
  EXPECT_TRUE(log.events().empty());
}

TEST(redis_ticket_source, a_value_that_was_forged_is_told_of_once_and_never_used) {
  for (const auto& forged : {""s, "x"s, "forged"s, std::string(109, '\1')}) {
    const redis_server server;
    const shared_clock clock;
    ASSERT_TRUE(source_of(client_of(server.url()), clock)->current());
    const auto place = keys_in(server).at(0);
    server.ask("SET " + place + " \"" + forged + "\"");
    const event_log log;
    const auto source = source_of(client_of(server.url(), calm(log)), clock);
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(source->current());
    EXPECT_EQ(log.count(kind::unreadable), 1U);
    EXPECT_NE(log.last_message().find(place), std::string::npos) << log.last_message();
    EXPECT_EQ(log.count(kind::unavailable), 0U);
    // The next period is untouched.
    clock.turn(1h);
    EXPECT_TRUE(source->current());
  }
}

TEST(redis_ticket_source, a_value_that_was_changed_or_moved_is_never_used) {
  const redis_server server;
  const shared_clock clock;
  const auto source = source_of(client_of(server.url()), clock);
  const auto key = source->current();
  const auto place = keys_in(server).at(0);
  clock.turn(1h);
  ASSERT_TRUE(source->current());
  const auto all = keys_in(server);
  const auto next = all[0] == place ? all.at(1) : all.at(0);
  // The key of the hour before, in the place of this one.
  EXPECT_EQ(server.ask("COPY " + place + " " + next + " REPLACE"), ":1");
  const event_log log;
  EXPECT_FALSE(source_of(client_of(server.url(), calm(log)), clock)->current());
  EXPECT_EQ(log.count(kind::unreadable), 1U);
  // One octet.
  clock.turn(-1h);
  server.ask("SETRANGE " + place + " 40 x");
  server.ask("SETRANGE " + place + " 41 y");
  EXPECT_FALSE(source_of(client_of(server.url()), clock)->current());
  // Who had it goes on with it.
  EXPECT_TRUE(are_same(source->find(key.value().name()), key));
}

TEST(redis_ticket_source, one_that_is_away_at_the_start_is_waited_for) {
  redis_server server;
  server.kill();
  const shared_clock clock;
  const event_log log;
  const auto source = source_of(client_of(server.url(), calm(log)), clock);
  EXPECT_FALSE(source->current());
  EXPECT_FALSE(source->find({}));
  EXPECT_EQ(log.count(kind::unavailable), 1U);
  server.start();
  EXPECT_TRUE(test::comes_true([&] { return source->current().has_value(); }));
  EXPECT_EQ(log.count(kind::available), 1U);
  EXPECT_EQ(log.events().size(), 2U);
}

TEST(redis_ticket_source, one_that_dies_leaves_the_keys_that_are_known) {
  redis_server server;
  const shared_clock clock;
  const auto source = source_of(client_of(server.url()), clock);
  const auto key = source->current();
  server.kill();
  EXPECT_TRUE(are_same(source->current(), key));
  clock.turn(1h);
  EXPECT_FALSE(source->current());
  EXPECT_TRUE(are_same(source->find(key.value().name()), key));
  server.start();
  EXPECT_TRUE(test::comes_true([&] { return source->current().has_value(); }));
  // It has lost all it had, and is given it back.
  const auto fresh = source_of(client_of(server.url()), clock);
  EXPECT_TRUE(are_same(fresh->current(), source->current()));
  EXPECT_TRUE(test::comes_true([&] {
    (void)source->current();
    return are_same(source_of(client_of(server.url()), clock)->find(key.value().name()), key);
  }));
}

TEST(redis_ticket_source, servers_that_disagree_after_a_loss_agree_again) {
  const redis_server server;
  const shared_clock clock;
  const auto one = source_of(client_of(server.url()), clock);
  const auto key = one->current();
  server.ask("FLUSHALL");
  // Started meanwhile, it finds nothing and makes a key.
  const auto other = source_of(client_of(server.url()), clock);
  const auto others = other->current();
  ASSERT_TRUE(others);
  EXPECT_FALSE(are_same(key, others));
  EXPECT_TRUE(test::comes_true([&] { return are_same(one->current(), other->current()); }));
  // What was encrypted meanwhile is still read by who can.
  EXPECT_TRUE(are_same(one->find(key.value().name()), key));
}

TEST(redis_ticket_source, one_that_stalls_holds_up_one_thread_once) {
  redis_server server;
  server.stall();
  const event_log log;
  auto options = impatient(log);
  options.first_back_off = 1h;
  options.longest_back_off = 1h;
  const auto source = source_of(client_of(server.url(), options), {});
  const auto began = deadline::clock::now();
  std::atomic<int> held_up = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      const auto before = deadline::clock::now();
      EXPECT_FALSE(source->current());
      EXPECT_FALSE(source->find({}));
      if (deadline::clock::now() - before > 150ms) ++held_up;
    });
  for (auto& t : threads) t.join();
  EXPECT_LT(deadline::clock::now() - began, 2s);
  EXPECT_GE(held_up, 1);
  EXPECT_EQ(log.events().size(), 1U);
  const auto after = deadline::clock::now();
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(source->current());
  EXPECT_LT(deadline::clock::now() - after, 2s);
}

TEST(redis_ticket_source, many_threads_and_servers_agree) {
  const redis_server server;
  const shared_clock clock;
  std::vector<std::shared_ptr<ticket_source>> servers;
  for (int i = 0; i < 4; ++i) servers.push_back(source_of(client_of(server.url()), clock));
  std::mutex mutex;
  std::set<std::string> seen;
  std::vector<std::thread> threads;
  for (int t = 0; t < 12; ++t)
    threads.emplace_back([&, source = servers[static_cast<std::size_t>(t) % servers.size()]] {
      for (int i = 0; i < 200; ++i) {
        const auto key = source->current();
        if (!key) continue;
        EXPECT_TRUE(source->find(key->name()));
        const std::scoped_lock lock(mutex);
        seen.insert(octets_of(*key));
      }
    });
  for (auto& t : threads) t.join();
  for (const auto& one : servers) EXPECT_TRUE(one->current());
  EXPECT_EQ(seen.size(), 1U);
}

TEST(redis_ticket_source, processes_that_fork_share_keys) {
  const redis_server server;
  const shared_clock clock;
  const auto source = source_of(client_of(server.url()), clock);
  const auto key = source->current();
  clock.turn(1h);
  // The child takes the next key from Redis by itself.
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    const auto next = source->current();
    const auto octets = next ? octets_of(*next) : ""s;
    const auto written = ::write(ends[1], octets.data(), octets.size());
    ::_exit(are_same(source->find(key->name()), key) && written == 80 ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  std::string octets(80, '\0');
  EXPECT_EQ(::read(ends[0], octets.data(), octets.size()), 80);
  EXPECT_EQ(octets, octets_of(source->current().value()));
  ::close(ends[0]);
  ::close(ends[1]);
}

// It says that it has stored every value, and has none; and it answers what does not fit.
TEST(redis_ticket_source, a_server_that_lies_gives_no_key) {
  for (const std::string answer : {"$-1\r\n", ":7\r\n", "*0\r\n", "+OK\r\n"}) {
    std::atomic<int> asked = 0;
    const fake_redis server([&](const redis::command& c) {
      ++asked;
      return c.front() == "GET" ? answer : "+OK\r\n"s;
    });
    const auto source = source_of(client_of(server.url()), {});
    for (int i = 0; i < 100; ++i) EXPECT_FALSE(source->current());
    EXPECT_LT(asked, 200) << answer;
  }
}

TEST(redis_ticket_source, options_out_of_range_are_refused) {
  const auto client = client_of("redis://h");
  const auto refused = [&](const redis_ticket_options& options) {
    const auto made = make_redis_ticket_source(client, options);
    return !made && made.error().code() == errc::invalid_argument;
  };
  EXPECT_TRUE(refused({.period = 59s}));
  EXPECT_TRUE(refused({.period = 24h * 8}));
  EXPECT_TRUE(refused({.lifetime = 0s}));
  EXPECT_TRUE(refused({.lifetime = 24h * 8}));
  EXPECT_TRUE(refused({.period = 1min, .lifetime = 201min}));
  EXPECT_FALSE(refused({.period = 1min, .lifetime = 200min}));
  EXPECT_FALSE(refused({}));
}

}  // namespace
}  // namespace signet
