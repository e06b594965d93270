// Whatever certificates, keys, requests and revocation lists a file holds, in PEM, DER or PKCS#12, told by its content
// and never by its name.
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

enum class file_format : unsigned char { pem, der, pkcs12 };
/// "PEM", "DER", "PKCS#12".
SIGNET_EXPORT std::string_view name(file_format format) noexcept;

/// Each in the order of the file, but for certificates out of PKCS#12 (see pkcs12_contents).
struct x509_contents {
  file_format format = file_format::pem;
  std::vector<certificate> certificates = {};
  std::vector<private_key> keys = {};
  std::vector<certificate_request> requests = {};
  std::vector<crl> crls = {};
};

enum class private_keys : unsigned char { read, skip };

/// PEM blocks of other kinds are passed over; one of these kinds that is broken is an error that names its place, and a
/// file that holds none of them is file_malformed. With private_keys::skip an encrypted key asks for no password (in
/// PKCS#12 the certificates usually do). file_malformed, password_required, wrong_password, not_supported;
/// bad_signature for a request.
SIGNET_EXPORT result<x509_contents> parse_x509(byte_view content, const password_callback& password = {},
                                               private_keys keys = private_keys::read);
/// file_not_readable and file_too_large besides.
SIGNET_EXPORT result<x509_contents> load_x509(const std::filesystem::path& file, const password_callback& password = {},
                                              private_keys keys = private_keys::read);

}  // namespace signet
