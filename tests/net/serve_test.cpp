#include <signet/net/serve.hpp>

#include <signet/native.hpp>

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <iostream>
#include <mutex>
#include <thread>

#include "support/net_peers.hpp"

namespace signet {
namespace {

using test::patience;
using test::test_server;
using test::trusting_client;
using namespace std::chrono_literals;

// What happened, in any thread, and a bounded wait for it.
template <class T>
class record {
 public:
  void add(T what) {
    const std::lock_guard lock(mutex_);
    all_.push_back(std::move(what));
    changed_.notify_all();
  }
  // All there are once there are `count`, or when patience ends.
  std::vector<T> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [&] { return all_.size() >= count; });
    return all_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<T> all_;
};

struct refusal {
  endpoint client;
  error why;
};

void echo(tls_socket client, const stop_signal&) {
  client.set_timeout(patience);
  while (auto line = client.read_line()) {
    if (!client.write_all(*line + "\n")) return;
  }
  static_cast<void>(client.close());
}

// A server in a thread of its own, ended at the latest when this goes.
class server {
 public:
  explicit server(client_handler handler = echo, serve_options options = {}, server_config config = test_server())
      : door_(listener::bind({"127.0.0.1", 0}, std::move(config)).value()) {
    if (!options.on_refused)
      options.on_refused = [this](const endpoint& client, const error& why) { refused.add({client, why}); };
    running_ = std::async(std::launch::async, [this, handler = std::move(handler), options = std::move(options)] {
      return serve(door_, handler, options);
    });
  }
  ~server() { static_cast<void>(stop()); }

  [[nodiscard]] endpoint at() const { return door_.local_endpoint(); }
  [[nodiscard]] listener& door() { return door_; }
  [[nodiscard]] tcp_socket reach() const { return tcp_socket::connect(at(), {.timeout = patience}).value(); }
  [[nodiscard]] result<tls_socket> connect() const {
    static const auto config = trusting_client();
    auto made = ::signet::connect(at(), config, {.timeout = patience, .name = "server.test"});
    if (made) made->set_timeout(patience);
    return made;
  }
  // One that echoes have come back to.
  [[nodiscard]] result<tls_socket> served_client() const {
    auto client = connect();
    if (client) {
      client->write_all("are you there?\n").value();
      EXPECT_EQ(client->read_line().value_or(""), "are you there?");
    }
    return client;
  }
  [[nodiscard]] bool serves() const { return served_client().has_value(); }
  result<void> stop() {
    door_.close();
    return wait();
  }
  result<void> wait() {
    if (running_.valid()) outcome_ = running_.get();
    return outcome_;
  }
  [[nodiscard]] bool runs() const { return running_.valid() && running_.wait_for(0s) == std::future_status::timeout; }

  record<refusal> refused;

 private:
  listener door_;
  std::future<result<void>> running_;
  result<void> outcome_;
};

// Whether anything has happened to it: bytes, its end or a reset.
bool stirs(const tcp_socket& s, std::chrono::milliseconds within = 0ms) {
  pollfd waited{s.native_handle(), POLLIN, 0};
  return ::poll(&waited, 1, static_cast<int>(within.count())) != 0;
}

// The peer is gone, with or without a reset.
bool was_dropped(tcp_socket& s) {
  const auto rest = s.read_all({}, patience);
  // Whoever has begun is told by an alert: a fatal user_canceled.
  return rest ? rest->empty() || *rest == std::string("\x15\x03\x03\x00\x02\x02\x5a", 7)
              : rest.error().code() == errc::connection_reset;
}

void wait_for_stop(const stop_signal& stop) {
  EXPECT_TRUE(test::wait_readable(stop.native_handle()));
  EXPECT_TRUE(stop.requested());
}

std::chrono::nanoseconds cpu_time() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

auto entries_of(const char* folder) {
  return std::distance(std::filesystem::directory_iterator(folder), std::filesystem::directory_iterator{});
}

// While it lives there is no descriptor to be had but one that is given up.
class no_descriptor_left {
 public:
  no_descriptor_left() {
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
    int highest = 0;
    for (const auto& used : std::filesystem::directory_iterator("/proc/self/fd"))
      highest = std::max(highest, std::stoi(used.path().filename()));
    // The gaps are filled, so that all that is in use lies below the limit.
    do {
      fillers_.emplace_back(::dup(0));
    } while (fillers_.back().get() >= 0 && fillers_.back().get() < highest);
    const rlimit tight{static_cast<rlim_t>(fillers_.back().get() + 1), before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
  }
  no_descriptor_left(const no_descriptor_left&) = delete;
  no_descriptor_left& operator=(const no_descriptor_left&) = delete;
  ~no_descriptor_left() { EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before_), 0); }

