// Which identities a server shows to a client: found by the name that the client asks for. The names in the
// certificates are read once, here. Immutable.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <signet/verify/server_name.hpp>
#include <signet/x509/identity.hpp>

namespace signet {

// What a key signs with, whatever its size: OpenSSL holds one identity of each.
[[nodiscard]] inline std::string algorithm_of(const private_key& key) {
  const auto type = key.type();
  return type.substr(0, type.find(' '));
}

class identities {
 public:
  // One of each algorithm, between which the client's algorithms decide. Borrowed.
  using choice = std::vector<const identity*>;

  identities() = default;
  explicit identities(std::vector<identity> list);
  identities(const identities&) = delete;
  identities& operator=(const identities&) = delete;

  // As they were given.
  [[nodiscard]] const std::vector<identity>& all() const noexcept { return list_; }
  // That speak for the name: for each algorithm by the whole name rather than by a wildcard, and of two the first.
  // Empty where none does.
  [[nodiscard]] choice for_name(const server_name& name) const;
  // For a client that names none of them: the first, and what else speaks for the name of that one.
  [[nodiscard]] const choice& for_others() const noexcept { return others_; }
  // Tells one choice from another, the same in every process.
  void add_digest(std::string& into, const choice& of) const;

 private:
  void add(choice& into, const std::string& pattern, const server_name& name) const;
  [[nodiscard]] choice find_others() const;

  std::vector<identity> list_;
  std::vector<std::array<std::uint8_t, 32>> fingerprints_;
  // Where a name stands, a wildcard as "*.example.org".
  std::unordered_map<std::string, std::vector<std::size_t>> by_name_;
  choice others_;
};

}  // namespace signet
