#include "ossl/derive.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <array>
#include <new>

#include "ossl/errors.hpp"
#include "ossl/handles.hpp"

namespace signet::ossl {
namespace {

using cipher_ctx_ptr = handle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;
using kdf_ptr = handle<EVP_KDF, EVP_KDF_free>;
using kdf_ctx_ptr = handle<EVP_KDF_CTX, EVP_KDF_CTX_free>;

constexpr std::size_t nonce_size = 12;
constexpr std::size_t tag_size = 16;

unsigned char* octets(std::string& s, std::size_t at = 0) {
  return reinterpret_cast<unsigned char*>(s.data() + at);
}
const unsigned char* octets(std::string_view s, std::size_t at = 0) {
  return reinterpret_cast<const unsigned char*>(s.data() + at);
}

struct sealing_key {
  explicit sealing_key(byte_view secret) { derive(secret, "signet sealed value", octets); }
  sealing_key(const sealing_key&) = delete;
  sealing_key& operator=(const sealing_key&) = delete;
  ~sealing_key() { OPENSSL_cleanse(octets.data(), octets.size()); }
  [[nodiscard]] const unsigned char* get() const { return octets.data(); }

  std::array<unsigned char, 32> octets = {};
};

}  // namespace

void derive(byte_view secret, std::string_view label, byte_span out) {
  const quiet_errors forget;
  static const kdf_ptr hkdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
  const kdf_ctx_ptr ctx(hkdf ? EVP_KDF_CTX_new(hkdf.get()) : nullptr);
  char digest[] = "SHA256";
  const std::array<OSSL_PARAM, 4> how{
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, const_cast<std::byte*>(secret.data()), secret.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, const_cast<char*>(label.data()), label.size()),
      OSSL_PARAM_construct_end()};
  if (!ctx || EVP_KDF_derive(ctx.get(), reinterpret_cast<unsigned char*>(out.data()), out.size(), how.data()) != 1)
    throw std::bad_alloc();
}

std::string seal(byte_view secret, std::string_view place, std::string_view plain) {
  const quiet_errors forget;
  const sealing_key key(secret);
  const cipher_ctx_ptr ctx(EVP_CIPHER_CTX_new());
  std::string out(nonce_size + plain.size() + tag_size, '\0');
  int n = 0;
  if (!ctx || RAND_bytes(octets(out), nonce_size) != 1 ||
      EVP_EncryptInit_ex2(ctx.get(), EVP_aes_256_gcm(), key.get(), octets(out), nullptr) != 1 ||
      EVP_EncryptUpdate(ctx.get(), nullptr, &n, octets(place), static_cast<int>(place.size())) != 1 ||
      EVP_EncryptUpdate(ctx.get(), octets(out, nonce_size), &n, octets(plain), static_cast<int>(plain.size())) != 1 ||
      EVP_EncryptFinal_ex(ctx.get(), octets(out, nonce_size + plain.size()), &n) != 1 ||
      EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_AEAD_GET_TAG, tag_size, octets(out, nonce_size + plain.size())) != 1)
    throw std::bad_alloc();
  return out;
}

std::optional<std::string> unseal(byte_view secret, std::string_view place, std::string_view sealed) {
  if (sealed.size() < nonce_size + tag_size) return {};
  const quiet_errors forget;
  const sealing_key key(secret);
  const cipher_ctx_ptr ctx(EVP_CIPHER_CTX_new());
  const auto size = sealed.size() - nonce_size - tag_size;
  std::string out(size, '\0');
  std::string tag(sealed.substr(nonce_size + size));
  int n = 0;
  if (!ctx || EVP_DecryptInit_ex2(ctx.get(), EVP_aes_256_gcm(), key.get(), octets(sealed), nullptr) != 1 ||
      EVP_DecryptUpdate(ctx.get(), nullptr, &n, octets(place), static_cast<int>(place.size())) != 1 ||
      EVP_DecryptUpdate(ctx.get(), octets(out), &n, octets(sealed, nonce_size), static_cast<int>(size)) != 1 ||
      EVP_CIPHER_CTX_ctrl(ctx.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, octets(tag)) != 1 ||
      EVP_DecryptFinal_ex(ctx.get(), nullptr, &n) != 1)
    return {};
  return out;
}

}  // namespace signet::ossl
