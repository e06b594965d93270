// How a server speaks TLS: who it is, whom it asks for certificates, what it accepts. Made once from an options struct,
// checked then, immutable from then on; copies share it, threads may too.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <signet/tls/client_config.hpp>

namespace signet {

/// What a client asks for, before anything is settled.
struct client_hello_info {
  /// Lower case; empty when the client named no server.
  std::string server_name = {};
};

/// An answer to "who shall I be for this client?".
struct identity_choice {
  enum class state : unsigned char { ready, not_yet, refused };
  state is = state::ready;
  std::optional<signet::identity> chosen = {};
};
/// Asked for each full handshake, more than once when the answer was not_yet: then the handshake says
/// wait_for::application and goes on when it is called again. Must not wait.
using identity_selector = std::function<identity_choice(const client_hello_info&)>;

enum class client_certificates : unsigned char { ignored, requested, required };

struct server_options {
  /// One for each name and key type. The client's SNI picks by the names in the certificates; a name none of them has
  /// gets the first.
  std::vector<identity_files> identities = {};
  /// The same, already in memory; they come after the files.
  std::vector<identity> loaded_identities = {};
  /// Instead of both.
  identity_selector select_identity = {};

  client_certificates client_auth = client_certificates::ignored;
  /// Whose clients are trusted; has to be named when certificates are asked for. Its names are sent as hints.
  trust_store client_trust = trust_store::none();
  verify_options verify = {};

  protocol_version min_version = protocol_version::tls1_2;
  protocol_version max_version = protocol_version::tls1_3;
  /// As in client_options.
  std::string ciphers = {};
  std::string ciphersuites = {};
  std::string groups = {};
  /// In the server's order of preference. A client that offers only others is refused (RFC 7301 section 3.2).
  std::vector<std::string> alpn = {};
  signet::resumption resumption = resumption::enabled;
  /// As in client_options.
  std::chrono::seconds session_lifetime = std::chrono::days(1);
  key_log_sink key_log = {};
};

class SIGNET_EXPORT server_config {
 public:
  /// invalid_configuration, and what loading an identity can say.
  static result<server_config> make(server_options options);

  struct impl;
  explicit server_config(std::shared_ptr<const impl> made) noexcept : impl_(std::move(made)) {}
  [[nodiscard]] const std::shared_ptr<const impl>& get() const noexcept { return impl_; }

 private:
  std::shared_ptr<const impl> impl_;
};

}  // namespace signet
