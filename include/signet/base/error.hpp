// What went wrong, as a value: a stable code to branch on, one sentence for a person, and a hint where the library
// knows a remedy. Errors are immutable and cheap to copy, and threads may share them.
//
// Deliberately absent: a code for each OpenSSL reason, a thread-local or global "last error", and printing.
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

class verdict;           // <signet/verify/verdict.hpp>
struct connection_info;  // <signet/tls/connection_info.hpp>
template <class T>
class result;  // <signet/base/result.hpp>

/// The code of an error. A code never changes its meaning, its number or its name(). The codes of one kind are a block
/// of a hundred; a new code is the last of its block.
enum class errc : std::uint16_t {
  // usage: mistakes of the caller
  invalid_argument = 100,
  invalid_name,
  invalid_endpoint,
  invalid_configuration,
  not_supported,
  not_connected,
  unread_data,
  // file: local files and their content
  file_not_readable = 200,
  file_malformed,
  file_too_large,
  file_exists,
  password_required,
  wrong_password,
  key_mismatch,
  file_io_failed,
  // system: this system lacks something: memory, descriptors, threads
  out_of_memory = 300,
  resource_exhausted,
  // io: the network
  name_not_found = 400,
  resolve_failed,
  connection_refused,
  connection_reset,
  unreachable,
  address_in_use,
  permission_denied,
  io_failed,
  // timed_out: a deadline has passed
  timed_out = 500,
  // closed: the end of a connection
  closed = 600,
  end_of_stream,
  // peer: what the peer did, or did not do
  truncated = 700,
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
  plaintext_before_tls,
  starttls_refused,
  dialogue_failed,
  limit_exceeded,
  // verification: the peer is not proved to be the one that was expected
  no_verdict = 800,
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
  // internal: a fault of this library
  internal = 900,
};

/// The stable name of the code in snake_case: "unknown_issuer".
SIGNET_EXPORT std::string_view name(errc code) noexcept;
/// What the code means, and what to do about it, for people: a sentence or two each. docs/guide/errors.md lists them
/// with examples.
SIGNET_EXPORT std::string_view meaning(errc code) noexcept;
SIGNET_EXPORT std::string_view remedy(errc code) noexcept;

/// The group that a code belongs to, for callers that need no single code.
enum class error_kind : std::uint8_t { usage, file, system, io, timed_out, closed, peer, verification, internal };
/// The name of the group in snake_case: "timed_out".
SIGNET_EXPORT std::string_view name(error_kind kind) noexcept;
SIGNET_EXPORT error_kind kind_of(errc code) noexcept;

/// A fatal TLS alert (RFC 8446 section 6) and its sender.
struct alert {
  enum class sender : std::uint8_t { us, peer };
  /// The number of the alert, 0 to 255.
  std::uint8_t description = 0;
  sender from = sender::peer;

  friend bool operator==(const alert&, const alert&) = default;
};
/// The name of the alert: "unknown_ca" for 48, "alert 200" for a number without a name.
SIGNET_EXPORT std::string name(alert a);

/// The parts of an error, which the accessors of `error` describe. Only the first two are always filled.
struct error_parts {
  errc code = errc::internal;
  std::string message = {};
  std::string hint = {};
  std::string whom = {};
  std::string phase = {};
  std::string expected = {};
  std::string presented = {};
  std::vector<std::string> details = {};
  std::vector<std::string> library_errors = {};
  std::optional<alert> tls_alert = {};
  std::shared_ptr<const verdict> judged = {};
  std::shared_ptr<const connection_info> reached = {};
  int system_error = 0;
};

/// An error as a function returns it.
class [[nodiscard]] SIGNET_EXPORT error {
 public:
  error(errc code, std::string message, std::string hint = {});
  explicit error(error_parts parts);
  // There is a copy and no move: an error that was moved from keeps its content.
  error(const error&) noexcept = default;
  error& operator=(const error&) noexcept = default;

  [[nodiscard]] errc code() const noexcept;
  [[nodiscard]] error_kind kind() const noexcept;
  /// One sentence without a full stop: who is concerned, in which phase, and why.
  [[nodiscard]] const std::string& message() const& noexcept;
  [[nodiscard]] std::string message() &&;
  /// What to do about the error. Empty where the library does not know.
  [[nodiscard]] const std::string& hint() const& noexcept;
  [[nodiscard]] std::string hint() &&;
  /// Whom the error is about ("example.org:443 (192.0.2.1)") and what was being done ("connecting"), as the message says
  /// them. Empty where it says none.
  [[nodiscard]] const std::string& whom() const& noexcept;
  [[nodiscard]] std::string whom() &&;
  [[nodiscard]] const std::string& phase() const& noexcept;
  [[nodiscard]] std::string phase() &&;
  /// Where two things were compared: what was wanted ("serverAuth"), and what was there instead ("clientAuth").
  /// Otherwise empty.
  [[nodiscard]] const std::string& expected() const& noexcept;
  [[nodiscard]] std::string expected() &&;
  [[nodiscard]] const std::string& presented() const& noexcept;
  [[nodiscard]] std::string presented() &&;
  /// Further problems, or the steps that led to the error (such as each address that was tried), one line each.
  [[nodiscard]] std::span<const std::string> details() const& noexcept;
  [[nodiscard]] std::vector<std::string> details() &&;
  /// The content of OpenSSL's error queue, for logs.
  [[nodiscard]] std::span<const std::string> library_errors() const& noexcept;
  [[nodiscard]] std::vector<std::string> library_errors() &&;
  /// The alert that was sent or received, if there was one.
  [[nodiscard]] std::optional<signet::alert> alert() const noexcept;
  /// The verdict on the peer if verification failed, or if it was judged before something else ended the connection.
  /// Otherwise null.
  [[nodiscard]] std::shared_ptr<const signet::verdict> verdict() const noexcept;
  /// What was known of the TLS connection when the error ended it: the certificates that came, and what was agreed on.
  /// Null for an error that ended no connection.
  [[nodiscard]] std::shared_ptr<const connection_info> reached() const noexcept;
  /// The errno value behind the error, or 0.
  [[nodiscard]] int system_error() const noexcept;

  /// The same error with "context: " in front of its message.
  [[nodiscard]] error in(std::string_view context) const;
  /// The same error with other details.
  [[nodiscard]] error with_details(std::vector<std::string> details) const;
  /// All parts, from which a caller can build a variation of the error.
  [[nodiscard]] const error_parts& parts() const& noexcept;
  [[nodiscard]] error_parts parts() &&;

 private:
  template <class T>
  friend class result;
  // The error inside a successful result. It has no parts.
  error() noexcept = default;

  std::shared_ptr<const error_parts> parts_;
};

/// Thrown when the value of a failed result is accessed, and at no other time. what() is the message, followed by the
/// hint in parentheses if there is one.
class SIGNET_EXPORT exception : public std::runtime_error {
 public:
  explicit exception(signet::error e);
  [[nodiscard]] const signet::error& error() const& noexcept { return error_; }
  [[nodiscard]] signet::error error() && { return error_; }

 private:
  signet::error error_;
};

}  // namespace signet
