// Services that carry a client's bytes to somebody else: another server, or a program.
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <signet/net/relay.hpp>

#include "output.hpp"
#include "serve/service.hpp"

namespace tool {
namespace {

void end(signet::tls_socket& client) {
  client.close().value();
}
void end(signet::tcp_socket& client) {
  client.close();
}

// Both ways until both have ended. A client whose other side has failed is not told that it has ended well: its
// connection is dropped without close_notify.
template <class Client>
void carry(Client& client, signet::tcp_socket& other, const std::string& others_name, int stop,
           const service_limits& limits, const std::function<void()>& on_cut = {}) {
  const auto done = signet::relay(client, other, {.idle = limits.idle, .stop = stop, .finish = limits.each_step});
  if (done) return end(client);
  // One that has had its end does not take another byte.
  const auto was_ended = other.write_some(std::string_view());
  if (on_cut && (was_ended || was_ended.error().code() != signet::errc::closed)) on_cut();
  // The relay knows them as its first side, which names itself a client, and its second.
  auto parts = done.error().parts();
  constexpr std::string_view first = "first side: ", second = "second side: ";
  // A health check has seen what it wanted.
  const bool was_answered = std::none_of(parts.details.begin(), parts.details.end(),
                                         [](const auto& one) { return one == "second to first: 0 bytes"; });
  if (parts.code == signet::errc::connection_reset && parts.message.starts_with(first) && was_answered) return;
  if (parts.message.starts_with(first)) parts.message.erase(0, first.size());
  if (parts.message.starts_with(second)) parts.message.replace(0, second.size(), others_name + ' ');
  for (auto& detail : parts.details) {
    if (detail.starts_with("first to second")) detail.replace(0, 15, "client to " + others_name);
    if (detail.starts_with("second to first")) detail.replace(0, 15, others_name + " to client");
  }
  throw signet::exception(signet::error(std::move(parts)));
}

// What a program may know of its client. Names and values of a certificate are printable text by then.
std::vector<std::string> told_of(const signet::endpoint& peer) {
  // Behind a pipe there is no address.
  if (peer.host.empty()) return {};
  return {"SIGNET_PEER=" + signet::to_string(peer)};
}
std::vector<std::string> facts_of(const signet::tcp_socket& client) {
  return told_of(client.remote_endpoint());
}
std::vector<std::string> facts_of(const signet::tls_socket& client) {
  auto facts = told_of(client.remote_endpoint());
  const auto info = client.info();
  facts.push_back("SIGNET_TLS_VERSION=" + std::string(signet::name(info.version)));
  facts.push_back("SIGNET_CIPHER=" + info.cipher);
  if (!info.sni.empty()) facts.push_back("SIGNET_SNI=" + printable(info.sni));
  if (!info.alpn.empty()) facts.push_back("SIGNET_ALPN=" + printable(info.alpn));
  if (!info.verified_chain.empty()) facts.push_back("SIGNET_CLIENT_SUBJECT=" + info.verified_chain.front().subject());
  return facts;
}

[[noreturn]] void cannot(const std::string& what, int why) {
  throw failure(exit_status::local, what + ": " + std::strerror(why));
}

// A program with one end of a pair of sockets as stdin and stdout. It leads a process group, so that what it has
// started ends with it.
class program {
 public:
  program(const std::string& command, const std::vector<std::string>& facts) {
    std::array<int, 2> ends{};
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) cannot("starting a program", errno);
    ours_ = owned_descriptor(ends[0]);
    const owned_descriptor theirs(ends[1]);

