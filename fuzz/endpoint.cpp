// endpoint::parse: any text is an endpoint or an error, and what it prints parses to the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <signet/base/endpoint.hpp>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = signet::endpoint::parse(text, 443);
  if (!parsed) {
    if (parsed.error().message().empty()) std::abort();
    return 0;
  }
  const auto again = signet::endpoint::parse(signet::to_string(*parsed));
  if (!again || *again != *parsed) std::abort();
  return 0;
}
