// redis_url::parse: any text is a URL or an error, what it prints parses to the same, and no password is printed.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include <signet/redis/redis_url.hpp>

#include "check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace signet;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = redis_url::parse(text);
  if (!parsed) {
    fuzz::check_error(parsed.error());
    return 0;
  }
  fuzz::check_printable(parsed->text());
  const auto again = redis_url::parse(parsed->text());
  fuzz::check(again.has_value() && again->text() == parsed->text(), "what is printed parses to the same");
  const bool is_local = parsed->over() == redis_url::transport::local_socket;
  fuzz::check(is_local == parsed->host().empty() && is_local != parsed->path().empty(), "a host or a path");
  fuzz::check(is_local || parsed->text().find('@') == std::string::npos, "nobody is named");
  return 0;
}
