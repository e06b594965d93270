// Sessions a client may resume, each with the verdict of when it began and what that rests on.
#pragma once

#include <chrono>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "ossl/handles.hpp"
#include "verify/standing.hpp"

namespace signet {

struct saved_session {
  ossl::ssl_session_ptr session = {};
  standing earlier = {};
  // Of the first connection of this session: each one that resumes it brings a fresh ticket.
  std::chrono::sys_seconds began = {};

  // About what it takes in memory.
  [[nodiscard]] std::size_t octets() const;
};

// Least recently used out, by number and by size: what a session holds is the peer's to choose. Threads may share it.
class session_cache {
 public:
  static constexpr std::size_t octets_each = std::size_t{8} << 10;
  static constexpr std::size_t most_octets = 4 * octets_each;

  explicit session_cache(std::size_t capacity) noexcept : capacity_(capacity) {}

  // One of more than most_octets is not kept.
  void put(const std::string& key, std::shared_ptr<const saved_session> saved);
  // The newest of this key. TLS 1.3 tickets are for one use (RFC 8446 appendix C.4) and leave the cache with it.
  [[nodiscard]] std::shared_ptr<const saved_session> take(const std::string& key);
  // Forgets this one, which does not hold any more.
  void drop(const std::string& key, const std::shared_ptr<const saved_session>& saved);
  [[nodiscard]] std::size_t size() const;
  [[nodiscard]] std::size_t octets() const;

 private:
  // A client that opens several connections at once wants a ticket for each; more than this only grow old.
  static constexpr std::size_t most_per_key = 4;

  struct entry {
    std::string key;
    std::shared_ptr<const saved_session> saved;
    std::size_t octets;
  };
  using entries = std::list<entry>;

  void forget(entries::iterator which);

  std::size_t capacity_;
  std::size_t octets_ = 0;
  mutable std::mutex mutex_;
  entries newest_first_;
  std::unordered_map<std::string, std::vector<entries::iterator>> by_key_;
};

}  // namespace signet
