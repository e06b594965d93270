#include "x509/encrypted_key.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>

#include <algorithm>

#include "ossl/errors.hpp"
#include "x509/password_encryption.hpp"

namespace signet::x509 {
namespace {

constexpr std::string_view private_key_text = "the private key";

error damaged() {
  return explained(errc::file_malformed, "the encrypted private key is damaged");
}

int hand_over(char* buffer, int size, int, void* secret) {
  const auto& password = *static_cast<const std::string*>(secret);
  if (size < 0 || password.size() > static_cast<std::size_t>(size)) return -1;
  std::copy(password.begin(), password.end(), buffer);
  return static_cast<int>(password.size());
}

}  // namespace

result<ossl::pkey_ptr> decrypt_pkcs8(std::string_view der, const password_callback& password) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = at + der.size();
  const ossl::handle<X509_SIG, X509_SIG_free> envelope(d2i_X509_SIG(nullptr, &at, static_cast<long>(der.size())));
  if (!envelope || at != end) return damaged();
  const X509_ALGOR* algorithm = nullptr;
  const ASN1_OCTET_STRING* ciphertext = nullptr;
  X509_SIG_get0(envelope.get(), &algorithm, &ciphertext);
  if (ASN1_STRING_length(ciphertext) == 0) return damaged();
  if (rounds_of(algorithm) > most_rounds)
    return explained(errc::file_malformed, std::string(private_key_text) + ' ' + std::string(too_many_rounds));
  const auto secret = ask(password, private_key_text);
  if (!secret) return secret.error();
  const auto info = decrypt(envelope.get(), secret->text, private_key_text);
  if (!info) return info.error();
  return ossl::pkey_ptr(EVP_PKCS82PKEY(info->get()));
}

result<wiped> decrypt_traditional(std::string_view headers, std::string_view ciphertext,
                                  const password_callback& password) {
  std::string header(headers);
  std::erase(header, '\r');
  header += '\n';
  EVP_CIPHER_INFO cipher{};
  if (PEM_get_EVP_CIPHER_INFO(header.data(), &cipher) != 1) return failed_decryption(private_key_text);
  if (cipher.cipher == nullptr || ciphertext.empty()) return damaged();
  auto secret = ask(password, private_key_text);
  if (!secret) return std::move(secret).error();
  if (secret->text.size() > PEM_BUFSIZE) return wrong_password(private_key_text);
  wiped plain{std::string(ciphertext)};
  auto size = static_cast<long>(plain.text.size());
  if (PEM_do_header(&cipher, reinterpret_cast<unsigned char*>(plain.text.data()), &size, hand_over, &secret->text) != 1)
    return failed_decryption(private_key_text);
  // Shrinking keeps the buffer, and with it what has to be wiped.
  plain.text.resize(static_cast<std::size_t>(size));
  return plain;
}

}  // namespace signet::x509
