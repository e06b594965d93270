// What a piece of DER or BER is, told by its first elements, whatever comes after them: a file that is cut off is still
// of its kind.
#pragma once

#include <string_view>

namespace signet::x509 {

enum class der_kind : unsigned char {
  unknown,
  certificate,
  request,
  crl,
  pkcs8,
  encrypted_pkcs8,
  rsa_key,
  dsa_key,
  ec_key,
  pkcs12,
  pkcs7,
  public_key,
};

der_kind kind_of(std::string_view der) noexcept;
// "a certificate", "a PKCS#12 file"; empty for unknown.
std::string_view name(der_kind kind) noexcept;
// PKCS#8 or traditional, encrypted or not.
bool is_private_key(der_kind kind) noexcept;

}  // namespace signet::x509
