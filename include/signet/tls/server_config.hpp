// How a server speaks TLS: who it is, whom it asks for certificates, what it accepts.
//
// A config is made from an options struct: make() loads the files and checks the options. Copies of a config share one
// state, and threads may use it at the same time. reload() puts another state in its place, whole or not at all: each
// connection goes by the state that it began with.
//
// Sessions are resumed by tickets, which the server need not remember. Those of TLS 1.2 clients that take no tickets
// are kept in memory or in a store (RFC 5246 section 7.4.1.2). Deliberately absent: compression, renegotiation and
// early data.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <signet/tls/client_config.hpp>
#include <signet/tls/client_hello.hpp>
#include <signet/tls/pre_shared_key.hpp>
#include <signet/tls/reload.hpp>
#include <signet/tls/session_store.hpp>
#include <signet/tls/ticket_keys.hpp>

namespace signet {

/// A function that chooses the server's identity for one client, as a client_identity_selector does; `refused` ends the
/// handshake with the alert unrecognized_name. The function is also asked before a session is resumed: only if it
/// chooses the same identity, the session is resumed.
using identity_selector = std::function<identity_choice(const client_hello_info&)>;

/// Whether clients are asked for certificates. With `requested` a client may show none; a certificate that it does show
/// has to pass verification.
enum class client_certificates : unsigned char { ignored, requested, required };

/// What holds for the clients that ask for some server names, in place of the server's own options of the same names.
/// What is not set is taken from there.
struct name_settings {
  /// Names, and wildcards for one label ("*.example.org").
  std::vector<std::string> names = {};
  std::optional<client_certificates> client_auth = {};
  std::optional<trust_store> client_trust = {};
  std::optional<verify_options> verify = {};
  std::optional<std::vector<std::string>> alpn = {};
};

/// What becomes of a client that asks for a name which none of the certificates holds: the handshake goes on with the
/// first identity, or it ends with the alert unrecognized_name (RFC 6066 section 3). A client that asks for no name is
/// shown the first identity in either case.
enum class unknown_names : unsigned char { first_identity, refused };

/// Whose order of preference decides where both sides can do several things.
enum class preference : unsigned char { server, client };

/// A function that chooses the application protocol, empty to go on without one. std::nullopt, or a protocol that the
/// client does not offer, refuses the client with the alert no_application_protocol. It must not wait, and several
/// threads may call it at once. The client_hello_info is valid during the call only.
using alpn_selector = std::function<std::optional<std::string>(const client_hello_info&)>;

/// What a server_config is made from.
struct server_options {
  /// The files of certificates and keys, an entry for each name and key type. The name that a client asks for selects
  /// the entries whose certificate holds it. If no certificate holds it, the first entry is used.
  std::vector<identity_files> identities = {};
  /// Identities that are in memory already. They follow those from files.
  std::vector<identity> loaded_identities = {};
  /// Chooses the identity in place of both lists. Do not set it for a set of names that is known at the start.
  identity_selector select_identity = {};
  /// What becomes of clients that ask for a name of none of the identities. select_identity decides by itself.
  unknown_names unknown_name = unknown_names::first_identity;

  /// Whether clients are asked for certificates. A client with a pre-shared key is not.
  client_certificates client_auth = client_certificates::ignored;
  /// The issuers whose clients are accepted. It has to hold some if client_auth asks for certificates. A store of at
  /// most 50 certificates is named to clients as a hint. Do not use the system's store: any public CA could then admit
  /// a client.
  trust_store client_trust = trust_store::none();
  /// The other rules that clients' certificates are verified by.
  verify_options verify = {};
  /// Other rules for clients that ask for some names. A session that began under one set of rules is not resumed under
  /// another. A name stands in one entry only.
  std::vector<name_settings> by_name = {};
  /// Leave it empty; only <signet/dangerous.hpp> makes another. Clients are then accepted in spite of findings, no
  /// session is resumed, and client_trust may be empty.
  loosened_verification loosened = {};

