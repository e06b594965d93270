// What is known of a connection: what was negotiated, and who the peer is.
//
// It is a plain value, a copy that owns all it holds and outlives the connection. What a socket tells has default
// values until its handshake is complete; error::reached() tells how far a handshake came that failed. How the peer was
// judged in detail, finding by finding, is in its verdict
// (<signet/verify/verdict.hpp>). Addresses are not here: the socket knows them.
#pragma once

#include <string>
#include <vector>

#include <signet/tls/protocol_version.hpp>
#include <signet/x509/certificate.hpp>

namespace signet {

/// A snapshot of one connection.
struct connection_info {
  /// The version of TLS that both sides agreed on. It has no meaning while `cipher` is empty.
  protocol_version version = protocol_version::tls1_3;
  /// OpenSSL's name of the cipher suite, "TLS_AES_256_GCM_SHA384".
  std::string cipher = {};
  /// The key exchange group, "x25519"; empty if no key exchange took place.
  std::string group = {};
  /// Whether this connection resumed an earlier session.
  bool resumed = false;
  /// The protocol that ALPN chose (RFC 7301), or empty.
  std::string alpn = {};
  /// The protocol that NPN chose in TLS 1.2, or empty.
  std::string npn = {};
  /// The server name of the ClientHello (RFC 6066 section 3), or empty.
  std::string sni = {};
  /// The certificate that we showed, followed by its chain, or empty.
  std::vector<certificate> own_chain = {};
  /// The identity of the pre-shared key that was used in place of certificates, or empty.
  std::string pre_shared_key_identity = {};
  /// The certificates that the peer sent, its own first. A resumed connection has those of them that the verification
  /// of the original handshake used.
  std::vector<certificate> peer_chain = {};
  /// The chain from the peer's certificate to the trust anchor. Empty if the peer showed no certificate, and if a pin,
  /// a known key or loosened verification stood in for the chain.
  std::vector<certificate> verified_chain = {};
  /// The description of the trust store that the peer was judged by, or empty.
  std::string trust = {};
  /// The reason that was given for loosened verification (<signet/dangerous.hpp>), or empty.
  std::string loosened = {};
  /// Whether the server asked for a certificate, and the issuers that it named, as RFC 4514 text. A client's only.
  bool certificate_requested = false;
  std::vector<std::string> accepted_issuers = {};
  /// True if close_write() may end the peer's direction too. A TLS 1.2 peer may answer a close_notify by discarding
  /// what it still had to send (RFC 5246 section 7.2.1); in TLS 1.3 each direction ends by itself.
  bool half_close_is_best_effort = false;
};

}  // namespace signet
