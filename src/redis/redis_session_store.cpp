#include <signet/redis/redis_session_store.hpp>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <span>
#include <vector>

#include "base/sentence.hpp"
#include "redis/client_impl.hpp"

namespace signet {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr std::size_t longest_value = std::size_t{64} << 10;
constexpr std::size_t most_values = 100;
// No session lives longer (RFC 8446 section 4.6.1).
constexpr seconds longest_life = std::chrono::days(7);
// Before each value: its end, in seconds since 1970, so many digits.
constexpr std::size_t end_digits = 20;

class redis_session_store final : public session_store {
 public:
  redis_session_store(redis_client client, redis::sealer sealer, redis_session_options options)
      : client_(std::move(client)), sealer_(std::move(sealer)), options_(std::move(options)) {}

  void add(const std::string& key, const std::string& value, sys_seconds expires) override {
    const auto left = std::min<seconds>(expires - clock(), longest_life);
    const auto place = place_of(key);
    if (left <= seconds(0) || value.size() > longest_value || !place) return;
    auto digits = std::to_string(expires.time_since_epoch().count());
    auto plain = std::string(end_digits - digits.size(), '0') + digits + value;
    auto sealed = sealer_.seal(plain, *place);
    redis::wipe(plain);
    if (!sealed) return;
    // All or nothing, so that no list is left behind without an end.
    ask({{"MULTI"},
         {"LPUSH", *place, *std::move(sealed)},
         {"LTRIM", *place, "0", std::to_string(options_.values_per_key - 1)},
         {"EXPIRE", *place, std::to_string(left.count())},
         {"EXEC"}});
  }

  std::optional<std::string> find(const std::string& key) override {
    const auto place = place_of(key);
    if (!place) return {};
    return value_of(*place, ask({{"LINDEX", *place, "0"}}));
  }
  std::optional<std::string> take(const std::string& key) override {
    const auto place = place_of(key);
    if (!place) return {};
    return value_of(*place, ask({{"LPOP", *place}}));
  }
  void remove(const std::string& key) override {
    if (const auto place = place_of(key)) ask({{"DEL", *place}});
  }

 private:
  [[nodiscard]] sys_seconds clock() const {
    return options_.clock ? options_.clock() : std::chrono::floor<seconds>(std::chrono::system_clock::now());
  }
  [[nodiscard]] std::optional<std::string> place_of(const std::string& key) const {
    auto name = sealer_.hashed(key);
    if (!name) return {};
    return detail::access::shared(client_)->options.prefix + ":session:" + *name;
  }

  // The replies, or nothing. The client has told whom it concerns.
  std::vector<redis::reply> ask(const std::vector<redis::command>& commands) {
    auto& line = detail::access::shared(client_)->line();
    return line.ask(commands).value_or(std::vector<redis::reply>());
  }

  std::optional<std::string> value_of(const std::string& place, const std::vector<redis::reply>& replies) {
    if (replies.empty() || !replies.front().is_string()) return {};
    auto opened = sealer_.open(replies.front().text, place);
    std::int64_t end = 0;
    const auto digits = opened ? std::string_view(*opened).substr(0, end_digits) : std::string_view();
    const auto* const after = digits.data() + digits.size();
    if (digits.size() < end_digits || std::from_chars(digits.data(), after, end).ptr != after) {
      if (!told_unreadable_.exchange(true)) detail::access::shared(client_)->tell_unreadable(place);
      return {};
    }
    // Redis counts the time of the newest value for all of a list; and who holds it may not let go.
    std::optional<std::string> out;
    if (sys_seconds(seconds(end)) > clock()) out = opened->substr(end_digits);
    redis::wipe(*opened);
    return out;
  }

  const redis_client client_;
  const redis::sealer sealer_;
  const redis_session_options options_;
  std::atomic<bool> told_unreadable_ = false;
};

}  // namespace

result<std::shared_ptr<session_store>> make_redis_session_store(const redis_client& client,
                                                                redis_session_options options) {
  if (options.values_per_key < 1 || options.values_per_key > most_values)
    return base::sentence{.whom = "make_redis_session_store", .why = "values_per_key is not from 1 to 100"}.as(
        errc::invalid_argument);
  auto sealer = inside(client).sealer_for("sessions");
  if (!sealer) return std::move(sealer).error();
  return std::shared_ptr<session_store>(
      std::make_shared<redis_session_store>(client, *std::move(sealer), std::move(options)));
}

}  // namespace signet
