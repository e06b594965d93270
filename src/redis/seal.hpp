// What lies in Redis, encrypted and authenticated, and names in it that say nothing.
#pragma once

#include <signet/base/bytes.hpp>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace signet::redis {

// Keys of their own for each purpose, by HKDF-SHA256 (RFC 5869) from the fleet's secret.
class sealer {
 public:
  // Nothing where OpenSSL cannot: without memory, or where a policy forbids it.
  static std::optional<sealer> make(byte_view secret, std::string_view purpose);
  sealer(const sealer&) = default;
  sealer& operator=(const sealer&) = default;
  ~sealer();

  // AES-256-GCM with a random nonce. What is sealed for one place opens at no other.
  [[nodiscard]] std::optional<std::string> seal(std::string_view plain, std::string_view place) const;
  [[nodiscard]] std::optional<std::string> open(std::string_view sealed, std::string_view place) const;
  // HKDF-SHA256 in hex.
  [[nodiscard]] std::optional<std::string> hashed(std::string_view name) const;

 private:
  using key = std::array<std::byte, 32>;
  sealer() = default;

  key encryption_ = {};
  key naming_ = {};
};

// Text that held a secret.
void wipe(std::string& text) noexcept;

}  // namespace signet::redis
