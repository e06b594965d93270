// How a client speaks TLS: whom it trusts, what it offers, which sessions it keeps.
//
// A config is made once from an options struct. make() checks the options, and nothing changes them after that. Copies
// of a config share one state, and threads may use it at the same time. Every default is the secure choice.
//
// What is expected of one peer, its name above all, belongs to the connection and not to the config.
// Deliberately absent: a switch that turns verification off (<signet/dangerous.hpp> is the one way, and it asks for a
// reason), compression, renegotiation and early data.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <signet/tls/pre_shared_key.hpp>
#include <signet/tls/protocol_version.hpp>
#include <signet/tls/session_store.hpp>
#include <signet/verify/evidence.hpp>
#include <signet/verify/trust_store.hpp>
#include <signet/verify/verify_peer.hpp>
#include <signet/x509/identity.hpp>

namespace signet {

/// A function that receives the NSS key log, one line per call, without the newline. It is called from any thread.
/// Anybody who has these lines can decrypt the traffic.
using key_log_sink = std::function<void(std::string_view line)>;

/// Whether a later connection may resume the session of an earlier one (RFC 8446 section 2.2).
enum class resumption : unsigned char { enabled, disabled };

/// A function that sees OpenSSL's context once it is set up, for what this library does not offer. Made by
/// <signet/tls/native.hpp> only.
class context_hook {
 public:
  context_hook() = default;

