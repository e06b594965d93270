// PKCS#7 (RFC 2315) as CAs use it: a file of certificates and revocation lists that signs nothing (".p7b", ".p7c").
//
// Deliberately absent: signatures and encryption, which are CMS and no concern of this library.
#pragma once

#include <cstddef>
#include <vector>

#include <signet/base/bytes.hpp>
#include <signet/base/result.hpp>
#include <signet/x509/certificate.hpp>
#include <signet/x509/crl.hpp>

namespace signet {

/// What a PKCS#7 file holds, in the order of the file.
struct pkcs7_contents {
  std::vector<certificate> certificates = {};
  std::vector<crl> crls = {};
};

/// Reads a PKCS#7 file in DER or BER. Signatures in it are not looked at. A broken certificate or list is an error that
/// names its place.
/// Errors: file_malformed.
SIGNET_EXPORT result<pkcs7_contents> parse_pkcs7(byte_view der);

/// Writes certificates and revocation lists as PKCS#7 in DER.
/// Errors: invalid_argument (there are none).
SIGNET_EXPORT result<std::vector<std::byte>> make_pkcs7(const pkcs7_contents& contents);

}  // namespace signet
