// Sessions a client may resume, each with everything that was verified when it began: a resumed handshake shows no
// certificate, so the verdict has to come from here.
#pragma once

#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include <signet/verify/server_name.hpp>
#include <signet/verify/verdict.hpp>
#include <signet/x509/certificate.hpp>

#include "ossl/handles.hpp"

namespace signet {

struct saved_session {
  ossl::ssl_session_ptr session = {};
  std::shared_ptr<const verdict> judged = {};
  std::vector<certificate> sent = {};
  // What was proved, and for as long as every certificate of the chain holds.
  std::optional<server_name> proved = {};
  // Of the trust that proved it.
  std::uint64_t trust_generation = 0;
  std::chrono::sys_seconds not_before = std::chrono::sys_seconds::min();
  std::chrono::sys_seconds not_after = std::chrono::sys_seconds::max();
};

// Least recently used out. Threads may share it.
class session_cache {
 public:
  explicit session_cache(std::size_t capacity) noexcept : capacity_(capacity) {}

  void put(const std::string& key, std::shared_ptr<const saved_session> saved);
  // The newest of this key. TLS 1.3 tickets are for one use (RFC 8446 appendix C.4) and leave the cache with it.
  [[nodiscard]] std::shared_ptr<const saved_session> take(const std::string& key);
  // Forgets this one, which does not hold any more.
  void drop(const std::string& key, const std::shared_ptr<const saved_session>& saved);
  [[nodiscard]] std::size_t size() const;

 private:
  // A client that opens several connections at once wants a ticket for each; more than this only grow old.
  static constexpr std::size_t most_per_key = 4;

  struct entry {
    std::string key;
    std::shared_ptr<const saved_session> saved;
  };
  using entries = std::list<entry>;

  void forget(entries::iterator which);

  std::size_t capacity_;
  mutable std::mutex mutex_;
  entries newest_first_;
  std::unordered_map<std::string, std::vector<entries::iterator>> by_key_;
};

}  // namespace signet
