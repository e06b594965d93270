// A certificate signing request (PKCS#10, RFC 2986): a public key, the names somebody wants certified for it, and the
// proof that the asker has the private key, which is checked when a request is read.
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
  /// Attributes other than extensions (challenge passwords) are passed over; extensions that cannot be read are not.
  /// file_malformed; bad_signature when the asker has not shown that the key is theirs.
  static result<certificate_request> from_pem(std::string_view pem);
  static result<certificate_request> from_der(byte_view der);
  /// Either, detected by content; file_not_readable and file_too_large besides.
  static result<certificate_request> load(const std::filesystem::path& file);
  /// Asks for what `options` say: the subject, the names, the purposes, must-staple and further extensions. Period,
  /// serial number and whatever points to the issuer are the issuer's to choose: invalid_argument.
  static result<certificate_request> make(const certificate_options& options, const private_key& key);

  [[nodiscard]] distinguished_name subject_name() const;
  /// RFC 4514 text.
  [[nodiscard]] std::string subject() const;
  [[nodiscard]] std::vector<general_name> alternative_names() const;
  /// The extensions asked for, in their order.
  [[nodiscard]] std::vector<extension> extensions() const;
  /// "RSA 2048", "EC P-256", "Ed25519".
  [[nodiscard]] std::string public_key_type() const;
  [[nodiscard]] bool belongs_to(const private_key& key) const;

  [[nodiscard]] std::vector<std::byte> der() const;
  [[nodiscard]] std::string pem() const;

  struct impl;
  explicit certificate_request(std::shared_ptr<const impl> parsed) noexcept;
  [[nodiscard]] const impl& get() const noexcept { return *impl_; }

 private:
  std::shared_ptr<const impl> impl_;
};

/// Certifies a request. Where `options` name a subject or names, those count instead of the request's. Of what the
/// request asks beside its names, the purposes are granted when they are ones `options` list, and the key usages when
/// they are ones that go with those or that `options` list; a certificate gets what was asked, or what is listed where
/// nothing was. Anything else (to be a CA, an extension) is refused with an error that names it, unless `options` say
/// the same. Key identifiers are computed, whatever the request has. Returns the new certificate, and the chain below
/// the root behind it. invalid_argument, invalid_name.
SIGNET_EXPORT result<std::vector<certificate>> sign_request(const certificate_request& request,
                                                            const certificate_options& options, const identity& ca);

}  // namespace signet
