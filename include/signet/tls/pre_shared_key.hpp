// Keys that both sides of a connection know already (RFC 8446 section 2.2, RFC 4279), in place of certificates.
//
// Such a key proves both sides to each other. It is as good as it is hard to guess: make it of random octets, never of
// a password. In TLS 1.3 it is used with SHA-256. Suites of TLS 1.2 without forward secrecy or with certificates beside
// the key are not offered by default.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace signet {

struct pre_shared_key {
  /// The name of the key, 1 to 128 octets; a NUL is possible in TLS 1.3 only. It is sent in the clear.
  std::string identity = {};
  /// The key itself, 1 to 256 octets. Use at least 16 random octets.
  std::string key = {};
};

/// A function that finds the key of an identity, and returns std::nullopt for an unknown one: the handshake then goes
/// on with certificates, if the server has any. It must not wait, and several threads may call it at once.
using pre_shared_key_finder = std::function<std::optional<std::string>(std::string_view identity)>;

}  // namespace signet
