// Look-alikes of another's certificate under one's own CA, for an intercepting proxy that its users trust.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <signet/base/result.hpp>
#include <signet/x509/certificate.hpp>
#include <signet/x509/identity.hpp>
#include <signet/x509/private_key.hpp>

namespace signet {

enum class clone_mode : unsigned char {
  /// Subject, names, period, key usage, purposes and unknown extensions of the original.
  exact,
  /// For `names` only, which is what the client asked for; period and purposes of the original, no subject of its.
  sni_only,
  /// For `names` whatever the original says, with the builder's own period and the purpose server.
  fixed
};

struct clone_options {
  clone_mode mode = clone_mode::exact;
  /// DNS names or addresses, for sni_only and fixed.
  std::vector<std::string> names = {};
  /// Empty for a random one.
  std::vector<std::byte> serial_number = {};
  /// The time of making, for `fixed`; the clock's when absent.
  std::optional<std::chrono::sys_seconds> at = {};
};

/// What spoke of the original's issuer (key identifiers, access and CRL addresses, policies, the demand for its OCSP
/// answers, timestamps of logs) is left out, and the clone has the key identifiers of `key` and `ca`; a key usage that
/// is impossible with `key` becomes a signature. What cannot be read in the original is copied as it is. An original
/// that has expired makes an expired clone: what the client would have seen it shall see. A CA's certificate is not
/// cloned: invalid_argument; invalid_name besides.
SIGNET_EXPORT result<identity> clone_certificate(const certificate& original, private_key key, const identity& ca,
                                                 const clone_options& options = {});

}  // namespace signet
