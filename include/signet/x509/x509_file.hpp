// All certificates, private keys, requests and revocation lists that a file holds, in PEM, DER, PKCS#7 or PKCS#12. The
// content decides the format, never the name of the file.
//
// As with every load function of the library, the file may be a pipe: the call waits at most ten seconds for its
// writer.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include <signet/base/bytes.hpp>
#include <signet/base/result.hpp>
#include <signet/x509/certificate.hpp>
#include <signet/x509/certificate_request.hpp>
#include <signet/x509/crl.hpp>
#include <signet/x509/private_key.hpp>

namespace signet {

/// The format of a file as a whole.
enum class file_format : unsigned char { pem, der, pkcs12, pkcs7 };
/// "PEM", "DER", "PKCS#12", "PKCS#7".
SIGNET_EXPORT std::string_view name(file_format format) noexcept;

/// What a file holds, in the order of the file. Certificates from PKCS#12 have the order of pkcs12_contents.
struct x509_contents {
  file_format format = file_format::pem;
  std::vector<certificate> certificates = {};
  std::vector<private_key> keys = {};
  std::vector<certificate_request> requests = {};
  std::vector<crl> crls = {};
};

/// Whether private keys are read or skipped.
enum class private_keys : unsigned char { read, skip };

/// Reads `content`. PEM blocks of other kinds are skipped. A broken block of these kinds is an error that names its
/// place, and so is content that holds none of them. With private_keys::skip an encrypted key needs no password; the
/// certificates in a PKCS#12 file usually still do. bad_signature concerns a request.
/// Errors: file_malformed, password_required, wrong_password, not_supported, bad_signature.
SIGNET_EXPORT result<x509_contents> parse_x509(byte_view content, const password_callback& password = {},
                                               private_keys keys = private_keys::read);
/// Reads a file.
/// Errors: file_not_readable, file_too_large, file_malformed, password_required, wrong_password, not_supported,
/// bad_signature.
SIGNET_EXPORT result<x509_contents> load_x509(const std::filesystem::path& file, const password_callback& password = {},
                                              private_keys keys = private_keys::read);

}  // namespace signet
