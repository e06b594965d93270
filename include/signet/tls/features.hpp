// What the OpenSSL in use adds to OpenSSL 3.0. Asked of the library at run time, so that a program built with one
// OpenSSL and run with another is told what is so; what needs functions that the headers of the build did not have is
// absent.
#pragma once

#include <string>
#include <vector>

#include <signet/base/export.hpp>

namespace signet {

struct openssl_feature {
  /// Short and stable, for scripts: "ml-kem".
  std::string name = {};
  /// One line for people.
  std::string description = {};
  bool available = false;
};

/// In a fixed order:
/// - ml-kem: the hybrid group X25519MLKEM768 can be named (draft-ietf-tls-ecdhe-mlkem);
/// - ml-kem-default: a client offers it without being told to;
/// - raw-public-keys: RFC 7250;
/// - certificate-compression: RFC 8879, by at least one algorithm;
/// - openssl-key-log: OpenSSL itself writes secrets to the file that SSLKEYLOGFILE names, whatever the program says.
SIGNET_EXPORT std::vector<openssl_feature> openssl_features();

}  // namespace signet
