// http1::url: any text is a URL or an error; what was understood, written down, is understood the same; and what one
// URL refers to is again one.
#include "http1/url.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

namespace http1 = signet::http1;

namespace {

void check(const http1::url& parsed) {
  const auto again = http1::url::parse(parsed.text());
  if (!again || !again->same_origin(parsed) || again->target != parsed.target) std::abort();
  // Nothing that could end the request line early.
  for (const char c : parsed.target) {
    if (static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) >= 0x7f) std::abort();
  }
  if (!parsed.target.starts_with('/') || parsed.port == 0) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = http1::url::parse(text);
  if (parsed) {
    check(*parsed);
  } else if (parsed.error().message().empty()) {
    std::abort();
  }
  static const auto base = http1::url::parse("https://example.org:8443/a/b/c?d").value();
  if (const auto target = base.resolve(text)) check(*target);
  return 0;
}
