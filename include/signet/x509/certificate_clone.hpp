// Look-alikes of another party's certificate, issued under one's own CA. They are for an intercepting proxy whose users
// trust that CA.
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

/// What a clone takes over from the original.
enum class clone_mode : unsigned char {
  /// The subject, names, period, key usage, purposes and unknown extensions.
  exact,
  /// The period, key usage and purposes. The clone is valid for `names` only, which is what the client asked for, and
  /// its subject is made from them.
  sni_only,
  /// Nothing. The clone is valid for `names`, with the builder's own period and the purpose server.
  fixed
};

struct clone_options {
  clone_mode mode = clone_mode::exact;
  /// DNS names or addresses. sni_only and fixed need them; exact refuses them.
  std::vector<std::string> names = {};
  /// In the form of certificate_options::serial_number. Leave it empty for a random number.
  std::vector<std::byte> serial_number = {};
  /// The time at which a fixed clone is made; the clock's time when absent. The other modes refuse it.
  std::optional<std::chrono::sys_seconds> at = {};
};

/// Issues a clone of `original` for `key`. What concerns the original's issuer is left out: access and CRL addresses,
/// policies, the demand for stapling, timestamps of logs. The key identifiers are those of `key` and `ca`. A key usage
/// that is impossible with `key` becomes digitalSignature. An extension that cannot be read is copied as it is. A clone
/// that takes over the period of an expired original is expired as well, so that the client sees what it would have
/// seen without the proxy. The certificate of a CA is refused.
/// Errors: invalid_argument, invalid_name.
SIGNET_EXPORT result<identity> clone_certificate(const certificate& original, private_key key, const identity& ca,
                                                 const clone_options& options = {});

}  // namespace signet
