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
  /// file_not_readable and file_too_large besides.
  static result<private_key> load(const std::filesystem::path& file, const password_callback& password = {});
  /// A fresh key. `type` is "ec:P-256", "ec:P-384", "ec:P-521", "rsa:2048" to "rsa:8192", "ed25519" or "ed448".
  /// invalid_argument. Takes up to seconds for large RSA keys.
  static result<private_key> generate(std::string_view type);

  /// "RSA 2048", "EC P-256", "Ed25519".
  [[nodiscard]] std::string type() const;
  [[nodiscard]] bool belongs_to(const certificate& cert) const;
  /// Unencrypted PKCS#8.
  [[nodiscard]] std::string pem() const;

  struct impl;
  explicit private_key(std::shared_ptr<const impl> key) noexcept;
  [[nodiscard]] const impl& get() const noexcept { return *impl_; }

 private:
  std::shared_ptr<const impl> impl_;
};

}  // namespace signet
