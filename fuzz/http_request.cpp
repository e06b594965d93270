// The server's side of HTTP: any bytes are a request, a refusal, or not yet whole; a path that is served stays inside.
#include "http1/request.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "http/static_site.hpp"
#include "http1/date.hpp"

namespace http1 = signet::http1;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto end = http1::head_size(bytes, http1::line_ends::crlf);
  auto parsed = http1::parse_request(end == 0 ? bytes : bytes.substr(0, end));
  if (const auto* refused = std::get_if<http1::refusal>(&parsed)) {
    if (refused->status < 400 || refused->why.empty()) std::abort();
    return 0;
  }
  auto& request = std::get<http1::request>(parsed);
  if (const auto path = tool::path_within(request.target)) {
    const std::string inside = "/" + *path + "/";
    if (path->starts_with('/') || inside.find("/../") != inside.npos || inside.find("/./") != inside.npos ||
        path->find('\0') != path->npos || path->find('\\') != path->npos ||
        (!path->empty() && inside.find("//") != inside.npos))
      std::abort();
  }
  tool::byte_range range;
  if (const auto* wanted = request.fields.find("Range")) {
    constexpr std::uint64_t length = 1000;
    if (tool::parse_range(*wanted, length, range) == tool::range_outcome::part &&
        (range.length == 0 || range.offset >= length || range.length > length - range.offset))
      std::abort();
  }
  if (const auto* since = request.fields.find("If-Modified-Since")) {
    if (const auto when = http1::parse_date(*since)) static_cast<void>(http1::date_text(*when));
  }
  bytes.remove_prefix(end);
  while (!bytes.empty() && !request.body.done()) {
    const auto step = request.body.feed(bytes);
    if (!step) break;
    if (step->consumed == 0 || step->consumed > bytes.size() || step->data.size() > step->consumed) std::abort();
    bytes.remove_prefix(step->consumed);
  }
  return 0;
}
