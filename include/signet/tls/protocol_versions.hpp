// A range of TLS versions, and the text that IO::Socket::SSL's SSL_version takes for it: "SSLv23:!TLSv1_3".
//
// Both ends of a range go into a config, as its min_version and max_version. OpenSSL speaks ranges, so that one with a
// hole ("everything but TLS 1.2") is refused. SSL 2 and SSL 3 are absent.
#pragma once

#include <string_view>

#include <signet/base/export.hpp>
#include <signet/base/result.hpp>
#include <signet/tls/protocol_version.hpp>

namespace signet {

/// The versions from `min` to `max`, both included: those that configs allow by default.
struct protocol_versions {
  protocol_version min = protocol_version::tls1_2;
  protocol_version max = protocol_version::tls1_3;

  friend bool operator==(const protocol_versions&, const protocol_versions&) = default;
};

/// Reads items with colons between them, which may have blanks around them. At most one names what to speak: "TLSv1",
/// "TLSv1_1", "TLSv1_2" or "TLSv1_3" that version alone (the last three also without the underscore), "SSLv23" or
/// "SSLv2/3" all of `negotiated`, which no such item means too. Items that begin with "!" take a version away. Capitals
/// do not matter.
/// "TLSv1" and "TLSv1_1" are retired versions, which a range that does not name them has only if `negotiated` has them.
/// Errors: invalid_argument (another text, or no version is left, or a hole), not_supported (SSLv2 and SSLv3).
SIGNET_EXPORT result<protocol_versions> parse_protocol_versions(std::string_view text,
                                                                protocol_versions negotiated = {});

}  // namespace signet
