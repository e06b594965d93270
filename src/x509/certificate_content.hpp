// A certificate before it is signed, in OpenSSL's parts: what builder, renewal and clone have in common.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <signet/x509/identity.hpp>

#include "x509/extension_encoder.hpp"

namespace signet::x509 {

struct certificate_content {
  long version = X509_VERSION_3;
  ossl::x509_name_ptr subject = {};
  time_ptr not_before = {};
  time_ptr not_after = {};
  extension_list extensions = {};
  // As in certificate_options.
  std::vector<std::byte> serial_number = {};
  std::string digest = {};
};

// Certifies `key`, signed by the CA or without one by the key itself, and read back: what is handed out is what any
// reader gets.
result<certificate> make_certificate(const certificate_content& content, EVP_PKEY* key, const identity* ca);

// A certificate and what goes with it: the CA's chain below the root.
std::vector<certificate> chain_of(certificate leaf, const identity* ca);

// The extensions of another certificate, as they are, without those of these kinds. Its key identifiers are replaced
// by those of `key` and the issuer, at the place where they were or at the end; its key usage is adapted to the key.
result<extension_list> copied_extensions(X509* from, EVP_PKEY* key, const identity* ca,
                                         const std::vector<int>& without);

}  // namespace signet::x509
