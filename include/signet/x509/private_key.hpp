// A private key as a value: immutable, shared by copies and threads, wiped by OpenSSL when the last one goes. There is
// no terminal prompt: an encrypted key without a password is an error.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <signet/base/bytes.hpp>
#include <signet/base/result.hpp>
#include <signet/x509/certificate.hpp>

namespace signet {

/// Asked at most once per key, and only for an encrypted one. No value: the load fails with password_required.
using password_callback = std::function<std::optional<std::string>()>;

class SIGNET_EXPORT private_key {
 public:
  /// The first private key in a PEM text (PKCS#8 or traditional, encrypted or not). file_malformed, password_required,
  /// wrong_password.
  static result<private_key> from_pem(std::string_view pem, const password_callback& password = {});
  /// Exactly one key in DER: PKCS#8, encrypted or not, or traditional. The same errors.
  static result<private_key> from_der(byte_view der, const password_callback& password = {});
  /// The first key of a file in PEM, DER or PKCS#12, detected by content; not_supported, file_not_readable and
  /// file_too_large besides. For all keys of a file see load_x509().
  static result<private_key> load(const std::filesystem::path& file, const password_callback& password = {});
  /// A fresh key. `type` is "ec:P-256", "ec:P-384", "ec:P-521" or another curve by OpenSSL's name ("ec:secp256k1"),
  /// "rsa:2048" to "rsa:8192", "ed25519" or "ed448". invalid_argument. Takes up to seconds for large RSA keys.
  static result<private_key> generate(std::string_view type);

  /// "RSA 2048", "EC P-256", "Ed25519".
  [[nodiscard]] std::string type() const;
  [[nodiscard]] bool belongs_to(const certificate& cert) const;
  /// Unencrypted PKCS#8.
  [[nodiscard]] std::string pem() const;
  [[nodiscard]] std::vector<std::byte> der() const;
  /// PKCS#8 encrypted with AES-256 and PBKDF2. The password is not empty. invalid_argument.
  [[nodiscard]] result<std::string> encrypted_pem(std::string_view password) const;
  /// The form of RFC 8017 and RFC 5915 ("BEGIN RSA PRIVATE KEY") that old programs want. not_supported where a kind of
  /// key has none.
  [[nodiscard]] result<std::string> traditional_pem() const;
  /// The public half, as SubjectPublicKeyInfo.
  [[nodiscard]] std::string public_pem() const;

  struct impl;
  explicit private_key(std::shared_ptr<const impl> key) noexcept;
  [[nodiscard]] const impl& get() const noexcept { return *impl_; }

 private:
  std::shared_ptr<const impl> impl_;
};

}  // namespace signet
