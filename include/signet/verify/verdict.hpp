// The answer to "is this peer who it says it is?": the chain that was built, or every reason there is none.
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
  /// Whose it is, for people: a name the certificate holds.
  std::string subject = {};
  std::string message = {};
  std::string hint = {};
};

/// What a verdict is made of; all may stay empty.
struct verdict_parts {
  std::vector<certificate> chain = {};
  std::vector<finding> findings = {};
  std::vector<finding> passed_over = {};
  std::vector<finding> waived = {};
  std::string trust = {};
  std::string loosened = {};
  std::string accepted_by = {};
};

class SIGNET_EXPORT verdict {
 public:
  explicit verdict(verdict_parts parts) : parts_(std::move(parts)) {}

  /// True when nothing was found against the peer but what did not count (see waived()).
  [[nodiscard]] bool trusted() const noexcept { return parts_.findings.empty(); }
  /// From the peer's certificate to the anchor; as far as it went when there is no way to one.
  [[nodiscard]] const std::vector<certificate>& chain() const& noexcept { return parts_.chain; }
  [[nodiscard]] std::vector<certificate> chain() && { return std::move(parts_.chain); }
  /// The most telling one first.
  [[nodiscard]] const std::vector<finding>& findings() const& noexcept { return parts_.findings; }
  [[nodiscard]] std::vector<finding> findings() && { return std::move(parts_.findings); }
  /// What a stricter profile would have refused and this one let pass.
  [[nodiscard]] const std::vector<finding>& passed_over() const& noexcept { return parts_.passed_over; }
  [[nodiscard]] std::vector<finding> passed_over() && { return std::move(parts_.passed_over); }
  /// What was found and did not count: a pin or a known key stood for it, or verification was loosened.
  [[nodiscard]] const std::vector<finding>& waived() const& noexcept { return parts_.waived; }
  [[nodiscard]] std::vector<finding> waived() && { return std::move(parts_.waived); }
  /// The reason given to <signet/dangerous.hpp> when it was needed; else empty.
  [[nodiscard]] const std::string& loosened() const& noexcept { return parts_.loosened; }
  [[nodiscard]] std::string loosened() && { return std::move(parts_.loosened); }
  /// The pin or the file of known keys that stood in for chain and name; else empty.
  [[nodiscard]] const std::string& accepted_by() const& noexcept { return parts_.accepted_by; }
  [[nodiscard]] std::string accepted_by() && { return std::move(parts_.accepted_by); }
  /// Which trust store judged.
  [[nodiscard]] const std::string& trust() const& noexcept { return parts_.trust; }
  [[nodiscard]] std::string trust() && { return std::move(parts_.trust); }

 private:
  verdict_parts parts_;
};

}  // namespace signet
