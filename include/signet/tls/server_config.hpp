// How a server speaks TLS: who it is, whom it asks for certificates, what it accepts.
//
// A config is made once from an options struct. make() loads the files and checks the options, and nothing changes them
// after that. Copies of a config share one state, and threads may use it at the same time.
//
// Sessions are resumed by tickets; the server stores nothing. The tickets are encrypted with keys that are made with
// the config and last as long as it does. Processes that fork() after make() share these keys.
// Deliberately absent: a reload in place (make a new config), compression, renegotiation and early data.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <signet/tls/client_config.hpp>

namespace signet {

/// What a client asks for in its first message.
struct client_hello_info {
  /// The server name (RFC 6066 section 3) in lower case. Empty if the client named no server.
  std::string server_name = {};
};

/// The answer of an identity_selector.
struct identity_choice {
  /// ready: use `chosen`. not_yet: ask again. refused: end the handshake with the alert unrecognized_name.
  enum class state : unsigned char { ready, not_yet, refused };
  state is = state::ready;
  /// The certificate and key to show. Without them, ready means refused.
  std::optional<signet::identity> chosen = {};
};
/// A function that chooses the server's identity for one client. It must not wait, and several threads may call it at
/// once. After not_yet, a handshake that does not wait returns wait_for::application and asks again when it is called
/// again; a handshake that waits asks again every 1 to 20 milliseconds. The function is also asked before a session is
/// resumed: only if it chooses the same identity, the session is resumed.
using identity_selector = std::function<identity_choice(const client_hello_info&)>;

/// Whether clients are asked for certificates. With `requested` a client may show none; a certificate that it does show
/// has to pass verification.
enum class client_certificates : unsigned char { ignored, requested, required };

/// What a server_config is made from.
struct server_options {
  /// The files of certificates and keys, an entry for each name and key type. The name that a client asks for selects
  /// the entries whose certificate holds it. If no certificate holds it, the first entry is used.
  std::vector<identity_files> identities = {};
  /// Identities that are in memory already. They follow those from files.
  std::vector<identity> loaded_identities = {};
  /// Chooses the identity in place of both lists. Do not set it for a set of names that is known at the start.
  identity_selector select_identity = {};

  client_certificates client_auth = client_certificates::ignored;
  /// The issuers whose clients are accepted. It has to hold some if client_auth asks for certificates. A store of at
  /// most 50 certificates is named to clients as a hint. Do not use the system's store: any public CA could then admit
  /// a client.
  trust_store client_trust = trust_store::none();
  /// The other rules that clients' certificates are verified by.
  verify_options verify = {};
  /// Leave it empty; only <signet/dangerous.hpp> makes another. Clients are then accepted in spite of findings, no
  /// session is resumed, and client_trust may be empty.
  loosened_verification loosened = {};

  /// The oldest version to accept. Do not set it below TLS 1.2 unless some clients have nothing newer: OpenSSL's
  /// security level becomes 0 for all versions then, unless `ciphers` names another one.
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
  /// Whether clients receive tickets. Disable it only if nobody who steals the ticket keys may decrypt connections of
  /// TLS 1.2.
  signet::resumption resumption = resumption::enabled;
  /// The age at which a session ends, 1 second to 7 days (RFC 8446 section 4.6.1). To resume it does not prolong it.
  /// One ticket is valid for at most 2 hours.
  std::chrono::seconds session_lifetime = std::chrono::days(1);
  /// Receives the secrets of every connection. Leave it empty outside of debugging.
  key_log_sink key_log = {};
};

class SIGNET_EXPORT server_config {
 public:
  /// Loads the files, checks the options and makes a config of them.
  /// Errors: invalid_configuration, weak_key, internal, file_not_readable, file_too_large, file_malformed,
  /// password_required, wrong_password, key_mismatch, not_supported.
  static result<server_config> make(server_options options);

 private:
  friend struct detail::access;
  struct impl;
  explicit server_config(std::shared_ptr<const impl> made) noexcept : impl_(std::move(made)) {}

  std::shared_ptr<const impl> impl_;
};

}  // namespace signet
