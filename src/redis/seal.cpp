#include "redis/seal.hpp"

#include <openssl/crypto.h>

#include <new>

#include <signet/x509/certificate.hpp>

#include "ossl/derive.hpp"

namespace signet::redis {
namespace {

// Far above anything that is kept.
constexpr std::size_t longest = std::size_t{1} << 20;

// OpenSSL lacks memory, or a policy forbids it.
template <class F>
auto unless_it_fails(F&& what) -> std::optional<decltype(what())> {
  try {
    return what();
  } catch (const std::bad_alloc&) {
    return {};
  }
}

}  // namespace

std::optional<sealer> sealer::make(byte_view secret, std::string_view purpose) {
  const auto label = "signet redis 1 " + std::string(purpose);
  return unless_it_fails([&] {
    sealer out;
    ossl::derive(secret, label, out.encryption_);
    ossl::derive(secret, label + " names", out.naming_);
    return out;
  });
}

sealer::~sealer() {
  OPENSSL_cleanse(encryption_.data(), encryption_.size());
  OPENSSL_cleanse(naming_.data(), naming_.size());
}

std::optional<std::string> sealer::seal(std::string_view plain, std::string_view place) const {
  if (plain.size() > longest) return {};
  return unless_it_fails([&] { return ossl::seal(encryption_, place, plain); });
}

std::optional<std::string> sealer::open(std::string_view sealed, std::string_view place) const {
  constexpr std::size_t overhead = 64;
  if (sealed.size() > longest + overhead) return {};
  return unless_it_fails([&] { return ossl::unseal(encryption_, place, sealed); }).value_or(std::nullopt);
}

std::optional<std::string> sealer::hashed(std::string_view name) const {
  return unless_it_fails([&] {
    std::array<std::byte, 32> digest{};
    ossl::derive(naming_, name, digest);
    return to_hex(digest);
  });
}

void wipe(std::string& text) noexcept {
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

}  // namespace signet::redis
