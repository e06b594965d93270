// Octets that follow from a secret (HKDF with SHA-256, RFC 5869), and values sealed under one.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <signet/base/bytes.hpp>

namespace signet::ossl {

// Fills `out`. The secret is uniform, or long enough to hold 256 bits of it. Throws std::bad_alloc where OpenSSL
// cannot.
void derive(byte_view secret, std::string_view label, byte_span out);

// AES-256-GCM under a key that follows from the secret; `place` is bound to it and not held in it. Throws
// std::bad_alloc.
[[nodiscard]] std::string seal(byte_view secret, std::string_view place, std::string_view plain);
// Nothing where it was changed, cut, moved to another place, or sealed under another secret.
[[nodiscard]] std::optional<std::string> unseal(byte_view secret, std::string_view place, std::string_view sealed);

}  // namespace signet::ossl