 private:
  rlimit before_{};
  std::vector<base::descriptor> fillers_;
};

TEST(serve, clients_are_served_at_once_and_the_server_ends_in_peace) {
  server s;
  std::vector<std::future<bool>> clients;
  for (int i = 0; i < 8; ++i)
    clients.push_back(std::async(std::launch::async, [&s] {
      bool good = true;
      for (int round = 0; round < 4; ++round) good = s.serves() && good;
      return good;
    }));
  for (auto& c : clients) EXPECT_TRUE(c.get());
  EXPECT_TRUE(s.runs());
  const auto ended = s.stop();
  EXPECT_TRUE(ended) << ended.error().message();
  EXPECT_TRUE(s.refused.wait_for(0).empty());
  EXPECT_EQ(tcp_socket::connect(s.at(), {.timeout = patience}).error().code(), errc::connection_refused);
}

TEST(serve, two_thousand_silent_ones_do_not_delay_a_real_one) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const auto before = limit;
  limit.rlim_cur = limit.rlim_max;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &limit), 0);
  if (limit.rlim_cur < 4200) GTEST_SKIP() << "this machine does not allow 4200 descriptors";
  {
    // One who had to wait for a silent one would wait longer than `serves` has patience.
    server s(echo, {.handshake_timeout = 10 * patience});
    std::vector<tcp_socket> silent;
    for (int i = 0; i < 2000; ++i) {
      silent.push_back(s.reach());
      // Half of them begin, and say no more.
      if (i % 2 == 0) {
        ASSERT_TRUE(silent.back().write_all(std::string_view("\x16\x03\x01\x02\x00", 5)));
      }
    }
    EXPECT_TRUE(s.serves());
    // All of them were there meanwhile, and still are.
    EXPECT_TRUE(std::none_of(silent.begin(), silent.end(), [](const tcp_socket& c) { return stirs(c); }));
    EXPECT_TRUE(s.refused.wait_for(0).empty());
    EXPECT_TRUE(s.stop());
    EXPECT_EQ(s.refused.wait_for(2000).size(), 2000U);
  }
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST(serve, a_silent_client_ends_at_the_handshakes_deadline) {
  server s(echo, {.handshake_timeout = 100ms});
  auto silent = s.reach();
  const auto from = silent.local_endpoint();
  EXPECT_TRUE(was_dropped(silent));
  const auto refused = s.refused.wait_for(1);
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].client, from);
  EXPECT_EQ(refused[0].why.code(), errc::timed_out);
  EXPECT_EQ(refused[0].why.message().find("client " + to_string(from) + ": handshake: timed out after "), 0U)
      << refused[0].why.message();
}

TEST(serve, a_client_that_trickles_does_not_outlive_the_handshakes_deadline) {
  server s(echo, {.handshake_timeout = 300ms});
  const auto began = std::chrono::steady_clock::now();
  auto slow = s.reach();
  const std::string hello = std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + std::string(500, '\0');
  for (const char octet : hello) {
    if (!slow.write_all(std::string_view(&octet, 1), patience) || stirs(slow, 20ms)) break;
    ASSERT_LT(std::chrono::steady_clock::now() - began, patience);
  }
  EXPECT_TRUE(was_dropped(slow));
  EXPECT_GE(std::chrono::steady_clock::now() - began, 300ms);
  const auto refused = s.refused.wait_for(1);
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].why.code(), errc::timed_out) << refused[0].why.message();
  EXPECT_TRUE(s.serves());
}

