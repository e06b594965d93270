// The one place where trust in a peer is decided. A handshake, the command line and a caller by hand get the same
// answer for the same input.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <signet/verify/certificate_pin.hpp>
#include <signet/verify/hostname_scheme.hpp>
#include <signet/verify/known_peers.hpp>
#include <signet/verify/public_suffix_list.hpp>
#include <signet/verify/server_name.hpp>
#include <signet/verify/trust_store.hpp>
#include <signet/verify/verdict.hpp>
#include <signet/x509/crl.hpp>

namespace signet {

/// What the peer's certificate has to be valid for.
enum class peer_role : unsigned char { server, client, any };

/// How much is demanded of certificates beyond a sound chain. docs/guide/verification.md lists each rule.
enum class verify_profile : unsigned char {
  /// webpki when the system's store is part of the trust, otherwise compatible.
  automatic,
  /// What OpenSSL demands. For private CAs. The verdict lists what webpki would have refused.
  compatible,
  /// In addition, what browsers demand.
  webpki,
  /// In addition, all that RFC 5280 and the CA/Browser Forum demand.
  strict
};
/// Parses "compatible", "webpki" or "strict". "automatic" is not accepted: leave the option alone instead.
/// Errors: invalid_argument.
SIGNET_EXPORT result<verify_profile> parse_verify_profile(std::string_view name);

/// Which certificates have to be covered by a revocation list: the peer's own, or each of the chain except the anchor.
/// A peer's certificate that is trusted itself is not exempt unless it is self-signed: its issuer is looked for in the
/// trust, the intermediates and what was sent. An intermediate that is trusted itself needs no list, but a list that
/// revokes it refuses it.
enum class crl_scope : unsigned char { leaf, chain };

/// The lists that a verification consults.
struct revocation_lists {
  /// Each issuer needs a list that is current, complete and signed by it. A certificate whose issuer has none is
  /// refused with crl_not_found, an outdated list with crl_expired, and a delta or indirect list with crl_invalid, as
  /// is any other list that does not count. A certificate that any list of its issuer names is `revoked`, even if the
  /// list is outdated. verify_profile::compatible lets lists without a number pass.
  std::vector<crl> lists = {};
  crl_scope scope = crl_scope::leaf;
};

/// A check of your own. It gets the verdict so far and returns what is wrong, or nothing when it does not object. It is
/// called from any thread.
using further_check = std::function<std::optional<finding>(const verdict& so_far)>;

/// The rules of a verification that do not depend on the connection.
struct verify_options {
  /// How many intermediates may stand between leaf and anchor, 0 to 100. Self-issued ones do not count (RFC 5280
  /// section 6.1.4).
  std::size_t max_intermediates = 10;
  /// Returns the time to judge by; the system's clock when empty. Called once per verification, from any thread. Leave
  /// it empty except in tests.
  std::function<std::chrono::sys_seconds()> clock = {};
  /// Leave it `automatic` unless you know what the CAs of your peers issue.
  verify_profile profile = verify_profile::automatic;
  /// Leave it rfc9525 unless your peers have older certificates: every other scheme consults the common name or
  /// compares nothing.
  hostname_scheme scheme = hostname_scheme::rfc9525;
  /// Takes the place of `scheme`. Leave it absent unless no scheme fits.
  std::optional<name_rules> names = {};
  /// Decides which wildcards are too wide. Leave it absent for the system's list unless you keep a list of your own.
  std::optional<public_suffix_list> public_suffixes = {};
  /// The part of the list that counts. When absent: all of a list of your own, all under `strict`, otherwise ICANN's.
  std::optional<suffix_section> public_suffix_section = {};
  /// Certificates to build a chain with, in addition to those that the peer sent. They are not trusted for being here.
  std::vector<certificate> intermediates = {};
  /// Purposes that the peer's own certificate needs in addition to its role, as OIDs or OpenSSL's short names.
  std::vector<std::string> extended_key_usages = {};
  /// Turns on the check for revocation. Leave it absent unless you keep the lists current: without a current list a
  /// peer is refused.
  std::optional<revocation_lists> crls = {};

