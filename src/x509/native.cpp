#include <signet/x509/native.hpp>

#include "x509/impl.hpp"

namespace signet::native {

X509* handle(const certificate& c) noexcept {
  return raw(c);
}
EVP_PKEY* handle(const private_key& k) noexcept {
  return raw(k);
}
certificate share(X509* x) {
  return adopt(ossl::share(x));
}

}  // namespace signet::native