TEST(serve, with_one_thread_the_second_client_is_served_after_the_first) {
  record<std::string> happened;
  server s(
      [&](tls_socket client, const stop_signal&) {
        const auto who = to_string(client.remote_endpoint());
        happened.add("begin " + who);
        EXPECT_TRUE(client.write_all("hello\n"));
        static_cast<void>(client.read_line({}, patience));
        happened.add("end " + who);
      },
      {.threads = 1});
  auto first = s.connect();
  ASSERT_TRUE(first) << first.error().message();
  EXPECT_EQ(first->read_line().value(), "hello");
  // Its handshake is done while the first is being served.
  auto second = s.connect();
  ASSERT_TRUE(second) << second.error().message();
  ASSERT_TRUE(first->write_all("done\n"));
  EXPECT_EQ(second->read_line().value(), "hello");
  ASSERT_TRUE(second->write_all("done\n"));
  const auto one = to_string(first->local_endpoint());
  const auto two = to_string(second->local_endpoint());
  EXPECT_EQ(happened.wait_for(4),
            (std::vector<std::string>{"begin " + one, "end " + one, "begin " + two, "end " + two}));
}

TEST(serve, as_many_handlers_run_at_once_as_it_was_told) {
  std::mutex mutex;
  std::condition_variable met;
  std::size_t running = 0;
  server s(
      [&](tls_socket client, const stop_signal&) {
        std::unique_lock lock(mutex);
        ++running;
        met.notify_all();
        EXPECT_TRUE(met.wait_for(lock, patience, [&] { return running == 5; }));
        static_cast<void>(client.close());
      },
      {.threads = 5});
  std::vector<tls_socket> clients;
  for (int i = 0; i < 5; ++i) clients.push_back(s.connect().value());
  for (auto& c : clients) EXPECT_EQ(c.read_all().value(), "");
}

TEST(serve, the_oldest_in_its_handshake_gives_way_when_there_are_too_many) {
  server s(echo, {.max_connections = 3, .handshake_timeout = 10 * patience});
  std::vector<tcp_socket> silent;
  for (int i = 0; i < 3; ++i) silent.push_back(s.reach());
  EXPECT_TRUE(s.serves());
  const auto refused = s.refused.wait_for(1);
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].client, silent[0].local_endpoint());
  EXPECT_EQ(refused[0].why.code(), errc::resource_exhausted);
  EXPECT_TRUE(was_dropped(silent[0]));
  EXPECT_FALSE(stirs(silent[1]));
  EXPECT_FALSE(stirs(silent[2]));
}

TEST(serve, when_all_are_being_served_new_ones_wait_in_the_queue) {
  server s(echo, {.max_connections = 1});
  auto first = s.served_client();
  ASSERT_TRUE(first) << first.error().message();
  auto second = std::async(std::launch::async, [&s] { return s.serves(); });
  const auto before = cpu_time();
  EXPECT_EQ(second.wait_for(300ms), std::future_status::timeout);
  EXPECT_LT(cpu_time() - before, 200ms) << "waiting keeps a processor busy";
  ASSERT_TRUE(first->write_all("still here\n"));
  EXPECT_EQ(first->read_line().value(), "still here");
  ASSERT_TRUE(first->close());
  EXPECT_TRUE(second.get());
  EXPECT_TRUE(s.refused.wait_for(0).empty());
}

// UBSan looks at a type for the first time through a pipe. All that is done without descriptors is done here first.
void rehearse() {
  server s(echo, {.max_connections = 1, .handshake_timeout = 10 * patience});
  const auto silent = s.reach();
  EXPECT_TRUE(s.serves());
  EXPECT_EQ(s.refused.wait_for(1).size(), 1U);
}

