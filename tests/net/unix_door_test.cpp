#include "net/serve/unix_door.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <future>
#include <thread>

#include <signet/net/serve.hpp>
#include <signet/net/starttls.hpp>

#include "support/nonblocking_peers.hpp"
#include "support/run_program.hpp"

namespace signet {
namespace {

using test::patience;
using test::temporary_folder;
using test::test_server;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

// A local socket as the system has it, without this library's listener.
base::descriptor bound_at(const fs::path& path, int type = SOCK_STREAM) {
  base::descriptor socket(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  const auto at = net::from_path(path.native()).value();
  if (::bind(socket.get(), at.get(), at.size) != 0) throw std::runtime_error("bind");
  return socket;
}

int accept_at(const base::descriptor& door) {
  for (;;)
    if (const int one = ::accept4(door.get(), nullptr, nullptr, SOCK_CLOEXEC); one >= 0) return one;
}

// The file of a server that is gone.
void leave_behind(const fs::path& path) {
  const auto dead = bound_at(path);
  if (::listen(dead.get(), 1) != 0) throw std::runtime_error("listen");
}

mode_t mode_of(const fs::path& path) {
  struct stat there {};
  return ::lstat(path.c_str(), &there) == 0 ? there.st_mode & 07777U : 0U;
}

bool is_there(const fs::path& path) {
  struct stat there {};
  return ::lstat(path.c_str(), &there) == 0;
}

class umask_of {
 public:
  explicit umask_of(mode_t mask) : before_(::umask(mask)) {}
  ~umask_of() { ::umask(before_); }
  umask_of(const umask_of&) = delete;
  umask_of& operator=(const umask_of&) = delete;

 private:
  mode_t before_;
};

result<tls_socket> connect_to(const fs::path& path) {
  auto plain = tcp_socket::connect_unix(path, {.timeout = patience});
  if (!plain) return std::move(plain).error();
  return start_tls(*std::move(plain), "server.test", test::trusting_client(), {.timeout = patience});
}

TEST(unix_door, carries_a_verified_conversation_and_both_ends_know_where) {
  const temporary_folder folder;
  const auto path = folder / "door.sock";
  auto door = listener::bind_unix(path, test_server());
  ASSERT_TRUE(door) << door.error().message();
  const endpoint here{"unix:" + path.string(), 0};
  EXPECT_EQ(door->local_endpoint(), here);
  EXPECT_EQ(to_string(door->local_endpoint()), "unix:" + path.string());
  auto connecting = std::async(std::launch::async, [&] { return connect_to(path); });
  auto in = door->accept(patience).value();
  EXPECT_EQ(in.remote_endpoint(), endpoint{});
  auto server = std::move(in).handshake({.timeout = patience});
  ASSERT_TRUE(server) << server.error().message();
  auto client = connecting.get();
  ASSERT_TRUE(client) << client.error().message();
  EXPECT_EQ(client->remote_endpoint(), here);
  EXPECT_EQ(client->local_endpoint(), endpoint{});
  EXPECT_EQ(server->local_endpoint(), here);
  EXPECT_NE(::fcntl(client->native_handle(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_EQ(::fcntl(client->native_handle(), F_GETFL) & O_NONBLOCK, 0);
  ASSERT_TRUE(client->write_all("hello\n", patience));
  EXPECT_EQ(server->read_line({}, patience).value(), "hello");
  server->set_timeout(30ms);
  EXPECT_EQ(server->read_line().error().message().find("client: reading: timed out"), 0U);
  client->set_timeout(30ms);
  EXPECT_EQ(client->read_line().error().message().find("unix:" + path.string() + ": reading: timed out"), 0U);
  ASSERT_TRUE(client->close());
  EXPECT_EQ(server->read_all({}, patience).value(), "");
  EXPECT_TRUE(server->close());
}

TEST(unix_door, resumes_sessions_of_the_same_path) {
  const temporary_folder folder;
  const auto path = folder / "door.sock";
  auto door = listener::bind_unix(path, test_server()).value();
  const auto config = test::trusting_client();
  for (const bool resumed : {false, true}) {
    auto serving = std::async(std::launch::async, [&] {
      auto server = std::move(*door.accept(patience)).handshake({.timeout = patience}).value();
      server.write_all("x", patience).value();
      return server.info().resumed;
    });
    auto client = start_tls(tcp_socket::connect_unix(path, {.timeout = patience}).value(), "server.test", config,
                            {.timeout = patience})
                      .value();
    std::array<char, 1> one{};
    ASSERT_TRUE(client.read_exactly(one, patience));
    EXPECT_EQ(client.info().resumed, resumed);
    EXPECT_EQ(serving.get(), resumed);
  }
}

TEST(unix_door, serves_sockets_that_do_not_wait) {
  const temporary_folder folder;
  const auto path = folder / "door.sock";
  auto door = listener::bind_unix(path, test_server()).value();
  auto client = nonblocking_socket::start_tls(tcp_socket::connect_unix(path).value(), "server.test",
                                              test::trusting_client(), {.timeout = patience})
                    .value();
  auto server = nonblocking_socket::accept(door.accept(patience).value()).value();
  std::thread other([&] {
    test::waiter waiting;
    EXPECT_TRUE(test::shake(server, waiting));
  });
  test::waiter waiting;
  EXPECT_TRUE(test::shake(client, waiting));
  other.join();
  EXPECT_EQ(client.remote_endpoint().host, "unix:" + path.string());
}

TEST(unix_door, is_served_by_serve_which_tells_whom_it_refused) {
  const temporary_folder folder;
  const auto path = folder / "door.sock";
  auto door = listener::bind_unix(path, test_server()).value();
  std::promise<std::string> refused;
  serve_options options;
  options.on_refused = [&](const endpoint& client, const error& why) {
    EXPECT_EQ(client, endpoint{});
    refused.set_value(why.message());
  };
  auto serving = std::async(std::launch::async, [&] {
    return serve(
        door,
        [](tls_socket client, const stop_signal&) {
          client.write_all(client.read_line({}, patience).value() + "!\n", patience).value();
          client.close().value();
        },
        options);
  });
  auto garbage = tcp_socket::connect_unix(path).value();
  ASSERT_TRUE(garbage.write_all("SSH-2.0-client\r\n"));
  EXPECT_EQ(refused.get_future().get().find("client: does not speak TLS: it began with \"SSH"), 0U);
  auto client = connect_to(path).value();
  ASSERT_TRUE(client.write_all("hello\n", patience));
  EXPECT_EQ(client.read_line({}, patience).value(), "hello!");
  door.close();
  EXPECT_TRUE(serving.get());
  EXPECT_FALSE(is_there(path));
}

TEST(unix_door, is_understood_by_the_openssl_program) {
  const temporary_folder folder;
  const auto path = folder / "door.sock";
  auto door = listener::bind_unix(path, test_server()).value();
  auto serving = std::async(std::launch::async, [&] {
    auto server = std::move(*door.accept(patience)).handshake({.timeout = patience}).value();
    const auto line = server.read_line({}, patience).value();
    server.write_all("answer to " + line + "\n", patience).value();
    return server.close();
  });
  const auto run =
      test::run_program({"openssl", "s_client", "-unix", path.string(), "-CAfile", test::pki("ca.pem").string(),
                         "-verify_return_error", "-verify_hostname", "server.test", "-quiet"},
                        "a line\n", patience);
  EXPECT_NE(run.output.find("answer to a line"), std::string::npos) << run.output;
  EXPECT_TRUE(serving.get());
}

TEST(unix_door, of_the_openssl_program_is_connected_to) {
  const temporary_folder folder;
  const auto path = folder / "door.sock";
  auto program = std::async(std::launch::async, [&] {
    // OpenSSL 3.0 fails where the path has more than 31 bytes (NI_MAXSERV).
    return test::run_program(
        {"sh", "-c", "cd \"$0\" && exec openssl s_server -unix door.sock -cert \"$1\" -key \"$2\" -rev -naccept 1 2>&1",
         (folder / "").string(), test::pki("server.pem").string(), test::pki("server.key").string()},
        "", patience);
  });
  const deadline until = patience;
  auto plain = tcp_socket::connect_unix(path, {.until = until});
  // It is starting; what it does not do yet is told apart from what it does not do.
  while (!plain && !until.passed() && program.wait_for(10ms) == std::future_status::timeout) {
    EXPECT_EQ(plain.error().code(), errc::connection_refused) << plain.error().message();
    plain = tcp_socket::connect_unix(path, {.until = until});
  }
  ASSERT_TRUE(plain) << plain.error().message() << program.get().output;
  auto client = start_tls(*std::move(plain), "server.test", test::trusting_client(), {.until = until});
  ASSERT_TRUE(client) << client.error().message();
  ASSERT_TRUE(client->write_all("abc\n", patience));
  EXPECT_EQ(client->read_line({}, patience).value(), "cba");
  EXPECT_TRUE(client->close());
  EXPECT_EQ(program.get().status, 0);
}

TEST(unix_door, is_open_to_those_whom_its_mode_admits_whatever_the_umask) {
  const temporary_folder folder;
  const auto path = folder / "door.sock";
  for (const mode_t mask : {0U, 022U, 077U, 0777U}) {
    const umask_of whole(mask);
    {
      const auto door = listener::bind_unix(path, test_server());
      ASSERT_TRUE(door) << door.error().message();
      EXPECT_EQ(mode_of(path), 0600U);
    }
    for (const unsigned mode : {0666U, 0660U, 0U}) {
      const auto door = listener::bind_unix(path, test_server(), {.mode = mode});
      ASSERT_TRUE(door) << door.error().message();
      EXPECT_EQ(mode_of(path), mode);
    }
  }
  EXPECT_EQ(listener::bind_unix(path, test_server(), {.mode = 01777}).error().code(), errc::invalid_argument);
  EXPECT_EQ(listener::bind_unix(path, test_server(), {.backlog = 0}).error().code(), errc::invalid_argument);
  EXPECT_FALSE(is_there(path));
}

TEST(unix_door, takes_the_place_of_a_dead_servers) {
  const temporary_folder folder;
  const auto path = folder / "door.sock";
  leave_behind(path);
  auto door = listener::bind_unix(path, test_server());
  ASSERT_TRUE(door) << door.error().message();
  const auto client = tcp_socket::connect_unix(path).value();
  EXPECT_TRUE(door->accept(patience));
}

TEST(unix_door, leaves_a_server_that_lives_alone) {
  const temporary_folder folder;
  const auto path = folder / "door.sock";
  auto first = listener::bind_unix(path, test_server(), {.backlog = 1}).value();
  const auto refused = [&](const char* whose) {
    const auto second = listener::bind_unix(path, test_server());
    ASSERT_FALSE(second) << whose;
    EXPECT_EQ(second.error().code(), errc::address_in_use) << whose;
    EXPECT_EQ(second.error().message(), "unix:" + path.string() + ": listening: a server listens there already");
    EXPECT_FALSE(second.error().hint().empty());
  };
  refused("ours");
  // Whoever knocked is gone, and the next client is served.
  const auto client = tcp_socket::connect_unix(path, {.timeout = patience}).value();
  EXPECT_TRUE(first.accept(patience));
  // One that accepts nobody at the moment lives, too.
  std::vector<tcp_socket> waiting;
  for (auto one = tcp_socket::connect_unix(path, {.timeout = 100ms}); one;
       one = tcp_socket::connect_unix(path, {.timeout = 100ms}))
    waiting.push_back(*std::move(one));
  EXPECT_FALSE(waiting.empty());
  refused("ours, full");

  const auto packets = folder / "packets.sock";
  const auto datagram = bound_at(packets, SOCK_DGRAM);
  EXPECT_EQ(listener::bind_unix(packets, test_server()).error().code(), errc::address_in_use);
  EXPECT_TRUE(is_there(packets));
}

TEST(unix_door, keeps_every_other_file) {
  const temporary_folder folder;
  const auto kept = folder.file("kept", "content");
  const auto sock = folder / "dead.sock";
  leave_behind(sock);
  fs::create_symlink(sock, folder / "link");
  fs::create_symlink(folder / "nowhere", folder / "dangling");
  fs::create_directory(folder / "folder");
  ASSERT_EQ(::mkfifo((folder / "fifo").c_str(), 0600), 0);
  for (const char* name : {"kept", "link", "dangling", "folder", "fifo"}) {
    const auto refused = listener::bind_unix(folder / name, test_server());
    ASSERT_FALSE(refused) << name;
    EXPECT_EQ(refused.error().code(), errc::file_exists) << refused.error().message();
    EXPECT_TRUE(is_there(folder / name)) << name;
  }
  EXPECT_EQ(test::contents_of(kept), "content");
  EXPECT_TRUE(is_there(sock));
  EXPECT_FALSE(is_there(folder / "nowhere"));
}

TEST(unix_door, needs_a_path_that_a_socket_can_have) {
  const temporary_folder folder;
  const std::string base = (folder / "").string();
  const auto long_enough = base + std::string(107 - base.size(), 'x');
  EXPECT_TRUE(listener::bind_unix(long_enough, test_server()));
  using namespace std::string_literals;
  for (const auto& path : {""s, "\0door"s, "do\0or"s, long_enough + "x", std::string(100'000, 'x')}) {
    for (const auto& code :
         {listener::bind_unix(path, test_server()).error().code(), tcp_socket::connect_unix(path).error().code()})
      EXPECT_EQ(code, errc::invalid_argument) << path.size();
  }
  EXPECT_EQ(tcp_socket::connect_unix(long_enough + "x").error().message(),
            "unix:" + long_enough + "x: connecting: the path has 108 bytes, and that of a socket has 107 at most");
  const auto nowhere = listener::bind_unix(folder / "none" / "door.sock", test_server());
  EXPECT_EQ(nowhere.error().code(), errc::file_io_failed) << nowhere.error().message();
  const auto no_folder = listener::bind_unix(folder.file("file", "") / "door.sock", test_server());
  EXPECT_EQ(no_folder.error().code(), errc::file_io_failed) << no_folder.error().message();
  // A message is one line.
  EXPECT_EQ(tcp_socket::connect_unix(folder / "a\nb").error().message().find('\n'), std::string::npos);
}

TEST(unix_door, without_the_right_to_it_is_neither_made_nor_connected_to) {
  const temporary_folder folder;
  const auto config = test_server();
  const auto path = folder / "door.sock";
  const auto door = listener::bind_unix(path, config, {.mode = 0}).value();
  ASSERT_EQ(::chmod((folder / "").c_str(), 0555), 0);
  const auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    // Nothing is refused to root.
    if (::geteuid() == 0 && ::setuid(65534) != 0) ::_exit(10);
    const auto refused = tcp_socket::connect_unix(path);
    if (refused || refused.error().code() != errc::permission_denied || refused.error().hint().empty()) ::_exit(11);
    const auto second = listener::bind_unix(folder / "other.sock", config);
    if (second || second.error().code() != errc::permission_denied || second.error().hint().empty()) ::_exit(12);
    // Nobody can tell whether it lives.
    const auto unknown = listener::bind_unix(path, config);
    ::_exit(unknown || unknown.error().code() != errc::permission_denied ? 13 : 0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_EQ(::chmod((folder / "").c_str(), 0700), 0);
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_TRUE(is_there(path));
}

TEST(unix_door, takes_its_file_away_when_it_is_closed_and_when_it_goes) {
  const temporary_folder folder;
  const auto path = folder / "door.sock";
  {
    auto door = listener::bind_unix(path, test_server()).value();
    door.close();
    EXPECT_FALSE(is_there(path));
    EXPECT_EQ(door.accept(patience).error().code(), errc::closed);
    // The path is free at once, and the next one's file is not this one's.
    const auto next = listener::bind_unix(path, test_server());
    ASSERT_TRUE(next) << next.error().message();
    door.close();
    EXPECT_TRUE(is_there(path));
  }
  EXPECT_FALSE(is_there(path));
}

TEST(unix_door, takes_no_file_away_that_is_not_its_own_any_more) {
  const temporary_folder folder;
  const auto path = folder / "door.sock";
  auto door = listener::bind_unix(path, test_server()).value();
  fs::rename(path, folder / "moved.sock");
  folder.file("door.sock", "somebody else's");
  door.close();
  EXPECT_EQ(test::contents_of(path), "somebody else's");
  fs::remove(path);
  {
    auto second = listener::bind_unix(path, test_server()).value();
    fs::remove(path);
    leave_behind(path);
  }
  EXPECT_TRUE(is_there(path));
}

TEST(unix_door, finds_its_file_though_the_process_has_moved) {
  const temporary_folder folder;
  const auto before = fs::current_path();
  fs::current_path(folder / "");
  auto door = listener::bind_unix("door.sock", test_server());
  const auto reached = tcp_socket::connect_unix("door.sock");
  fs::current_path(before);
  ASSERT_TRUE(door) << door.error().message();
  EXPECT_TRUE(reached);
  EXPECT_EQ(door->local_endpoint().host, "unix:door.sock");
  EXPECT_TRUE(is_there(folder / "door.sock"));
  door->close();
  EXPECT_FALSE(is_there(folder / "door.sock"));
}

TEST(unix_door, stays_while_another_process_listens) {
  const temporary_folder folder;
  const auto path = folder / "door.sock";
  std::optional<listener> door = listener::bind_unix(path, test_server()).value();
  auto [ends, waits] = test::make_plain_pair();
  const auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    ends.close();
    // Its copy serves on until the parent says so, and goes without a trace.
    const bool told = waits.read_all({}, patience).value().empty();
    door.reset();
    ::_exit(told ? 0 : 1);
  }
  door.reset();
  EXPECT_TRUE(is_there(path));
  EXPECT_TRUE(tcp_socket::connect_unix(path));
  ends.close();
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  // The file is nobody's now, and the next server's.
  EXPECT_EQ(tcp_socket::connect_unix(path).error().code(), errc::connection_refused);
  EXPECT_TRUE(listener::bind_unix(path, test_server()));
}

TEST(unix_door, is_kept_by_its_maker_when_a_child_lets_go_and_shut_by_a_child_that_closes) {
  const temporary_folder folder;
  const auto path = folder / "door.sock";
  std::optional<listener> door = listener::bind_unix(path, test_server()).value();
  for (const bool closes : {false, true}) {
    const auto child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      if (closes) door->close();
      door.reset();
      ::_exit(0);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(is_there(path), !closes);
    if (closes) {
      EXPECT_EQ(door->accept(patience).error().code(), errc::closed);
    } else {
      EXPECT_FALSE(door->try_accept().value()) << "nobody has knocked";
    }
  }
}

TEST(unix_door, is_one_servers_when_many_start_at_once) {
  const temporary_folder folder;
  const auto path = folder / "door.sock";
  const auto config = test_server();
  for (int round = 0; round < 5; ++round) {
    leave_behind(path);
    std::vector<std::future<result<listener>>> starting;
    for (int i = 0; i < 8; ++i)
      starting.push_back(std::async(std::launch::async, [&] { return listener::bind_unix(path, config); }));
    std::optional<listener> won;
    for (auto& one : starting) {
      auto door = one.get();
      if (door) {
        EXPECT_FALSE(won) << "two servers listen at one path";
        won = *std::move(door);
      } else {
        EXPECT_EQ(door.error().code(), errc::address_in_use) << door.error().message();
      }
    }
    ASSERT_TRUE(won);
    const auto client = tcp_socket::connect_unix(path, {.timeout = patience});
    ASSERT_TRUE(client) << client.error().message();
    won->close();
  }
}

TEST(unix_door, that_is_not_there_or_is_none_refuses_in_so_many_words) {
  const temporary_folder folder;
  const auto says = [](const fs::path& path, errc code, const std::string& why) {
    const auto refused = tcp_socket::connect_unix(path, {.timeout = patience});
    ASSERT_FALSE(refused) << why;
    EXPECT_EQ(refused.error().code(), code) << why;
    EXPECT_EQ(refused.error().message(), "unix:" + path.string() + ": connecting: " + why);
  };
  says(folder / "none", errc::connection_refused, "there is no such file");
  says(folder.file("file", ""), errc::connection_refused, "the file is no socket");
  says(folder / "file" / "inner", errc::connection_refused, "there is no such file");
  leave_behind(folder / "dead.sock");
  says(folder / "dead.sock", errc::connection_refused, "nobody listens there");
  const auto datagram = bound_at(folder / "packets.sock", SOCK_DGRAM);
  says(folder / "packets.sock", errc::invalid_argument, "it is not a stream socket");
  fs::create_symlink(folder / "turns", folder / "turns");
  says(folder / "turns", errc::io_failed, "Too many levels of symbolic links");
}

TEST(unix_door, that_is_full_is_waited_for_until_the_deadline_and_no_longer) {
  const temporary_folder folder;
  const auto path = folder / "door.sock";
  const auto door = bound_at(path);
  ASSERT_EQ(::listen(door.get(), 0), 0);
  std::vector<tcp_socket> waiting;
  for (;;) {
    auto one = tcp_socket::connect_unix(path, {.timeout = 100ms});
    if (!one) {
      EXPECT_EQ(one.error().code(), errc::timed_out);
      EXPECT_EQ(one.error().message().find("unix:" + path.string() + ": connecting: timed out after "), 0U)
          << one.error().message();
      EXPECT_FALSE(one.error().hint().empty());
      break;
    }
    waiting.push_back(*std::move(one));
    ASSERT_LT(waiting.size(), 100U);
  }
  EXPECT_EQ(tcp_socket::connect_unix(path, {.timeout = 0ms}).error().code(), errc::timed_out);
  // Room is noticed at once.
  auto late = std::async(std::launch::async, [&] { return tcp_socket::connect_unix(path, {.timeout = patience}); });
  EXPECT_EQ(late.wait_for(50ms), std::future_status::timeout);
  const base::descriptor accepted(accept_at(door));
  auto connected = late.get();
  ASSERT_TRUE(connected) << connected.error().message();
  // What it waited with there is no limit of what is written here.
  timeval left{1, 1};
  socklen_t size = sizeof left;
  ASSERT_EQ(::getsockopt(connected->native_handle(), SOL_SOCKET, SO_SNDTIMEO, &left, &size), 0);
  EXPECT_EQ(left.tv_sec + left.tv_usec, 0);
}

TEST(unix_door, waits_no_longer_for_signals_that_come_all_the_time) {
  const temporary_folder folder;
  const auto path = folder / "door.sock";
  const auto door = bound_at(path);
  ASSERT_EQ(::listen(door.get(), 0), 0);
  const auto first = tcp_socket::connect_unix(path, {.timeout = patience}).value();
  struct sigaction quiet {};
  struct sigaction before {};
  quiet.sa_handler = [](int) {};
  ASSERT_EQ(::sigaction(SIGUSR1, &quiet, &before), 0);
  std::atomic<bool> done = false;
  std::jthread nagging([&done, whom = ::pthread_self()] {
    while (!done) {
      ::pthread_kill(whom, SIGUSR1);
      ::poll(nullptr, 0, 2);
    }
  });
  const auto began = deadline::clock::now();
  const auto late = tcp_socket::connect_unix(path, {.timeout = 100ms});
  done = true;
  nagging.join();
  ASSERT_EQ(::sigaction(SIGUSR1, &before, nullptr), 0);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), errc::timed_out);
  EXPECT_GE(deadline::clock::now() - began, 100ms);
}

TEST(unix_door, tells_the_name_of_a_client_that_has_one_in_print) {
  const temporary_folder folder;
  const auto path = folder / "door.sock";
  auto door = listener::bind_unix(path, test_server()).value();
  const auto there = net::from_path(path.native()).value();
  const auto named = bound_at(folder / "a\nb");
  ASSERT_EQ(::connect(named.get(), there.get(), there.size), 0);
  EXPECT_EQ(door.accept(patience).value().remote_endpoint().host, "unix:" + (folder / "a\\0Ab").string());
  // In no folder.
  const base::descriptor abstract(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  auto name = net::from_path("xsignet-test").value();
  reinterpret_cast<sockaddr_un*>(&name.storage)->sun_path[0] = '\0';
  --name.size;
  ASSERT_EQ(::bind(abstract.get(), name.get(), name.size), 0);
  ASSERT_EQ(::connect(abstract.get(), there.get(), there.size), 0);
  EXPECT_EQ(door.accept(patience).value().remote_endpoint().host, "unix:@signet-test");
}

TEST(unix_door, is_none_of_the_hosts_that_are_connected_to_or_listened_at) {
  const temporary_folder folder;
  const auto path = folder / "door.sock";
  const auto door = listener::bind_unix(path, test_server()).value();
  const auto host = door.local_endpoint().host;
  EXPECT_FALSE(endpoint::parse(host));
  EXPECT_FALSE(tcp_socket::connect({host, 443}, {.timeout = patience}));
  EXPECT_FALSE(tcp_socket::connect({host, 0}, {.timeout = patience}));
  EXPECT_FALSE(listener::bind({host, 0}, test_server()));
}

TEST(unix_door, says_nothing_of_whom_a_dialogue_asks_for) {
  const temporary_folder folder;
  const auto path = folder / "door.sock";
  const auto door = listener::bind_unix(path, test_server()).value();
  auto plain = tcp_socket::connect_unix(path).value();
  const auto refused = starttls::negotiate(plain, starttls::protocol::xmpp, {}, patience);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), errc::invalid_argument);
  EXPECT_EQ(refused.error().hint(), "set options::peer");
}

TEST(unix_door, without_descriptors_says_so_and_leaves_no_file) {
  const temporary_folder folder;
  const auto path = folder / "door.sock";
  const auto config = test_server();
  // UBSan looks at a type for the first time through a pipe, which will not be there to be had.
  { const auto tried = listener::bind_unix(path, config); }
  EXPECT_FALSE(tcp_socket::connect_unix(path));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  // The folder's lock, the socket, what wakes, what waits: one after the other is missing.
  for (int left = 0; left < 5; ++left) {
    std::vector<int> free_ones;
    for (int i = 0; i <= left; ++i) free_ones.push_back(::dup(STDIN_FILENO));
    const rlimit tight{static_cast<rlim_t>(free_ones.back()), before.rlim_max};
    for (const int one : free_ones) ::close(one);
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
    auto door = listener::bind_unix(path, config);
    const auto client = left == 0 ? tcp_socket::connect_unix(path) : result<tcp_socket>(error(errc::closed, "none"));
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
    if (left == 0) {
      EXPECT_EQ(client.error().code(), errc::resource_exhausted);
    }
    if (door) {
      EXPECT_GE(left, 3);
      door->close();
    } else {
      EXPECT_EQ(door.error().code(), errc::resource_exhausted) << door.error().message();
    }
    EXPECT_FALSE(is_there(path)) << left;
    if (left == 4) {
      EXPECT_TRUE(door) << door.error().message();
    }
  }
}

}  // namespace
}  // namespace signet
