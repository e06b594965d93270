#include <signet/redis/redis_ticket_source.hpp>

#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "base/sentence.hpp"
#include "redis/client_impl.hpp"

namespace signet {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;
// Periods since 1970.
using epoch = std::int64_t;

// How often Redis is asked whether it still has what we have. It bounds how long servers disagree after Redis has lost
// its data.
constexpr seconds between_looks(5);
// The next key is fetched when this part of a period is left.
constexpr int ahead = 4;
constexpr std::int64_t most_periods = 200;
// Keys that gave way to others of the same period: only a Redis that loses its data makes some.
constexpr std::size_t most_superseded = 64;

// A key, and its value in Redis, which is given back to a Redis that has lost it.
struct held_key {
  epoch period = 0;
  ticket_key key;
  std::string sealed = {};
};

class redis_ticket_source final : public ticket_source {
 public:
  redis_ticket_source(redis_client client, redis::sealer sealer, const std::string& fleet, redis_ticket_options options)
      : client_(std::move(client)),
        sealer_(std::move(sealer)),
        options_(std::move(options)),
        key_start_(detail::access::shared(client_)->options.prefix + ":ticket:" + fleet.substr(0, 16) + ":" +
                   std::to_string(options_.period.count()) + ":") {}

  std::optional<ticket_key> current() override {
    const auto now = clock();
    look(now);
    const std::scoped_lock lock(mutex_);
    const auto found = agreed_.find(epoch_of(now));
    if (found == agreed_.end()) return {};
    return found->second.key;
  }

  std::optional<ticket_key> find(const ticket_key_name& name) override {
    const auto now = clock();
    look(now);
    const std::scoped_lock lock(mutex_);
    for (const auto& [period, held] : agreed_)
      if (held.key.name() == name && decrypts(period, now)) return held.key;
    for (const auto& held : superseded_)
      if (held.key.name() == name && decrypts(held.period, now)) return held.key;
    return {};
  }

 private:
  using steady = std::chrono::steady_clock;
  // What one look at Redis is about.
  struct plan {
    epoch from = 0;
    epoch to = 0;
    bool is_full = false;
  };
  struct question {
    epoch period = 0;
    // Whether a value was offered, and whether we held it before.
    bool offers = false;
    bool offers_held = false;
  };

  [[nodiscard]] sys_seconds clock() const {
    return options_.clock ? options_.clock() : std::chrono::floor<seconds>(std::chrono::system_clock::now());
  }
  [[nodiscard]] epoch epoch_of(sys_seconds when) const {
    const auto since = when.time_since_epoch();
    return since.count() < 0 ? 0 : since / options_.period;
  }
  [[nodiscard]] sys_seconds end_of(epoch period) const { return sys_seconds((period + 1) * options_.period); }
  // Whether a ticket of that period may still be alive. A server whose clock is ahead uses the next one already.
  [[nodiscard]] bool decrypts(epoch period, sys_seconds now) const {
    return end_of(period) + options_.lifetime > now && period <= epoch_of(now) + 1;
  }
  [[nodiscard]] std::string key_of(epoch period) const { return key_start_ + std::to_string(period); }

  void look(sys_seconds now);
  std::optional<plan> begin(sys_seconds now);
  void finish();
  void exchange(const plan& what, sys_seconds now);
  std::vector<redis::command> ask_for(const plan& what, sys_seconds now, std::vector<question>& questions);
  std::optional<std::string> new_value(const std::string& place) const;
  std::optional<held_key> open(epoch period, const std::string& sealed);
  void adopt(held_key found);
  void forget(sys_seconds now);

  const redis_client client_;
  const redis::sealer sealer_;
  const redis_ticket_options options_;
  const std::string key_start_;

