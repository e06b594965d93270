// The inside of a redis_client: what it was made from, and the line of this process.
#pragma once

#include <signet/redis/redis_client.hpp>

#include <atomic>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "redis/seal.hpp"
#include "redis/shared_line.hpp"

namespace signet {

struct redis_client::impl {
  impl(redis_url at, byte_view shared, redis_options given)
      : where(std::move(at)), secret(shared.text()), options(std::move(given)) {}
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;
  ~impl();

  // The line of the calling process. A forked child gets its own at its first call.
  [[nodiscard]] redis::shared_line& line();
  [[nodiscard]] result<redis::sealer> sealer_for(std::string_view purpose) const;
  // Told of a value under this key that does not open.
  void tell_unreadable(const std::string& key) const;

  const redis_url where;
  std::string secret;
  const redis_options options;

 private:
  std::atomic<redis::shared_line*> line_ = nullptr;
};

}  // namespace signet
