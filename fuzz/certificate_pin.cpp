// Pins as a user would give them; what is read is written in a form that reads the same.
#include <cstddef>
#include <cstdint>

#include <signet/verify/certificate_pin.hpp>

#include "check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto pin = signet::certificate_pin::parse({reinterpret_cast<const char*>(data), size});
  if (pin)
    signet::fuzz::check(signet::certificate_pin::parse(pin->text()).value() == *pin, "what is written reads the same");
  else
    signet::fuzz::check_error(pin.error());
  signet::fuzz::check_queue();
  return 0;
}
