// What a certificate is to say, checked and encoded before anything is signed.
#pragma once

#include <chrono>
#include <vector>

#include <signet/x509/certificate_builder.hpp>

#include "x509/extension_encoder.hpp"

namespace signet::x509 {

enum class role : unsigned char { ca, leaf };

struct period {
  std::chrono::sys_seconds not_before = {};
  std::chrono::sys_seconds not_after = {};
};
// As long as the old one, unless the options have a lifetime.
result<period> renewed_period(const certificate& old, const renewal_options& options, const certificate* issuer);

struct plan {
  ossl::x509_name_ptr subject = {};
  period valid = {};
  extension_list extensions = {};
};

// `key` is the public key to be certified. Without an issuer the certificate is its own.
result<plan> plan_certificate(const certificate_options& options, role made, EVP_PKEY* key, const certificate* issuer);
// The subject and the extensions of a request; there is no period.
result<plan> plan_request(const certificate_options& options, EVP_PKEY* key);

// The OIDs of the purposes, in the order of the enumeration and none twice, and of the other usages.
// invalid_argument.
result<std::vector<std::string>> extended_usages(const certificate_options& options);

// Whether a CA of this path length (negative for none) may follow below the issuer. invalid_argument.
result<void> check_path_length(const certificate& issuer, long below);

}  // namespace signet::x509
