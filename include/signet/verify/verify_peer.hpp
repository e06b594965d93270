// The one place where trust in a peer is decided. Handshakes, the command line and callers by hand get the same answer
// for the same input.
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

/// What the peer's certificate is asked to be good for.
enum class peer_role : unsigned char { server, client, any };

/// How much is asked of certificates beside a sound chain; the guide lists each rule. Under `compatible` the verdict
/// tells what it let pass.
enum class verify_profile : unsigned char {
  /// webpki as soon as the system's store is part of the trust, else compatible.
  automatic,
  /// For private CAs: what OpenSSL asks.
  compatible,
  /// And what browsers refuse.
  webpki,
  /// And all that RFC 5280 and the CA/Browser Forum ask.
  strict
};
/// By these names. invalid_argument.
SIGNET_EXPORT result<verify_profile> parse_verify_profile(std::string_view name);

/// Of whom revocation lists are asked: the peer's own certificate, or each of the chain but the anchor. The peer's own
/// is asked about where it is trusted itself too, unless it is self-signed: its issuer is then looked for in the trust,
/// the intermediates and what was sent. A CA that is trusted as it is may do without a list, but is refused by one.
enum class crl_scope : unsigned char { leaf, chain };

struct revocation_lists {
  /// For each issuer one that is current, signed by it and complete; a certificate whose issuer has none here is
  /// refused with crl_not_found. Delta and indirect lists are refused as crl_invalid.
  std::vector<crl> lists = {};
  crl_scope scope = crl_scope::leaf;
};

/// Says what is wrong, beyond what was found; nothing when it has no objection. Gets the verdict so far. From any
/// thread.
using further_check = std::function<std::optional<finding>(const verdict& so_far)>;

/// Rules for a verification that do not depend on the connection.
struct verify_options {
  /// Intermediates allowed between leaf and anchor, 0 to 100; self-issued ones do not count (RFC 5280 section 6.1.4).
  std::size_t max_intermediates = 10;
  /// The time to judge by; the system's clock when empty. Called once per verification, from any thread.
  std::function<std::chrono::sys_seconds()> clock = {};
  verify_profile profile = verify_profile::automatic;
  hostname_scheme scheme = hostname_scheme::rfc9525;
  /// Instead of the scheme.
  std::optional<name_rules> names = {};
  /// The system's list when absent, its ICANN section unless the profile is strict.
  std::optional<public_suffix_list> public_suffixes = {};
  std::optional<suffix_section> public_suffix_section = {};
  /// Certificates to build a chain with, beside those the peer sent. They are trusted no more than those.
  std::vector<certificate> intermediates = {};
  /// OIDs or short names: purposes the peer's own certificate has to have beside its role.
  std::vector<std::string> extended_key_usages = {};
  /// Revocation lists are asked when this is there.
  std::optional<revocation_lists> crls = {};

  /// One of these has to match the peer's own certificate, whatever else holds. pin_mismatch.
  std::vector<certificate_pin> pins = {};
  /// A match of one of these stands in for chain and name; without one everything is checked as usual.
  std::vector<certificate_pin> accepted_pins = {};
  /// Servers without a chain to the trust are trusted by the key they showed first. It is read and written while a
  /// handshake waits; written once nothing else stands against the server, `further` included, and before the handshake
  /// has shown that the key is its own.
  std::optional<known_peers> first_use = {};
  /// Can refuse anything and accept nothing.
  further_check further = {};
};

/// A wish to go on in spite of findings. Empty unless made by <signet/dangerous.hpp>.
class SIGNET_EXPORT loosened_verification {
 public:
  using waiver = std::function<bool(const finding&)>;

  loosened_verification() = default;
  [[nodiscard]] const std::string& reason() const noexcept { return reason_; }
  /// A pin that was demanded is waived by name only.
  [[nodiscard]] bool waives(const finding& f) const {
    return !reason_.empty() && (waiver_ ? waiver_(f) : f.code != errc::pin_mismatch);
  }

 private:
  friend struct dangerous;
  explicit loosened_verification(std::string reason, waiver which = {})
      : reason_(std::move(reason)), waiver_(std::move(which)) {}
  std::string reason_;
  // All but a demanded pin when empty.
  waiver waiver_;
};

/// What is known and what is expected.
struct verify_request {
  /// As the peer sent it, its own certificate first. Empty is the finding no_peer_certificate.
  std::vector<certificate> sent = {};
  trust_store trust = trust_store::system();
  /// The name the peer has to have; a client's certificate is judged without one.
  std::optional<server_name> expected = {};
  /// A mailbox among its subjectAltNames, for clients and signers of mail.
  std::optional<std::string> expected_mailbox = {};
  peer_role role = peer_role::server;
  verify_options options = {};
  loosened_verification loosened = {};
};

/// Never fails: whatever is wrong is a finding. Waits for nothing but the file of `first_use`. Of more than 100
/// certificates the first 100 count, and path_too_long is found.
SIGNET_EXPORT verdict verify_peer(const verify_request& request);

/// Only whether `cert` speaks for `name` under the scheme and suffixes of `options`; nothing about whom it is from.
SIGNET_EXPORT bool matches_name(const certificate& cert, const server_name& name, const verify_options& options = {});

/// The error a refusing verdict becomes: the first finding leads, `whom` opens the sentence.
SIGNET_EXPORT error to_error(const std::string& whom, std::shared_ptr<const verdict> refused);

}  // namespace signet
