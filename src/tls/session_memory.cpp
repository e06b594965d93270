#include <algorithm>
#include <list>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include <signet/tls/session_store.hpp>

namespace signet {
namespace {

class session_memory_store final : public session_store {
 public:
  explicit session_memory_store(std::size_t most_octets) : most_octets_(most_octets) {}

  void add(const std::string& key, const std::string& value, std::chrono::sys_seconds expires) override {
    const auto octets = size_of(key, value);
    if (octets > most_octets_) return;
    const std::lock_guard lock(mutex_);
    newest_first_.push_front({key, value, expires});
    octets_ += octets;
    auto& of_key = by_key_[key];
    of_key.push_back(newest_first_.begin());
    if (of_key.size() > most_per_key) forget(of_key.front());
    while (octets_ > most_octets_) forget(std::prev(newest_first_.end()));
  }
  std::optional<std::string> find(const std::string& key) override {
    const std::lock_guard lock(mutex_);
    const auto newest = look_up(key);
    if (newest == newest_first_.end()) return {};
    newest_first_.splice(newest_first_.begin(), newest_first_, newest);
    return newest->value;
  }
  std::optional<std::string> take(const std::string& key) override {
    const std::lock_guard lock(mutex_);
    const auto newest = look_up(key);
    if (newest == newest_first_.end()) return {};
    std::string out = newest->value;
    forget(newest);
    return out;
  }
  void remove(const std::string& key) override {
    const std::lock_guard lock(mutex_);
    for (auto found = by_key_.find(key); found != by_key_.end(); found = by_key_.find(key))
      forget(found->second.back());
  }

 private:
  struct entry {
    std::string key;
    std::string value;
    std::chrono::sys_seconds expires;
  };
  using entries = std::list<entry>;
  static constexpr std::size_t most_per_key = 8;

  static std::size_t size_of(const std::string& key, const std::string& value) {
    constexpr std::size_t around = 200;
    return 2 * key.size() + value.size() + around;
  }
  void forget(entries::iterator which) {
    octets_ -= size_of(which->key, which->value);
    const auto found = by_key_.find(which->key);
    std::erase(found->second, which);
    if (found->second.empty()) by_key_.erase(found);
    newest_first_.erase(which);
  }
  // Drops those that have expired.
  entries::iterator look_up(const std::string& key) {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    for (auto found = by_key_.find(key); found != by_key_.end(); found = by_key_.find(key)) {
      const auto newest = found->second.back();
      if (newest->expires > now) return newest;
      forget(newest);
    }
    return newest_first_.end();
  }

  const std::size_t most_octets_;
  std::mutex mutex_;
  std::size_t octets_ = 0;
  entries newest_first_;
  std::unordered_map<std::string, std::vector<entries::iterator>> by_key_;
};

}  // namespace

std::shared_ptr<session_store> session_memory(std::size_t most_octets) {
  return std::make_shared<session_memory_store>(most_octets);
}

}  // namespace signet