  std::mutex mutex_;
  std::map<epoch, held_key> agreed_ = {};
  std::vector<held_key> superseded_ = {};
  // The process that asks Redis now, by a thread of its own; 0 for none.
  pid_t asking_ = 0;
  // Whether all periods that matter have been asked for.
  bool is_loaded_ = false;
  epoch asked_up_to_ = -1;
  steady::time_point next_look_ = {};
  bool told_unreadable_ = false;
};

void redis_ticket_source::look(sys_seconds now) {
  const auto what = begin(now);
  if (!what) return;
  // However it ends, others may try.
  struct ending {
    redis_ticket_source* source;
    ~ending() { source->finish(); }
  } const ends{this};
  exchange(*what, now);
}

// What to ask for, if it is time and nobody does.
std::optional<redis_ticket_source::plan> redis_ticket_source::begin(sys_seconds now) {
  const auto current = epoch_of(now);
  const bool is_near = end_of(current) - now <= options_.period / ahead;
  const epoch last = current + (is_near ? 1 : 0);
  {
    const std::scoped_lock lock(mutex_);
    forget(now);
    const bool is_due = !is_loaded_ || asked_up_to_ < last || steady::now() >= next_look_;
    if (!is_due || asking_ == ::getpid()) return {};
  }
  auto& line = detail::access::shared(client_)->line();
  if (line.refuses_now()) return {};
  const std::scoped_lock lock(mutex_);
  if (asking_ == ::getpid()) return {};
  asking_ = ::getpid();
  epoch first = current;
  if (!is_loaded_) {
    while (first > 0 && decrypts(first - 1, now)) --first;
  } else if (const auto known = agreed_.upper_bound(current); known != agreed_.begin()) {
    // The newest that we hold: whether Redis still has it tells whether it has lost its data.
    first = std::prev(known)->first;
  }
  return plan{first, last, !is_loaded_};
}

void redis_ticket_source::finish() {
  const std::scoped_lock lock(mutex_);
  asking_ = 0;
}

void redis_ticket_source::exchange(const plan& what, sys_seconds now) {
  std::vector<question> questions;
  const auto commands = ask_for(what, now, questions);
  const auto replies = detail::access::shared(client_)->line().ask(commands);
  if (!replies) return;
  bool has_lost = false;
  bool is_refused = false;
  std::vector<held_key> found;
  std::size_t next = 0;
  for (const auto& q : questions) {
    if (q.offers) {
      const auto& stored = (*replies)[next++];
      has_lost |= q.offers_held && stored.what == redis::reply::kind::status;
      is_refused |= stored.is_error();
    }
    const auto& value = (*replies)[next++];
    is_refused |= value.is_error();
    if (!value.is_string()) continue;
    if (auto opened = open(q.period, value.text)) found.push_back(*std::move(opened));
  }
  const std::scoped_lock lock(mutex_);
  for (auto& one : found) adopt(std::move(one));
  if (is_refused) return;
  next_look_ = steady::now() + between_looks;
  asked_up_to_ = what.to;
  is_loaded_ = what.is_full || (is_loaded_ && !has_lost);
}

// For each period: what we hold or have just made, if nothing is there yet; and then what is there.
std::vector<redis::command> redis_ticket_source::ask_for(const plan& what, sys_seconds now,
                                                         std::vector<question>& questions) {
  std::map<epoch, std::string> held;
  {
    const std::scoped_lock lock(mutex_);
    for (const auto& [period, one] : agreed_) held.emplace(period, one.sealed);
  }
  std::vector<redis::command> commands;
  for (epoch period = what.from; period <= what.to; ++period) {
    const auto place = key_of(period);
    const auto known = held.find(period);
    std::optional<std::string> value;
    if (known != held.end())
      value = known->second;
    else if (period >= epoch_of(now))
      value = new_value(place);
    const bool offers = value.has_value();
    if (offers) {
      const auto left = std::max<std::int64_t>(1, (end_of(period) + options_.lifetime - now).count());
      commands.push_back({"SET", place, *std::move(value), "NX", "EX", std::to_string(left)});
    }
    commands.push_back({"GET", place});
    questions.push_back({period, offers, known != held.end()});
  }
  return commands;
}

std::optional<std::string> redis_ticket_source::new_value(const std::string& place) const {
  std::string octets(80, '\0');
  if (RAND_priv_bytes(reinterpret_cast<unsigned char*>(octets.data()), static_cast<int>(octets.size())) != 1) return {};
  auto sealed = sealer_.seal(octets, place);
  redis::wipe(octets);
  return sealed;
}

std::optional<held_key> redis_ticket_source::open(epoch period, const std::string& sealed) {
  const auto place = key_of(period);
  auto octets = sealer_.open(sealed, place);
  if (octets && octets->size() == 80) {
    auto key = ticket_key::from_bytes(*octets);
    redis::wipe(*octets);
    if (key) return held_key{period, *std::move(key), sealed};
  }
  {
    const std::scoped_lock lock(mutex_);
    if (std::exchange(told_unreadable_, true)) return {};
  }
  detail::access::shared(client_)->tell_unreadable(place);
  return {};
}

// Redis has the last word on which key all servers use. Another that was used before goes on decrypting.
void redis_ticket_source::adopt(held_key found) {
  const auto there = agreed_.find(found.period);
  if (there == agreed_.end()) {
    const auto period = found.period;
    agreed_.emplace(period, std::move(found));
    return;
  }
  if (there->second.key.name() == found.key.name()) return;
  std::swap(there->second, found);
  const auto is_same = [&](const held_key& h) { return h.key.name() == found.key.name(); };
  if (std::any_of(superseded_.begin(), superseded_.end(), is_same)) return;
  if (superseded_.size() == most_superseded) superseded_.erase(superseded_.begin());
  superseded_.push_back(std::move(found));
}

void redis_ticket_source::forget(sys_seconds now) {
  std::erase_if(agreed_, [&](const auto& one) { return !decrypts(one.first, now); });
  std::erase_if(superseded_, [&](const auto& one) { return !decrypts(one.period, now); });
}

error refused(const std::string& why) {
  return base::sentence{.whom = "make_redis_ticket_source", .why = why}.as(errc::invalid_argument);
}

}  // namespace

result<std::shared_ptr<ticket_source>> make_redis_ticket_source(const redis_client& client,
                                                                redis_ticket_options options) {
  constexpr auto week = std::chrono::days(7);
  if (options.period < std::chrono::minutes(1) || options.period > week)
    return refused("the period is not from 1 minute to 7 days");
  if (options.lifetime < seconds(1) || options.lifetime > week)
    return refused("the lifetime is not from 1 second to 7 days");
  if (options.lifetime / options.period > most_periods) return refused("the lifetime is longer than 200 periods");
  auto sealer = inside(client).sealer_for("ticket keys");
  if (!sealer) return std::move(sealer).error();
  // Fleets with other secrets keep their keys elsewhere.
  const auto fleet = sealer->hashed("fleet");
  if (!fleet) return error(errc::internal, "make_redis_ticket_source: OpenSSL computes no HMAC-SHA256");
  return std::shared_ptr<ticket_source>(
      std::make_shared<redis_ticket_source>(client, *std::move(sealer), *fleet, std::move(options)));
}

}  // namespace signet
