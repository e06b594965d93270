#include "exit_status.hpp"

namespace tool {

// No default: a new code does not compile here until somebody has decided what it means to a script.
exit_status status_of(signet::errc code) noexcept {
  using enum signet::errc;
  switch (code) {
    case invalid_argument:
    case invalid_name:
    case invalid_endpoint:
    case not_supported:
      return exit_status::usage;

    case invalid_configuration:
    case not_connected:
    case file_not_readable:
    case file_malformed:
    case file_too_large:
    case file_exists:
    case password_required:
    case wrong_password:
    case key_mismatch:
    case file_io_failed:
    case out_of_memory:
    case resource_exhausted:
    case internal:
      return exit_status::local;

    case name_not_found:
    case resolve_failed:
    case connection_refused:
    case connection_reset:
    case unreachable:
    case address_in_use:
    case permission_denied:
    case io_failed:
    case timed_out:
    case closed:
      return exit_status::network;

    case limit_exceeded:
    case truncated:
    case end_of_stream:
    case handshake_failed:
    case not_tls:
    case plain_http:
    case protocol_version:
    case no_shared_cipher:
    case no_shared_alpn:
    case unrecognized_name:
    case certificate_required:
    case bad_record:
    case protocol_violation:
    case alert_received:
    case unread_data:
    case plaintext_before_tls:
    case starttls_refused:
    case dialogue_failed:
      return exit_status::dialogue;

    case no_verdict:
    case no_peer_certificate:
    case no_trust_anchors:
    case unknown_issuer:
    case self_signed:
    case self_signed_in_chain:
    case expired:
    case not_yet_valid:
    case name_mismatch:
    case name_constraint:
    case invalid_purpose:
    case invalid_ca:
    case path_too_long:
    case bad_signature:
    case weak_key:
    case weak_signature:
    case revoked:
    case unknown_critical_extension:
    case invalid_version:
    case invalid_serial_number:
    case invalid_extension:
    case no_alternative_names:
    case wildcard_too_wide:
    case path_search_exhausted:
    case pin_mismatch:
    case crl_not_found:
    case crl_invalid:
    case crl_expired:
    case invalid_certificate:
    case certificate_rejected:
      return exit_status::judged_bad;
  }
  return exit_status::local;
}

}  // namespace tool
