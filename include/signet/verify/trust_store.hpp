// The certificates that a verification may end at, whether or not they are roots. A store is cheap to copy and shared
// by threads. It is indexed by name: of the system's hundred and forty certificates only those that a verification
// needs are parsed.
//
// A store that was read from files looks at them every two seconds while it is used, and reads them again when they
// change. From a place that is gone or empty by then nobody is trusted. A pipe is read once. While a changed file
// cannot be read for another reason, the old content counts for ten minutes, and nobody is trusted after that. A
// relative path is resolved when the store is made.
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
  /// The system's store. The first call in a process finds and indexes it (about a millisecond); later calls share it.
  /// SSL_CERT_FILE and SSL_CERT_DIR (folders, separated by colons) replace the places of the common systems. Entries
  /// that cannot be used are skipped and counted. Where nothing is found, the store is empty and verification reports
  /// no_trust_anchors.
  static trust_store system();
  /// All certificates of a PEM file, or a single one in DER. A broken certificate is an error.
  /// Errors: file_not_readable, file_too_large, file_malformed.
  static result<trust_store> pem_file(const std::filesystem::path& file);
  /// All certificates of a PEM text.
  /// Errors: file_malformed.
  static result<trust_store> pem(std::string_view text);
  /// The certificates in the files of a folder that end in .pem, .crt, .cer, .p7b or .p7c or have OpenSSL's hashed
  /// names. Other files are skipped. A broken file is an error, and so is a folder without a certificate.
  /// Errors: file_not_readable, file_too_large, file_malformed.
  static result<trust_store> directory(const std::filesystem::path& folder);
  /// A store of these certificates.
  static trust_store of(std::vector<certificate> anchors);
  /// Trusts nobody.
  static trust_store none();

  /// A store that trusts what either of the two trusts.
  [[nodiscard]] trust_store operator+(const trust_store& other) const;

  /// How many certificates the store held when it was last read.
  [[nodiscard]] std::size_t size() const noexcept;
  /// How many entries of the system's store could not be used.
  [[nodiscard]] std::size_t skipped() const noexcept;
  /// What the store was made from: "system (/etc/ssl/certs/ca-certificates.crt, 140 certificates)".
  [[nodiscard]] std::string description() const;
  /// Whether the system's store is a part of this one.
  [[nodiscard]] bool contains_system() const noexcept;

 private:
  friend struct detail::access;
  struct impl;
  explicit trust_store(std::shared_ptr<const impl> store) noexcept;

  std::shared_ptr<const impl> impl_;
};

}  // namespace signet
