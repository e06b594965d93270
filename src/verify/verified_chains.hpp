// Chains that were built and found sound before. What a signature says of the same octets does not change, so a second
// connection to the same peer need not compute it again. What does change is checked every time: validity and the name.
//
// One belongs to one configuration, whose trust and rules are fixed; only chains without any finding get in.
#pragma once

#include <array>
#include <cstdint>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <signet/verify/verify_peer.hpp>

namespace signet {

class verified_chains {
 public:
  using key = std::array<std::uint8_t, 32>;

  // Everything sent, in its order, for this role, by the trust as it stands.
  [[nodiscard]] static key key_of(const verify_request& request);

  [[nodiscard]] std::optional<std::vector<certificate>> find(const key& k) const;
  void put(const key& k, std::vector<certificate> chain);
  [[nodiscard]] std::size_t size() const;

 private:
  static constexpr std::size_t capacity = 256;

  struct entry {
    key k;
    std::vector<certificate> chain;
  };
  mutable std::mutex mutex_;
  mutable std::list<entry> newest_first_;
  std::map<key, std::list<entry>::iterator> by_key_;
};

// As the public function, with a memory.
[[nodiscard]] verdict verify_peer(const verify_request& request, verified_chains& known);

}  // namespace signet
