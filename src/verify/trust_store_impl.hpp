// What a trust store is made of; for verify/ only.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include <signet/verify/trust_store.hpp>

#include "base/access.hpp"
#include "verify/anchors.hpp"

namespace signet {

struct trust_store::impl {
  std::vector<std::shared_ptr<const anchors>> parts;
  bool system = false;

  // Every anchor whose subject is `name`.
  void find(const X509_NAME* name, std::vector<certificate>& into) const {
    for (const auto& part : parts) part->find(name, into);
  }
  // Another number than before once any of them was read again.
  [[nodiscard]] std::uint64_t generation() const {
    std::uint64_t sum = 0;
    for (const auto& part : parts) sum += part->generation();
    return sum;
  }
  // Of all anchors: the same in every process that trusts the same ones.
  [[nodiscard]] std::array<std::uint8_t, 32> digest() const;
};
using trust_store_impl = detail::access::impl<trust_store>;

}  // namespace signet
