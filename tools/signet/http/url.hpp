// An http or https URL, taken apart strictly (RFC 3986): what a client connects to and what it asks for.
// Refused: user names and passwords, blanks and control characters, any other scheme.
#pragma once

#include <string>
#include <string_view>

#include <signet/base/result.hpp>
#include <signet/net/endpoint.hpp>

namespace tool {

struct url {
  enum class scheme : unsigned char { http, https };

  scheme protocol = scheme::https;
  /// The host in its normal form (A-labels, canonical address), and the port, explicit or the scheme's own.
  signet::endpoint authority = {};
  /// Path and query as they go on the wire; starts with "/".
  std::string target = "/";

  /// Without "scheme://" it is https. A fragment is dropped. invalid_argument, invalid_name.
  static signet::result<url> parse(std::string_view text);
  /// What a reference found at this URL means (RFC 3986 section 5).
  [[nodiscard]] signet::result<url> resolve(std::string_view reference) const;

  /// For the Host field: the port only where it is not the scheme's own.
  [[nodiscard]] std::string host_field() const;
  [[nodiscard]] std::string text() const;
};

}  // namespace tool
