// Ticket keys that servers share over Redis: a ticket of one is resumed by all.
//
// Time is cut into periods. The first server that needs the key of a period makes it at random and leaves it in Redis,
// sealed; the others take it from there. Each keeps the keys that it has seen, so that Redis is asked at most every few
// seconds, by one thread, whatever clients send. A server that has lost touch goes on with the keys it has, as far as
// they reach. A Redis that has lost them is given them back.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include <signet/redis/redis_client.hpp>
#include <signet/tls/ticket_keys.hpp>

namespace signet {

struct redis_ticket_options {
  /// How long a key encrypts, 1 minute to 7 days. Every server of the fleet has the same.
  std::chrono::seconds period = std::chrono::hours(1);
  /// How long a key decrypts after it has stopped encrypting, 1 second to 7 days, and at most 200 periods. Tickets are
  /// valid for at most 2 hours: do not make it longer, for a stolen key reads the tickets of so long a time.
  std::chrono::seconds lifetime = std::chrono::hours(2);
  /// The time by which keys change. Empty: the system's.
  std::function<std::chrono::sys_seconds()> clock = {};
};

/// Makes a source. It asks nothing of Redis before it is first used. Its calls wait for Redis as long as the client's
/// limits allow, one thread at a time; other threads go on with the keys that are there.
/// Errors: invalid_argument.
SIGNET_EXPORT result<std::shared_ptr<ticket_source>> make_redis_ticket_source(const redis_client& client,
                                                                              redis_ticket_options options = {});

}  // namespace signet
