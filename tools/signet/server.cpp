#include "server.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <list>
#include <mutex>
#include <system_error>
#include <thread>

#include "output.hpp"

namespace tool {
namespace {

sigset_t server_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int one : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&set, one);
  return set;
}

// How many clients there are, and of them how many have a conversation: those are waited for at the end, one that has
// not even finished its handshake is not.
class attendance {
 public:
  explicit attendance(std::size_t most) : most_(most) {}

  /// Waits for a free place.
  void enter() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return present_ < most_ || stopping_; });
    ++present_;
  }
  void begin_conversation() {
    const std::lock_guard lock(mutex_);
    ++talking_;
  }
  void end_conversation() {
    const std::lock_guard lock(mutex_);
    --talking_;
    changed_.notify_all();
  }
  void leave() {
    const std::lock_guard lock(mutex_);
    --present_;
    changed_.notify_all();
  }
  void stop() {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  /// False when time ran out first.
  bool wait_for_conversations(std::chrono::milliseconds most) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, most, [&] { return talking_ == 0; });
  }
  bool wait_for_all(std::chrono::milliseconds most) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, most, [&] { return present_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t most_;
  std::size_t present_ = 0;
  std::size_t talking_ = 0;
  bool stopping_ = false;
};

struct shared_state {
  shared_state(client_service what, const server_limits& how)
      : service(std::move(what)), limits(how), clients(how.clients) {}

  client_service service;
  server_limits limits;
  stop_signal stop;
  attendance clients;
};

void serve_client(shared_state& state, signet::incoming in) {
  try {
    auto client = std::move(in).handshake({.timeout = state.limits.handshake});
    if (!client) {
      say("signet: " + client.error().message());
      return;
    }
    state.clients.begin_conversation();
    struct ended {
      attendance& of;
      ~ended() { of.end_conversation(); }
    } const at_the_end{state.clients};
    state.service(*client, state.stop);
  } catch (const signet::exception& e) {
    say("signet: " + e.error().message());
  } catch (const std::exception& e) {
    say(std::string("signet: serving a client: ") + e.what());
  }
}

// Waits for the signals; `over` ends the wait.
void watch_signals(signet::listener& door, shared_state& state, const stop_signal& over) {
  const auto set = server_signals();
  const owned_descriptor signals(::signalfd(-1, &set, SFD_CLOEXEC));
  for (;;) {
    std::array<pollfd, 2> waited{pollfd{signals.get(), POLLIN, 0}, pollfd{over.descriptor(), POLLIN, 0}};
    if (::poll(waited.data(), waited.size(), -1) < 0 && errno != EINTR) return;
    if (waited[1].revents != 0) return;
    if (waited[0].revents == 0) continue;
    signalfd_siginfo info = {};
    if (::read(signals.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info)) continue;
    if (info.ssi_signo == SIGHUP) {
      say("signet: SIGHUP: nothing is reloaded while the server runs: restart it to use new certificates");
    } else if (state.stop.raised()) {
      // Asked twice: at once.
      std::_Exit(0);
    } else {
      state.stop.raise();
      state.clients.stop();
      door.close();
    }
  }
}

// The clients' threads. One that has ended is joined before the next begins, so that none outlives the program's
// objects.
class client_threads {
 public:
  /// Throws std::system_error when there is no thread to be had.
  template <class Work>
  void start(Work work) {
    join_ended();
    const std::lock_guard lock(mutex_);
    running_.emplace_back();
    const auto place = std::prev(running_.end());
    try {
      *place = std::thread([this, place, work = std::move(work)]() mutable {
        {
          auto done = std::move(work);
          done();
        }
        const std::lock_guard ending(mutex_);
        ended_.splice(ended_.end(), running_, place);
      });
    } catch (...) {
      running_.erase(place);
      throw;
    }
  }
  /// Waits for every one of them.
  void join_all() {
    for (;;) {
      join_ended();
      {
        const std::lock_guard lock(mutex_);
        if (running_.empty() && ended_.empty()) return;
      }
      std::this_thread::yield();
    }
  }

 private:
  void join_ended() {
    std::list<std::thread> ended;
    {
      const std::lock_guard lock(mutex_);
      ended.swap(ended_);
    }
    for (auto& one : ended) one.join();
  }

  std::mutex mutex_;
  std::list<std::thread> running_;
  std::list<std::thread> ended_;
};

void start_client(client_threads& threads, shared_state& state, signet::incoming in) {
  state.clients.enter();
  try {
    threads.start([&state, in = std::move(in)]() mutable {
      serve_client(state, std::move(in));
      state.clients.leave();
    });
  } catch (const std::system_error& e) {
    state.clients.leave();
    say(std::string("signet: accepting: no thread for another client: ") + e.what());
  }
}

}  // namespace

void block_server_signals() {
  const auto set = server_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

void run_server(signet::listener door, client_service service, const server_limits& limits,
                const std::function<void()>& on_open) {
  shared_state state(std::move(service), limits);
  client_threads threads;
  stop_signal over;
  std::thread watcher([&] { watch_signals(door, state, over); });
  on_open();
  while (!state.stop.raised()) {
    auto in = door.accept();
    if (in) {
      start_client(threads, state, *std::move(in));
      continue;
    }
    if (in.error().code() == signet::errc::closed) break;
    // Out of descriptors, most likely: served clients will give some back.
    say("signet: " + in.error().message());
    pollfd waited{state.stop.descriptor(), POLLIN, 0};
    ::poll(&waited, 1, 100);
  }
  const bool finished = state.clients.wait_for_conversations(limits.farewell);
  if (!finished) say("signet: stopping: clients were still being served");
  const bool gone = state.clients.wait_for_all(std::chrono::milliseconds(200));
  // Threads that still run must not see the program's objects go.
  if (!gone) std::_Exit(0);
  threads.join_all();
  over.raise();
  watcher.join();
}

}  // namespace tool