 private:
  friend struct detail::access;
  explicit context_hook(std::shared_ptr<const std::function<void(void*)>> made) noexcept : impl_(std::move(made)) {}
  std::shared_ptr<const std::function<void(void*)>> impl_;
};

/// What a server says of the certificate that it asks for.
struct certificate_request_info {
  /// The issuers that it names, as RFC 4514 text. Empty: any.
  std::vector<std::string> accepted_issuers = {};
};

/// The answer of a selector: `ready` with what was chosen, `not_yet` to be asked again, or `refused`. Without an
/// identity, ready means refused.
struct identity_choice {
  enum class state : unsigned char { ready, not_yet, refused };
  state is = state::ready;
  /// The certificate and key to show.
  std::optional<signet::identity> chosen = {};
};

/// A function that chooses what a client shows; `refused` shows no certificate. It must not wait, and several threads
/// may call it at once. After not_yet, a handshake that does not wait returns wait_for::application and asks again when
/// it is called again; a handshake that waits asks again every 1 to 20 milliseconds.
using client_identity_selector = std::function<identity_choice(const certificate_request_info&)>;

/// What a client_config is made from.
struct client_options {
  /// The certificates that may vouch for a server.
  trust_store trust = trust_store::system();
  /// The other rules of verification. The defaults are right for public servers.
  verify_options verify = {};
  /// Is asked, in a full handshake, for an issuer that the verdict lacks, and for revocation lists where `verify.crls`
  /// is set. Leave it empty unless servers forget their intermediates or lists are fetched.
  std::shared_ptr<evidence_source> evidence = {};
  /// The certificate and key that answer a server's request for one. Without them the client shows no certificate. With
  /// them, a server of TLS 1.3 may ask at any time (RFC 8446 section 4.6.2).
  std::optional<signet::identity> identity = {};
  /// Further identities. With several, one is shown whose chain ends with an issuer that the server names, and none if
  /// it names issuers of none of them.
  std::vector<signet::identity> more_identities = {};
  /// Chooses what is shown in place of these. Do not set it for identities that are known at the start.
  client_identity_selector select_identity = {};
  /// A key that both sides know already, in place of certificates: a server that does not prove to know it is refused.
  /// Such connections are not resumed.
  std::optional<pre_shared_key> shared_key = {};
  /// The oldest version to accept. Do not set it below TLS 1.2 unless the server has nothing newer: OpenSSL's security
  /// level becomes 0 for all versions then, unless `ciphers` or `security_level` sets it.
  protocol_version min_version = protocol_version::tls1_2;
  /// The newest version to offer. Do not lower it, except to test.
  protocol_version max_version = protocol_version::tls1_3;
  /// The cipher suites of TLS 1.2 and older, in OpenSSL's syntax. Empty keeps the choice of OpenSSL and the system. Do
  /// not set it without need: a list that is fixed today shuts out the better suites of tomorrow. Suites without
  /// authentication are excluded in any case.
  std::string ciphers = {};
  /// The cipher suites of TLS 1.3, separated by colons. Empty keeps OpenSSL's choice; leave it so for the same reason.
  std::string ciphersuites = {};
  /// The key exchange groups, separated by colons. Empty keeps OpenSSL's choice; leave it so for the same reason.
  std::string groups = {};
  /// The signature algorithms to offer and accept, in OpenSSL's syntax, separated by colons. Empty keeps OpenSSL's.
  std::string signature_algorithms = {};
  /// OpenSSL's security level, 1 to 5, of suites, groups, signatures in the handshake, and our own certificate. Peers'
  /// certificates are judged by `verify.profile` in any case. Empty keeps the system's level.
  std::optional<int> security_level = {};
  /// The greatest plain text of a record that is sent, 512 to 16384 octets.
  std::size_t max_record_size = 16384;
  /// The application protocols to offer, the preferred one first (RFC 7301). Each has 1 to 255 octets. Empty offers
  /// none.
  std::vector<std::string> alpn = {};
  /// The protocols of NPN (the draft that came before ALPN, TLS 1.2 only): the first of the server's that is among them
  /// is chosen, or else the first of these. Do not set it but for servers that know no ALPN.
  std::vector<std::string> npn = {};
  /// Whether the config keeps sessions. One is offered only to the same peer under the same name, and only as long as
  /// everything that was verified still holds. Disable it only if a server must not recognise a client that returns.
  signet::resumption resumption = resumption::enabled;
  /// The number of sessions to keep, 1 to 100,000. The least recently used one is dropped first. It does not apply to
  /// `sessions`.
  std::size_t session_capacity = 1000;
  /// The age at which a session ends, 1 second to 7 days (RFC 8446 section 4.6.1). Resumption does not extend it.
  std::chrono::seconds session_lifetime = std::chrono::days(1);
  /// Keeps the sessions in place of memory, so that they outlive the process or are shared: session_file().
  std::shared_ptr<session_store> sessions = {};
  /// At least 32 random octets, under which sessions in that store are sealed. Empty: they are sealed under a key that
  /// everybody knows, which finds damage and nothing else. Leave it empty only for a store that nobody else can read or
  /// write.
  std::string session_secret = {};
  /// Receives the secrets of every connection. Leave it empty outside of debugging.
  key_log_sink key_log = {};
  /// Sees OpenSSL's context (native::on_context()). Leave it empty unless OpenSSL can do what is not offered here.
  context_hook on_context = {};
  /// Made by <signet/dangerous.hpp> only. Leave it empty where a trust store or a pin can say whom you trust.
  loosened_verification loosened = {};
};

class SIGNET_EXPORT client_config {
 public:
  /// Checks the options and makes a config of them.
  /// Errors: invalid_configuration, weak_key, internal, and those of the process_policy.
  static result<client_config> make(client_options options = {});
  /// The config that is used where a call names none: all options at their defaults. It is made once per process, and a
  /// failure is kept too.
  /// Errors: those of make().
  static result<client_config> standard();

  /// The trust store that servers are verified against.
  [[nodiscard]] const trust_store& trust() const& noexcept;
  [[nodiscard]] trust_store trust() &&;

 private:
  friend struct detail::access;
  struct impl;
  explicit client_config(std::shared_ptr<const impl> made) noexcept : impl_(std::move(made)) {}

  std::shared_ptr<const impl> impl_;
};

}  // namespace signet
