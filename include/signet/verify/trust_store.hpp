// The certificates a verification may end at. Cheap to copy, shared by threads; looked up by name, so that of the
// system's hundred and forty only the one that is asked for is ever parsed. What came from files is read again when
// they change; while a changed file cannot be read, what was read before counts. A relative path goes on meaning what
// it meant when the store was made.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <signet/base/result.hpp>
#include <signet/x509/certificate.hpp>

namespace signet {

class SIGNET_EXPORT trust_store {
 public:
  /// The system's store, found and indexed once a process at the first call (about a millisecond) and shared from then
  /// on. SSL_CERT_FILE and SSL_CERT_DIR (folders, with colons between them) are honoured, then the places of the common
  /// systems are tried. Entries that cannot be used are skipped and counted. With none found it is empty, and
  /// verification says no_trust_anchors.
  static trust_store system();
  /// All certificates of a PEM file or a single DER one; one that is broken is an error. file_not_readable,
  /// file_too_large, file_malformed.
  static result<trust_store> pem_file(const std::filesystem::path& file);
  static result<trust_store> pem(std::string_view text);
  /// The certificates in the files of a folder (.pem, .crt, .cer and OpenSSL's hashed names); other files are passed
  /// over.
  static result<trust_store> directory(const std::filesystem::path& folder);
  static trust_store of(std::vector<certificate> anchors);
  /// Trusts nobody.
  static trust_store none();

  /// Trusts what either of two trusts.
  [[nodiscard]] trust_store operator+(const trust_store& other) const;

  /// Certificates it holds.
  [[nodiscard]] std::size_t size() const noexcept;
  /// Entries of the system's store that could not be used.
  [[nodiscard]] std::size_t skipped() const noexcept;
  /// What it was made from, "system (/etc/ssl/certs/ca-certificates.crt, 140 certificates)".
  [[nodiscard]] std::string description() const;
  [[nodiscard]] bool contains_system() const noexcept;

  struct impl;
  [[nodiscard]] const impl& get() const noexcept { return *impl_; }

 private:
  explicit trust_store(std::shared_ptr<const impl> store) noexcept;

  std::shared_ptr<const impl> impl_;
};

}  // namespace signet
