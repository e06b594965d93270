// The versions of TLS, with the numbers that stand for them on the wire. They compare by age: tls1_2 < tls1_3.
//
// Configs allow TLS 1.2 (RFC 5246) and TLS 1.3 (RFC 8446) unless told otherwise. TLS 1.0 and 1.1 are deprecated
// (RFC 8996); they exist here for peers that nobody can update.
// SSL 2 and SSL 3 are deliberately absent.
#pragma once

#include <cstdint>
#include <string_view>

#include <signet/base/export.hpp>

namespace signet {

enum class protocol_version : std::uint16_t { tls1_0 = 0x0301, tls1_1 = 0x0302, tls1_2 = 0x0303, tls1_3 = 0x0304 };

/// The version's usual name, "TLSv1.3"; "unknown" for a number that is none of them.
SIGNET_EXPORT std::string_view name(protocol_version version) noexcept;

}  // namespace signet
