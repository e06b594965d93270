#include <signet/x509/private_key.hpp>

#include <openssl/x509.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "check.hpp"
#include "ossl/errors.hpp"
#include "x509/password_encryption.hpp"

namespace {

// Seconds of key derivation teach a fuzzer nothing.
bool takes_long(const std::uint8_t* data, std::size_t size) {
  using namespace signet;
  const ossl::quiet_errors quiet;
  const ossl::handle<X509_SIG, X509_SIG_free> envelope(d2i_X509_SIG(nullptr, &data, static_cast<long>(size)));
  if (!envelope) return false;
  const X509_ALGOR* algorithm = nullptr;
  X509_SIG_get0(envelope.get(), &algorithm, nullptr);
  const auto rounds = x509::rounds_of(algorithm);
  return rounds > 100'000 && rounds <= x509::most_rounds;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace signet;
  if (takes_long(data, size)) return 0;
  int asked = 0;
  const auto key = private_key::from_der(std::as_bytes(std::span(data, size)), [&] {
    ++asked;
    return std::optional<std::string>("bluebell");
  });
  fuzz::check_queue();
  fuzz::check(asked <= 1, "the password is asked for once at most");
  if (!key) {
    fuzz::check_error(key.error());
    fuzz::check(key.error().code() != errc::password_required, "the password was there");
    return 0;
  }
  fuzz::check_printable(key->type());
  if (const auto written = key->der(); !written.empty())
    fuzz::check(private_key::from_der(written).has_value(), "what is written can be read");
  if (const auto written = key->traditional_pem()) static_cast<void>(private_key::from_pem(*written));
  static_cast<void>(key->public_pem());
  fuzz::check_queue();
  return 0;
}
