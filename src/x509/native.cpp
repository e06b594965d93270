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
private_key share(EVP_PKEY* key) {
  EVP_PKEY_up_ref(key);
  return adopt(ossl::pkey_ptr(key));
}

}  // namespace signet::native
