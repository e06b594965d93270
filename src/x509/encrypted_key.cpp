#include "x509/encrypted_key.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/proverr.h>

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "ossl/errors.hpp"

namespace signet::x509 {
namespace {

// A few seconds of work on a slow machine. Without a limit a small file could keep its reader busy for an hour.
constexpr std::int64_t most_iterations = 10'000'000;

error explained_as(errc code, std::string message) {
  error_parts parts;
  parts.code = code;
  parts.message = std::move(message);
  parts.library_errors = ossl::texts(ossl::drain_errors());
  return error(std::move(parts));
}

error damaged() {
  return explained_as(errc::file_malformed, "the encrypted private key is damaged");
}

result<wiped> ask(const password_callback& password) {
  auto given = password ? password() : std::nullopt;
  if (!given)
    return error(errc::password_required, "the private key is encrypted and there is no password for it",
                 "give the key's password");
  return wiped(*std::move(given));
}

// The parameters of an algorithm, read as a structure of their own.
template <class T>
T* parameters_of(const X509_ALGOR* algorithm, const ASN1_ITEM* item) {
  const void* value = nullptr;
  int type = 0;
  X509_ALGOR_get0(nullptr, &type, &value, algorithm);
  if (type != V_ASN1_SEQUENCE || value == nullptr) return nullptr;
  return static_cast<T*>(ASN1_item_unpack(static_cast<const ASN1_STRING*>(value), item));
}

int algorithm_of(const X509_ALGOR* algorithm) {
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, nullptr, nullptr, algorithm);
  return OBJ_obj2nid(object);
}

bool is_bounded(const ASN1_INTEGER* iterations) {
  std::int64_t count = 0;
  return ASN1_INTEGER_get_int64(&count, iterations) == 1 && count >= 1 && count <= most_iterations;
}

// Reads the iteration count before anything is derived from it.
bool is_affordable(const X509_ALGOR* algorithm) {
  if (algorithm_of(algorithm) != NID_pbes2) {
    // PKCS#5 version 1 and PKCS#12 share one form of parameters.
    const ossl::handle<PBEPARAM, PBEPARAM_free> old(parameters_of<PBEPARAM>(algorithm, ASN1_ITEM_rptr(PBEPARAM)));
    return !old || is_bounded(old->iter);
  }
  const ossl::handle<PBE2PARAM, PBE2PARAM_free> pbes2(parameters_of<PBE2PARAM>(algorithm, ASN1_ITEM_rptr(PBE2PARAM)));
  // What cannot be read derives nothing. OpenSSL has a limit of its own for scrypt.
  if (!pbes2 || algorithm_of(pbes2->keyfunc) != NID_id_pbkdf2) return true;
  const ossl::handle<PBKDF2PARAM, PBKDF2PARAM_free> kdf(
      parameters_of<PBKDF2PARAM>(pbes2->keyfunc, ASN1_ITEM_rptr(PBKDF2PARAM)));
  return !kdf || is_bounded(kdf->iter);
}

// Why a decryption failed. One that came to its end and found the wrong thing there is what a wrong password looks
// like.
error explained(const std::vector<ossl::queued_error>& queue) {
  error_parts parts;
  parts.library_errors = ossl::texts(queue);
  const auto evp = [&](int reason) { return ossl::holds(queue, ERR_LIB_EVP, reason); };
  if (ossl::holds(queue, ERR_LIB_PROV, PROV_R_BAD_DECRYPT) || evp(EVP_R_BAD_DECRYPT) ||
      ossl::holds(queue, ERR_LIB_PKCS12, PKCS12_R_DECODE_ERROR)) {
    parts.code = errc::wrong_password;
    parts.message = "the password does not open the private key";
  } else if (evp(ERR_R_UNSUPPORTED) || evp(EVP_R_UNKNOWN_PBE_ALGORITHM) || evp(EVP_R_UNSUPPORTED_CIPHER) ||
             evp(EVP_R_UNKNOWN_CIPHER) || evp(EVP_R_UNSUPPORTED_PRF) ||
             evp(EVP_R_UNSUPPORTED_KEY_DERIVATION_FUNCTION) ||
             ossl::holds(queue, ERR_LIB_PEM, PEM_R_UNSUPPORTED_ENCRYPTION)) {
    parts.code = errc::not_supported;
    parts.message = "the private key is encrypted in a way that OpenSSL does not offer here";
    parts.hint = "openssl pkcs8 -topk8 -v2 aes-256-cbc encrypts it in today's way";
  } else {
    parts.code = errc::file_malformed;
    parts.message = "the encrypted private key is damaged";
  }
  return error(std::move(parts));
}

int hand_over(char* buffer, int size, int, void* secret) {
  const auto& password = *static_cast<const std::string*>(secret);
  if (size < 0 || password.size() > static_cast<std::size_t>(size)) return -1;
  std::copy(password.begin(), password.end(), buffer);
  return static_cast<int>(password.size());
}

}  // namespace

error wrong_password() {
  return explained_as(errc::wrong_password, "the password does not open the private key");
}

result<ossl::pkey_ptr> decrypt_pkcs8(std::string_view der, const password_callback& password) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = at + der.size();
  const ossl::handle<X509_SIG, X509_SIG_free> envelope(d2i_X509_SIG(nullptr, &at, static_cast<long>(der.size())));
  if (!envelope || at != end) return damaged();
  const X509_ALGOR* algorithm = nullptr;
  const ASN1_OCTET_STRING* ciphertext = nullptr;
  X509_SIG_get0(envelope.get(), &algorithm, &ciphertext);
  if (ASN1_STRING_length(ciphertext) == 0) return damaged();
  if (!is_affordable(algorithm))
    return explained_as(errc::file_malformed, "the private key asks for more than 10,000,000 rounds of key derivation");
  auto secret = ask(password);
  if (!secret) return std::move(secret).error();
  ERR_clear_error();
  const pkcs8_ptr info(PKCS8_decrypt(envelope.get(), secret->text.data(), static_cast<int>(secret->text.size())));
  if (!info) return explained(ossl::drain_errors());
  return ossl::pkey_ptr(EVP_PKCS82PKEY(info.get()));
}

result<wiped> decrypt_traditional(std::string_view headers, std::string_view ciphertext,
                                  const password_callback& password) {
  std::string header(headers);
  std::erase(header, '\r');
  header += '\n';
  EVP_CIPHER_INFO cipher{};
  if (PEM_get_EVP_CIPHER_INFO(header.data(), &cipher) != 1) return explained(ossl::drain_errors());
  if (cipher.cipher == nullptr || ciphertext.empty()) return damaged();
  auto secret = ask(password);
  if (!secret) return std::move(secret).error();
  if (secret->text.size() > PEM_BUFSIZE) return wrong_password();
  wiped plain{std::string(ciphertext)};
  auto size = static_cast<long>(plain.text.size());
  if (PEM_do_header(&cipher, reinterpret_cast<unsigned char*>(plain.text.data()), &size, hand_over, &secret->text) != 1)
    return explained(ossl::drain_errors());
  // Shrinking keeps the buffer, and with it what has to be wiped.
  plain.text.resize(static_cast<std::size_t>(size));
  return plain;
}

}  // namespace signet::x509
