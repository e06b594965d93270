#include <signet/x509/distinguished_name.hpp>

#include <cstdint>
#include <string_view>

#include "certificate_use.hpp"
#include "x509/names.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace signet;
  const auto name = distinguished_name::parse({reinterpret_cast<const char*>(data), size});
  fuzz::check_queue();
  if (!name) {
    fuzz::check_error(name.error());
    return 0;
  }
  fuzz::check_name(*name);
  fuzz::check(distinguished_name::parse(name->text()).has_value(), "the text of a name is a name");
  const auto encoded = x509::encode(*name);
  fuzz::check_queue();
  if (!encoded) {
    fuzz::check_error(encoded.error());
    return 0;
  }
  // The parts of a set may change places, once.
  const auto decoded = x509::decode(encoded->get());
  fuzz::check_name(decoded);
  fuzz::check(decoded.attributes.size() == name->attributes.size(), "no part is lost");
  const auto again = x509::encode(decoded);
  fuzz::check(again.has_value() && x509::decode(again->get()) == decoded, "what is read can be written");
  fuzz::check_queue();
  return 0;
}
