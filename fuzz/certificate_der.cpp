#include <cstdint>
#include <span>

#include "certificate_use.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace signet;
  const byte_view input(std::as_bytes(std::span(data, size)));
  const auto made = certificate::from_der(input);
  fuzz::check_queue();
  if (!made) {
    fuzz::check_error(made.error());
    return 0;
  }
  fuzz::check(byte_view(made->der()).text() == input.text(), "the encoding is kept");
  fuzz::use(*made);
  return 0;
}