TEST(serve, a_silent_client_gives_its_descriptor_up_when_none_is_left) {
  rehearse();
  server s(echo, {.handshake_timeout = 10 * patience});
  const auto new_socket = [] { return base::descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)); };
  const auto talk = [there = *net::from_literal("127.0.0.1", s.at().port),
                     config = trusting_client({.resumption = resumption::disabled})](base::descriptor socket) {
    EXPECT_EQ(::connect(socket.get(), there.get(), there.size), 0);
    auto client = start_tls(tcp_socket::adopt(socket.release()).value(), "server.test", config, {.timeout = patience});
    EXPECT_TRUE(client) << client.error().message();
    EXPECT_TRUE(client && client->write_all("me\n") && client->read_line({}, patience).value_or("") == "me");
    return client;
  };
  auto silent = s.reach();
  const auto other = s.reach();
  // Accepted after them, so they have been, too; it stays, and its descriptor with it.
  const auto served = talk(new_socket());
  auto socket = new_socket();
  {
    const no_descriptor_left now;
    EXPECT_TRUE(talk(std::move(socket)));
  }
  EXPECT_TRUE(was_dropped(silent));
  const auto refused = s.refused.wait_for(1);
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].client, silent.local_endpoint());
  EXPECT_EQ(refused[0].why.code(), errc::resource_exhausted) << refused[0].why.message();
  EXPECT_FALSE(stirs(other));
}

TEST(serve, without_descriptors_it_waits_and_then_goes_on) {
  rehearse();
  server s;
  const auto served = s.served_client();
  const base::descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const auto there = *net::from_literal("127.0.0.1", s.at().port);
  {
    const no_descriptor_left now;
    ASSERT_EQ(::connect(socket.get(), there.get(), there.size), 0);
    ASSERT_EQ(::send(socket.get(), "GET / HTTP/1.0\r\n\r\n", 18, MSG_NOSIGNAL), 18);
    const auto before = cpu_time();
    pollfd waited{socket.get(), POLLIN, 0};
    EXPECT_EQ(::poll(&waited, 1, 300), 0) << "it was accepted without a descriptor";
    EXPECT_LT(cpu_time() - before, 200ms) << "waiting keeps a processor busy";
  }
  EXPECT_TRUE(test::wait_readable(socket.get()));
  EXPECT_TRUE(s.serves());
}

TEST(serve, a_stop_lets_a_running_handler_finish_and_drops_who_is_in_the_handshake) {
  server s(
      [](tls_socket client, const stop_signal& stop) {
        EXPECT_FALSE(stop.requested());
        EXPECT_TRUE(client.write_all("hello\n"));
        wait_for_stop(stop);
        EXPECT_TRUE(client.write_all("bye\n"));
        EXPECT_TRUE(client.close());
      },
      {.drain_timeout = patience});
  auto client = s.connect();
  ASSERT_TRUE(client) << client.error().message();
  EXPECT_EQ(client->read_line().value(), "hello");
  auto silent = s.reach();
  auto begun = s.reach();
  ASSERT_TRUE(begun.write_all(std::string_view("\x16\x03", 2)));
  // Accepted after them, so they have been, too.
  auto later = s.connect();
  ASSERT_TRUE(later);
  EXPECT_EQ(later->read_line().value(), "hello");
  const auto ended = s.stop();
  EXPECT_TRUE(ended) << ended.error().message();
  EXPECT_EQ(client->read_all().value(), "bye\n");
  EXPECT_EQ(later->read_all().value(), "bye\n");
  EXPECT_TRUE(was_dropped(silent));
  EXPECT_TRUE(was_dropped(begun));
  const auto refused = s.refused.wait_for(2);
  ASSERT_EQ(refused.size(), 2U);
  for (const auto& r : refused) EXPECT_EQ(r.why.code(), errc::closed) << r.why.message();
}

TEST(serve, a_stop_is_seen_while_nobody_can_be_let_in) {
  server s(
      [](tls_socket client, const stop_signal& stop) {
        EXPECT_TRUE(client.write_all("hello\n"));
        wait_for_stop(stop);
      },
      {.max_connections = 1});
  auto client = s.connect();
  ASSERT_TRUE(client);
  EXPECT_EQ(client->read_line().value(), "hello");
  const auto waiting = s.reach();
  EXPECT_TRUE(s.stop());
}

