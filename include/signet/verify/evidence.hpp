// What a verdict lacks, as values, and a source that may be able to supply it: the certificate of a missing issuer, a
// revocation list. Nothing here uses the network. A source that does is set by its user (client_options::evidence);
// without one nothing is ever fetched.
//
// Evidence is untrusted input. It is judged like what the peer sent: a source can only supply what the trust store and
// the signatures confirm.
#pragma once

#include <optional>
#include <vector>

#include <signet/base/export.hpp>
#include <signet/verify/verdict.hpp>
#include <signet/x509/certificate.hpp>
#include <signet/x509/crl.hpp>

namespace signet {

/// What is missing.
struct evidence_wanted {
  /// The chain as far as it goes, the peer's own certificate first.
  std::vector<certificate> chain = {};
  /// A certificate whose issuer is neither trusted nor at hand. Its ca_issuer_urls() say where the issuer may be.
  std::optional<certificate> issuer_of = {};
  /// The certificates that no usable revocation list covers. Lists are wanted only where verify_options::crls is set;
  /// it may hold none.
  std::vector<certificate> lists_for = {};
};

/// What was found.
struct evidence {
  /// Certificates to build a chain with. They are not trusted for being here.
  std::vector<certificate> issuers = {};
  std::vector<crl> lists = {};
};

/// Somebody who can look for evidence. One source may serve many connections, from any thread.
class SIGNET_EXPORT evidence_source {
 public:
  evidence_source() = default;
  evidence_source(const evidence_source&) = delete;
  evidence_source& operator=(const evidence_source&) = delete;
  virtual ~evidence_source();

  /// Returns what there is, at once; empty evidence means that there is nothing. Returns std::nullopt while it looks:
  /// a handshake that does not wait then returns wait_for::application and asks again when it is called again, and one
  /// that waits asks again until its deadline. This call itself must not wait.
  virtual std::optional<evidence> find(const evidence_wanted& wanted) = 0;
};

/// What could turn a verdict that refuses the peer into another one. Nothing when no evidence could.
SIGNET_EXPORT std::optional<evidence_wanted> evidence_for(const verdict& refused);

}  // namespace signet
