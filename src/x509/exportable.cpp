#include "x509/exportable.hpp"

#include <openssl/core_names.h>

#include "ossl/errors.hpp"
#include "ossl/handles.hpp"

namespace signet::x509 {
namespace {

using secret_ptr = ossl::handle<BIGNUM, BN_clear_free>;

// Numbers for RSA, EC, DSA and DH.
bool has_number(const EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  const bool got = EVP_PKEY_get_bn_param(key, name, &number) == 1;
  const secret_ptr value(number);
  // The PKCS#11 engine's EC keys have a private value of zeros, which OpenSSL would write as if it were one.
  return got && value && !BN_is_zero(value.get());
}

// Octets for all that came later.
bool has_octets(const EVP_PKEY* key, const char* name) {
  std::size_t size = 0;
  return EVP_PKEY_get_octet_string_param(key, name, nullptr, 0, &size) == 1 && size > 0;
}

}  // namespace

bool is_exportable(const EVP_PKEY* key) {
  const ossl::quiet_errors quiet;
  return has_number(key, OSSL_PKEY_PARAM_RSA_D) || has_number(key, OSSL_PKEY_PARAM_PRIV_KEY) ||
         has_octets(key, OSSL_PKEY_PARAM_PRIV_KEY);
}

error not_exportable() {
  return error(errc::not_supported, "the private key cannot be read out of what keeps it",
               "where a key of a file is wanted, name this one by its URI");
}

}  // namespace signet::x509
