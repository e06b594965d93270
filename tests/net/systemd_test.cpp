#include <signet/net/systemd.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <functional>
#include <initializer_list>
#include <optional>

#include "support/net_peers.hpp"

namespace signet {
namespace {

using test::patience;

// What systemd says to a process; "own" stands for its number.
struct told {
  std::optional<std::string> process = "own";
  std::optional<std::string> descriptors = {};
  std::optional<std::string> names = {};
};

void set(const char* name, const std::optional<std::string>& value) {
  if (value)
    ::setenv(name, value->c_str(), 1);
  else
    ::unsetenv(name);
}

// Runs this in a process that was started so, with these descriptors from 3 on; what it returns is empty if all is
// well.
std::string in_a_process(const told& environment, std::initializer_list<int> passed,
                         const std::function<std::string()>& judge) {
  auto wire = test::make_plain_pair();
  const auto child = ::fork();
  if (child < 0) return "no process";
  if (child == 0) {
    // Whatever happens to it, nobody waits for it without end.
    ::alarm(60);
    // Out of the way of what is passed.
    auto answer = tcp_socket::adopt(::fcntl(wire.client.native_handle(), F_DUPFD_CLOEXEC, 100)).value();
    std::vector<int> given;
    for (const int one : passed) given.push_back(::fcntl(one, F_DUPFD_CLOEXEC, 100));
    int next = 3;
    for (const int one : given) ::dup2(one, next++);
    for (int rest = next; rest < 50; ++rest) ::close(rest);
    set("LISTEN_PID", environment.process == "own" ? std::to_string(::getpid()) : environment.process);
    set("LISTEN_FDS", environment.descriptors);
    set("LISTEN_FDNAMES", environment.names);
    std::string said;
    try {
      said = judge();
    } catch (const std::exception& e) {
      said = std::string("threw: ") + e.what();
    }
    ::_exit(answer.write_all(said, patience) ? 0 : 1);
  }
  wire.client.close();
  auto said = wire.server.read_all({}, patience).value();
  int status = 0;
  if (::waitpid(child, &status, 0) != child || status != 0) return "ended with " + std::to_string(status) + ": " + said;
  return said;
}

// "3=unknown,4=web", or the code of the error.
std::string taken() {
  const auto sockets = systemd_sockets();
  if (!sockets) return std::string(name(sockets.error().code())) + ": " + sockets.error().message();
  std::string out;
  for (const auto& one : *sockets) out += (out.empty() ? "" : ",") + std::to_string(one.descriptor) + "=" + one.name;
  return out;
}

TEST(systemd, passes_a_socket_that_a_server_serves) {
  const auto door = test::open_door();
  // No thread runs when the process is made: its client is one of its own.
  EXPECT_EQ(in_a_process({.descriptors = "1", .names = "https"}, {door.socket.get()},
                         [at = net::to_endpoint(door.at)] {
                           const auto sockets = systemd_sockets().value();
                           if (sockets.size() != 1 || sockets[0].name != "https") return std::string("not one socket");
                           auto connecting = std::async(std::launch::async, [at] {
                             auto client =
                                 connect(at, test::trusting_client(), {.timeout = patience, .name = "server.test"});
                             return client.value().read_line({}, patience).value();
                           });
                           auto served = listener::adopt(sockets[0].descriptor, test::test_server()).value();
                           auto client = std::move(*served.accept(patience)).handshake({.timeout = patience}).value();
                           client.write_all("served\n", patience).value();
                           client.close().value();
                           served.close();
                           return connecting.get() == "served" ? std::string() : std::string("not served");
                         }),
            "");
  // It is still there for the next process.
  EXPECT_TRUE(tcp_socket::connect(net::to_endpoint(door.at), {.timeout = patience}));
}

TEST(systemd, passes_several_by_their_names_and_they_are_closed_on_exec) {
  const auto first = test::open_door();
  const auto second = test::open_door();
  const auto both = {first.socket.get(), second.socket.get()};
  EXPECT_EQ(in_a_process({.descriptors = "2"}, both, taken), "3=unknown,4=unknown");
  EXPECT_EQ(in_a_process({.descriptors = "2", .names = "web:admin"}, both, taken), "3=web,4=admin");
  EXPECT_EQ(in_a_process({.descriptors = "2", .names = ":"}, both, taken), "3=,4=");
  EXPECT_EQ(in_a_process({.descriptors = "1"}, both, taken), "3=unknown");
  EXPECT_EQ(
      in_a_process({.descriptors = "2"}, both,
                   [] {
                     const auto before = ::fcntl(3, F_GETFD) | ::fcntl(4, F_GETFD);
                     const auto sockets = systemd_sockets().value();
                     const auto after = ::fcntl(3, F_GETFD) & ::fcntl(4, F_GETFD);
                     return std::string(before == 0 && after == FD_CLOEXEC && sockets.size() == 2 ? "" : "not so");
                   }),
      "");
}

TEST(systemd, that_has_passed_nothing_to_this_process_is_no_failure) {
  const auto door = test::open_door();
  const auto one = {door.socket.get()};
  EXPECT_EQ(in_a_process({.process = {}}, one, taken), "");
  EXPECT_EQ(in_a_process({.process = {}, .descriptors = "1"}, one, taken), "");
  EXPECT_EQ(in_a_process({}, one, taken), "");
  EXPECT_EQ(in_a_process({.descriptors = "0", .names = ""}, {}, taken), "");
  // It was for a parent of ours.
  EXPECT_EQ(in_a_process({.process = "1", .descriptors = "1"}, one, taken), "");
  EXPECT_EQ(in_a_process({.process = "1", .descriptors = "1"}, one,
                         [] { return taken() + (::fcntl(3, F_GETFD) == 0 ? "" : "touched"); }),
            "");
}

TEST(systemd, whose_variables_are_malformed_is_not_guessed_at) {
  const auto door = test::open_door();
  const auto one = {door.socket.get()};
  const auto begin = "invalid_argument: taking systemd's sockets: ";
  for (const char* number : {"", "x", "-1", "1x", " 1", "2147483647", "99999999999999999999"}) {
    EXPECT_EQ(in_a_process({.descriptors = number}, one, taken).find(begin + std::string("LISTEN_FDS is ")), 0U)
        << number;
  }
  for (const char* number : {"", "x", "-1", "99999999999999999999"})
    EXPECT_EQ(
        in_a_process({.process = number, .descriptors = "1"}, one, taken).find(begin + std::string("LISTEN_PID is ")),
        0U)
        << number;
  EXPECT_EQ(in_a_process({.descriptors = "2000000"}, one, taken),
            begin + std::string("LISTEN_FDS is 2000000, and descriptor 4 is not open"));
  for (const char* names : {"", "a:b", ":::"})
    EXPECT_EQ(in_a_process({.descriptors = "1", .names = names}, one, taken),
              std::string(names).empty() ? "3="
                                         : begin + std::string("LISTEN_FDNAMES has ") + (names[0] == 'a' ? "2" : "4") +
                                               " names, and LISTEN_FDS is 1");
}

TEST(systemd, leaves_its_variables_unless_it_is_told_to_remove_them) {
  const auto door = test::open_door();
  for (const auto& [after, stays] : {std::pair{listen_variables::keep, true}, {listen_variables::remove, false}}) {
    EXPECT_EQ(in_a_process({.descriptors = "1", .names = "web"}, {door.socket.get()},
                           [after = after, stays = stays] {
                             const auto sockets = systemd_sockets(after).value();
                             for (const char* one : {"LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"})
                               if ((std::getenv(one) != nullptr) != stays) return std::string(one);
                             return std::string(sockets.size() == 1 ? "" : "not one");
                           }),
              "");
  }
}

TEST(systemd, passes_what_does_not_listen_too_and_adopting_says_so) {
  const auto pair = test::make_plain_pair();
  EXPECT_EQ(in_a_process({.descriptors = "1", .names = "connection"}, {pair.server.native_handle()},
                         [] {
                           const auto sockets = systemd_sockets().value();
                           const auto refused = listener::adopt(sockets.at(0).descriptor, test::test_server());
                           return refused ? "adopted" : refused.error().message();
                         }),
            "descriptor 3: it is a connection, and does not listen");
}

}  // namespace
}  // namespace signet
