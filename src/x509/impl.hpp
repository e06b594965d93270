// What certificates and keys are made of; for this library only.
#pragma once

#include <signet/x509/certificate.hpp>
#include <signet/x509/private_key.hpp>

#include "base/access.hpp"
#include "ossl/handles.hpp"

namespace signet {

struct certificate::impl {
  ossl::x509_ptr x509;
};

struct private_key::impl {
  ossl::pkey_ptr key;
};

inline X509* raw(const certificate& c) noexcept {
  return inside(c).x509.get();
}
inline EVP_PKEY* raw(const private_key& k) noexcept {
  return inside(k).key.get();
}

// Takes over one reference.
inline certificate adopt(ossl::x509_ptr x) {
  using impl = detail::access::impl<certificate>;
  return detail::access::make<certificate>(std::make_shared<const impl>(impl{std::move(x)}));
}
inline private_key adopt(ossl::pkey_ptr k) {
  using impl = detail::access::impl<private_key>;
  return detail::access::make<private_key>(std::make_shared<const impl>(impl{std::move(k)}));
}

// What load_certificates finds in a file that has been read.
result<std::vector<certificate>> certificates_in(std::string_view content);

}  // namespace signet
