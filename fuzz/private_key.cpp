#include <signet/x509/private_key.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace signet;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  int asked = 0;
  const auto key = private_key::from_pem(text, [&] {
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
  if (const auto written = key->pem(); !written.empty())
    fuzz::check(private_key::from_pem(written).has_value(), "what is written can be read");
  fuzz::check_queue();
  if (asked != 0)
    fuzz::check(private_key::from_pem(text).error().code() == errc::password_required,
                "without a password it stays closed");
  return 0;
}
