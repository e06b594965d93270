#include <algorithm>
#include <cstdint>
#include <string_view>

#include "certificate_use.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace signet;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto all = parse_certificates(text);
  fuzz::check_queue();
  const auto one = certificate::from_pem(text);
  fuzz::check_queue();
  if (!all) {
    fuzz::check_error(all.error());
    fuzz::check(!one.has_value(), "what is no list is no single certificate");
    return 0;
  }
  fuzz::check(!all->empty(), "a list is not empty");
  fuzz::check(one.has_value() == (all->size() == 1), "a single certificate is a list of one");
  for (std::size_t i = 0; i < std::min<std::size_t>(all->size(), 4); ++i) fuzz::use((*all)[i]);
  return 0;
}
