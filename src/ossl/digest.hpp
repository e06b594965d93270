// A digest by the name that a user gives.
#pragma once

#include <openssl/evp.h>

#include <string>
#include <string_view>

#include "ossl/handles.hpp"

namespace signet::ossl {

using digest_ptr = handle<EVP_MD, EVP_MD_free>;

// Null when OpenSSL offers none of that name here. It would read a name as far as its first NUL.
inline digest_ptr digest_named(std::string_view name) {
  constexpr std::size_t longest = 64;
  if (name.size() > longest || name.find('\0') != name.npos) return nullptr;
  return digest_ptr(EVP_MD_fetch(nullptr, std::string(name).c_str(), nullptr));
}

}  // namespace signet::ossl
