// What a revocation list is made of; for this library only.
#pragma once

#include <signet/x509/crl.hpp>

#include <cstdint>
#include <vector>

#include "base/access.hpp"
#include "ossl/handles.hpp"

namespace signet {

struct crl::impl {
  using list_ptr = ossl::handle<X509_CRL, X509_CRL_free>;

  struct item {
    const X509_REVOKED* entry = nullptr;
    // Of the certificate; null for the list's own.
    const GENERAL_NAMES* issuer = nullptr;
  };

  list_ptr list;
  // In the order of the list, which OpenSSL forgets when it looks something up.
  std::vector<item> entries = {};
  // Indices of entries, by serial number.
  std::vector<std::uint32_t> by_serial = {};
  // What items point at.
  std::vector<ossl::general_names_ptr> issuers = {};
  std::vector<object_id> unknown_critical = {};
  bool is_indirect = false;
};
using crl_impl = detail::access::impl<crl>;

inline X509_CRL* raw(const crl& list) noexcept {
  return inside(list).list.get();
}

}  // namespace signet
