// Compiled without what the rest of the library is compiled with: see the header.
#undef OPENSSL_NO_DEPRECATED
#define OPENSSL_SUPPRESS_DEPRECATED

#include "x509/pkcs11_engine.hpp"

#include <openssl/opensslconf.h>

#ifndef OPENSSL_NO_ENGINE
#include <openssl/engine.h>

#include <mutex>

#include "ossl/errors.hpp"
#include "x509/key_uri.hpp"
#endif

namespace signet::x509 {

#ifndef OPENSSL_NO_ENGINE
namespace {

constexpr int unless_unknown = 1;

struct shared {
  std::mutex guard = {};
  // Initialised once and never finished: it keeps the keys, which outlive every scope.
  ENGINE* engine = nullptr;
  // The PIN that opened a token stays in the engine, which tries it on whatever token comes next.
  bool holds_pin = false;
};

shared& state() {
  // Never destroyed: see above.
  static auto* const only = new shared;
  return *only;
}

ENGINE* start() {
  // A program that does not want OpenSSL's configuration has said so before, and this changes nothing then.
  OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG | OPENSSL_INIT_ENGINE_DYNAMIC, nullptr);
  ENGINE* const found = ENGINE_by_id("pkcs11");
  if (found == nullptr) return nullptr;
  // It would write its complaints to stderr, and ask for the PIN of each signature on the terminal.
  ENGINE_ctrl_cmd_string(found, "QUIET", nullptr, unless_unknown);
  ENGINE_ctrl_cmd(found, "SET_USER_INTERFACE", 0, pin_prompt::method(), nullptr, unless_unknown);
  const bool works = ENGINE_init(found) == 1;
  ENGINE_free(found);
  return works ? found : nullptr;
}

// With the guard held.
ENGINE* started(shared& s) {
  if (s.engine == nullptr) s.engine = start();
  return s.engine;
}

// The PIN for this token instead of that of another, which would count as a wrong one. None opens no token.
void replace_pin(ENGINE* engine, pin_prompt& prompt) {
  const auto pin = prompt.take();
  ENGINE_ctrl_cmd_string(engine, "PIN", pin ? pin->text.c_str() : "", unless_unknown);
}

}  // namespace

bool has_pkcs11_engine() {
  const ossl::quiet_errors quiet;
  auto& s = state();
  const std::lock_guard lock(s.guard);
  return started(s) != nullptr;
}

ossl::pkey_ptr load_from_pkcs11_engine(const std::string& uri, pin_prompt& prompt) {
  auto& s = state();
  const std::lock_guard lock(s.guard);
  ENGINE* const engine = started(s);
  if (engine == nullptr) return nullptr;
  if (s.holds_pin && !names_pin(uri)) replace_pin(engine, prompt);
  ossl::pkey_ptr found(ENGINE_load_private_key(engine, uri.c_str(), pin_prompt::method(), &prompt));
  s.holds_pin = s.holds_pin || names_pin(uri) || prompt.was_answered();
  return found;
}

#else

bool has_pkcs11_engine() {
  return false;
}
ossl::pkey_ptr load_from_pkcs11_engine(const std::string&, pin_prompt&) {
  return nullptr;
}

#endif

}  // namespace signet::x509