TEST(serve, returns_without_a_handler_that_never_ends) {
  const auto threads = entries_of("/proc/self/task");
  // All that the handler needs is its own.
  auto release = std::make_shared<std::promise<void>>();
  const std::shared_future<void> released = release->get_future().share();
  auto told = std::make_shared<std::atomic<int>>(0);
  server s(
      [released](tls_socket client, const stop_signal&) {
        EXPECT_TRUE(client.write_all("hello\n"));
        released.wait();
        throw std::runtime_error("too late to be told");
      },
      {.drain_timeout = 50ms, .on_refused = [told](const endpoint&, const error&) { ++*told; }});
  auto client = s.connect();
  ASSERT_TRUE(client);
  EXPECT_EQ(client->read_line().value(), "hello");
  const auto ended = s.stop();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code(), errc::timed_out);
  EXPECT_EQ(ended.error().message().find("serving: waiting for 1 handler: timed out after "), 0U)
      << ended.error().message();
  release->set_value();
  // The handler drops its client; that the server has returned does not keep it from that.
  EXPECT_EQ(client->read_all().error().code(), errc::truncated);
  // Nobody joins its thread: the process must not end around it.
  for (const deadline until(patience); entries_of("/proc/self/task") > threads && !until.passed();)
    std::this_thread::yield();
  EXPECT_EQ(*told, 0);
}

TEST(serve, a_handler_may_end_the_server) {
  listener* door = nullptr;
  server s([&door](tls_socket client, const stop_signal& stop) {
    static_cast<void>(client.read_line({}, patience));
    door->close();
    wait_for_stop(stop);
    static_cast<void>(client.close());
  });
  door = &s.door();
  auto client = s.connect();
  ASSERT_TRUE(client);
  ASSERT_TRUE(client->write_all("shutdown\n"));
  EXPECT_EQ(client->read_all().value(), "");
  EXPECT_TRUE(s.wait());
}

TEST(serve, what_a_handler_throws_ends_its_client_only) {
  server s([](tls_socket client, const stop_signal& stop) {
    const auto line = client.read_line({}, patience).value();
    if (line == "ours") throw exception(error(errc::permission_denied, "not for you"));
    if (line == "standard") throw std::out_of_range("beyond the end");
    if (line == "number") throw 42;
    EXPECT_TRUE(client.write_all(line + "\n"));
    echo(std::move(client), stop);
  });
  for (const char* what : {"ours", "standard", "number"}) {
    auto client = s.connect();
    ASSERT_TRUE(client);
    ASSERT_TRUE(client->write_all(std::string(what) + "\n"));
    EXPECT_EQ(client->read_all().error().code(), errc::truncated);
  }
  const auto refused = s.refused.wait_for(3);
  ASSERT_EQ(refused.size(), 3U);
  EXPECT_EQ(refused[0].why.code(), errc::permission_denied);
  EXPECT_EQ(refused[0].why.message(), "not for you");
  EXPECT_EQ(refused[1].why.code(), errc::internal);
  EXPECT_EQ(refused[1].why.message(), "client " + to_string(refused[1].client) + ": serving: beyond the end");
  EXPECT_EQ(refused[2].why.code(), errc::internal);
  EXPECT_TRUE(s.serves());
}

