// Services that carry a client's bytes to somebody else: another server, or a program.
#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <functional>
#include <mutex>
#include <optional>
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

// As the log names it; behind a pipe there is no address.
template <class Client>
std::string name_of(const Client& client) {
  const auto peer = client.remote_endpoint();
  return peer.host.empty() ? "client" : "client " + signet::to_string(peer);
}

// Whom a client is carried to.
struct other_end {
  // In the log.
  std::string name;
  // The client's bytes break off here, with no end behind them.
  std::function<void()> on_cut = {};
  // Why it has failed, where that is known better than its socket knows it. Otherwise empty.
  std::function<std::string()> why_gone = {};
};

// Both ways until both have ended. A client whose other side has failed is not told that it has ended well: its
// connection is dropped without close_notify.
template <class Client>
void carry(Client& client, signet::tcp_socket& other, const other_end& about, int stop, const service_limits& limits) {
  const auto clients_name = name_of(client);
  const auto done = signet::relay(client, other, {.idle = limits.idle, .stop = stop, .finish = limits.each_step});
  if (done) return end(client);
  // The relay knows them as its first side and its second.
  auto parts = done.error().parts();
  constexpr std::string_view first = "first side: ", second = "second side: ";
  const bool is_clients = parts.message.starts_with(first), is_others = parts.message.starts_with(second);
  // One that has had its end does not take another byte.
  const auto was_ended = other.write_some(std::string_view());
  if (about.on_cut && !is_others && (was_ended || was_ended.error().code() != signet::errc::closed)) about.on_cut();
  // A health check has seen what it wanted.
  const bool was_answered = std::none_of(parts.details.begin(), parts.details.end(),
                                         [](const auto& one) { return one == "second to first: 0 bytes"; });
  if (parts.code == signet::errc::connection_reset && is_clients && was_answered) return;
  auto why = parts.message.substr(is_clients ? first.size() : is_others ? second.size() : 0);
  if (why.starts_with(parts.whom + ": ")) why.erase(0, parts.whom.size() + 2);
  if (is_others && about.why_gone) {
    if (auto better = about.why_gone(); !better.empty()) why = std::move(better);
  }
  const auto whose = is_clients ? std::string() : (is_others ? ": " : " and ") + about.name;
  parts.message = clients_name + whose + ": " + why;
  for (auto& detail : parts.details) {
    if (detail.starts_with("first to second")) detail.replace(0, 15, "client to " + about.name);
    if (detail.starts_with("second to first")) detail.replace(0, 15, about.name + " to client");
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
  if (!info.pre_shared_key_identity.empty())
    facts.push_back("SIGNET_PSK_IDENTITY=" + printable(info.pre_shared_key_identity));
  return facts;
}

[[noreturn]] void cannot(const std::string& what, int why) {
  throw failure(exit_status::local, what + ": " + std::strerror(why));
}

// "ended with status 3".
std::string in_words(int wait_status) {
  return WIFSIGNALED(wait_status) ? "ended by signal " + std::to_string(WTERMSIG(wait_status))
                                  : "ended with status " + std::to_string(WEXITSTATUS(wait_status));
}

// A program with one end of a pair of sockets as stdin and stdout. It leads a process group, so that what it has
// started ends with it.
class program {
 public:
  program(const std::string& command, const std::vector<std::string>& facts) : program() {
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
    pid_t started = -1;
    int why = 0;
    {
      // Nobody who ends them all misses this one.
      const std::lock_guard lock(all_mutex);
      why = ::posix_spawn(&started, "/bin/sh", &actions, &attributes, const_cast<char**>(words.data()),
                          const_cast<char**>(environment.data()));
      if (why == 0) all_groups.insert(started);
    }
    ::posix_spawn_file_actions_destroy(&actions);
    ::posix_spawnattr_destroy(&attributes);
    if (why != 0) cannot("starting a program", why);
    pid_ = started;
    watcher_ = std::thread([this] { watch(); });
  }
  program(const program&) = delete;
  program& operator=(const program&) = delete;
  ~program() { end(); }

  /// Its input has ended. It has a moment to see that, then it is asked to end, then it is ended; and what it has left
  /// behind in its group likewise. The status of waitpid(2) when it was not asked to.
  std::optional<int> end() {
    if (pid_ < 0) return {};
    ours_ = owned_descriptor();
    bool by_itself = has_ended_soon();
    if (!by_itself) {
      ::kill(-pid_, SIGTERM);
      if (!has_ended_soon()) ::kill(-pid_, SIGKILL);
    }
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
      by_itself = by_itself && !interrupted_;
    }
    changed_.notify_all();
    if (watcher_.joinable()) watcher_.join();
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
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
    pid_ = -1;
    if (!by_itself) return {};
    return status;
  }

  /// All there are, when the server cannot wait for them.
  static void kill_all() noexcept {
    const std::lock_guard lock(all_mutex);
    for (const pid_t group : all_groups) ::kill(-group, SIGKILL);
  }

  /// For what it was given that is not whole: it must not take the end of its input for the end of that.
  void interrupt() {
    const std::lock_guard lock(mutex_);
    if (ended_) return;
    interrupted_ = true;
    ::kill(-pid_, SIGTERM);
  }

  /// Our end, once.
  [[nodiscard]] signet::tcp_socket socket() {
    auto taken = signet::tcp_socket::adopt(ours_.get()).value();
    static_cast<void>(ours_.release());
    return taken;
  }

 private:
  static constexpr std::chrono::seconds moment{2};

  // Nothing is started yet.
  program() = default;

  // In a thread of its own: the end of the program's output may never come while others hold it.
  void watch() {
    siginfo_t info{};
    while (::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT) < 0 && errno == EINTR) {
    }
    std::unique_lock lock(mutex_);
    ended_ = true;
    changed_.notify_all();
    for (const int signal : {SIGTERM, SIGKILL}) {
      if (changed_.wait_for(lock, moment, [this] { return over_; })) return;
      // Until end() has waited for the program, the number of its group is nobody else's.
      ::kill(-pid_, signal);
    }
  }

  bool has_ended_soon() {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, moment, [this] { return ended_; });
  }

  static inline std::mutex all_mutex;
  static inline std::set<pid_t> all_groups;

  pid_t pid_ = -1;
  owned_descriptor ours_;
  std::thread watcher_;

  std::mutex mutex_;
  std::condition_variable changed_;
  // Under the mutex:
  bool ended_ = false;
  bool interrupted_ = false;
  // Nobody carries anything to it any more.
  bool over_ = false;
};

}  // namespace

