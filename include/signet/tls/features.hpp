// What the OpenSSL in use can do: what not each is built with, and what newer ones add to 3.0, the oldest supported.
//
// The OpenSSL that is loaded is asked at run time, so that a program built with one OpenSSL and run with another learns
// what holds there. Two limits come from the build: a feature that needs functions absent from the OpenSSL headers of
// the build is reported as not available, and openssl-key-log is known from those headers alone.
//
// This is a report. It switches nothing on or off.
#pragma once

#include <string>
#include <vector>

#include <signet/base/export.hpp>

namespace signet {

/// One feature, and whether it is there.
struct openssl_feature {
  /// A short and stable name, for scripts: "ml-kem".
  std::string name = {};
  /// One line for people to read.
  std::string description = {};
  bool available = false;
};

/// All features, in this order:
/// - tls1.3, pha (certificates after the handshake), alpn, npn (TLS 1.2), psk: an OpenSSL may be built without some;
/// - ml-kem: the hybrid group X25519MLKEM768 can be named (draft-ietf-tls-ecdhe-mlkem);
/// - ml-kem-default: a client offers that group by default;
/// - raw-public-keys: raw public keys in place of certificates (RFC 7250);
/// - certificate-compression: by at least one algorithm (RFC 8879);
/// - openssl-key-log: OpenSSL itself writes secrets to the file that SSLKEYLOGFILE names. The program cannot stop it.
SIGNET_EXPORT std::vector<openssl_feature> openssl_features();

}  // namespace signet
