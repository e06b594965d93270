// The head of an HTTP/1.x response, and how its body is framed (RFC 9112 section 6.3).
#pragma once

#include <string>
#include <string_view>

#include <signet/base/result.hpp>

#include "http1/body.hpp"
#include "http1/fields.hpp"

namespace signet::http1 {

// HTTP-version SP status-code [ SP reason ], of HTTP/1.x.
struct status_line {
  int code = 0;
  int minor_version = 1;
  // What follows the version, as it came: "404 Not Found".
  std::string words = {};

  // protocol_violation.
  static result<status_line> parse(std::string_view line);
};

struct response {
  int status = 0;
  int minor_version = 1;
  std::string reason = {};
  header_fields fields = {};
  body_decoder body = body_decoder::none();

  // 1xx: another head follows.
  [[nodiscard]] bool is_interim() const noexcept { return status < 200; }
};

// `head` as head_size() found it, the answer to a request by `method`. protocol_violation.
result<response> parse_response(std::string_view head, std::string_view method);

}  // namespace signet::http1
