// The head of an HTTP/1.x response, and how its body is framed (RFC 9112 section 6.3).
#pragma once

#include <string>
#include <string_view>

#include <signet/base/result.hpp>

#include "http/body.hpp"
#include "http/fields.hpp"

namespace tool {

struct http_response {
  int status = 0;
  int minor_version = 1;
  std::string reason = {};
  header_fields fields = {};
  body_decoder body = body_decoder::none();

  /// 1xx: another head follows.
  [[nodiscard]] bool is_interim() const noexcept { return status < 200; }
};

/// `head` as head_size() found it, the answer to a request by `method`. protocol_violation.
signet::result<http_response> parse_response(std::string_view head, std::string_view method);

}  // namespace tool
