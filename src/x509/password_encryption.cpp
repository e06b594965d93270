#include "x509/password_encryption.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/proverr.h>
#include <openssl/provider.h>

#include <limits>

#include "base/printable.hpp"
#include "ossl/errors.hpp"

namespace signet::x509 {
namespace {

constexpr auto boundless = std::numeric_limits<std::int64_t>::max();

using cipher_ptr = ossl::handle<EVP_CIPHER, EVP_CIPHER_free>;

// The parameters of an algorithm, read as a structure of their own.
template <class T, auto Free>
ossl::handle<T, Free> parameters_of(const X509_ALGOR* algorithm, const ASN1_ITEM* item) {
  const void* value = nullptr;
  int type = 0;
  X509_ALGOR_get0(nullptr, &type, &value, algorithm);
  if (type != V_ASN1_SEQUENCE || value == nullptr) return nullptr;
  return ossl::handle<T, Free>(static_cast<T*>(ASN1_item_unpack(static_cast<const ASN1_STRING*>(value), item)));
}

int algorithm_of(const X509_ALGOR* algorithm) {
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, nullptr, nullptr, algorithm);
  return OBJ_obj2nid(object);
}

std::int64_t product(std::int64_t a, std::int64_t b) {
  return a > boundless / b ? boundless : a * b;
}

std::int64_t derivation_rounds(const X509_ALGOR* derivation) {
  const int kind = algorithm_of(derivation);
  if (kind == NID_id_pbkdf2) {
    const auto kdf = parameters_of<PBKDF2PARAM, PBKDF2PARAM_free>(derivation, ASN1_ITEM_rptr(PBKDF2PARAM));
    return kdf ? rounds_of(kdf->iter) : 0;
  }
#ifndef OPENSSL_NO_SCRYPT
  if (kind == NID_id_scrypt) {
    // OpenSSL limits the memory, which still leaves hours of work to do in it.
    const auto kdf = parameters_of<SCRYPT_PARAMS, SCRYPT_PARAMS_free>(derivation, ASN1_ITEM_rptr(SCRYPT_PARAMS));
    if (!kdf) return 0;
    return product(product(rounds_of(kdf->costParameter), rounds_of(kdf->blockSize)),
                   rounds_of(kdf->parallelizationParameter));
  }
#endif
  return 0;
}

// Never freed: what was read with it may be in use until the very end of the process.
OSSL_LIB_CTX* make_legacy_context() {
  const ossl::quiet_errors quiet;
  OSSL_LIB_CTX* made = OSSL_LIB_CTX_new();
  if (made != nullptr && OSSL_PROVIDER_load(made, "legacy") != nullptr &&
      OSSL_PROVIDER_load(made, "default") != nullptr)
    return made;
  OSSL_LIB_CTX_free(made);
  return nullptr;
}

OSSL_LIB_CTX* legacy_context() {
  static OSSL_LIB_CTX* const only = make_legacy_context();
  return only;
}

int cipher_of(const X509_ALGOR* algorithm) {
  int cipher = NID_undef;
  if (algorithm_of(algorithm) == NID_pbes2) {
    const auto pbes2 = parameters_of<PBE2PARAM, PBE2PARAM_free>(algorithm, ASN1_ITEM_rptr(PBE2PARAM));
    if (pbes2) cipher = algorithm_of(pbes2->encryption);
  } else {
    EVP_PBE_find(EVP_PBE_TYPE_OUTER, algorithm_of(algorithm), &cipher, nullptr, nullptr);
  }
  return cipher;
}

bool has_cipher(OSSL_LIB_CTX* context, int cipher) {
  return cipher_ptr(EVP_CIPHER_fetch(context, OBJ_nid2sn(cipher), nullptr)) != nullptr;
}

}  // namespace

std::int64_t rounds_of(const ASN1_INTEGER* count) {
  const ossl::quiet_errors quiet;
  std::int64_t rounds = 0;
  return ASN1_INTEGER_get_int64(&rounds, count) == 1 && rounds >= 1 ? rounds : boundless;
}

