// What a server answers: whole replies within their limits, or an error, however the bytes are cut.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "check.hpp"
#include "redis/reply.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

std::size_t elements_of(const signet::redis::reply& r) {
  std::size_t all = r.elements.size();
  for (const auto& e : r.elements) all += elements_of(e);
  return all;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace signet;
  std::string_view text(reinterpret_cast<const char*>(data), size);
  // The first octet says how they are cut.
  if (text.empty()) return 0;
  const std::size_t step = static_cast<unsigned char>(text.front()) + std::size_t{1};
  text.remove_prefix(1);
  redis::reply_reader reader;
  while (!text.empty()) {
    reader.feed(text.substr(0, step));
    text.remove_prefix(std::min(step, text.size()));
    for (;;) {
      const auto got = reader.next();
      if (!got) {
        fuzz::check_error(got.error());
        fuzz::check(!reader.next().has_value(), "a failure is final");
        return 0;
      }
      if (!*got) break;
      fuzz::check(elements_of(**got) <= redis::reply_reader::most_elements, "elements are bounded");
    }
  }
  return 0;
}
