// What serve() runs. One thread, the caller's, waits with epoll for new clients, for those in their handshake, for
// those that leave, and for time; workers take handshakes a step further and run the handlers. A client is owned by one
// place at a time: by `shaking_` while it waits to be heard from, by a queue while it waits for a worker, by the worker
// that has it.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <variant>
#include <vector>

#include <signet/net/nonblocking_socket.hpp>
#include <signet/net/serve.hpp>

#include "base/descriptor.hpp"
#include "net/channel/departures.hpp"

namespace signet {

struct stop_signal::impl {
  std::atomic<bool> requested = false;
  base::descriptor handle;
};

class server_loop : public net::departures, public std::enable_shared_from_this<server_loop> {
 public:
  server_loop(client_handler handler, serve_options options);

  result<void> run(listener& door);
  void see_off(net::departing one) noexcept override;

 private:
  using clock = deadline::clock;
  // What epoll tells events apart by: the ids of clients come after these.
  enum tag : std::uint64_t { door_tag, closed_tag, wake_tag, first_client };

  struct client {
    // Counts up, so that the oldest comes first.
    std::uint64_t id;
    endpoint from;
    clock::time_point came;
    // When it last gave us something to do.
    clock::time_point heard;
    deadline until;
    // Silent so far; in its handshake or done with it; plain.
    std::variant<incoming, nonblocking_socket, tcp_socket> stage;
    [[nodiscard]] int handle() const noexcept;
    [[nodiscard]] std::string whom() const;
    [[nodiscard]] error failure(errc code, std::string_view why) const;
    [[nodiscard]] error too_late() const;
  };
  using client_ptr = std::unique_ptr<client>;

  // The loop's, in the caller's thread.
  result<void> prepare(listener& door);
  result<void> loop(listener& door);
  result<void> take_new(listener& door);
  void admit(incoming&& accepted);
  bool a_silent_one_gives_way(std::string_view why);
  result<void> watch_door(listener& door);
  [[nodiscard]] bool may_accept() const;
  [[nodiscard]] bool has_silent_one() const;
  void park(client_ptr c);
  [[nodiscard]] client_ptr take(std::uint64_t id);
  result<int> wait_for_events(int timeout);
  void take_leaving();
  [[nodiscard]] bool went(std::uint64_t id);
  void ask_for_room();
  void heard_from(std::uint64_t id);
  void on_time();
  [[nodiscard]] int time_left();
  result<void> finish(const listener& door);
  std::size_t drain(const listener& door);

  // The workers'; the first three under the mutex.
  bool start_worker();
  void start_worker_if_needed();
  [[nodiscard]] std::size_t work_there() const noexcept;
  void work();
  void take_further(client_ptr c);
  result<wait_for> step(client& c);
  void put_back(client_ptr c, wait_for what);
  void handle(client_ptr c);

  [[nodiscard]] bool handler_is_free() const noexcept { return serving_ < options_.threads; }
  void refuse(client_ptr c, const error& why);
  void gone(client_ptr c);
  void tell(const endpoint& from, const error& why) noexcept;

  bool control(int operation, int fd, std::uint32_t events, std::uint64_t id) const noexcept;
  void wake() const noexcept;
  static error failure_of_the_system(int system_error);

  const client_handler handler_;
  const serve_options options_;
  const std::size_t steppers_;
  const stop_signal stop_;
  base::descriptor epoll_;
  base::descriptor wake_;

  // The loop's own.
  std::uint64_t next_id_ = first_client;
  bool door_watched_ = false;
  deadline accept_again_ = deadline::never();
  // When to ask handlers again to make room.
  deadline ask_again_ = deadline::never();
  std::array<epoll_event, 256> events_{};
  // Those whose handlers are done with them, until they end, or then. By id, so the oldest comes first.
  struct leaver {
    net::departing socket;
    deadline until;
  };
  std::map<std::uint64_t, leaver> leaving_;
  void forget(std::map<std::uint64_t, leaver>::iterator one);
  struct due {
    std::uint64_t id;
    clock::time_point when;
  };
  // All have the same length, so they end in the order they began in.
  std::deque<due> deadlines_;

  std::mutex mutex_;
  // Under the mutex, down to here:
  std::map<std::uint64_t, client_ptr> shaking_;
  // The same by the time since when each of them is silent.
  std::set<std::pair<clock::time_point, std::uint64_t>> silent_since_;
  std::vector<net::departing> departed_;
  std::deque<client_ptr> ready_;
  std::deque<client_ptr> made_;
  // In `shaking_`, waiting for the application and not for the client.
  std::deque<due> retries_;
  std::vector<std::thread> workers_;
  std::size_t live_ = 0;
  std::size_t idle_ = 0;
  std::size_t serving_ = 0;
  std::size_t total_ = 0;
  bool full_ = false;
  bool stopping_ = false;
  bool over_ = false;
  // Until here.
  std::condition_variable work_;

  std::mutex telling_;
  // Under `telling_`.
  bool silent_ = false;
};

}  // namespace signet
