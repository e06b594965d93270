// A digest by the name that a user gives.
#pragma once

#include <openssl/evp.h>

#include <string>
#include <string_view>

#include "ossl/handles.hpp"

namespace signet::ossl {

using digest_ptr = handle<EVP_MD, EVP_MD_free>;

// Null when OpenSSL offers none of that name here. What it makes of blanks, NULs and the like around a name differs
// from release to release; no name of a digest has any.
inline digest_ptr digest_named(std::string_view name) {
  constexpr std::size_t longest = 64;
  constexpr std::string_view in_a_name = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-/._";
  if (name.size() > longest || name.find_first_not_of(in_a_name) != name.npos) return nullptr;
  return digest_ptr(EVP_MD_fetch(nullptr, std::string(name).c_str(), nullptr));
}

}  // namespace signet::ossl
