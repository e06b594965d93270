// What requests are made of.
#pragma once

#include <cstddef>
#include <vector>

#include <signet/x509/certificate_request.hpp>

#include "base/access.hpp"
#include "ossl/handles.hpp"

namespace signet {

inline void free_extensions(STACK_OF(X509_EXTENSION) * s) noexcept {
  sk_X509_EXTENSION_pop_free(s, X509_EXTENSION_free);
}

struct certificate_request::impl {
  ossl::handle<X509_REQ, ossl::free_quietly<X509_REQ, X509_REQ_free>> request;
  // Null when none are asked for.
  ossl::handle<STACK_OF(X509_EXTENSION), free_extensions> extensions;
};

inline X509_REQ* raw(const certificate_request& r) noexcept {
  return inside(r).request.get();
}

}  // namespace signet
