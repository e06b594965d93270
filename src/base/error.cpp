#include <signet/base/error.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace signet {
namespace {

struct code_entry {
  errc code;
  std::string_view name;
  error_kind kind;
};

using enum error_kind;
constexpr std::array code_table{
    code_entry{errc::invalid_argument, "invalid_argument", usage},
    code_entry{errc::invalid_name, "invalid_name", usage},
    code_entry{errc::invalid_endpoint, "invalid_endpoint", usage},
    code_entry{errc::invalid_configuration, "invalid_configuration", usage},
    code_entry{errc::not_supported, "not_supported", usage},
    code_entry{errc::not_connected, "not_connected", usage},
    code_entry{errc::file_not_readable, "file_not_readable", io},
    code_entry{errc::file_malformed, "file_malformed", usage},
    code_entry{errc::file_too_large, "file_too_large", usage},
    code_entry{errc::file_exists, "file_exists", io},
    code_entry{errc::password_required, "password_required", usage},
    code_entry{errc::wrong_password, "wrong_password", usage},
    code_entry{errc::key_mismatch, "key_mismatch", usage},
    code_entry{errc::name_not_found, "name_not_found", io},
    code_entry{errc::resolve_failed, "resolve_failed", io},
    code_entry{errc::connection_refused, "connection_refused", io},
    code_entry{errc::connection_reset, "connection_reset", io},
    code_entry{errc::unreachable, "unreachable", io},
    code_entry{errc::address_in_use, "address_in_use", io},
    code_entry{errc::permission_denied, "permission_denied", io},
    code_entry{errc::io_failed, "io_failed", io},
    code_entry{errc::timed_out, "timed_out", error_kind::timed_out},
    code_entry{errc::limit_exceeded, "limit_exceeded", usage},
    code_entry{errc::closed, "closed", error_kind::closed},
    code_entry{errc::truncated, "truncated", peer},
    code_entry{errc::end_of_stream, "end_of_stream", error_kind::closed},
    code_entry{errc::handshake_failed, "handshake_failed", peer},
    code_entry{errc::not_tls, "not_tls", peer},
    code_entry{errc::plain_http, "plain_http", peer},
    code_entry{errc::protocol_version, "protocol_version", peer},
    code_entry{errc::no_shared_cipher, "no_shared_cipher", peer},
    code_entry{errc::no_shared_alpn, "no_shared_alpn", peer},
    code_entry{errc::unrecognized_name, "unrecognized_name", peer},
    code_entry{errc::certificate_required, "certificate_required", peer},
    code_entry{errc::bad_record, "bad_record", peer},
    code_entry{errc::protocol_violation, "protocol_violation", peer},
    code_entry{errc::alert_received, "alert_received", peer},
    code_entry{errc::unread_data, "unread_data", usage},
    code_entry{errc::plaintext_before_tls, "plaintext_before_tls", peer},
    code_entry{errc::starttls_refused, "starttls_refused", peer},
    code_entry{errc::dialogue_failed, "dialogue_failed", peer},
    code_entry{errc::no_verdict, "no_verdict", verification},
    code_entry{errc::no_peer_certificate, "no_peer_certificate", verification},
    code_entry{errc::no_trust_anchors, "no_trust_anchors", verification},
    code_entry{errc::unknown_issuer, "unknown_issuer", verification},
    code_entry{errc::self_signed, "self_signed", verification},
    code_entry{errc::self_signed_in_chain, "self_signed_in_chain", verification},
    code_entry{errc::expired, "expired", verification},
    code_entry{errc::not_yet_valid, "not_yet_valid", verification},
    code_entry{errc::name_mismatch, "name_mismatch", verification},
    code_entry{errc::name_constraint, "name_constraint", verification},
    code_entry{errc::invalid_purpose, "invalid_purpose", verification},
    code_entry{errc::invalid_ca, "invalid_ca", verification},
    code_entry{errc::path_too_long, "path_too_long", verification},
    code_entry{errc::bad_signature, "bad_signature", verification},
    code_entry{errc::weak_key, "weak_key", verification},
    code_entry{errc::weak_signature, "weak_signature", verification},
    code_entry{errc::revoked, "revoked", verification},
    code_entry{errc::unknown_critical_extension, "unknown_critical_extension", verification},
    code_entry{errc::invalid_version, "invalid_version", verification},
    code_entry{errc::invalid_serial_number, "invalid_serial_number", verification},
    code_entry{errc::invalid_extension, "invalid_extension", verification},
    code_entry{errc::no_alternative_names, "no_alternative_names", verification},
    code_entry{errc::wildcard_too_wide, "wildcard_too_wide", verification},
    code_entry{errc::path_search_exhausted, "path_search_exhausted", verification},
    code_entry{errc::pin_mismatch, "pin_mismatch", verification},
    code_entry{errc::crl_not_found, "crl_not_found", verification},
    code_entry{errc::crl_invalid, "crl_invalid", verification},
    code_entry{errc::crl_expired, "crl_expired", verification},
    code_entry{errc::invalid_certificate, "invalid_certificate", verification},
    code_entry{errc::certificate_rejected, "certificate_rejected", verification},
    code_entry{errc::out_of_memory, "out_of_memory", internal},
    code_entry{errc::internal, "internal", internal},
};

constexpr bool table_is_in_order() {
  for (std::size_t i = 0; i < code_table.size(); ++i)
    if (static_cast<std::size_t>(code_table[i].code) != i + 1) return false;
  return static_cast<std::size_t>(errc::internal) == code_table.size();
}
static_assert(table_is_in_order(), "every code has its line, in the enumeration's order");

const code_entry& entry_of(errc code) noexcept {
  const auto at = static_cast<std::size_t>(code) - 1;
  return at < code_table.size() ? code_table[at] : code_table.back();
}

struct alert_entry {
  std::uint8_t number;
  std::string_view name;
};

// RFC 8446 section 6, and what TLS 1.2 and extensions add.
constexpr std::array alert_table{
    alert_entry{0, "close_notify"},
    alert_entry{10, "unexpected_message"},
    alert_entry{20, "bad_record_mac"},
    alert_entry{22, "record_overflow"},
    alert_entry{40, "handshake_failure"},
    alert_entry{42, "bad_certificate"},
    alert_entry{43, "unsupported_certificate"},
    alert_entry{44, "certificate_revoked"},
    alert_entry{45, "certificate_expired"},
    alert_entry{46, "certificate_unknown"},
    alert_entry{47, "illegal_parameter"},
    alert_entry{48, "unknown_ca"},
    alert_entry{49, "access_denied"},
    alert_entry{50, "decode_error"},
    alert_entry{51, "decrypt_error"},
    alert_entry{70, "protocol_version"},
    alert_entry{71, "insufficient_security"},
    alert_entry{80, "internal_error"},
    alert_entry{86, "inappropriate_fallback"},
    alert_entry{90, "user_canceled"},
    alert_entry{100, "no_renegotiation"},
    alert_entry{109, "missing_extension"},
    alert_entry{110, "unsupported_extension"},
    alert_entry{112, "unrecognized_name"},
    alert_entry{113, "bad_certificate_status_response"},
    alert_entry{115, "unknown_psk_identity"},
    alert_entry{116, "certificate_required"},
    alert_entry{120, "no_application_protocol"},
};

std::string whole_sentence(const error& e) {
  return e.hint().empty() ? e.message() : e.message() + " (" + e.hint() + ")";
}

}  // namespace