  /// One of these has to match the peer's own certificate, in addition to all other checks; otherwise pin_mismatch is
  /// found. Include the pin of the next key, or the peer cannot change its key.
  std::vector<certificate_pin> pins = {};
  /// A match of one of these with the peer's own certificate takes the place of all that verification checks: chain,
  /// name, time, revocation. Only `pins` and `further` can still refuse the peer. Without a match everything is checked
  /// as usual.
  std::vector<certificate_pin> accepted_pins = {};
  /// Servers without a chain to the trust are trusted by the key that they showed first. Leave it absent where a CA is
  /// to be had: the first connection trusts whoever answers. The file is read and written while a handshake waits. A
  /// new key is written when nothing else stands against the server, `further` included, which is before the handshake
  /// has shown that the server holds the key.
  std::optional<known_peers> first_use = {};
  /// Can refuse any peer and accept none. Nothing waives its finding.
  further_check further = {};
};

/// A wish to go on in spite of findings. Empty unless made by <signet/dangerous.hpp>.
class SIGNET_EXPORT loosened_verification {
 public:
  /// Gets the certificate that the finding is about as well.
  using waiver = std::function<bool(const finding&, const certificate&)>;

  loosened_verification() = default;
  /// The reason given for it. Empty when nothing is loosened.
  [[nodiscard]] const std::string& reason() const& noexcept { return reason_; }
  [[nodiscard]] std::string reason() && { return std::move(reason_); }
  /// Whether the finding does not count. Only a waiver function can waive pin_mismatch.
  [[nodiscard]] bool waives(const finding& f, const certificate& of) const {
    return !reason_.empty() && (waiver_ ? waiver_(f, of) : f.code != errc::pin_mismatch);
  }

 private:
  friend struct dangerous;
  explicit loosened_verification(std::string reason, waiver which = {})
      : reason_(std::move(reason)), waiver_(std::move(which)) {}
  std::string reason_;
  // When empty, everything except pin_mismatch is waived.
  waiver waiver_;
};

/// What is known about a peer, and what is expected of it.
struct verify_request {
  /// The certificates as the peer sent them, its own first. An empty list is the finding no_peer_certificate.
  std::vector<certificate> sent = {};
  trust_store trust = trust_store::system();
  /// The name that the peer has to have. When it is absent no name is compared: set it for every server.
  std::optional<server_name> expected = {};
  /// The port that the peer was reached at, under which `first_use` knows it. 0: not known.
  std::uint16_t expected_port = 0;
  /// A mailbox that has to be among the peer's subjectAltNames, for clients and signers of mail.
  std::optional<std::string> expected_mailbox = {};
  peer_role role = peer_role::server;
  verify_options options = {};
  /// Leave it empty; only <signet/dangerous.hpp> makes another.
  loosened_verification loosened = {};
};

/// Judges a peer. It never fails: whatever is wrong is a finding. It does not use the network. It reads files of the
/// trust that have changed, and waits for the file of `first_use`. Of more than 100 certificates the first 100 are
/// judged, and path_too_long is found.
SIGNET_EXPORT verdict verify_peer(const verify_request& request);

/// Whether `cert` speaks for `name` under the scheme and suffixes of `options`. The answer says nothing about the
/// issuer.
SIGNET_EXPORT bool matches_name(const certificate& cert, const server_name& name, const verify_options& options = {});

/// The error for a verdict that refuses a peer. Code, message and hint come from the first finding, details() from the
/// others, and `whom` opens the sentence. A verdict without findings gives no_verdict.
SIGNET_EXPORT error to_error(const std::string& whom, std::shared_ptr<const verdict> refused);

}  // namespace signet
