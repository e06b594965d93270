// Who issued whom in a list of certificates, by name and by signature.
#pragma once

#include <cstddef>
#include <vector>

#include <signet/x509/certificate.hpp>
#include <signet/x509/private_key.hpp>

namespace signet::x509 {

// Indices of a list, each in exactly one of the three.
struct chain_order {
  // The leaf, then whatever is above it: each one follows a certificate that it issued.
  std::vector<std::size_t> chain = {};
  std::vector<std::size_t> unrelated = {};
  // Those that stand in the list before.
  std::vector<std::size_t> copies = {};
  // That the order of the list is as good.
  bool is_kept = true;
};

// `key` may be null.
[[nodiscard]] chain_order order_of(const std::vector<certificate>& list, const private_key* key);

// Puts the certificate of `key` first, then what is above it, then the rest. Returns how many belong to the chain, or 0
// when the key belongs to none of them.
std::size_t order_chain(std::vector<certificate>& list, const private_key& key);

// Its own issuer, and it has signed itself.
[[nodiscard]] bool is_root(const certificate& c);

}  // namespace signet::x509
