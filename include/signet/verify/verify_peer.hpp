// The one place where trust in a peer is decided. Handshakes, the command line and callers by hand get the same answer
// for the same input.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>

#include <signet/verify/server_name.hpp>
#include <signet/verify/trust_store.hpp>
#include <signet/verify/verdict.hpp>

namespace signet {

/// What the peer's certificate is asked to be good for.
enum class peer_role : unsigned char { server, client };

/// Rules for a verification that do not depend on the connection.
struct verify_options {
  /// Intermediates allowed between leaf and anchor, 0 to 100.
  std::size_t max_intermediates = 10;
  /// The time to judge by; the system's clock when empty. Called once per verification, from any thread.
  std::function<std::chrono::sys_seconds()> clock = {};
};

/// A wish to go on in spite of findings. Empty unless made by <signet/dangerous.hpp>.
class SIGNET_EXPORT loosened_verification {
 public:
  loosened_verification() = default;
  [[nodiscard]] const std::string& reason() const noexcept { return reason_; }

 private:
  friend struct dangerous;
  explicit loosened_verification(std::string reason) : reason_(std::move(reason)) {}
  std::string reason_;
};

/// What is known and what is expected.
struct verify_request {
  /// As the peer sent it, its own certificate first. Empty is the finding no_peer_certificate.
  std::span<const certificate> sent = {};
  trust_store trust = trust_store::system();
  /// The name the peer has to have; a client's certificate is judged without one.
  std::optional<server_name> expected = {};
  peer_role role = peer_role::server;
  verify_options options = {};
  loosened_verification loosened = {};
};

/// Never fails: whatever is wrong is a finding. Waits for nothing.
SIGNET_EXPORT verdict verify_peer(const verify_request& request);

/// The error a refusing verdict becomes: the first finding leads, `whom` opens the sentence.
SIGNET_EXPORT error to_error(const std::string& whom, std::shared_ptr<const verdict> refused);

}  // namespace signet
