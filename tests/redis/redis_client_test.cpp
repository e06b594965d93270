#include <signet/redis/redis_client.hpp>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include <array>
#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "redis/client_impl.hpp"
#include "redis/client_support.hpp"
#include "redis/fake_redis.hpp"
#include "support/redis_server.hpp"

namespace signet {
namespace {

using test::bulk;
using test::calm;
using test::client_of;
using test::event_log;
using test::fake_redis;
using test::impatient;
using test::redis_server;
using kind = redis_event::kind;
using namespace std::chrono_literals;
using namespace std::string_literals;

result<std::vector<redis::reply>> ask(const redis_client& client, const std::vector<redis::command>& commands) {
  return inside(client).line().ask(commands);
}
std::string get(const redis_client& client, const std::string& key) {
  return ask(client, {{"GET", key}}).value().front().text;
}
std::size_t connections(const redis_server& server) {
  const auto all = server.ask("CLIENT LIST TYPE normal");
  std::size_t count = 0;
  for (auto at = all.find(" addr=127.0.0.1:"); at != all.npos; at = all.find(" addr=127.0.0.1:", at + 1)) ++count;
  return count;
}
// A fake that lets everybody in, and then answers GET so.
fake_redis::answers to_get(const std::string& answer) {
  return [answer](const redis::command& c) { return c.front() == "GET" ? answer : "+OK\r\n"s; };
}

TEST(redis_client, speaks_over_tcp_a_local_socket_and_tls) {
  const redis_server plain;
  const redis_server encrypted({}, redis_server::ports::tls);
  auto trusting = calm();
  trusting.tls = test::trusting_client();
  for (const auto& client :
       {client_of(plain.url()), client_of("unix:" + plain.socket()), client_of(encrypted.url(), trusting)}) {
    const auto answered = client.ping();
    ASSERT_TRUE(answered) << answered.error().message();
    EXPECT_EQ(ask(client, {{"SET", "a\0b"s, "\r\n\0"s}}).value().front().text, "OK");
    EXPECT_EQ(get(client, "a\0b"s), "\r\n\0"s);
  }
}

TEST(redis_client, verifies_the_server) {
  const redis_server server({}, redis_server::ports::tls);
  const event_log log;
  auto options = calm(log);
  options.tls = client_config::make({.trust = trust_store::none()}).value();
  const auto answered = client_of(server.url(), options).ping();
  ASSERT_FALSE(answered);
  EXPECT_EQ(answered.error().kind(), error_kind::verification) << answered.error().message();
  EXPECT_EQ(answered.error().message().find("Redis at " + server.url() + ": "), 0U) << answered.error().message();
  EXPECT_NE(answered.error().verdict(), nullptr);
  EXPECT_EQ(log.count(kind::unavailable), 1U);
}

TEST(redis_client, logs_in_with_a_password_alone_or_as_a_user) {
  const redis_server server({"requirepass hunter2", "user fleet on >open~sesame ~* +@all"});
  EXPECT_TRUE(client_of(server.url(":hunter2")).ping());
  EXPECT_TRUE(client_of(server.url("fleet:open%7Esesame")).ping());
  EXPECT_TRUE(client_of(server.url("default:hunter2")).ping());
}

TEST(redis_client, takes_the_database_that_was_named) {
  const redis_server server;
  ASSERT_TRUE(ask(client_of(server.url() + "/7"), {{"SET", "where", "7"}}));
  EXPECT_EQ(get(client_of(server.url() + "/7"), "where"), "7");
  EXPECT_EQ(get(client_of(server.url()), "where"), "");
  const auto none = client_of(server.url() + "/1000").ping();
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code(), errc::dialogue_failed);
}

TEST(redis_client, a_refusal_is_in_the_words_of_redis_and_without_the_password) {
  const redis_server server({"requirepass hunter2"});
  struct {
    std::string credentials;
    std::string words;
  } const cases[] = {{"", "NOAUTH"}, {":correcthorse", "WRONGPASS"}, {"fleet:correcthorse", "WRONGPASS"}};
  for (const auto& c : cases) {
    const event_log log;
    const auto refused = client_of(server.url(c.credentials), calm(log)).ping();
    ASSERT_FALSE(refused) << c.credentials;
    const auto& e = refused.error();
    EXPECT_EQ(e.code(), errc::dialogue_failed);
    EXPECT_EQ(e.message().find("Redis at " + server.url() + ": "), 0U) << e.message();
    EXPECT_NE(e.message().find(c.words), std::string::npos) << e.message();
    EXPECT_FALSE(e.hint().empty());
    for (const auto& text : {e.message(), e.hint(), log.last_message()})
      EXPECT_EQ(text.find("correcthorse"), std::string::npos) << text;
    EXPECT_EQ(log.count(kind::unavailable), 1U);
  }
}

// As one does that does not know the command.
TEST(redis_client, a_server_that_repeats_the_password_is_not_quoted) {
  for (const std::string answer :
       {"-ERR unknown command 'AUTH', with args beginning with: 'correcthorse' \r\n", "-correcthorse\r\n"}) {
    const fake_redis server([&](const redis::command& c) { return c.front() == "AUTH" ? answer : "+OK\r\n"s; });
    auto url = server.url();
    const auto refused = client_of(url.insert(8, ":correcthorse@")).ping();
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().message().find("correct"), std::string::npos) << refused.error().message();
  }
}

