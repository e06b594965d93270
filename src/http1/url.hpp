// An http or https URL, taken apart strictly (RFC 3986): what a client connects to and what it asks for.
// Refused: user names and passwords, blanks and control characters, any other scheme.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <signet/base/result.hpp>

namespace signet::http1 {

struct url {
  enum class scheme : unsigned char { http, https };

  scheme protocol = scheme::https;
  // In its normal form: A-labels, or the canonical address without brackets, with its zone ("fe80::1%eth0") if it has
  // one.
  std::string host = {};
  // Explicit or the scheme's own.
  std::uint16_t port = 0;
  // Path and query as they go on the wire; starts with "/".
  std::string target = "/";

  // Without "scheme://" it is https. A fragment is dropped. invalid_argument, invalid_name.
  static result<url> parse(std::string_view text);
  // What a reference found at this URL means (RFC 3986 section 5). Blanks in it, which servers do send, are encoded.
  [[nodiscard]] result<url> resolve(std::string_view reference) const;

  // Whether both are of one server: the same scheme, host and port.
  [[nodiscard]] bool same_origin(const url& other) const noexcept;
  // For the Host field: the port only where it is not the scheme's own.
  [[nodiscard]] std::string host_field() const;
  [[nodiscard]] std::string text() const;
};

}  // namespace signet::http1
