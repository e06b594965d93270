// What a server's tickets hold beside OpenSSL's session. A ticket is all that such a server remembers of a client, so
// what a resumed connection may not change, and what its client is judged by again, travels in it. OpenSSL encrypts and
// authenticates it.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <signet/base/bytes.hpp>
#include <signet/x509/certificate.hpp>

namespace signet {

using digest32 = std::array<std::uint8_t, 32>;

struct session_ticket {
  // Of the name that was asked for, the identity that was shown, whom the server trusts and its rules.
  digest32 policy = {};
  // When the session began: each ticket of TLS 1.3 brings a fresh one, and the last is of the same session.
  std::chrono::sys_seconds began = {};
  // What the client's chain was built of, without its own certificate, which the session holds, and the anchor.
  std::vector<certificate> issuers = {};

  // Nothing when it is too large for a ClientHello to carry.
  [[nodiscard]] std::optional<std::string> encoded() const;
  [[nodiscard]] static std::optional<session_ticket> decode(byte_view data);
};

}  // namespace signet
