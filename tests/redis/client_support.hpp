// Clients for tests, and what they were told.
#pragma once

#include <signet/redis/redis_client.hpp>

#include <poll.h>

#include <algorithm>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "support/net_peers.hpp"

namespace signet::test {

inline const std::string fleet_secret(32, 's');

// What on_event was told. Copies share it.
class event_log {
 public:
  [[nodiscard]] std::function<void(const redis_event&)> sink() const {
    return [all = all_](const redis_event& e) {
      const std::scoped_lock lock(all->mutex);
      all->events.push_back(e);
    };
  }
  [[nodiscard]] std::vector<redis_event> events() const {
    const std::scoped_lock lock(all_->mutex);
    return all_->events;
  }
  [[nodiscard]] std::size_t count(redis_event::kind what) const {
    const auto all = events();
    return static_cast<std::size_t>(
        std::count_if(all.begin(), all.end(), [what](const redis_event& e) { return e.what == what; }));
  }
  // Of the last that has one.
  [[nodiscard]] std::string last_message() const {
    std::string out;
    for (const auto& e : events())
      if (e.why) out = e.why->message();
    return out;
  }

 private:
  struct shared {
    std::mutex mutex = {};
    std::vector<redis_event> events = {};
  };
  std::shared_ptr<shared> all_ = std::make_shared<shared>();
};

// Short limits and pauses, so that what waits for them does not wait long.
inline redis_options impatient(const event_log& log = {}) {
  using namespace std::chrono_literals;
  redis_options out;
  out.connect_timeout = 300ms;
  out.answer_timeout = 300ms;
  out.first_back_off = 20ms;
  out.longest_back_off = 40ms;
  out.on_event = log.sink();
  return out;
}
// For tests in which nothing should fail: a machine under load is no failure.
inline redis_options calm(const event_log& log = {}) {
  auto out = impatient(log);
  out.connect_timeout = std::chrono::seconds(10);
  out.answer_timeout = std::chrono::seconds(10);
  return out;
}

inline redis_client client_of(const std::string& url, redis_options options = calm(),
                              const std::string& secret = fleet_secret) {
  return redis_client::make(redis_url::parse(url).value(), secret, std::move(options)).value();
}

// Calls until it is true, within the patience of tests.
template <class F>
bool comes_true(F&& claim) {
  for (const deadline until = patience; !until.passed(); ::poll(nullptr, 0, 5))
    if (claim()) return true;
  return false;
}

}  // namespace signet::test
