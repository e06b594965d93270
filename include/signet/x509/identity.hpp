// What one side shows to prove who it is: a certificate, the intermediates that go with it, and the key. An identity
// that exists is consistent: its key belongs to its first certificate.
#pragma once

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <signet/base/result.hpp>
#include <signet/x509/certificate.hpp>
#include <signet/x509/private_key.hpp>

namespace signet {

/// Where an identity is kept, in PEM, DER or PKCS#12, detected by content. `certificate` holds the leaf first and then
/// the chain; without `key` the key is looked for in the same file. A chain out of PKCS#12 is put in order, a root at
/// its end is left out, and a key in it wins over `key`. Of several keys the one of the leaf is taken.
struct identity_files {
  std::filesystem::path certificate = {};
  std::filesystem::path key = {};
  password_callback password = {};
};

class SIGNET_EXPORT identity {
 public:
  /// file_not_readable, file_malformed, password_required, wrong_password, key_mismatch.
  static result<identity> load(const identity_files& files);
  /// `chain` holds the leaf first and at least that. key_mismatch, invalid_argument.
  static result<identity> make(std::vector<certificate> chain, private_key key);

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
