// What went wrong, as a value that explains: a stable code to branch on, one sentence for a person, and a hint where
// the library knows a way out. Errors are immutable and cheap to copy; threads may share them.
//
// Deliberately absent: an error number per OpenSSL reason, thread-local or global "last error", printing.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include <signet/base/export.hpp>

namespace signet {

class verdict;  // <signet/verify/verdict.hpp>
template <class T>
class result;  // <signet/base/result.hpp>

/// Stable: a code keeps its meaning and its name() for good.
enum class errc : std::uint8_t {
  // The caller's
  invalid_argument = 1,
  invalid_name,
  invalid_endpoint,
  invalid_configuration,
  not_supported,
  not_connected,
  // Local files and what is in them
  file_not_readable,
  file_malformed,
  file_too_large,
  file_exists,
  password_required,
  wrong_password,
  key_mismatch,
  // The network
  name_not_found,
  resolve_failed,
  connection_refused,
  connection_reset,
  unreachable,
  address_in_use,
  permission_denied,
  io_failed,
  timed_out,
  limit_exceeded,
  // The end of a stream
  closed,
  truncated,
  end_of_stream,
  // The peer's side of TLS
  handshake_failed,
  not_tls,
  plain_http,
  protocol_version,
  no_shared_cipher,
  no_shared_alpn,
  unrecognized_name,
  certificate_required,
  bad_record,
  protocol_violation,
  alert_received,
  unread_data,
  plaintext_before_tls,
  starttls_refused,
  dialogue_failed,
  // Verification: is this peer who it says it is?
  no_verdict,
  no_peer_certificate,
  no_trust_anchors,
  unknown_issuer,
  self_signed,
  self_signed_in_chain,
  expired,
  not_yet_valid,
  name_mismatch,
  name_constraint,
  invalid_purpose,
  invalid_ca,
  path_too_long,
  bad_signature,
  weak_key,
  weak_signature,
  revoked,
  unknown_critical_extension,
  invalid_version,
  invalid_serial_number,
  invalid_extension,
  no_alternative_names,
  wildcard_too_wide,
  path_search_exhausted,
  pin_mismatch,
  crl_not_found,
  crl_invalid,
  crl_expired,
  invalid_certificate,
  certificate_rejected,
  // Ours
  out_of_memory,
  internal,
};

/// The code's stable name in snake_case, "unknown_issuer".
SIGNET_EXPORT std::string_view name(errc code) noexcept;

enum class error_kind : std::uint8_t { io, timed_out, closed, peer, verification, usage, internal };
SIGNET_EXPORT std::string_view name(error_kind kind) noexcept;
SIGNET_EXPORT error_kind kind_of(errc code) noexcept;

/// A fatal TLS alert (RFC 8446 section 6), and who sent it.
struct alert {
  enum class sender : std::uint8_t { us, peer };
  std::uint8_t description = 0;
  sender from = sender::peer;

  friend bool operator==(const alert&, const alert&) = default;
};
/// "unknown_ca" for 48, "alert 200" for a number without a name.
SIGNET_EXPORT std::string name(alert a);

/// The parts an error is made of; all but the first two may stay empty.
struct error_parts {
  errc code = errc::internal;
  std::string message = {};
  std::string hint = {};
  std::vector<std::string> details = {};
  std::vector<std::string> library_errors = {};
  std::optional<alert> tls_alert = {};
  std::shared_ptr<const verdict> judged = {};
  int system_error = 0;
};

class [[nodiscard]] SIGNET_EXPORT error {
 public:
  error(errc code, std::string message, std::string hint = {});
  explicit error(error_parts parts);
  // Copies only: an error that was moved from still says what it said.
  error(const error&) noexcept = default;
  error& operator=(const error&) noexcept = default;

  [[nodiscard]] errc code() const noexcept;
  [[nodiscard]] error_kind kind() const noexcept;
  /// One sentence without a full stop: whom, which phase, why.
  [[nodiscard]] const std::string& message() const& noexcept;
  [[nodiscard]] std::string message() &&;
  /// What to do about it; empty where the library does not know.
  [[nodiscard]] const std::string& hint() const& noexcept;
  [[nodiscard]] std::string hint() &&;
  /// Further problems or the steps that led here (each address that was tried), one line each.
  [[nodiscard]] std::span<const std::string> details() const& noexcept;
  [[nodiscard]] std::vector<std::string> details() &&;
  /// OpenSSL's own queue, for logs.
  [[nodiscard]] std::span<const std::string> library_errors() const& noexcept;
  [[nodiscard]] std::vector<std::string> library_errors() &&;
  /// The alert that was sent or received, if there was one.
  [[nodiscard]] std::optional<signet::alert> alert() const noexcept;
  /// The verdict on the peer, when that is what failed.
  [[nodiscard]] std::shared_ptr<const signet::verdict> verdict() const noexcept;
  /// The errno behind it, or 0.
  [[nodiscard]] int system_error() const noexcept;

  /// The same error, its message preceded by "context: ".
  [[nodiscard]] error in(std::string_view context) const;
  [[nodiscard]] error with_details(std::vector<std::string> details) const;
  /// All of it, for building a variation.
  [[nodiscard]] const error_parts& parts() const& noexcept;
  [[nodiscard]] error_parts parts() &&;

 private:
  template <class T>
  friend class result;
  // The error of a success: none.
  error() noexcept = default;

  std::shared_ptr<const error_parts> parts_;
};

/// Thrown by result::value() and by nothing else in the library. what() is message() and hint().
class SIGNET_EXPORT exception : public std::runtime_error {
 public:
  explicit exception(signet::error e);
  [[nodiscard]] const signet::error& error() const noexcept { return error_; }

 private:
  signet::error error_;
};

}  // namespace signet
