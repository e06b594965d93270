// What one side presents to prove who it is: a certificate, the intermediates that go with it, and the private key.
// Every identity is consistent: its key belongs to its first certificate.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <signet/base/result.hpp>
#include <signet/x509/certificate.hpp>
#include <signet/x509/private_key.hpp>

namespace signet {

/// The files of an identity in PEM, DER or PKCS#12; the content decides which.
struct identity_files {
  /// The leaf, followed by its chain. A chain from PKCS#12 is put in order, and a root at its end is left out.
  std::filesystem::path certificate = {};
  /// Leave it empty when the key is in the file of the certificate. Of several keys the one that belongs to the leaf is
  /// taken. A key in a PKCS#12 file named by `certificate` takes precedence over this file.
  std::filesystem::path key = {};
  /// A key that is in no file, by its URI (private_key::from_uri), instead of `key`. It takes precedence over a key in
  /// the file of the certificate, and `password` gives its PIN.
  std::string key_uri = {};
  password_callback password = {};
};

class SIGNET_EXPORT identity {
 public:
  /// Reads an identity from its files.
  /// Errors: file_not_readable, file_too_large, file_malformed, password_required, wrong_password, not_supported,
  /// key_mismatch, invalid_argument.
  static result<identity> load(const identity_files& files);
  /// `chain` begins with the leaf and holds at least that. The order of the rest is not checked.
  /// Errors: key_mismatch, invalid_argument.
  static result<identity> make(std::vector<certificate> chain, private_key key);

  /// The leaf, followed by its intermediates.
  [[nodiscard]] const std::vector<certificate>& chain() const& noexcept { return chain_; }
  [[nodiscard]] std::vector<certificate> chain() && { return std::move(chain_); }
  [[nodiscard]] const certificate& leaf() const& noexcept { return chain_.front(); }
  [[nodiscard]] certificate leaf() && { return std::move(chain_.front()); }
  [[nodiscard]] const private_key& key() const& noexcept { return key_; }
  [[nodiscard]] private_key key() && { return std::move(key_); }

 private:
  identity(std::vector<certificate> chain, private_key key) : chain_(std::move(chain)), key_(std::move(key)) {}

  std::vector<certificate> chain_;
  private_key key_;
};

}  // namespace signet
