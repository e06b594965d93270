// How a client speaks TLS: who it trusts, what it offers. Made once from an options struct, checked then, immutable
// from then on; copies share it, threads may too. What is expected of one peer (its name) belongs to the connection.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <signet/tls/protocol_version.hpp>
#include <signet/verify/trust_store.hpp>
#include <signet/verify/verify_peer.hpp>
#include <signet/x509/identity.hpp>

namespace signet {

/// Receives each line of the NSS key log, without its newline, from any thread. Whoever has the lines reads the
/// traffic.
using key_log_sink = std::function<void(std::string_view line)>;

enum class resumption : unsigned char { enabled, disabled };

struct client_options {
  trust_store trust = trust_store::system();
  verify_options verify = {};
  /// What to show to a server that asks for a certificate.
  std::optional<signet::identity> identity = {};
  protocol_version min_version = protocol_version::tls1_2;
  protocol_version max_version = protocol_version::tls1_3;
  /// OpenSSL's syntax. Empty keeps OpenSSL's (and so the system's) choice, which is the right one unless you know
  /// better: a list fixed today shuts out tomorrow's default. Suites without authentication stay excluded whatever it
  /// says.
  std::string ciphers = {};
  std::string ciphersuites = {};
  std::string groups = {};
  /// Offered in this order (RFC 7301); each 1 to 255 octets.
  std::vector<std::string> alpn = {};
  /// Sessions are kept in the config, and found again by peer, name and all that was verified.
  signet::resumption resumption = resumption::enabled;
  /// Sessions kept, 1 to 100,000; the least recently used goes first.
  std::size_t session_capacity = 1000;
  /// The age at which a session ends, 1 second to 7 days, however often it was resumed (RFC 8446 section 4.6.1).
  std::chrono::seconds session_lifetime = std::chrono::days(1);
  key_log_sink key_log = {};
  /// Only from <signet/dangerous.hpp>.
  loosened_verification loosened = {};
};

class SIGNET_EXPORT client_config {
 public:
  /// invalid_configuration when an option does not hold.
  static result<client_config> make(client_options options = {});
  /// The one that is used where none is named: all defaults, made once a process.
  static result<client_config> standard();

  [[nodiscard]] const trust_store& trust() const noexcept;

  struct impl;
  explicit client_config(std::shared_ptr<const impl> made) noexcept : impl_(std::move(made)) {}
  [[nodiscard]] const std::shared_ptr<const impl>& get() const noexcept { return impl_; }

 private:
  std::shared_ptr<const impl> impl_;
};

}  // namespace signet
