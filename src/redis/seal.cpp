#include "redis/seal.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>

#include "ossl/errors.hpp"
#include "ossl/handles.hpp"

namespace signet::redis {
namespace {

using kdf_ptr = ossl::handle<EVP_KDF, EVP_KDF_free>;
using kdf_ctx_ptr = ossl::handle<EVP_KDF_CTX, EVP_KDF_CTX_free>;
using cipher_ctx_ptr = ossl::handle<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free>;

// The first octet of every sealed value: its form.
constexpr char form = 1;
constexpr std::size_t nonce_size = 12;
constexpr std::size_t tag_size = 16;
constexpr std::size_t overhead = 1 + nonce_size + tag_size;
// Far above anything that is kept, and small enough for an int.
constexpr std::size_t longest = std::size_t{1} << 20;

const unsigned char* octets(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* octets(std::string& text) noexcept {
  return reinterpret_cast<unsigned char*>(text.data());
}
int size_of(std::string_view text) noexcept {
  return static_cast<int>(text.size());
}

}  // namespace

std::optional<sealer> sealer::make(byte_view secret, std::string_view purpose) {
  const ossl::quiet_errors quiet;
  const kdf_ptr kdf(EVP_KDF_fetch(nullptr, OSSL_KDF_NAME_HKDF, nullptr));
  const kdf_ctx_ptr context(kdf ? EVP_KDF_CTX_new(kdf.get()) : nullptr);
  if (!context) return {};
  std::string digest = "SHA256";
  std::string info = "signet redis 1 " + std::string(purpose);
  std::string input(secret.text());
  const std::array parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, input.data(), input.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
      OSSL_PARAM_construct_end(),
  };
  std::array<unsigned char, 2 * std::tuple_size_v<key>> derived{};
  const bool made = EVP_KDF_derive(context.get(), derived.data(), derived.size(), parameters.data()) == 1;
  wipe(input);
  if (!made) return {};
  sealer out;
  std::copy_n(derived.begin(), out.encryption_.size(), out.encryption_.begin());
  std::copy_n(derived.begin() + out.encryption_.size(), out.naming_.size(), out.naming_.begin());
  OPENSSL_cleanse(derived.data(), derived.size());
  return out;
}

sealer::~sealer() {
  OPENSSL_cleanse(encryption_.data(), encryption_.size());
  OPENSSL_cleanse(naming_.data(), naming_.size());
}

std::optional<std::string> sealer::seal(std::string_view plain, std::string_view place) const {
  const ossl::quiet_errors quiet;
  if (plain.size() > longest) return {};
  std::string out(overhead + plain.size(), form);
  auto* nonce = octets(out) + 1;
  auto* sealed = nonce + nonce_size;
  const cipher_ctx_ptr context(EVP_CIPHER_CTX_new());
  int size = 0;
  if (!context || RAND_bytes(nonce, nonce_size) != 1 ||
      EVP_EncryptInit_ex2(context.get(), EVP_aes_256_gcm(), encryption_.data(), nonce, nullptr) != 1 ||
      EVP_EncryptUpdate(context.get(), nullptr, &size, octets(place), size_of(place)) != 1 ||
      EVP_EncryptUpdate(context.get(), sealed, &size, octets(plain), size_of(plain)) != 1 ||
      EVP_EncryptFinal_ex(context.get(), sealed + plain.size(), &size) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, tag_size, sealed + plain.size()) != 1)
    return {};
  return out;
}

std::optional<std::string> sealer::open(std::string_view sealed, std::string_view place) const {
  const ossl::quiet_errors quiet;
  if (sealed.size() < overhead || sealed.size() > overhead + longest || sealed.front() != form) return {};
  const auto nonce = sealed.substr(1, nonce_size);
  const auto hidden = sealed.substr(1 + nonce_size, sealed.size() - overhead);
  std::string tag(sealed.substr(sealed.size() - tag_size));
  std::string out(hidden.size(), '\0');
  const cipher_ctx_ptr context(EVP_CIPHER_CTX_new());
  int size = 0;
  if (!context ||
      EVP_DecryptInit_ex2(context.get(), EVP_aes_256_gcm(), encryption_.data(), octets(nonce), nullptr) != 1 ||
      EVP_DecryptUpdate(context.get(), nullptr, &size, octets(place), size_of(place)) != 1 ||
      EVP_DecryptUpdate(context.get(), octets(out), &size, octets(hidden), size_of(hidden)) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, tag_size, tag.data()) != 1 ||
      EVP_DecryptFinal_ex(context.get(), octets(tag), &size) != 1) {
    wipe(out);
    return {};
  }
  return out;
}

std::optional<std::string> sealer::hashed(std::string_view name) const {
  const ossl::quiet_errors quiet;
  std::array<unsigned char, 32> mac{};
  std::size_t size = 0;
  if (EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, naming_.data(), naming_.size(), octets(name), name.size(),
                mac.data(), mac.size(), &size) == nullptr)
    return {};
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const auto octet : mac) {
    out += digits[octet >> 4];
    out += digits[octet & 15];
  }
  return out;
}

void wipe(std::string& text) noexcept {
  OPENSSL_cleanse(text.data(), text.size());
  text.clear();
}

}  // namespace signet::redis
