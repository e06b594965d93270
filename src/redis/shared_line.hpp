// The connection of one process with Redis, which its threads use by turns, and what is known of Redis' state. A
// failure costs one thread its time; the others, and those who come soon after, are refused at once.
#pragma once

#include <signet/redis/redis_client.hpp>

#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <mutex>

#include "redis/connection.hpp"

namespace signet::redis {

class shared_line {
 public:
  // Borrows both.
  shared_line(const redis_url& where, const redis_options& options) : where_(&where), options_(&options) {}
  shared_line(const shared_line&) = delete;
  shared_line& operator=(const shared_line&) = delete;

  // As many replies as commands, errors that concern a command alone among them.
  result<std::vector<reply>> ask(std::span<const command> commands);
  // The error that ask() would return at once.
  std::optional<error> refuses_now();

  [[nodiscard]] bool is_of_this_process() const noexcept { return process_ == ::getpid(); }
  // In a forked child: releases the descriptor. The rest may be in any state, and is never touched again.
  void give_up() noexcept;

  // The line of the process before, kept but not used; and whose it is.
  shared_line* former = nullptr;

 private:
  using clock = std::chrono::steady_clock;
  // Why Redis is not asked, and until when.
  struct trouble {
    error why;
    std::chrono::milliseconds pause = {};
    clock::time_point retry_at = {};
    // What it was that Redis refused: only the same shows that it is well again. Empty: any answer does.
    std::string refused_verb = {};
    // A key that a cluster keeps elsewhere: every other may be at home here.
    std::string moved_key = {};
  };
  class turn;

  [[nodiscard]] error busy() const;
  result<std::vector<reply>> ask_alone(std::span<const command> commands);
  result<void> reconnect();
  // The error that concerns all of the server, if there is one among the replies.
  std::optional<error> judge(std::span<const command> commands, std::span<const reply> replies);
  void drop() noexcept;
  void note_failure(const error& why, std::string verb = {}, std::string moved = {});
  void note_success(std::span<const command> commands);
  void tell(redis_event::kind what, std::optional<error> why = {}) const;

  const redis_url* where_;
  const redis_options* options_;
  const pid_t process_ = ::getpid();
  // Of the connection, for give_up().
  std::atomic<int> handle_ = -1;

  std::mutex mutex_;
  std::condition_variable turn_came_;
  bool is_busy_ = false;
  std::optional<trouble> trouble_ = {};
  // Of whoever has the turn.
  std::optional<connection> connection_ = {};
};

}  // namespace signet::redis
