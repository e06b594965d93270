#include <signet/base/error.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace signet {
namespace {

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

error_kind kind_of(errc code) noexcept {
  using enum error_kind;
  constexpr std::array of_block{usage, file,         system,  io, error_kind::timed_out, error_kind::closed,
                                peer,  verification, internal};
  const auto block = static_cast<std::size_t>(code) / 100 - 1;
  return block < of_block.size() ? of_block[block] : internal;
}

std::string_view name(error_kind kind) noexcept {
  switch (kind) {
    case error_kind::usage:
      return "usage";
    case error_kind::file:
      return "file";
    case error_kind::system:
      return "system";
    case error_kind::io:
      return "io";
    case error_kind::timed_out:
      return "timed_out";
    case error_kind::closed:
      return "closed";
    case error_kind::peer:
      return "peer";
    case error_kind::verification:
      return "verification";
    case error_kind::internal:
      return "internal";
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
std::string error::whom() && {
  const error& self = *this;
  return self.whom();
}
const std::string& error::whom() const& noexcept {
  return parts().whom;
}
std::string error::phase() && {
  const error& self = *this;
  return self.phase();
}
const std::string& error::phase() const& noexcept {
  return parts().phase;
}
std::string error::hint() && {
  const error& self = *this;
  return self.hint();
}
const std::string& error::hint() const& noexcept {
  return parts().hint;
}
std::string error::expected() && {
  const error& self = *this;
  return self.expected();
}
const std::string& error::expected() const& noexcept {
  return parts().expected;
}
std::string error::presented() && {
  const error& self = *this;
  return self.presented();
}
const std::string& error::presented() const& noexcept {
  return parts().presented;
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
std::shared_ptr<const connection_info> error::reached() const noexcept {
  return parts().reached;
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
