// What an algorithm says about encryption under a password: how much work its key costs, asked before the work is done,
// and which of OpenSSL's contexts can do it.
#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <signet/base/error.hpp>
#include <signet/base/result.hpp>

#include "ossl/handles.hpp"

namespace signet::x509 {

using pkcs8_ptr = ossl::handle<PKCS8_PRIV_KEY_INFO, PKCS8_PRIV_KEY_INFO_free>;

// A few seconds of work on a slow machine. Without a limit a small file could keep its reader busy for an hour.
inline constexpr std::int64_t most_rounds = 10'000'000;
// OpenSSL counts in int; nobody types as much.
inline constexpr std::size_t longest_password = 1 << 20;
inline constexpr std::string_view too_many_rounds = "asks for more than 10,000,000 rounds of key derivation";

// Rounds of PBKDF2 and its forebears, steps of scrypt. 0 for what cannot be read, which derives nothing; more than any
// limit for a number that is none.
std::int64_t rounds_of(const X509_ALGOR* algorithm);
std::int64_t rounds_of(const ASN1_INTEGER* count);

// Null, the default context, for what that can do; else one of its own with the legacy provider in it, for in the
// default context that provider disables SHA-256. `what` is "the private key" in messages. not_supported.
result<OSSL_LIB_CTX*> context_for(const X509_ALGOR* algorithm, std::string_view what);

// A view of nothing stands for no password at all, which PKCS#12 tells from an empty one. wrong_password,
// file_malformed, not_supported.
result<pkcs8_ptr> decrypt(const X509_SIG* envelope, std::string_view password, std::string_view what);
// What is left in OpenSSL's queue by a decryption that failed, as an error.
error failed_decryption(std::string_view what);
error wrong_password(std::string_view what);
// With OpenSSL's queue, which is drained.
// The octets of a text in UTF-8 that ISO 8859-1 can hold and writes differently.
std::optional<std::string> as_latin1(std::string_view utf8);
error explained(errc code, std::string message, std::string hint = {});

}  // namespace signet::x509
