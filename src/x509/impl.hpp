// What certificates and keys are made of; for this library only.
#pragma once

#include <signet/x509/certificate.hpp>
#include <signet/x509/private_key.hpp>

#include "ossl/handles.hpp"

namespace signet {

struct certificate::impl {
  ossl::x509_ptr x509;
};

struct private_key::impl {
  ossl::pkey_ptr key;
};

inline X509* raw(const certificate& c) noexcept {
  return c.get().x509.get();
}
inline EVP_PKEY* raw(const private_key& k) noexcept {
  return k.get().key.get();
}

// Takes over one reference.
inline certificate adopt(ossl::x509_ptr x) {
  return certificate(std::make_shared<const certificate::impl>(certificate::impl{std::move(x)}));
}
inline private_key adopt(ossl::pkey_ptr k) {
  return private_key(std::make_shared<const private_key::impl>(private_key::impl{std::move(k)}));
}

// What load_certificates finds in a file that has been read.
result<std::vector<certificate>> certificates_in(std::string_view content);

}  // namespace signet
