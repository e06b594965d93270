#include "redis/shared_line.hpp"

#include <algorithm>
#include <array>

#include "base/sentence.hpp"

namespace signet::redis {
namespace {

// What concerns the server, or this connection, and not the command.
constexpr std::array<std::string_view, 9> of_the_server = {"MOVED",  "ASK",     "CLUSTERDOWN", "CROSSSLOT", "TRYAGAIN",
                                                           "NOAUTH", "LOADING", "MASTERDOWN",  "BUSY"};

bool is_moved(std::string_view kind) {
  return kind == "MOVED" || kind == "ASK";
}

}  // namespace

// Gives the turn back, however its owner leaves.
class shared_line::turn {
 public:
  explicit turn(shared_line& of) noexcept : line_(&of) {}
  turn(const turn&) = delete;
  turn& operator=(const turn&) = delete;
  ~turn() {
    {
      const std::scoped_lock lock(line_->mutex_);
      line_->is_busy_ = false;
    }
    line_->turn_came_.notify_all();
  }

 private:
  shared_line* line_;
};

std::optional<error> shared_line::refuses_now() {
  const std::scoped_lock lock(mutex_);
  // Whoever tries whether it is back tries for all.
  if (trouble_ && (is_busy_ || clock::now() < trouble_->retry_at)) return trouble_->why;
  return {};
}

result<std::vector<reply>> shared_line::ask(std::span<const command> commands) {
  {
    std::unique_lock lock(mutex_);
    const auto is_over = [this] { return trouble_ && (is_busy_ || clock::now() < trouble_->retry_at); };
    const auto until = clock::now() + options_->answer_timeout;
    if (!turn_came_.wait_until(lock, until, [&] { return !is_busy_ || is_over(); })) return busy();
    if (is_over()) return trouble_->why;
    is_busy_ = true;
  }
  const turn mine(*this);
  return ask_alone(commands);
}

error shared_line::busy() const {
  return base::sentence{.whom = describe(*where_), .phase = "asking", .why = "another thread waits for its answer"}.as(
      errc::timed_out);
}

result<std::vector<reply>> shared_line::ask_alone(std::span<const command> commands) {
  // It may have been restarted, or have closed what was idle.
  if (connection_ && !connection_->is_quiet()) drop();
  if (!connection_) {
    if (auto made = reconnect(); !made) {
      note_failure(made.error());
      return std::move(made).error();
    }
  }
  auto replies = connection_->ask(commands, options_->answer_timeout);
  if (!replies) {
    drop();
    note_failure(replies.error());
    return replies;
  }
  if (auto refused = judge(commands, *replies)) return *std::move(refused);
  return replies;
}

result<void> shared_line::reconnect() {
  const deadline until = options_->connect_timeout;
  auto made = connection::open(*where_, options_->tls, until);
  if (!made) return std::move(made).error();
  if (trouble_ && !trouble_->moved_key.empty()) {
    const command again = {"GET", trouble_->moved_key};
    const auto replies = made->ask(std::span(&again, 1), until);
    if (!replies) return replies.error();
    if (is_moved(redis::kind_of(replies->front()))) return refusal(*where_, "asking", replies->front());
  }
  connection_.emplace(*std::move(made));
  handle_ = connection_->handle();
  return {};
}

std::optional<error> shared_line::judge(std::span<const command> commands, std::span<const reply> replies) {
  // The first is the cause of those that follow, as in a transaction.
  const auto first = std::find_if(replies.begin(), replies.end(), [](const reply& r) {
    // Somebody keeps another kind of value under our key.
    return r.is_error() && redis::kind_of(r) != "WRONGTYPE";
  });
  if (first == replies.end()) {
    note_success(commands);
    return {};
  }
  const auto& refused = commands[static_cast<std::size_t>(first - replies.begin())];
  auto why = refusal(*where_, "asking", *first);
  const auto kind = redis::kind_of(*first);
  if (std::find(of_the_server.begin(), of_the_server.end(), kind) == of_the_server.end()) {
    note_failure(why, refused.front());
    return {};
  }
  drop();
  note_failure(why, {}, is_moved(kind) && refused.size() > 1 ? refused[1] : std::string());
  return why;
}

void shared_line::drop() noexcept {
  // In this order: a child that is forked in between leaves one descriptor open, and closes no other.
  handle_ = -1;
  connection_.reset();
}

void shared_line::give_up() noexcept {
  if (const int mine = handle_.exchange(-1); mine >= 0) ::close(mine);
}

void shared_line::note_failure(const error& why, std::string verb, std::string moved) {
  bool is_new = false;
  {
    const std::scoped_lock lock(mutex_);
    is_new = !trouble_;
    const auto pause = is_new ? options_->first_back_off : std::min(trouble_->pause * 2, options_->longest_back_off);
    if (!is_new) {
      if (verb.empty()) verb = trouble_->refused_verb;
      if (moved.empty()) moved = trouble_->moved_key;
    }
    trouble_.emplace(trouble{why, pause, clock::now() + pause, std::move(verb), std::move(moved)});
  }
  if (is_new) tell(redis_event::kind::unavailable, why);
}

void shared_line::note_success(std::span<const command> commands) {
  {
    const std::scoped_lock lock(mutex_);
    if (!trouble_) return;
    const auto is_the_refused = [this](const command& c) { return c.front() == trouble_->refused_verb; };
    if (!trouble_->refused_verb.empty() && std::none_of(commands.begin(), commands.end(), is_the_refused)) return;
    trouble_.reset();
  }
  tell(redis_event::kind::available);
}

void shared_line::tell(redis_event::kind what, std::optional<error> why) const {
  if (options_->on_event) options_->on_event({what, std::move(why)});
}

}  // namespace signet::redis
