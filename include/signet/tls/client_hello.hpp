// What a client asks for and offers in its first message, the ClientHello (RFC 8446 section 4.1.2).
//
// It is a plain value. Numbers are those of the wire; unknown ones and those of GREASE (RFC 8701) are among them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace signet {

struct client_hello_info {
  /// The server name (RFC 6066 section 3) in lower case. Empty if the client named no server.
  std::string server_name = {};
  /// The application protocols (RFC 7301), in the client's order.
  std::vector<std::string> alpn = {};
  /// The versions, 0x0304 for TLS 1.3. A client that does not know TLS 1.3 names its newest only.
  std::vector<std::uint16_t> versions = {};
  std::vector<std::uint16_t> cipher_suites = {};
  /// The signature algorithms that the client can verify (RFC 8446 section 4.2.3).
  std::vector<std::uint16_t> signature_algorithms = {};
  /// The key exchange groups.
  std::vector<std::uint16_t> groups = {};
  /// The message as it came, from its legacy_version on: without the four octets of its type and length. With it, what
  /// a client is can be told from how it says hello.
  std::string raw = {};
};

}  // namespace signet