TEST(redis_client, whoever_is_not_there_is_named) {
  const auto closed = test::make_closed_door();
  const auto port = std::to_string(closed.at.port());
  const auto refused = client_of("redis://:correcthorse@127.0.0.1:" + port).ping();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), errc::connection_refused);
  EXPECT_EQ(refused.error().message().find("Redis at redis://127.0.0.1:" + port + ": connecting: "), 0U)
      << refused.error().message();
  const auto missing = client_of("unix:/nowhere/redis.sock").ping();
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), errc::unreachable);
  EXPECT_EQ(missing.error().message(), "Redis at unix:/nowhere/redis.sock: connecting: No such file or directory");
}

TEST(redis_client, one_that_dies_is_told_of_once_and_so_is_its_return) {
  redis_server server;
  const event_log log;
  const auto client = client_of(server.url(), calm(log));
  ASSERT_TRUE(client.ping());
  EXPECT_TRUE(log.events().empty());
  server.kill();
  // So often that the back-off ends several times.
  for (int failed = 0; failed < 5;) {
    const auto before = deadline::clock::now();
    EXPECT_FALSE(client.ping());
    if (deadline::clock::now() - before < 1s) ++failed;
    ::poll(nullptr, 0, 15);
  }
  EXPECT_EQ(log.count(kind::unavailable), 1U);
  EXPECT_EQ(log.count(kind::available), 0U);
  server.start();
  EXPECT_TRUE(test::comes_true([&] { return client.ping().has_value(); }));
  EXPECT_EQ(log.count(kind::unavailable), 1U);
  EXPECT_EQ(log.count(kind::available), 1U);
}

TEST(redis_client, a_restart_that_nobody_saw_is_none) {
  redis_server server;
  const event_log log;
  const auto client = client_of(server.url(), calm(log));
  ASSERT_TRUE(client.ping());
  server.kill();
  server.start();
  EXPECT_TRUE(client.ping());
  server.ask("CLIENT KILL TYPE normal");
  EXPECT_TRUE(client.ping());
  EXPECT_TRUE(log.events().empty()) << log.last_message();
}

TEST(redis_client, one_that_stalls_costs_one_thread_its_time_and_the_others_nothing) {
  redis_server server;
  const event_log log;
  auto options = impatient(log);
  options.first_back_off = 1h;
  options.longest_back_off = 1h;
  const auto client = client_of(server.url(), options);
  ASSERT_TRUE(client.ping());
  server.stall();
  const auto began = deadline::clock::now();
  const auto late = client.ping();
  const auto took = deadline::clock::now() - began;
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), errc::timed_out) << late.error().message();
  EXPECT_GE(took, 290ms);
  EXPECT_LT(took, 2s);
  const auto after = deadline::clock::now();
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(client.ping());
  EXPECT_LT(deadline::clock::now() - after, 2s);
  EXPECT_EQ(log.events().size(), 1U);
}

// Connections are still made for it, by the system.
TEST(redis_client, one_that_accepts_and_never_answers_takes_no_longer) {
  const auto door = test::open_door();
  for (const std::string scheme : {"redis", "rediss"}) {
    auto options = impatient();
    options.tls = test::trusting_client();
    const auto client = client_of(scheme + "://:pw@127.0.0.1:" + std::to_string(door.port()) + "/1", options);
    const auto began = deadline::clock::now();
    const auto late = client.ping();
    EXPECT_LT(deadline::clock::now() - began, 2s);
    ASSERT_FALSE(late);
    EXPECT_EQ(late.error().code(), errc::timed_out) << late.error().message();
  }
}

