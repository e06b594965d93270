// The head of an HTTP/1.x request, read strictly: what two readers could understand differently is refused.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "http1/body.hpp"
#include "http1/fields.hpp"

namespace signet::http1 {

struct request {
  std::string method = {};
  // Path and query, "/..."; or "*".
  std::string target = {};
  int minor_version = 1;
  header_fields fields = {};
  body_decoder body = body_decoder::none();

  // Whether the client means to ask for more on this connection.
  [[nodiscard]] bool keep_alive() const;
};

// Why there is no request, and the status to say so with.
struct refusal {
  int status = 400;
  std::string why = {};
};

// `head` as head_size() found it.
std::variant<request, refusal> parse_request(std::string_view head);

}  // namespace signet::http1