    std::vector<const char*> environment(facts.size());
    std::transform(facts.begin(), facts.end(), environment.begin(), [](const auto& one) { return one.c_str(); });
    for (char** one = environ; *one != nullptr; ++one) {
      // Nobody but us says who the client is.
      if (std::string_view(*one).substr(0, 7) != "SIGNET_") environment.push_back(*one);
    }
    environment.push_back(nullptr);
    const std::array<const char*, 4> words{"sh", "-c", command.c_str(), nullptr};

    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawn_file_actions_adddup2(&actions, theirs.get(), STDIN_FILENO);
    ::posix_spawn_file_actions_adddup2(&actions, theirs.get(), STDOUT_FILENO);
    // This server's signals are blocked in its threads; a program has them as usual.
    sigset_t none;
    sigset_t usual;
    ::sigemptyset(&none);
    ::sigemptyset(&usual);
    for (const int one : {SIGPIPE, SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&usual, one);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setsigdefault(&attributes, &usual);
    ::posix_spawnattr_setpgroup(&attributes, 0);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    // Nobody who ends them all misses this one.
    const std::lock_guard lock(all_mutex);
    const int why = ::posix_spawn(&pid_, "/bin/sh", &actions, &attributes, const_cast<char**>(words.data()),
                                  const_cast<char**>(environment.data()));
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    if (why != 0) cannot("starting a program", why);
    all_groups.insert(pid_);
    // By number: <sys/pidfd.h> of glibc 2.36 declares it for C only.
    end_ = owned_descriptor(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)));
  }
  program(const program&) = delete;
  program& operator=(const program&) = delete;
  // Its input has ended. It has a moment to see that, then it is asked to end, then it is ended; and what it has left
  // behind in its group likewise.
  ~program() {
    ours_ = owned_descriptor();
    if (!ended_by_itself()) {
      ::kill(-pid_, SIGTERM);
      if (!ended_by_itself()) ::kill(-pid_, SIGKILL);
    }
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    // The number of a group that has members is nobody else's.
    bool is_there = ::kill(-pid_, SIGTERM) == 0;
    for (int i = 0; is_there && i < 100; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      is_there = ::kill(-pid_, 0) == 0;
    }
    if (is_there) ::kill(-pid_, SIGKILL);
    const std::lock_guard lock(all_mutex);
    all_groups.erase(pid_);
  }

  /// All there are, when the server cannot wait for them.
  static void kill_all() noexcept {
    const std::lock_guard lock(all_mutex);
    for (const pid_t group : all_groups) ::kill(-group, SIGKILL);
  }

  /// For what it was given that is not whole: it must not take the end of its input for the end of that.
  void interrupt() const noexcept {
    pollfd seen{end_.get(), POLLIN, 0};
    if (::poll(&seen, 1, 0) == 0) ::kill(-pid_, SIGTERM);
  }

  /// Our end, once.
  [[nodiscard]] signet::tcp_socket socket() {
    auto taken = signet::tcp_socket::adopt(ours_.get()).value();
    static_cast<void>(ours_.release());
    return taken;
  }

 private:
  bool ended_by_itself() const {
    pollfd waited{end_.get(), POLLIN, 0};
    if (end_) return ::poll(&waited, 1, 2000) > 0;
    // Without a descriptor for that: looked at again and again.
    for (int i = 0; i < 100; ++i) {
      siginfo_t info{};
      if (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == pid_)
        return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    return false;
  }

  static inline std::mutex all_mutex;
  static inline std::set<pid_t> all_groups;

  pid_t pid_ = -1;
  owned_descriptor ours_;
  // Readable when it has ended.
  owned_descriptor end_;
};

}  // namespace

client_service forward_service(const signet::endpoint& to, const service_limits& limits) {
  const auto serve = [to, limits](auto& client, int stop) {
    auto server = signet::tcp_socket::connect(to, {.timeout = limits.each_step}).value();
    carry(client, server, "backend", stop, limits);
  };
  return {.secure = serve, .plain = serve};
}

client_service exec_service(std::string command, const service_limits& limits) {
  const auto serve = [command = std::move(command), limits](auto& client, int stop) {
    program child(command, facts_of(client));
    auto pipe = child.socket();
    carry(client, pipe, "program", stop, limits, [&child] { child.interrupt(); });
  };
  return {.secure = serve, .plain = serve, .end_at_once = &program::kill_all};
}

}  // namespace tool