TEST(serve, tells_whom_it_did_not_serve_and_why) {
  server s;
  std::vector<std::pair<endpoint, errc>> expected;
  {
    auto http = s.reach();
    ASSERT_TRUE(http.write_all("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
    const auto answer = http.read_all({}, patience);
    ASSERT_TRUE(answer) << answer.error().message();
    EXPECT_EQ(answer->find("HTTP/1.1 400 Bad Request\r\n"), 0U) << *answer;
    expected.emplace_back(http.local_endpoint(), errc::plain_http);
    s.refused.wait_for(1);
    auto garbage = s.reach();
    ASSERT_TRUE(garbage.write_all("SSH-2.0-client\r\n"));
    expected.emplace_back(garbage.local_endpoint(), errc::not_tls);
    s.refused.wait_for(2);
    auto wordless = s.reach();
    expected.emplace_back(wordless.local_endpoint(), errc::closed);
    wordless.close();
    s.refused.wait_for(3);
    auto distrusting = s.reach();
    expected.emplace_back(distrusting.local_endpoint(), errc::alert_received);
    EXPECT_FALSE(start_tls(std::move(distrusting), "other.test", trusting_client(), {.timeout = patience}));
  }
  const auto refused = s.refused.wait_for(expected.size());
  ASSERT_EQ(refused.size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    EXPECT_EQ(refused[i].client, expected[i].first) << i;
    EXPECT_EQ(refused[i].why.code(), expected[i].second) << refused[i].why.message();
    EXPECT_NE(refused[i].why.message().find(to_string(expected[i].first)), std::string::npos)
        << refused[i].why.message();
  }
}

TEST(serve, plain_and_encrypted_clients_on_one_port) {
  serve_options options;
  options.on_plain = [](tcp_socket client, const stop_signal&) {
    const auto line = client.read_line({}, patience).value();
    EXPECT_TRUE(client.write_all("plain " + line + "\n"));
  };
  server s(echo, options);
  const auto silent = s.reach();
  auto plain = s.reach();
  ASSERT_TRUE(plain.write_all("one\n"));
  EXPECT_EQ(plain.read_all({}, patience).value(), "plain one\n");
  EXPECT_TRUE(s.serves());
  auto gone = s.reach();
  const auto from = gone.local_endpoint();
  gone.close();
  const auto refused = s.refused.wait_for(1);
  ASSERT_EQ(refused.size(), 1U);
  EXPECT_EQ(refused[0].client, from);
  EXPECT_EQ(refused[0].why.code(), errc::closed);
  EXPECT_FALSE(stirs(silent));
}

TEST(serve, an_identity_that_is_not_ready_is_asked_for_again) {
  const auto config = test_server();
  std::atomic<int> asked = 0;
  const auto at_the_third_time = [](SSL*, void* times) {
    return ++*static_cast<std::atomic<int>*>(times) < 3 ? -1 : 1;
  };
  SSL_CTX_set_cert_cb(native::handle(config), at_the_third_time, &asked);
  server s(echo, {}, config);
  EXPECT_TRUE(s.serves());
  EXPECT_EQ(asked, 3);
}

TEST(serve, leaves_no_descriptor_and_no_thread_behind) {
  const auto round = [] {
    server s;
    const auto silent = s.reach();
    EXPECT_TRUE(s.serves());
    EXPECT_TRUE(s.serves());
    EXPECT_TRUE(s.stop());
  };
  // What is made once and stays, is made here.
  round();
  const auto descriptors = entries_of("/proc/self/fd");
  const auto threads = entries_of("/proc/self/task");
  for (int i = 0; i < 3; ++i) round();
  EXPECT_EQ(entries_of("/proc/self/fd"), descriptors);
  EXPECT_EQ(entries_of("/proc/self/task"), threads);
}

TEST(serve, ends_when_another_process_closes_the_door_they_share) {
  auto door = listener::bind({"127.0.0.1", 0}, test_server()).value();
  const auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ::alarm(60);  // whatever becomes of the parent
    const auto served = serve(door, echo);
    if (!served) std::cerr << served.error().message() << '\n';
    ::_exit(served ? 0 : 1);
  }
  {
    auto client =
        connect(door.local_endpoint(), trusting_client(), {.timeout = patience, .name = "server.test"}).value();
    ASSERT_TRUE(client.write_all("are you there?\n"));
    EXPECT_EQ(client.read_line({}, patience).value_or(""), "are you there?");
    EXPECT_TRUE(client.close());
  }
  door.close();
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST(serve, says_what_cannot_be_served) {
  auto door = listener::bind({"127.0.0.1", 0}, test_server()).value();
  EXPECT_EQ(serve(door, {}).error().code(), errc::invalid_argument);
  EXPECT_EQ(serve(door, echo, {.threads = 0}).error().code(), errc::invalid_argument);
  EXPECT_EQ(serve(door, echo, {.max_connections = 0}).error().code(), errc::invalid_argument);
  EXPECT_EQ(serve(door, echo, {.handshake_timeout = 0s}).error().code(), errc::invalid_argument);
  door.close();
  EXPECT_TRUE(serve(door, echo));
  const auto elsewhere = std::move(door);
  // What was moved from has no door to serve at.
  EXPECT_EQ(serve(door, echo).error().code(), errc::not_connected);
}

}  // namespace
}  // namespace signet
