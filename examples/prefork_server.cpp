// Echoes lines over TLS from several processes at one port: prefork_server ADDRESS:PORT CERTIFICATE KEY PROCESSES. A
// process that dies is replaced; SIGTERM ends them all, and each gives its clients ten seconds to finish.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <set>
#include <thread>

#include <signet/signet.hpp>

using namespace std::chrono_literals;

namespace {

void echo(signet::tls_socket client, const signet::stop_signal&) {
  client.set_timeout(60s);
  while (auto line = client.read_line()) client.write_all(std::to_string(::getpid()) + ": " + *line + "\n").value();
  static_cast<void>(client.close());
}

// Threads begin after fork(): one that the parent had would not be in the child. The signals are blocked since then.
int child(signet::listener& door, sigset_t& ends) {
  std::thread([&] {
    int which = 0;
    ::sigwait(&ends, &which);
    door.close();  // for every process that shares it: all of them are told at once
  }).detach();
  const auto served = signet::serve(door, echo, {.threads = 8, .drain_timeout = 10s});
  if (!served) std::cerr << served.error().message() << std::endl;
  return served ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 5) return std::cerr << "usage: prefork_server ADDRESS:PORT CERTIFICATE KEY PROCESSES\n", 2;
  const auto config = signet::server_config::make({.identities = {{.certificate = argv[2], .key = argv[3]}}}).value();
  auto door = signet::listener::bind(signet::endpoint::parse(argv[1]).value(), config).value();
  std::cerr << "listening on " << to_string(door.local_endpoint()) << std::endl;

  sigset_t ends;
  ::sigemptyset(&ends);
  ::sigaddset(&ends, SIGTERM);
  sigset_t waited = ends;
  ::sigaddset(&waited, SIGCHLD);
  ::sigprocmask(SIG_BLOCK, &waited, nullptr);

  std::set<pid_t> children;
  for (const auto wanted = std::stoul(argv[4]);;) {
    while (children.size() < wanted) {
      const pid_t made = ::fork();
      if (made < 0) return std::cerr << "no process can be made\n", 1;
      if (made == 0) ::_exit(child(door, ends));
      children.insert(made);
    }
    int which = 0;
    ::sigwait(&waited, &which);
    if (which == SIGTERM) break;
    bool is_shut = false;
    int how = 0;
    for (pid_t gone = 0; (gone = ::waitpid(-1, &how, WNOHANG)) > 0;) {
      children.erase(gone);
      // One that has ended well was told to, and has shut the door for all.
      is_shut = is_shut || (WIFEXITED(how) && WEXITSTATUS(how) == 0);
    }
    if (is_shut) break;
  }
  for (const auto each : children) ::kill(each, SIGTERM);
  for (const auto each : children) ::waitpid(each, nullptr, 0);
} catch (const std::exception& failure) {
  std::cerr << failure.what() << '\n';
  return 1;
}
