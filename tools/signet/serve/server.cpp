#include "serve/server.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <thread>

#include <signet/net/serve.hpp>

#include "output.hpp"

namespace tool {
namespace {

sigset_t server_signals() {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int one : {SIGTERM, SIGINT, SIGHUP}) ::sigaddset(&set, one);
  return set;
}

// What runs still has to end with us.
[[noreturn]] void end_at_once(const client_service& service) {
  if (service.end_at_once) service.end_at_once();
  flush_lines();
  // Threads that still run must not see the program's objects go.
  std::_Exit(0);
}

// Closes the door on the first signal that asks for the end; `over` ends the wait.
void watch_signals(signet::listener& door, const client_service& service, const std::function<void()>& on_hangup,
                   int over) {
  const auto set = server_signals();
  const owned_descriptor signals(::signalfd(-1, &set, SFD_CLOEXEC));
  bool stopping = false;
  for (;;) {
    std::array<pollfd, 2> waited{pollfd{signals.get(), POLLIN, 0}, pollfd{over, POLLIN, 0}};
    if (::poll(waited.data(), waited.size(), -1) < 0 && errno != EINTR) return;
    if (waited[1].revents != 0) return;
    if (waited[0].revents == 0) continue;
    signalfd_siginfo info = {};
    if (::read(signals.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info)) continue;
    if (info.ssi_signo == SIGHUP) {
      on_hangup();
      continue;
    }
    // Asked twice: at once.
    if (std::exchange(stopping, true)) end_at_once(service);
    door.close();
  }
}

// A client that is served, however that ends. One whose service throws is told of by on_refused.
template <class Service>
void logged(access_log& log, access_log::entry of, Service&& serve) {
  const auto began = std::chrono::steady_clock::now();
  serve();
  of.lasted = std::chrono::steady_clock::now() - began;
  log.served(of);
}

}  // namespace

void block_server_signals() {
  const auto set = server_signals();
  ::pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

void run_server(signet::listener door, const client_service& service, plain_clients plain, const server_limits& limits,
                access_log& log, const std::function<void()>& on_hangup, const std::function<void()>& on_open) {
  const owned_descriptor over(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!over) throw failure(exit_status::local, std::string("starting: ") + std::strerror(errno));
  const background_lines lines;
  std::thread watcher([&] { watch_signals(door, service, on_hangup, over.get()); });
  on_open();
  signet::serve_options options;
  options.threads = limits.clients;
  options.max_connections = limits.clients;
  options.handshake_timeout = limits.handshake;
  options.stall_limit = limits.stall;
  options.drain_timeout = limits.farewell;
  options.on_full = service.make_room;
  options.on_refused = [&log](const signet::endpoint& client, const signet::error& why) {
    say("signet: " + why.message());
    log.failed({.peer = signet::to_string(client), .failed = why});
  };
  if (plain == plain_clients::served) {
    options.on_plain = [&](signet::tcp_socket client, const signet::stop_signal& stop) {
      logged(log, {.peer = signet::to_string(client.remote_endpoint())},
             [&] { service.plain(client, stop.native_handle()); });
    };
  }
  const auto served = signet::serve(
      door,
      [&](signet::tls_socket client, const signet::stop_signal& stop) {
        logged(log, {.peer = signet::to_string(client.remote_endpoint()), .info = client.info()},
               [&] { service.secure(client, stop.native_handle()); });
      },
      options);
  if (!served && served.error().code() == signet::errc::timed_out) {
    say("signet: stopping: clients were still being served");
    end_at_once(service);
  }
  const std::uint64_t one = 1;
  // Cannot fail: the counter is far from full.
  [[maybe_unused]] const auto written = ::write(over.get(), &one, sizeof one);
  watcher.join();
  served.value();
}

}  // namespace tool
