// Versions of TLS, as they stand on the wire.
#pragma once

#include <cstdint>
#include <string_view>

#include <signet/base/export.hpp>

namespace signet {

enum class protocol_version : std::uint16_t { tls1_0 = 0x0301, tls1_1 = 0x0302, tls1_2 = 0x0303, tls1_3 = 0x0304 };

/// "TLSv1.3".
SIGNET_EXPORT std::string_view name(protocol_version version) noexcept;

}  // namespace signet
