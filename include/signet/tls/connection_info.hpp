// What is known of a connection once its handshake is complete.
#pragma once

#include <string>
#include <vector>

#include <signet/tls/protocol_version.hpp>
#include <signet/x509/certificate.hpp>

namespace signet {

struct connection_info {
  protocol_version version = protocol_version::tls1_3;
  /// OpenSSL's name of it, "TLS_AES_256_GCM_SHA384".
  std::string cipher = {};
  /// The key exchange group, "x25519"; empty where there was none.
  std::string group = {};
  bool resumed = false;
  /// The protocol that ALPN settled on (RFC 7301), or empty.
  std::string alpn = {};
  /// The server name of the ClientHello (RFC 6066 section 3), or empty.
  std::string sni = {};
  /// As the peer sent it, its own certificate first. On a resumed connection, what it sent when the session began.
  std::vector<certificate> peer_chain = {};
  /// From the peer's certificate to the anchor; empty when the peer was not asked for a certificate.
  std::vector<certificate> verified_chain = {};
  /// Which trust store judged, or empty.
  std::string trust = {};
  /// Why verification was loosened, or empty: see <signet/dangerous.hpp>.
  std::string loosened = {};
  /// True when a close_write() may end the peer's direction too: TLS 1.2 peers are allowed to answer a close_notify by
  /// discarding what they had to send (RFC 5246 section 7.2.1).
  bool half_close_is_best_effort = false;
};

}  // namespace signet
