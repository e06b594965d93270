#include "support/run_program.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstddef>

extern char** environ;

namespace signet::test {
namespace {

struct pair {
  std::array<int, 2> ends{-1, -1};
  ~pair() {
    close_end(0);
    close_end(1);
  }
  void close_end(std::size_t i) {
    if (ends[i] >= 0) ::close(ends[i]);
    ends[i] = -1;
  }
};

struct actions {
  posix_spawn_file_actions_t value{};
  actions() { posix_spawn_file_actions_init(&value); }
  ~actions() { posix_spawn_file_actions_destroy(&value); }
};

}  // namespace

program_result run_program(const std::vector<std::string>& arguments, const std::string& input,
                           std::chrono::milliseconds limit) {
  // A socket pair for both directions: the output comes back on it, and writing to a program that has gone raises no
  // signal.
  pair wire;
  if (arguments.empty() || ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, wire.ends.data()) != 0) return {};
  std::vector<char*> argv;
  for (const auto& a : arguments) argv.push_back(const_cast<char*>(a.c_str()));
  argv.push_back(nullptr);
  actions plan;
  for (const int target : {0, 1, 2}) posix_spawn_file_actions_adddup2(&plan.value, wire.ends[1], target);
  pid_t child = -1;
  if (::posix_spawnp(&child, argv[0], &plan.value, nullptr, argv.data(), environ) != 0) return {};
  wire.close_end(1);

  program_result out;
  std::size_t sent = 0;
  const auto end = std::chrono::steady_clock::now() + limit;
  bool in_time = true;
  bool writing = true;
  for (;;) {
    if (writing && sent == input.size()) {
      ::shutdown(wire.ends[0], SHUT_WR);
      writing = false;
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    const auto events = static_cast<short>(POLLIN | (writing ? POLLOUT : 0));
    ::pollfd ready{wire.ends[0], events, 0};
    if (left <= 0 || ::poll(&ready, 1, static_cast<int>(left)) == 0) {
      in_time = false;
      ::kill(child, SIGKILL);
      break;
    }
    if ((ready.revents & POLLOUT) != 0 && writing) {
      const auto n = ::send(wire.ends[0], input.data() + sent, input.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
      sent = n < 0 ? input.size() : sent + static_cast<std::size_t>(n);
    }
    if ((ready.revents & (POLLIN | POLLHUP)) != 0) {
      std::array<char, 4096> buffer{};
      const auto n = ::recv(wire.ends[0], buffer.data(), buffer.size(), 0);
      if (n <= 0) break;
      out.output.append(buffer.data(), static_cast<std::size_t>(n));
    }
  }
  int status = 0;
  if (::waitpid(child, &status, 0) != child || !in_time) return out;
  out.status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return out;
}

}  // namespace signet::test
