// What servers of a fleet have in common: ticket keys and sessions in Redis.
#pragma once

#include <memory>
#include <string>

#include <signet/tls/server_config.hpp>

namespace tool {

/// Whether this tool was built with signet::redis.
bool knows_redis() noexcept;

/// Throws failure (usage) for a URL that is none. Its password is in no message.
void check_redis_url(const std::string& command, const std::string& url);

/// What a reload keeps.
struct shared_sources {
  std::string secret = {};
  std::shared_ptr<signet::ticket_source> tickets = {};
  std::shared_ptr<signet::session_store> sessions = {};
};

/// Sets the sources of `options`, those of `kept` where the key is the same. `ca` is the trust for rediss, empty for
/// the system's. What is kept there is sealed under the private key of the first identity, which every server of the
/// fleet has. Redis may be away: that is one line on stderr, and one when it is back. Throws failure and
/// signet::exception.
void share_over_redis(signet::server_options& options, const std::string& url, const std::string& ca,
                      shared_sources& kept);

}  // namespace tool