TEST(redis_client, one_that_trickles_takes_no_longer) {
  const auto door = test::open_door();
  std::atomic<bool> is_over = false;
  std::thread server([&] {
    auto peer = door.accept();
    while (!is_over && peer.write_all("+", test::patience)) ::poll(nullptr, 0, 5);
  });
  const auto began = deadline::clock::now();
  const auto late = client_of("redis://127.0.0.1:" + std::to_string(door.port()), impatient()).ping();
  EXPECT_LT(deadline::clock::now() - began, 2s);
  is_over = true;
  server.join();
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), errc::timed_out) << late.error().message();
}

TEST(redis_client, the_back_off_grows_and_ends) {
  redis_server server;
  auto options = impatient();
  options.first_back_off = 50ms;
  options.longest_back_off = 400ms;
  const auto client = client_of(server.url(), options);
  server.kill();
  auto& line = inside(client).line();
  // How often it is tried within a time that three doublings take.
  int tried = 0;
  for (const deadline until = 750ms; !until.passed(); ::poll(nullptr, 0, 1)) {
    if (line.refuses_now()) continue;
    EXPECT_FALSE(client.ping());
    ++tried;
  }
  EXPECT_GE(tried, 2);
  EXPECT_LE(tried, 5);
}

TEST(redis_client, a_cluster_is_named_as_such_and_told_of_once) {
  // It keeps one key elsewhere, and answers for all others.
  std::atomic<bool> is_cluster = true;
  const fake_redis server([&](const redis::command& c) {
    return is_cluster && c.size() > 1 && c[1] == "far" ? "-MOVED 3999 127.0.0.1:6381\r\n"s : "+OK\r\n"s;
  });
  const event_log log;
  const auto client = client_of(server.url(), calm(log));
  ASSERT_TRUE(ask(client, {{"GET", "near"}}));
  const auto moved = ask(client, {{"GET", "far"}});
  ASSERT_FALSE(moved);
  EXPECT_EQ(moved.error().code(), errc::not_supported);
  EXPECT_NE(moved.error().message().find("MOVED 3999 127.0.0.1:6381"), std::string::npos) << moved.error().message();
  EXPECT_NE(moved.error().message().find("cluster"), std::string::npos);
  EXPECT_NE(moved.error().hint().find("single server"), std::string::npos) << moved.error().hint();
  auto& line = inside(client).line();
  for (int tried = 0; tried < 3;) {
    if (!line.refuses_now()) ++tried;
    EXPECT_FALSE(ask(client, {{"GET", "near"}}));
  }
  EXPECT_EQ(log.events().size(), 1U);
  is_cluster = false;
  EXPECT_TRUE(test::comes_true([&] { return ask(client, {{"GET", "near"}}).has_value(); }));
  EXPECT_EQ(log.count(kind::available), 1U);
}

TEST(redis_client, what_concerns_the_whole_server_is_a_failure) {
  for (const std::string words : {"LOADING Redis is loading the dataset in memory",
                                  "MASTERDOWN Link with MASTER is down", "NOAUTH Authentication required."}) {
    const fake_redis server(to_get("-" + words + "\r\n"));
    const event_log log;
    const auto client = client_of(server.url(), calm(log));
    const auto refused = ask(client, {{"GET", "a"}});
    ASSERT_FALSE(refused) << words;
    EXPECT_NE(refused.error().message().find(words), std::string::npos) << refused.error().message();
    EXPECT_EQ(log.count(kind::unavailable), 1U);
  }
}

TEST(redis_client, a_refused_command_is_told_of_until_it_is_let) {
  std::atomic<bool> is_replica = true;
  const fake_redis server([&](const redis::command& c) {
    if (c.front() == "SET" && is_replica) return "-READONLY You can't write against a read only replica.\r\n"s;
    return c.front() == "GET" ? bulk("value") : "+OK\r\n"s;
  });
  const event_log log;
  const auto client = client_of(server.url(), calm(log));
  const auto both = ask(client, {{"SET", "a", "b"}, {"GET", "a"}});
  ASSERT_TRUE(both) << both.error().message();
  EXPECT_TRUE(both->at(0).is_error());
  EXPECT_EQ(both->at(1).text, "value");
  EXPECT_EQ(log.count(kind::unavailable), 1U);
  EXPECT_NE(log.last_message().find("READONLY"), std::string::npos) << log.last_message();
  // That others are let is no return.
  EXPECT_TRUE(test::comes_true([&] { return ask(client, {{"GET", "a"}}).has_value(); }));
  EXPECT_EQ(log.count(kind::available), 0U);
  is_replica = false;
  EXPECT_TRUE(test::comes_true([&] { return ask(client, {{"SET", "a", "b"}}).has_value(); }));
  EXPECT_EQ(log.count(kind::available), 1U);
  EXPECT_EQ(log.count(kind::unavailable), 1U);
}

