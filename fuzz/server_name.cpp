#include <signet/verify/server_name.hpp>

#include <cstdint>
#include <string_view>

#include "check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace signet;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto name = server_name::parse(text);
  if (!name) {
    fuzz::check(name.error().code() == errc::invalid_name, "there is one way to be refused");
    fuzz::check_error(name.error());
    return 0;
  }
  const auto& ascii = name->ascii();
  fuzz::check(!ascii.empty() && ascii.size() <= 253, "a name has 1 to 253 octets");
  for (const char c : ascii) {
    const bool is_name = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
    fuzz::check(is_name || (c == ':' && name->is_ip()), "a name is made of letters, digits, hyphens and dots");
  }
  fuzz::check(name->is_ip() == !name->address().empty(), "an address has octets");
  const auto again = server_name::parse(ascii);
  fuzz::check(again.has_value() && *again == *name, "the normal form is its own normal form");
  fuzz::check_printable(name->display());
  return 0;
}
