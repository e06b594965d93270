// Keys that live elsewhere: behind OpenSSL's store, or behind its PKCS#11 engine.
#include <openssl/err.h>
#include <openssl/store.h>

#include <algorithm>
#include <new>

#include <signet/x509/private_key.hpp>

#include "base/printable.hpp"
#include "ossl/errors.hpp"
#include "x509/der.hpp"
#include "x509/impl.hpp"
#include "x509/key_uri.hpp"
#include "x509/pin_prompt.hpp"
#include "x509/pkcs11_engine.hpp"

namespace signet {
namespace {

using loader_ptr = ossl::handle<OSSL_STORE_LOADER, OSSL_STORE_LOADER_free>;
using store_ptr = ossl::handle<OSSL_STORE_CTX, OSSL_STORE_close>;
using info_ptr = ossl::handle<OSSL_STORE_INFO, OSSL_STORE_INFO_free>;

constexpr std::size_t longest_uri = 4096;
// Of one URI, looked through for its private key.
constexpr int most_objects = 1000;

error about(const std::string& uri, const error& why) {
  auto parts = why.parts();
  parts.message = uri + ": " + parts.message;
  parts.whom = uri;
  return error(std::move(parts));
}

error invalid(std::string message, std::string hint = {}) {
  return error(errc::invalid_argument, std::move(message), std::move(hint));
}

// What PKCS#11 calls the reasons (CKR_..., PKCS#11 3.0 section 5.1). Both the provider and the engine keep its numbers,
// in libraries of OpenSSL's queue that are numbered while the program runs.
struct pkcs11_reason {
  int number;
  errc code;
  std::string_view message;
  std::string_view hint;
};
constexpr std::string_view wrong_pin = "the PIN does not open the token";
constexpr std::string_view pin_of_wrong_size = "the PIN does not open the token: it is too short or too long";
constexpr pkcs11_reason pkcs11_reasons[] = {
    {0xa4, errc::wrong_password, "the token's PIN is locked, after too many wrong ones",
     "its administrator unlocks it"},
    {0xa3, errc::wrong_password, "the token's PIN has expired", "set a new one with the token's own program"},
    {0xa0, errc::wrong_password, wrong_pin, ""},
    {0xa1, errc::wrong_password, wrong_pin, ""},
    {0xa2, errc::wrong_password, pin_of_wrong_size, ""},
    {0x102, errc::wrong_password, "the token has no PIN yet, so that it cannot be opened", ""},
    {0xe0, errc::file_not_readable, "the token is not there", "insert it, or check the URI"},
    {0x32, errc::file_not_readable, "the token was taken away", "insert it"},
    {0x30, errc::file_not_readable, "the token reports that it is out of order", ""},
};

bool is_pkcs11(const ossl::queued_error& entry, int number) {
  return ERR_GET_LIB(entry.code) >= ERR_LIB_USER && ERR_GET_REASON(entry.code) == number;
}

bool is_about_a_pin(int number) {
  return number >= 0xa0 && number <= 0xa2;
}

error failed(const std::string& uri, const x509::pin_prompt& prompt) {
  prompt.rethrow();
  const auto queue = ossl::drain_errors();
  error_parts parts{.code = errc::file_not_readable,
                    .message = "no private key was found there",
                    .hint = "check the token and the object that the URI names"};
  for (const auto& text : ossl::texts(queue)) parts.library_errors.push_back(x509::without_pins(text));
  const auto because = [&](errc code, std::string_view message, std::string_view hint) {
    parts.code = code;
    parts.message = message;
    parts.hint = hint;
    return error(std::move(parts));
  };
  const auto no_pin = [&] {
    return because(errc::password_required, "the token asks for a PIN and there is none", "give its PIN");
  };
  if (prompt.was_unfit()) return because(errc::wrong_password, pin_of_wrong_size, "");
  const bool has_pin = prompt.was_answered() || x509::names_pin(uri);
  for (const auto& [number, code, message, hint] : pkcs11_reasons) {
    if (std::ranges::none_of(queue, [n = number](const auto& entry) { return is_pkcs11(entry, n); })) continue;
    return is_about_a_pin(number) && !has_pin ? no_pin() : because(code, message, hint);
  }
  return prompt.was_wanted() && !has_pin ? no_pin() : error(std::move(parts));
}

error ambiguous() {
  return invalid("more than one private key matches",
                 "name the one by object= or id= in the URI, and its token by token=");
}

bool is_known(const std::string& scheme) {
  const ossl::quiet_errors quiet;
  return loader_ptr(OSSL_STORE_LOADER_fetch(nullptr, scheme.c_str(), nullptr)) != nullptr;
}

// One key may show twice: in two of a token's slots, or where the provider keeps a copy for the session. EVP_PKEY_eq
// takes the copy of an EC key for another one.
bool is_same(const EVP_PKEY* a, const EVP_PKEY* b) {
  const auto encoded = x509::der_of(a, i2d_PUBKEY);
  return !encoded.empty() && encoded == x509::der_of(b, i2d_PUBKEY);
}

// The provider says nothing of a PIN that was wrong. It asks again then, which costs no try while nobody answers.
bool is_still_closed(const std::string& uri) {
  const ossl::quiet_errors quiet;
  const password_callback nobody;
  x509::pin_prompt second(nobody);
  const std::string without_pin = uri.substr(0, uri.find('?'));
  const store_ptr store(
      OSSL_STORE_open_ex(without_pin.c_str(), nullptr, nullptr, second.method(), &second, nullptr, nullptr, nullptr));
  if (store) info_ptr(OSSL_STORE_load(store.get()));
  return second.was_wanted();
}

error not_found(const std::string& uri, const x509::pin_prompt& prompt) {
  auto why = failed(uri, prompt);
  const bool has_pin = prompt.was_answered() || x509::names_pin(uri);
  if (why.code() != errc::file_not_readable || !has_pin || !is_still_closed(uri)) return why;
  return error(
      {.code = errc::wrong_password, .message = std::string(wrong_pin), .library_errors = why.parts().library_errors});
}

result<ossl::pkey_ptr> from_store(const std::string& uri, x509::pin_prompt& prompt) {
  const store_ptr store(
      OSSL_STORE_open_ex(uri.c_str(), nullptr, nullptr, prompt.method(), &prompt, nullptr, nullptr, nullptr));
  if (!store || OSSL_STORE_expect(store.get(), OSSL_STORE_INFO_PKEY) != 1) return not_found(uri, prompt);
  ossl::pkey_ptr found;
  for (int left = most_objects; left > 0 && OSSL_STORE_eof(store.get()) != 1; --left) {
    const info_ptr info(OSSL_STORE_load(store.get()));
    // What cannot be read is passed over: it may be an object of a kind that OpenSSL does not know.
    if (!info || OSSL_STORE_INFO_get_type(info.get()) != OSSL_STORE_INFO_PKEY) continue;
    ossl::pkey_ptr next(OSSL_STORE_INFO_get1_PKEY(info.get()));
    if (found && next && !is_same(found.get(), next.get())) return ambiguous();
    if (!found) found = std::move(next);
  }
  if (!found) return not_found(uri, prompt);
  return found;
}

result<ossl::pkey_ptr> from_engine(const std::string& uri, x509::pin_prompt& prompt) {
  if (!x509::names_object(uri)) return ambiguous();
  auto found = x509::load_from_pkcs11_engine(uri, prompt);
  if (!found) return failed(uri, prompt);
  return found;
}

error unknown(const std::string& scheme) {
  return error(
      errc::not_supported, "nothing here knows keys of the scheme " + base::quoted(scheme),
      scheme == "pkcs11"
          ? "Debian 13 has the package pkcs11-provider for it, which a section of OpenSSL's configuration has to "
            "activate; Debian 12 has libengine-pkcs11-openssl, which needs none"
          : "a provider that knows it has to be activated in OpenSSL's configuration");
}

result<ossl::pkey_ptr> find(const std::string& scheme, const std::string& uri, x509::pin_prompt& prompt) {
  if (prompt.method() == nullptr) throw std::bad_alloc();
  prompt.keep_off_the_terminal();
  // OpenSSL takes any URI for the name of a file first.
  if (std::error_code ignored; std::filesystem::exists(std::filesystem::symlink_status(uri, ignored)))
    return invalid("a file has this very name", "give the file's path as a path, or move it out of the way");
  if (scheme == "pkcs11" && x509::names_another_type(uri))
    return invalid("the URI names no private key but another type of object", "leave type= out, or write type=private");
  if (is_known(scheme)) return from_store(uri, prompt);
  if (scheme == "pkcs11" && x509::has_pkcs11_engine()) return from_engine(uri, prompt);
  return unknown(scheme);
}

}  // namespace

result<private_key> private_key::from_uri(std::string_view uri, const password_callback& pin) {
  const auto is_odd = [](char c) { return c <= ' ' || c >= '\x7f'; };
  const auto scheme = x509::scheme_of(uri);
  if (scheme.empty())
    return invalid(base::quoted(x509::without_pins(uri)) + " is no URI: it does not begin with a scheme",
                   "pkcs11:token=web;object=server is one");
  const auto shown = x509::shown_uri(uri);
  if (uri.size() > longest_uri) return about(shown, invalid("the URI is longer than 4096 octets"));
  if (std::ranges::any_of(uri, is_odd))
    return about(shown, invalid("a URI has printable ASCII only", "write a blank as %20, and whatever else likewise"));
  if (scheme == "file") {
    const auto file = x509::file_of(uri);
    if (!file) return about(shown, file.error());
    return load(*file, pin);
  }
  ERR_clear_error();
  x509::pin_prompt prompt(pin);
  auto key = find(scheme, std::string(uri), prompt);
  ERR_clear_error();
  if (!key) return about(shown, key.error());
  return adopt(*std::move(key));
}

}  // namespace signet