TEST(redis_client, a_key_of_another_kind_is_no_failure) {
  const redis_server server;
  const event_log log;
  const auto client = client_of(server.url(), calm(log));
  server.ask("LPUSH a b");
  const auto wrong = ask(client, {{"GET", "a"}});
  ASSERT_TRUE(wrong);
  EXPECT_TRUE(wrong->front().is_error());
  EXPECT_TRUE(log.events().empty());
}

TEST(redis_client, what_is_no_answer_of_redis_is_refused) {
  struct {
    std::string answer;
    errc code;
  } const cases[] = {
      {"HTTP/1.1 400 Bad Request\r\n\r\n", errc::protocol_violation},
      {"*1000000\r\n", errc::limit_exceeded},
      {"$1000000\r\n" + std::string(1000000, 'x') + "\r\n", errc::limit_exceeded},
      {"*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n", errc::limit_exceeded},
  };
  for (const auto& c : cases) {
    const fake_redis server(to_get(c.answer));
    const event_log log;
    const auto client = client_of(server.url(), calm(log));
    const auto got = ask(client, {{"GET", "a"}});
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code(), c.code) << got.error().message();
    EXPECT_EQ(log.count(kind::unavailable), 1U);
    // The next connection begins anew.
    EXPECT_TRUE(test::comes_true([&] { return client.ping().has_value(); }));
  }
}

TEST(redis_client, one_that_hangs_up_is_told_of) {
  const fake_redis server(
      [](const redis::command& c) { return c.front() == "GET" ? std::nullopt : std::optional("+OK\r\n"s); });
  const auto got = ask(client_of(server.url()), {{"GET", "a"}});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), errc::truncated) << got.error().message();
}

TEST(redis_client, an_answer_too_many_is_no_answer_to_the_next) {
  int asked = 0;
  const fake_redis server([&](const redis::command& c) {
    if (c.front() != "GET") return "+OK\r\n"s;
    return ++asked == 1 ? bulk("first") + bulk("forged") : bulk("second");
  });
  const event_log log;
  const auto client = client_of(server.url(), calm(log));
  EXPECT_EQ(get(client, "a"), "first");
  EXPECT_EQ(get(client, "a"), "second");
  EXPECT_TRUE(log.events().empty());
}

TEST(redis_client, a_plain_server_where_tls_is_spoken_is_told_of) {
  const redis_server server;
  // It waits for the end of a line, and the client for its answer.
  auto options = impatient();
  options.tls = test::trusting_client();
  const auto got = client_of("rediss://127.0.0.1:" + std::to_string(server.port()), options).ping();
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().message().find("Redis at rediss://127.0.0.1:"), 0U) << got.error().message();
}

TEST(redis_client, threads_share_one_connection) {
  const redis_server server;
  const event_log log;
  const auto client = client_of(server.url(), calm(log));
  std::vector<std::thread> threads;
  std::atomic<int> right = 0;
  for (int t = 0; t < 8; ++t)
    threads.emplace_back([&, copy = client, name = std::to_string(t)] {
      for (int i = 0; i < 50; ++i) {
        const auto value = name + "/" + std::to_string(i);
        const auto replies = ask(copy, {{"SET", name, value}, {"GET", name}});
        if (replies && replies->at(1).text == value) ++right;
      }
    });
  for (auto& t : threads) t.join();
  EXPECT_EQ(right, 400);
  EXPECT_EQ(connections(server), 1U);
  EXPECT_TRUE(log.events().empty());
}

TEST(redis_client, a_thread_that_finds_it_busy_gives_up_and_that_is_no_failure) {
  std::promise<void> came;
  std::promise<void> go_on;
  std::atomic<bool> is_first = true;
  const fake_redis server([&](const redis::command& c) {
    if (c.front() == "GET" && is_first.exchange(false)) {
      came.set_value();
      go_on.get_future().wait();
    }
    return "+OK\r\n"s;
  });
  const event_log log;
  auto patient = calm(log);
  patient.answer_timeout = 2s;
  const auto client = client_of(server.url(), patient);
  std::thread first([&] { EXPECT_TRUE(ask(client, {{"GET", "a"}})); });
  came.get_future().wait();
  std::thread releases([&] {
    ::poll(nullptr, 0, 100);
    go_on.set_value();
  });
  // It waits its turn, which comes.
  EXPECT_TRUE(ask(client, {{"GET", "b"}}));
  first.join();
  releases.join();
  EXPECT_TRUE(log.events().empty());
}

