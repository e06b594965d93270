// The answer to the question "is this peer who it claims to be?": the chain that was built, and every reason to refuse
// the peer.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include <signet/base/error.hpp>
#include <signet/x509/certificate.hpp>

namespace signet {

/// One problem of one certificate.
struct finding {
  errc code = errc::invalid_certificate;
  /// 0 is the peer's own certificate, 1 its issuer, and so on.
  std::size_t depth = 0;
  /// A name from the certificate, for people.
  std::string subject = {};
  std::string message = {};
  std::string hint = {};
  /// Where two things were compared: what was wanted, and what was there instead. Otherwise empty.
  std::string expected = {};
  std::string presented = {};
};

/// The parts of a verdict, which the accessors of `verdict` describe. All may stay empty.
struct verdict_parts {
  std::vector<certificate> chain = {};
  std::vector<finding> findings = {};
  std::vector<finding> passed_over = {};
  std::vector<finding> waived = {};
  std::string trust = {};
  std::string loosened = {};
  std::string accepted_by = {};
};

/// An immutable value. Only verify_peer() makes one.
class SIGNET_EXPORT verdict {
 public:
  /// True when there is a certificate and there are no findings(). What waived() holds does not count.
  [[nodiscard]] bool trusted() const noexcept { return parts_.findings.empty() && !parts_.chain.empty(); }
  /// From the peer's certificate to the anchor. Where there is no way to an anchor, as far as the chain goes.
  [[nodiscard]] const std::vector<certificate>& chain() const& noexcept { return parts_.chain; }
  [[nodiscard]] std::vector<certificate> chain() && { return std::move(parts_.chain); }
  /// What was found against the peer, the most telling finding first.
  [[nodiscard]] const std::vector<finding>& findings() const& noexcept { return parts_.findings; }
  [[nodiscard]] std::vector<finding> findings() && { return std::move(parts_.findings); }
  /// What verify_profile::webpki would have refused and verify_profile::compatible let pass.
  [[nodiscard]] const std::vector<finding>& passed_over() const& noexcept { return parts_.passed_over; }
  [[nodiscard]] std::vector<finding> passed_over() && { return std::move(parts_.passed_over); }
  /// What was found and did not count, because a pin or a known key took its place or verification was loosened.
  [[nodiscard]] const std::vector<finding>& waived() const& noexcept { return parts_.waived; }
  [[nodiscard]] std::vector<finding> waived() && { return std::move(parts_.waived); }
  /// The reason given to <signet/dangerous.hpp>, even when nothing had to be waived. Empty when verification was not
  /// loosened.
  [[nodiscard]] const std::string& loosened() const& noexcept { return parts_.loosened; }
  [[nodiscard]] std::string loosened() && { return std::move(parts_.loosened); }
  /// The pin or the file of known keys that was needed to accept the peer; otherwise empty.
  [[nodiscard]] const std::string& accepted_by() const& noexcept { return parts_.accepted_by; }
  [[nodiscard]] std::string accepted_by() && { return std::move(parts_.accepted_by); }
  /// The description() of the trust store that was used.
  [[nodiscard]] const std::string& trust() const& noexcept { return parts_.trust; }
  [[nodiscard]] std::string trust() && { return std::move(parts_.trust); }

 private:
  friend struct detail::access;
  explicit verdict(verdict_parts parts) : parts_(std::move(parts)) {}

  verdict_parts parts_;
};

}  // namespace signet
