// Sessions that several processes or machines share over Redis.
//
// Each key is a list in Redis with the newest value first; its name there is a keyed hash, from which nobody learns the
// name of a host. Each has a time to live. A value that is past its time is not returned, even if Redis still has it.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

#include <signet/redis/redis_client.hpp>
#include <signet/tls/session_store.hpp>

namespace signet {

struct redis_session_options {
  /// The number of values that are kept of each key, 1 to 100. The oldest are dropped.
  std::size_t values_per_key = 8;
  /// The time by which values end. Empty: the system's.
  std::function<std::chrono::sys_seconds()> clock = {};
};

/// Makes a store. Its calls wait for Redis as long as the client's limits allow. While Redis is unavailable they keep
/// and find nothing.
/// Errors: invalid_argument.
SIGNET_EXPORT result<std::shared_ptr<session_store>> make_redis_session_store(const redis_client& client,
                                                                              redis_session_options options = {});

}  // namespace signet
