// The answer to "is this peer who it says it is?": the chain that was built, or every reason there is none.
#pragma once

#include <cstddef>
#include <string>
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

class SIGNET_EXPORT verdict {
 public:
  /// True when nothing was found against the peer, or when verification was loosened (see loosened()).
  [[nodiscard]] bool trusted() const noexcept { return findings_.empty() || !loosened_.empty(); }
  /// From the peer's certificate to the anchor; as far as it went when not trusted.
  [[nodiscard]] const std::vector<certificate>& chain() const noexcept { return chain_; }
  /// The most telling one first.
  [[nodiscard]] const std::vector<finding>& findings() const noexcept { return findings_; }
  /// The reason given to <signet/dangerous.hpp> when findings did not count; else empty.
  [[nodiscard]] const std::string& loosened() const noexcept { return loosened_; }
  /// Which trust store judged.
  [[nodiscard]] const std::string& trust() const noexcept { return trust_; }

  verdict(std::vector<certificate> chain, std::vector<finding> findings, std::string trust, std::string loosened = {})
      : chain_(std::move(chain)),
        findings_(std::move(findings)),
        trust_(std::move(trust)),
        loosened_(std::move(loosened)) {}

 private:
  std::vector<certificate> chain_;
  std::vector<finding> findings_;
  std::string trust_;
  std::string loosened_;
};

}  // namespace signet