  /// The oldest version to accept. Do not set it below TLS 1.2 unless some clients have nothing newer: OpenSSL's
  /// security level becomes 0 for all versions then, unless `ciphers` or `security_level` sets it.
  protocol_version min_version = protocol_version::tls1_2;
  /// The newest version to accept. Do not lower it, except to test.
  protocol_version max_version = protocol_version::tls1_3;
  /// The cipher suites of TLS 1.2 and older, in OpenSSL's syntax. Empty keeps the choice of OpenSSL and the system. Do
  /// not set it without need: a list that is fixed today shuts out the better suites of tomorrow. Suites without
  /// authentication are excluded in any case.
  std::string ciphers = {};
  /// The cipher suites of TLS 1.3, separated by colons. Empty keeps OpenSSL's choice; leave it so for the same reason.
  std::string ciphersuites = {};
  /// The key exchange groups, separated by colons. Empty keeps OpenSSL's choice; leave it so for the same reason.
  std::string groups = {};
  /// The application protocols that are spoken here, the preferred one first. Each has 1 to 255 octets. A client that
  /// offers only others is refused (RFC 7301 section 3.2). Empty ignores what clients offer.
  std::vector<std::string> alpn = {};
  /// The protocols of NPN, TLS 1.2 only. Do not set it but for clients that know no ALPN.
  std::vector<std::string> npn = {};
  /// Chooses the protocol in place of `alpn`, for clients that offer some.
  alpn_selector select_alpn = {};
  /// Whose order decides between suites, and between protocols of `alpn`. Do not change it without need.
  preference order = preference::server;
  /// The signature algorithms to offer and accept, in OpenSSL's syntax, separated by colons. Empty keeps OpenSSL's.
  std::string signature_algorithms = {};
  /// OpenSSL's security level, 1 to 5, of suites, groups, signatures in the handshake, and our own certificate. Peers'
  /// certificates are judged by `verify.profile` in any case. Empty keeps the system's level.
  std::optional<int> security_level = {};
  /// The file of Diffie-Hellman parameters for TLS 1.2, in PEM. Empty takes those of RFC 7919 that fit the key.
  std::filesystem::path dh_parameters = {};
  /// The greatest plain text of a record that is sent, 512 to 16384 octets. A smaller one reaches a slow reader sooner
  /// and costs speed.
  std::size_t max_record_size = 16384;
  /// Keys that both sides know already, in place of certificates. A client that has one gets in under every name,
  /// whatever client_auth and by_name say.
  std::vector<pre_shared_key> pre_shared_keys = {};
  /// Finds the key of an identity that is not in that list. It must not wait, and several threads may call it at once.
  pre_shared_key_finder find_pre_shared_key = {};
  /// Whether sessions are resumed. Disable it only if recorded TLS 1.2 traffic must stay secret after a theft of the
  /// ticket keys.
  signet::resumption resumption = resumption::enabled;
  /// The age at which a session ends, 1 second to 7 days (RFC 8446 section 4.6.1). Resumption does not extend it. One
  /// ticket is valid for at most 2 hours.
  std::chrono::seconds session_lifetime = std::chrono::days(1);
  /// The keys of the tickets, for servers that resume each other's sessions. Empty: keys of the config's own, which a
  /// reload keeps.
  std::shared_ptr<ticket_source> tickets = {};
  /// The store for sessions of TLS 1.2 clients without ticket support. Empty: memory, up to 8 MiB.
  std::shared_ptr<session_store> sessions = {};
  /// Required with `sessions`: at least 32 random octets, the same on every server that shares the store. Ignored
  /// without `sessions`.
  std::string session_secret = {};
  /// Receives the secrets of every connection. Leave it empty outside of debugging.
  key_log_sink key_log = {};
  /// Sees OpenSSL's context (native::on_context()), after each reload too.
  context_hook on_context = {};
};

class SIGNET_EXPORT server_config {
 public:
  /// Loads the files, checks the options and makes a config of them.
  /// Errors: invalid_configuration, weak_key, internal, file_not_readable, file_too_large, file_malformed,
  /// password_required, wrong_password, key_mismatch, not_supported, invalid_argument, and those of the process_policy.
  static result<server_config> make(server_options options);
  /// Makes a config of what `source` answers, now and at each reload.
  /// Errors: those of make(), and those of `source`.
  static result<server_config> reloadable(server_options_source source, reload_options how = {});

  /// Makes the state anew: from the source, or from the files of the options that were given. On failure everything
  /// stays as it was. Connections that exist go on as they began. reload_options::on_reload is told. It waits for the
  /// files.
  /// Errors: those of make() or reloadable().
  result<void> reload();
  /// The same from these options. They take the place of the options or the source that the config was made from: a
  /// later reload() or refresh() starts from them.
  /// Errors: those of make().
  result<void> reload(server_options options);
  /// Checks the watched files (reload_options), at most once per `interval`, and reloads if one has changed. A
  /// listener, and so serve(), calls it for each client that it accepts: call it yourself only where there is none. A
  /// failure is told to on_reload, once for each reason, and tried again.
  void refresh();

 private:
  friend struct detail::access;
  struct impl;
  explicit server_config(std::shared_ptr<impl> made) noexcept : impl_(std::move(made)) {}

  std::shared_ptr<impl> impl_;
};

}  // namespace signet