client_service forward_service(const signet::endpoint& to, const service_limits& limits) {
  const auto serve = [to, limits](auto& client, int stop) {
    auto server =
        value_in(name_of(client) + ": backend", signet::tcp_socket::connect(to, {.timeout = limits.each_step}));
    carry(client, server, {.name = "backend " + signet::to_string(to)}, stop, limits);
  };
  return {.secure = serve, .plain = serve};
}

client_service exec_service(std::string command, const service_limits& limits) {
  const auto serve = [command = std::move(command), limits](auto& client, int stop) {
    const auto clients_name = name_of(client);
    program child(command, facts_of(client));
    auto pipe = child.socket();
    const auto why_gone = [&child, &pipe]() -> std::string {
      pipe.close();
      const auto status = child.end();
      return status ? in_words(*status) + ", and has not taken all that the client sent" : "";
    };
    carry(client, pipe, {.name = "program", .on_cut = [&child] { child.interrupt(); }, .why_gone = why_gone}, stop,
          limits);
    pipe.close();
    // Whatever its status, its client has been served.
    const auto status = child.end();
    if (status && *status != 0) say("signet: " + clients_name + ": program: " + in_words(*status));
  };
  return {.secure = serve, .plain = serve, .end_at_once = &program::kill_all};
}

}  // namespace tool
