// A public suffix list as a user would give it, and a name looked up in it.
#include <cstddef>
#include <cstdint>

#include <signet/verify/public_suffix_list.hpp>

#include "check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace signet;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto split = std::min(text.find('\n'), text.size());
  const auto list = public_suffix_list::parse(text.substr(std::min(split + 1, text.size())));
  if (!list) {
    fuzz::check_error(list.error());
    return 0;
  }
  for (const auto section : {suffix_section::icann, suffix_section::all}) {
    const auto suffix = list->public_suffix(text.substr(0, split), section);
    const auto domain = list->registrable_domain(text.substr(0, split), section);
    if (domain) fuzz::check(suffix && domain->ends_with("." + *suffix), "a registrable domain ends in its suffix");
  }
  fuzz::check_queue();
  return 0;
}
