// A certificate signing request (PKCS#10, RFC 2986) as a value: a public key, the names that its owner wants certified
// for it, and a signature which proves that the owner has the private key. The signature is checked when a request is
// read.
//
// Deliberately absent: challenge passwords and other attributes that are not extensions.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <signet/base/bytes.hpp>
#include <signet/base/result.hpp>
#include <signet/x509/certificate_builder.hpp>
#include <signet/x509/distinguished_name.hpp>
#include <signet/x509/extensions.hpp>
#include <signet/x509/general_name.hpp>
#include <signet/x509/private_key.hpp>

namespace signet {

class SIGNET_EXPORT certificate_request {
 public:
  /// Reads the one request in a PEM text. Attributes other than extensions are ignored; an extension that cannot be
  /// read is an error. bad_signature means that the request is not signed with the key it is for.
  /// Errors: file_malformed, bad_signature.
  static result<certificate_request> from_pem(std::string_view pem);
  /// Reads exactly one request in DER, by the same rules.
  /// Errors: file_malformed, bad_signature.
  static result<certificate_request> from_der(byte_view der);
  /// Reads a request from a file in PEM or DER; the content decides which.
  /// Errors: file_not_readable, file_too_large, file_malformed, bad_signature.
  static result<certificate_request> load(const std::filesystem::path& file);
  /// Makes a request for the subject, names, purposes, key usages, must-staple and further extensions in `options`. The
  /// other options are for the issuer to choose and are refused: the period, the serial number, URLs and policies.
  /// Errors: invalid_argument, invalid_name, not_supported.
  static result<certificate_request> make(const certificate_options& options, const private_key& key);

  [[nodiscard]] distinguished_name subject_name() const;
  /// The subject as RFC 4514 text.
  [[nodiscard]] std::string subject() const;
  /// The subjectAltName entries that the request asks for.
  [[nodiscard]] std::vector<general_name> alternative_names() const;
  /// All extensions that the request asks for, in their order.
  [[nodiscard]] std::vector<extension> extensions() const;
  /// The kind and size of the public key: "RSA 2048", "EC P-256", "Ed25519".
  [[nodiscard]] std::string public_key_type() const;
  /// Whether the request is for the public half of `key`.
  [[nodiscard]] bool belongs_to(const private_key& key) const;

  [[nodiscard]] std::vector<std::byte> der() const;
  [[nodiscard]] std::string pem() const;

 private:
  friend struct detail::access;
  struct impl;
  explicit certificate_request(std::shared_ptr<const impl> parsed) noexcept;

  std::shared_ptr<const impl> impl_;
};

/// Issues a leaf for a request. A subject or names in `options` replace those of the request. A purpose that the
/// request asks for is granted when `options` list it. A key usage is granted when `options.key_usages` list it or,
/// where that is empty, when it goes with the granted purposes. Where the request asks for neither, the certificate
/// gets what `options` give. Anything else in the request (to be a CA, another extension) is refused with an error that
/// names it, unless `options` ask for the same. Key identifiers are always computed anew. Returns the certificate,
/// followed by the chain of `ca` without its root.
/// Errors: invalid_argument, invalid_name, not_supported.
SIGNET_EXPORT result<std::vector<certificate>> sign_request(const certificate_request& request,
                                                            const certificate_options& options, const identity& ca);

}  // namespace signet
