#include "tls/session_cache.hpp"

#include <algorithm>
#include <utility>

namespace signet {

std::size_t saved_session::octets() const {
  const unsigned char* ticket = nullptr;
  std::size_t total = 0;
  SSL_SESSION_get0_ticket(session.get(), &ticket, &total);
  for (const auto& c : earlier.sent) total += c.der().size();
  return total;
}

void session_cache::forget(entries::iterator which) {
  const auto found = by_key_.find(which->key);
  std::erase(found->second, which);
  if (found->second.empty()) by_key_.erase(found);
  octets_ -= which->octets;
  newest_first_.erase(which);
}

void session_cache::put(const std::string& key, std::shared_ptr<const saved_session> saved) {
  const auto octets = saved->octets();
  if (octets > most_octets) return;
  const std::lock_guard lock(mutex_);
  newest_first_.push_front({key, std::move(saved), octets});
  octets_ += octets;
  auto& of_key = by_key_[key];
  of_key.push_back(newest_first_.begin());
  if (of_key.size() > most_per_key) forget(of_key.front());
  while (newest_first_.size() > capacity_ || octets_ > capacity_ * octets_each + most_octets)
    forget(std::prev(newest_first_.end()));
}

std::shared_ptr<const saved_session> session_cache::take(const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  const auto newest = found->second.back();
  auto saved = newest->saved;
  if (SSL_SESSION_get_protocol_version(saved->session.get()) >= TLS1_3_VERSION)
    forget(newest);
  else
    newest_first_.splice(newest_first_.begin(), newest_first_, newest);
  return saved;
}

void session_cache::drop(const std::string& key, const std::shared_ptr<const saved_session>& saved) {
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return;
  const auto which =
      std::find_if(found->second.begin(), found->second.end(), [&](const auto& e) { return e->saved == saved; });
  if (which != found->second.end()) forget(*which);
}

std::size_t session_cache::octets() const {
  const std::lock_guard lock(mutex_);
  return octets_;
}

std::size_t session_cache::size() const {
  const std::lock_guard lock(mutex_);
  return newest_first_.size();
}

}  // namespace signet
