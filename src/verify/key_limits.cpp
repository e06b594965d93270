#include "verify/key_limits.hpp"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>

#include "ossl/errors.hpp"
#include "ossl/handles.hpp"
#include "verify/profile.hpp"
#include "x509/impl.hpp"

namespace signet {
namespace {

constexpr key_objection too_long_rsa{
    "has an RSA key of more than 8192 bits, and no signature is checked with such a key",
    "names an issuer whose RSA key has more than 8192 bits, and no signature is checked with such a key"};
constexpr key_objection unusual_exponent{
    "has an RSA key whose exponent is even, less than 3 or of more than 33 bits, and no signature is checked with such "
    "a "
    "key",
    "names an issuer whose RSA key has an exponent that is even, less than 3 or of more than 33 bits, and no signature "
    "is checked with such a key"};
constexpr key_objection too_long_dsa{
    "has a DSA key of more than 4096 bits, and no signature is checked with such a key",
    "names an issuer whose DSA key has more than 4096 bits, and no signature is checked with such a key"};
// Any curve at all can be spelled out, slow ones among them.
constexpr key_objection curve_of_its_own{spelled_out_curve,
                                         "names an issuer whose key spells out the parameters of its curve, and no "
                                         "signature is checked with such a key (RFC "
                                         "5480 section 2.1.1)"};

// With an exponent of 1 anybody makes every signature, and OpenSSL lets that pass.
bool is_plain_exponent(const EVP_PKEY* key) {
  BIGNUM* e = nullptr;
  if (EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &e) != 1) return false;
  const ossl::bignum_ptr freed(e);
  return BN_is_odd(e) == 1 && BN_is_one(e) == 0 && BN_num_bits(e) <= most_exponent_bits;
}

bool spells_out_its_curve(const EVP_PKEY* key) {
  int is_explicit = 0;
  return EVP_PKEY_get_int_param(key, OSSL_PKEY_PARAM_EC_DECODED_FROM_EXPLICIT_PARAMS, &is_explicit) == 1 &&
         is_explicit != 0;
}

}  // namespace

const key_objection* objection_to_key(const certificate& c) {
  const ossl::quiet_errors quiet;
  const EVP_PKEY* key = X509_get0_pubkey(raw(c));
  if (key == nullptr) return nullptr;
  if (EVP_PKEY_is_a(key, "RSA") == 1 || EVP_PKEY_is_a(key, "RSA-PSS") == 1) {
    if (EVP_PKEY_get_bits(key) > most_rsa_bits) return &too_long_rsa;
    return is_plain_exponent(key) ? nullptr : &unusual_exponent;
  }
  if (EVP_PKEY_is_a(key, "DSA") == 1) return EVP_PKEY_get_bits(key) > most_dsa_bits ? &too_long_dsa : nullptr;
  if (EVP_PKEY_is_a(key, "EC") == 1) return spells_out_its_curve(key) ? &curve_of_its_own : nullptr;
  return nullptr;
}

}  // namespace signet
