#include "verify/verified_chains.hpp"

#include <new>

#include "ossl/handles.hpp"
#include "verify/trust_store_impl.hpp"
#include "x509/impl.hpp"

namespace signet {

verified_chains::key verified_chains::key_of(const verify_request& request) {
  const ossl::md_ctx_ptr digest(EVP_MD_CTX_new());
  // Without a host's name less is asked of a chain.
  const unsigned char tag[] = {static_cast<unsigned char>(request.role),
                               static_cast<unsigned char>(request.expected.has_value())};
  const auto generation = inside(request.trust).generation();
  bool good = digest && EVP_DigestInit_ex(digest.get(), EVP_sha256(), nullptr) == 1 &&
              EVP_DigestUpdate(digest.get(), tag, sizeof tag) == 1 &&
              EVP_DigestUpdate(digest.get(), &generation, sizeof generation) == 1;
  for (const auto& c : request.sent) {
    // DER tells its own length, so that no two lists run together into the same octets.
    unsigned char* der = nullptr;
    const int size = i2d_X509(raw(c), &der);
    good = good && size > 0 && EVP_DigestUpdate(digest.get(), der, static_cast<std::size_t>(size)) == 1;
    OPENSSL_free(der);
  }
  key k{};
  if (!good || EVP_DigestFinal_ex(digest.get(), k.data(), nullptr) != 1) throw std::bad_alloc();
  return k;
}

std::optional<std::vector<certificate>> verified_chains::find(const key& k) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_key_.find(k);
  if (found == by_key_.end()) return {};
  newest_first_.splice(newest_first_.begin(), newest_first_, found->second);
  return found->second->chain;
}

void verified_chains::put(const key& k, std::vector<certificate> chain) {
  const std::lock_guard lock(mutex_);
  if (by_key_.contains(k)) return;
  newest_first_.push_front({k, std::move(chain)});
  by_key_.emplace(k, newest_first_.begin());
  if (newest_first_.size() <= capacity) return;
  by_key_.erase(newest_first_.back().k);
  newest_first_.pop_back();
}

std::size_t verified_chains::size() const {
  const std::lock_guard lock(mutex_);
  return newest_first_.size();
}

}  // namespace signet
