// Reading PKCS#12 for whoever meets it in a file.
#pragma once

#include <cstdint>

#include <signet/base/bytes.hpp>
#include <signet/base/result.hpp>
#include <signet/x509/pkcs12.hpp>
#include <signet/x509/x509_file.hpp>

#include "x509/password_encryption.hpp"

namespace signet::x509 {

// parse_pkcs12, with keys left closed where nobody wants them: certificates that are not encrypted then need no
// password. `limit` bounds the rounds of each derivation, and three times as many all of them.
result<pkcs12_contents> open_pkcs12(byte_view der, const password_callback& password,
                                    private_keys keys = private_keys::read, std::int64_t limit = most_rounds);

}  // namespace signet::x509