TEST(redis_client, a_thread_waits_for_another_within_the_limit) {
  const auto door = test::open_door();
  auto options = impatient();
  options.connect_timeout = 10s;
  const auto client = client_of("redis://127.0.0.1:" + std::to_string(door.port()), options);
  std::thread first([&] { EXPECT_FALSE(client.ping()); });
  {
    auto peer = door.accept();
    // The first waits for its greeting now.
    std::array<char, 16> scrap;
    ASSERT_TRUE(peer.read_some(scrap, test::patience));
    const auto began = deadline::clock::now();
    const auto busy = client.ping();
    const auto took = deadline::clock::now() - began;
    ASSERT_FALSE(busy);
    EXPECT_EQ(busy.error().code(), errc::timed_out) << busy.error().message();
    EXPECT_GE(took, 290ms);
    EXPECT_LT(took, 5s);
  }
  first.join();
}

// Ends the child with whether the claim holds.
template <class F>
int in_a_child(F&& claim) {
  const pid_t child = ::fork();
  if (child == 0) ::_exit(claim() ? 0 : 1);
  int status = -1;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(redis_client, a_forked_child_makes_a_connection_of_its_own) {
  const redis_server server;
  const event_log log;
  const auto client = client_of(server.url(), calm(log));
  ASSERT_TRUE(ask(client, {{"SET", "a", "parent"}}));
  EXPECT_EQ(connections(server), 1U);
  EXPECT_EQ(in_a_child([&] {
              return get(client, "a") == "parent" && connections(server) == 2 && ask(client, {{"SET", "a", "child"}});
            }),
            0);
  EXPECT_EQ(get(client, "a"), "child");
  EXPECT_TRUE(log.events().empty());
}

TEST(redis_client, a_child_forked_while_a_thread_waits_is_not_held_up) {
  redis_server server;
  auto options = calm();
  options.answer_timeout = 10s;
  const auto client = client_of(server.url(), options);
  ASSERT_TRUE(client.ping());
  server.stall();
  std::promise<void> begins;
  std::thread waits([&] {
    begins.set_value();
    EXPECT_TRUE(client.ping());
  });
  begins.get_future().wait();
  // Long enough for it to have asked, on most machines.
  ::poll(nullptr, 0, 100);
  const pid_t child = ::fork();
  if (child == 0) {
    server.resume();
    const auto began = deadline::clock::now();
    const bool answered = client.ping().has_value();
    ::_exit(answered && deadline::clock::now() - began < 5s ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  waits.join();
  EXPECT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

TEST(redis_client, options_out_of_range_are_refused) {
  const auto url = redis_url::parse("redis://h").value();
  const auto refused = [&](const auto& change, const std::string& secret = test::fleet_secret) {
    redis_options options;
    change(options);
    const auto made = redis_client::make(url, secret, options);
    return !made && made.error().code() == errc::invalid_argument;
  };
  EXPECT_TRUE(refused([](auto&) {}, std::string(31, 's')));
  EXPECT_TRUE(refused([](auto&) {}, std::string(1025, 's')));
  EXPECT_TRUE(refused([](auto& o) { o.prefix = ""; }));
  EXPECT_TRUE(refused([](auto& o) { o.prefix = "a b"; }));
  EXPECT_TRUE(refused([](auto& o) { o.prefix = "a{b}"; }));
  EXPECT_TRUE(refused([](auto& o) { o.prefix = std::string(65, 'a'); }));
  EXPECT_TRUE(refused([](auto& o) { o.connect_timeout = 0ms; }));
  EXPECT_TRUE(refused([](auto& o) { o.answer_timeout = 11s; }));
  EXPECT_TRUE(refused([](auto& o) { o.first_back_off = 0ms; }));
  EXPECT_TRUE(refused([](auto& o) { o.longest_back_off = 500ms; }));
  EXPECT_FALSE(refused([](auto&) {}));
}

TEST(redis_client, is_made_whether_anybody_is_there_or_not) {
  const auto closed = test::make_closed_door();
  EXPECT_EQ(client_of("redis://127.0.0.1:" + std::to_string(closed.at.port())).where().port(), closed.at.port());
}

}  // namespace
}  // namespace signet
