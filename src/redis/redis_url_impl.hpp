// The parts of a redis_url, with the password.
#pragma once

#include <signet/redis/redis_url.hpp>

#include <openssl/crypto.h>

#include "base/access.hpp"

namespace signet {

struct redis_url::impl {
  impl() = default;
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;
  ~impl() { OPENSSL_cleanse(password.data(), password.size()); }

  transport over = transport::plain;
  std::string host = {};
  std::uint16_t port = 0;
  std::string path = {};
  std::uint32_t database = 0;
  std::string user = {};
  // With a user it may be empty; without one, an empty password is none.
  std::string password = {};

  [[nodiscard]] bool authenticates() const noexcept { return !user.empty() || !password.empty(); }
};

}  // namespace signet
