// The client's side of HTTP: any bytes are an answer or an error, and a body comes out the same however it is cut.
#include "http1/response.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

namespace http1 = signet::http1;

namespace {

// What came out, whether it was whole, and whether it was refused.
struct outcome {
  std::string body = {};
  bool whole = false;
  bool refused = false;
};

outcome decode(http1::body_decoder body, std::string_view bytes, std::size_t piece) {
  outcome out;
  while (!bytes.empty() && !body.done()) {
    const auto step = body.feed(bytes.substr(0, piece));
    if (!step) {
      out.refused = true;
      return out;
    }
    if (step->consumed == 0 || step->consumed > bytes.size()) std::abort();
    out.body += step->data;
    bytes.remove_prefix(step->consumed);
  }
  out.whole = body.end().has_value();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto end = http1::head_size(bytes, http1::line_ends::crlf_or_lf);
  const auto parsed = http1::parse_response(end == 0 ? bytes : bytes.substr(0, end), "GET");
  if (!parsed) {
    if (parsed.error().message().empty()) std::abort();
    return 0;
  }
  if (parsed->status < 100 || parsed->status > 999) std::abort();
  const auto rest = bytes.substr(end);
  const auto at_once = decode(parsed->body, rest, std::max<std::size_t>(rest.size(), 1));
  const auto trickled = decode(parsed->body, rest, 1);
  if (at_once.refused != trickled.refused || at_once.whole != trickled.whole || at_once.body != trickled.body)
    std::abort();
  return 0;
}
