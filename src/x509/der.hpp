// OpenSSL's structures in DER.
#pragma once

#include <cstddef>
#include <vector>

#include "ossl/errors.hpp"

namespace signet::x509 {

// Empty when it cannot be encoded.
template <class T>
std::vector<std::byte> der_of(const T* object, int (*encode)(const T*, unsigned char**)) {
  const ossl::quiet_errors quiet;
  const int size = encode(object, nullptr);
  std::vector<std::byte> out(size > 0 ? static_cast<std::size_t>(size) : 0);
  auto* at = reinterpret_cast<unsigned char*>(out.data());
  if (out.empty() || encode(object, &at) != size) return {};
  return out;
}

}  // namespace signet::x509