std::int64_t rounds_of(const X509_ALGOR* algorithm) {
  const ossl::quiet_errors quiet;
  const int kind = algorithm_of(algorithm);
  // PBMAC1 (RFC 9579) has parameters of the same form.
  if (kind == NID_pbes2 || kind == NID_pbmac1) {
    const auto both = parameters_of<PBE2PARAM, PBE2PARAM_free>(algorithm, ASN1_ITEM_rptr(PBE2PARAM));
    return both ? derivation_rounds(both->keyfunc) : 0;
  }
  // PKCS#5 version 1 and PKCS#12 share one form of parameters.
  const auto old = parameters_of<PBEPARAM, PBEPARAM_free>(algorithm, ASN1_ITEM_rptr(PBEPARAM));
  return old ? rounds_of(old->iter) : 0;
}

result<OSSL_LIB_CTX*> context_for(const X509_ALGOR* algorithm, std::string_view what) {
  const ossl::quiet_errors quiet;
  OSSL_LIB_CTX* const usual = nullptr;
  const int cipher = cipher_of(algorithm);
  if (cipher == NID_undef || has_cipher(usual, cipher)) return usual;
  if (legacy_context() == nullptr)
    return error(errc::not_supported,
                 std::string(what) + " is encrypted with " + OBJ_nid2ln(cipher) +
                     ", which needs OpenSSL's legacy provider, and that is not installed",
                 "Debian 13 has it in the package openssl-provider-legacy");
  return has_cipher(legacy_context(), cipher) ? legacy_context() : usual;
}

result<pkcs8_ptr> decrypt(const X509_SIG* envelope, std::string_view password, std::string_view what) {
  const X509_ALGOR* algorithm = nullptr;
  const ASN1_OCTET_STRING* ciphertext = nullptr;
  X509_SIG_get0(envelope, &algorithm, &ciphertext);
  if (ASN1_STRING_length(ciphertext) == 0) return explained(errc::file_malformed, std::string(what) + " is damaged");
  if (password.size() > longest_password) return wrong_password(what);
  const auto context = context_for(algorithm, what);
  if (!context) return context.error();
  ERR_clear_error();
  pkcs8_ptr info(PKCS8_decrypt_ex(envelope, password.data(), static_cast<int>(password.size()), *context, nullptr));
  if (!info) return failed_decryption(what);
  return info;
}

error failed_decryption(std::string_view what) {
  const auto queue = ossl::drain_errors();
  error_parts parts;
  parts.library_errors = ossl::texts(queue);
  const auto evp = [&](int reason) { return ossl::holds(queue, ERR_LIB_EVP, reason); };
  // One that came to its end and found the wrong thing there is what a wrong password looks like.
  if (ossl::holds(queue, ERR_LIB_PROV, PROV_R_BAD_DECRYPT) || evp(EVP_R_BAD_DECRYPT) ||
      ossl::holds(queue, ERR_LIB_PKCS12, PKCS12_R_DECODE_ERROR)) {
    parts.code = errc::wrong_password;
    parts.message = "the password does not open " + std::string(what);
  } else if (evp(ERR_R_UNSUPPORTED) || evp(EVP_R_UNKNOWN_PBE_ALGORITHM) || evp(EVP_R_UNSUPPORTED_CIPHER) ||
             evp(EVP_R_UNKNOWN_CIPHER) || evp(EVP_R_UNSUPPORTED_PRF) ||
             evp(EVP_R_UNSUPPORTED_KEY_DERIVATION_FUNCTION) ||
             ossl::holds(queue, ERR_LIB_PEM, PEM_R_UNSUPPORTED_ENCRYPTION)) {
    parts.code = errc::not_supported;
    parts.message = std::string(what) + " is encrypted in a way that OpenSSL does not offer here";
    parts.hint = "encrypt it in today's way, with AES-256 and PBKDF2, where it can be opened";
  } else {
    parts.code = errc::file_malformed;
    parts.message = std::string(what) + " is damaged";
  }
  return error(std::move(parts));
}

error wrong_password(std::string_view what) {
  return explained(errc::wrong_password, "the password does not open " + std::string(what));
}

std::optional<std::string> as_latin1(std::string_view utf8) {
  std::string out;
  for (std::string_view rest = utf8; !rest.empty();) {
    const auto [code_point, size] = base::first_character(rest);
    if (size == 0 || code_point > 0xff) return std::nullopt;
    out += static_cast<char>(code_point);
    rest.remove_prefix(size);
  }
  if (out == utf8) return std::nullopt;
  return out;
}

error explained(errc code, std::string message, std::string hint) {
  error_parts parts;
  parts.code = code;
  parts.message = std::move(message);
  parts.hint = std::move(hint);
  parts.library_errors = ossl::texts(ossl::drain_errors());
  return error(std::move(parts));
}

}  // namespace signet::x509