std::string_view name(errc code) noexcept {
  return entry_of(code).name;
}
error_kind kind_of(errc code) noexcept {
  return entry_of(code).kind;
}

std::string_view name(error_kind kind) noexcept {
  switch (kind) {
    case io:
      return "io";
    case error_kind::timed_out:
      return "timed_out";
    case error_kind::closed:
      return "closed";
    case peer:
      return "peer";
    case verification:
      return "verification";
    case usage:
      return "usage";
    case internal:
      break;
  }
  return "internal";
}

std::string name(signet::alert a) {
  const auto* found = std::ranges::find(alert_table, a.description, &alert_entry::number);
  return found != alert_table.end() ? std::string(found->name) : "alert " + std::to_string(a.description);
}

error::error(errc code, std::string message, std::string hint)
    : error(error_parts{.code = code, .message = std::move(message), .hint = std::move(hint)}) {}
error::error(error_parts parts) : parts_(std::make_shared<const error_parts>(std::move(parts))) {}

errc error::code() const noexcept {
  return parts().code;
}
error_kind error::kind() const noexcept {
  return kind_of(parts().code);
}
std::string error::message() && {
  const error& self = *this;
  return self.message();
}
const std::string& error::message() const& noexcept {
  return parts().message;
}
std::string error::hint() && {
  const error& self = *this;
  return self.hint();
}
const std::string& error::hint() const& noexcept {
  return parts().hint;
}
std::vector<std::string> error::details() && {
  const error& self = *this;
  return {self.details().begin(), self.details().end()};
}
std::span<const std::string> error::details() const& noexcept {
  return parts().details;
}
std::vector<std::string> error::library_errors() && {
  const error& self = *this;
  return {self.library_errors().begin(), self.library_errors().end()};
}
std::span<const std::string> error::library_errors() const& noexcept {
  return parts().library_errors;
}
std::optional<signet::alert> error::alert() const noexcept {
  return parts().tls_alert;
}
std::shared_ptr<const signet::verdict> error::verdict() const noexcept {
  return parts().judged;
}
int error::system_error() const noexcept {
  return parts().system_error;
}

// Asked of a success, whose error there is none: still an answer and not undefined behaviour.
error_parts error::parts() && {
  const error& self = *this;
  return self.parts();
}
const error_parts& error::parts() const& noexcept {
  static const error_parts none{.message = "no error"};
  return parts_ ? *parts_ : none;
}

error error::in(std::string_view context) const {
  error_parts changed = parts();
  changed.message = std::string(context) + ": " + changed.message;
  return error(std::move(changed));
}

error error::with_details(std::vector<std::string> details) const {
  error_parts changed = parts();
  changed.details = std::move(details);
  return error(std::move(changed));
}

exception::exception(signet::error e) : std::runtime_error(whole_sentence(e)), error_(std::move(e)) {}

}  // namespace signet
