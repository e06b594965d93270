#include "http1/request.hpp"

#include <algorithm>

#include "http1/characters.hpp"

namespace signet::http1 {
namespace {

bool is_target(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f && c != '#'; });
}

// http://host/path, as proxies are asked, means /path here.
std::string_view origin_form(std::string_view target) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!base::starts_with_ignoring_case(target, scheme)) continue;
    const auto path = target.find_first_of("/?", scheme.size());
    if (path == target.npos) return "/";
    return target[path] == '/' ? target.substr(path) : std::string_view();
  }
  return target;
}

}  // namespace

bool request::keep_alive() const {
  if (fields.lists("Connection", "close")) return false;
  return minor_version >= 1 || fields.lists("Connection", "keep-alive");
}

std::variant<request, refusal> parse_request(std::string_view text) {
  auto head = message_head::parse(text, line_ends::crlf);
  if (!head) return refusal{400, head.error().message()};

  // method SP request-target SP HTTP-version, one blank each.
  const std::string_view line = head->start_line;
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == line.npos || first == last) return refusal{400, "the request line has no three parts"};
  const auto method = line.substr(0, first);
  const auto target = line.substr(first + 1, last - first - 1);
  const auto version = line.substr(last + 1);
  if (!is_token(method)) return refusal{400, "the method is no token"};
  if (version.size() != 8 || !version.starts_with("HTTP/") || !is_digit(version[5]) || version[6] != '.' ||
      !is_digit(version[7]))
    return refusal{400, "the request line does not end in an HTTP version"};
  if (version[5] != '1') return refusal{505, "only HTTP/1.x is spoken here"};
  if (!is_target(target)) return refusal{400, "the target holds what a target cannot"};

  request out;
  out.method = method;
  out.target = origin_form(target);
  out.minor_version = version[7] == '0' ? 0 : 1;
  if (out.target != "*" && !out.target.starts_with('/')) return refusal{400, "the target is no path"};
  out.fields = std::move(head->fields);

  const auto hosts = out.fields.count("Host");
  if (hosts > 1 || (hosts == 0 && out.minor_version >= 1)) return refusal{400, "one Host field is needed"};

  auto length = content_length(out.fields);
  if (!length) return refusal{400, length.error().message()};
  if (const auto* coding = out.fields.find("Transfer-Encoding")) {
    if (*length || out.minor_version == 0) return refusal{400, "the length of the body is given in two ways"};
    if (out.fields.count("Transfer-Encoding") != 1 || !same_ignoring_case(*coding, "chunked"))
      return refusal{501, "the only transfer coding known here is chunked"};
    out.body = body_decoder::chunked();
  } else if (*length) {
    out.body = body_decoder::sized(**length);
  }
  return out;
}

}  // namespace signet::http1
