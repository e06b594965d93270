// A private key as a value: immutable, shared by copies and threads, wiped by OpenSSL when the last copy is destroyed.
//
// Deliberately absent: a prompt on the terminal. An encrypted key without a password is an error.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <signet/base/bytes.hpp>
#include <signet/base/new_file.hpp>
#include <signet/base/result.hpp>
#include <signet/x509/certificate.hpp>

namespace signet {

/// Returns the password of an encrypted key or file. It is asked at most once for each file or text, and only when
/// something in it is encrypted. When it returns nothing, the load fails with password_required.
using password_callback = std::function<std::optional<std::string>()>;

/// How private_key::save() writes.
struct key_file_options {
  /// Encrypts the key, as encrypted_pem() does. Leave it absent only where the file's mode protects the key enough.
  std::optional<std::string> password = {};
  /// Whether a file of that name is replaced.
  existing_file existing = existing_file::keep;
};

class SIGNET_EXPORT private_key {
 public:
  /// Reads the first private key in a PEM text (PKCS#8 or traditional, encrypted or not).
  /// Errors: file_malformed, password_required, wrong_password, not_supported.
  static result<private_key> from_pem(std::string_view pem, const password_callback& password = {});
  /// Reads exactly one key in DER: PKCS#8, encrypted or not, or traditional.
  /// Errors: file_malformed, password_required, wrong_password, not_supported.
  static result<private_key> from_der(byte_view der, const password_callback& password = {});
  /// Reads the first key of a file in PEM, DER or PKCS#12; the content decides which. load_x509() reads all keys of a
  /// file.
  /// Errors: file_not_readable, file_too_large, file_malformed, password_required, wrong_password, not_supported.
  static result<private_key> load(const std::filesystem::path& file, const password_callback& password = {});
  /// Opens a key that stays where it is, by its URI: "pkcs11:token=web;object=server" (RFC 7512), one of another scheme
  /// that a provider in OpenSSL's configuration knows, or "file:" for load(). `pin` is asked at most once, for a key
  /// that may want one; a token that was opened may stay open to the whole process. The call waits as long as the token
  /// does. docs/guide/certificates.md says what has to be installed. Of "file:" the errors are those of load() and
  /// invalid_argument.
  /// Errors: invalid_argument (no URI, or several keys match), not_supported (nothing here knows the scheme),
  /// file_not_readable (no such key or token), password_required, wrong_password.
  static result<private_key> from_uri(std::string_view uri, const password_callback& pin = {});
  /// Makes a new key. `type` is "ec:P-256", "ec:P-384", "ec:P-521" or another curve of at least 224 bits by OpenSSL's
  /// name ("ec:secp256k1"), "rsa:2048" to "rsa:8192", "ed25519" or "ed448". A large RSA key can take seconds.
  /// Errors: invalid_argument, not_supported.
  static result<private_key> generate(std::string_view type);

  /// The kind and size of the key: "RSA 2048", "EC P-256", "Ed25519".
  [[nodiscard]] std::string type() const;
  /// Whether `cert` is for the public half of this key.
  [[nodiscard]] bool belongs_to(const certificate& cert) const;
  /// Whether the private half can be read, as that of a file can. The keys of a token cannot: pem() and der() are empty
  /// then, and what else writes the key fails with not_supported.
  [[nodiscard]] bool is_exportable() const;
  /// Unencrypted PKCS#8; empty for a key that is not exportable. The library does not wipe what it returns.
  [[nodiscard]] std::string pem() const;
  [[nodiscard]] std::vector<std::byte> der() const;
  /// PKCS#8 encrypted with AES-256 and PBKDF2. The password has 1 octet to 1 MiB.
  /// Errors: invalid_argument, not_supported.
  [[nodiscard]] result<std::string> encrypted_pem(std::string_view password) const;
  /// The unencrypted form of RFC 8017 or RFC 5915 ("BEGIN RSA PRIVATE KEY") for old programs. Some kinds of key have
  /// none.
  /// Errors: not_supported.
  [[nodiscard]] result<std::string> traditional_pem() const;
  /// Writes the key to a file as PKCS#8 in PEM: with mode 0600, whole or not at all (new_file).
  /// Errors: invalid_argument, not_supported, file_io_failed, file_exists.
  [[nodiscard]] result<void> save(const std::filesystem::path& file, const key_file_options& options = {}) const;
  /// The public half as SubjectPublicKeyInfo.
  [[nodiscard]] std::string public_pem() const;

 private:
  friend struct detail::access;
  struct impl;
  explicit private_key(std::shared_ptr<const impl> key) noexcept;

  std::shared_ptr<const impl> impl_;
};

}  // namespace signet
