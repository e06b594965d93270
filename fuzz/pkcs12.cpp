#include "x509/pkcs12.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "certificate_use.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace signet;
  // Seconds of key derivation teach a fuzzer nothing.
  constexpr int few_rounds = 10'000;
  const byte_view input(std::as_bytes(std::span(data, size)));
  int asked = 0;
  const password_callback password = [&] {
    ++asked;
    return std::optional<std::string>("bluebell");
  };
  for (const auto keys : {private_keys::read, private_keys::skip}) {
    asked = 0;
    const auto opened = x509::open_pkcs12(input, password, keys, few_rounds);
    fuzz::check_queue();
    fuzz::check(asked <= 1, "the password is asked for once at most");
    if (!opened) {
      fuzz::check_error(opened.error());
      fuzz::check(opened.error().code() != errc::password_required, "the password was there");
      continue;
    }
    fuzz::check_printable(opened->friendly_name);
    fuzz::check(keys == private_keys::read || opened->keys.empty(), "keys that nobody wants stay closed");
    for (const auto& key : opened->keys) fuzz::check_printable(key.type());
    for (const auto& one : opened->certificates) fuzz::use(one);
    fuzz::check_queue();
  }
  return 0;
}
