#include "exit_status.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace {

using signet::errc;
using tool::exit_status;

// Every code and the status scripts see. A change here is a change of contract.
const std::vector<std::pair<errc, exit_status>> table{
    {errc::invalid_argument, exit_status::usage},
    {errc::invalid_name, exit_status::usage},
    {errc::invalid_endpoint, exit_status::usage},
    {errc::invalid_configuration, exit_status::local},
    {errc::not_supported, exit_status::usage},
    {errc::not_connected, exit_status::local},
    {errc::file_not_readable, exit_status::local},
    {errc::file_malformed, exit_status::local},
    {errc::file_too_large, exit_status::local},
    {errc::file_exists, exit_status::local},
    {errc::password_required, exit_status::local},
    {errc::wrong_password, exit_status::local},
    {errc::key_mismatch, exit_status::local},
    {errc::name_not_found, exit_status::network},
    {errc::resolve_failed, exit_status::network},
    {errc::connection_refused, exit_status::network},
    {errc::connection_reset, exit_status::network},
    {errc::unreachable, exit_status::network},
    {errc::address_in_use, exit_status::network},
    {errc::permission_denied, exit_status::network},
    {errc::io_failed, exit_status::network},
    {errc::timed_out, exit_status::network},
    {errc::limit_exceeded, exit_status::dialogue},
    {errc::closed, exit_status::network},
    {errc::truncated, exit_status::dialogue},
    {errc::end_of_stream, exit_status::dialogue},
    {errc::handshake_failed, exit_status::dialogue},
    {errc::not_tls, exit_status::dialogue},
    {errc::plain_http, exit_status::dialogue},
    {errc::protocol_version, exit_status::dialogue},
    {errc::no_shared_cipher, exit_status::dialogue},
    {errc::no_shared_alpn, exit_status::dialogue},
    {errc::unrecognized_name, exit_status::dialogue},
    {errc::certificate_required, exit_status::dialogue},
    {errc::bad_record, exit_status::dialogue},
    {errc::protocol_violation, exit_status::dialogue},
    {errc::alert_received, exit_status::dialogue},
    {errc::unread_data, exit_status::dialogue},
    {errc::plaintext_before_tls, exit_status::dialogue},
    {errc::starttls_refused, exit_status::dialogue},
    {errc::dialogue_failed, exit_status::dialogue},
    {errc::no_verdict, exit_status::judged_bad},
    {errc::no_peer_certificate, exit_status::judged_bad},
    {errc::no_trust_anchors, exit_status::judged_bad},
    {errc::unknown_issuer, exit_status::judged_bad},
    {errc::self_signed, exit_status::judged_bad},
    {errc::self_signed_in_chain, exit_status::judged_bad},
    {errc::expired, exit_status::judged_bad},
    {errc::not_yet_valid, exit_status::judged_bad},
    {errc::name_mismatch, exit_status::judged_bad},
    {errc::name_constraint, exit_status::judged_bad},
    {errc::invalid_purpose, exit_status::judged_bad},
    {errc::invalid_ca, exit_status::judged_bad},
    {errc::path_too_long, exit_status::judged_bad},
    {errc::bad_signature, exit_status::judged_bad},
    {errc::weak_key, exit_status::judged_bad},
    {errc::weak_signature, exit_status::judged_bad},
    {errc::revoked, exit_status::judged_bad},
    {errc::unknown_critical_extension, exit_status::judged_bad},
    {errc::invalid_version, exit_status::judged_bad},
    {errc::invalid_serial_number, exit_status::judged_bad},
    {errc::invalid_extension, exit_status::judged_bad},
    {errc::no_alternative_names, exit_status::judged_bad},
    {errc::wildcard_too_wide, exit_status::judged_bad},
    {errc::path_search_exhausted, exit_status::judged_bad},
    {errc::pin_mismatch, exit_status::judged_bad},
    {errc::crl_not_found, exit_status::judged_bad},
    {errc::crl_invalid, exit_status::judged_bad},
    {errc::crl_expired, exit_status::judged_bad},
    {errc::invalid_certificate, exit_status::judged_bad},
    {errc::certificate_rejected, exit_status::judged_bad},
    {errc::file_io_failed, exit_status::local},
    {errc::out_of_memory, exit_status::local},
    {errc::resource_exhausted, exit_status::local},
    {errc::internal, exit_status::local},
};

TEST(exit_status, each_code_has_the_status_of_the_contract) {
  for (const auto& [code, status] : table) EXPECT_EQ(tool::status_of(code), status) << signet::name(code);
}

TEST(exit_status, the_table_leaves_no_code_out) {
  for (int number = 0; number < 1000; ++number) {
    const auto code = static_cast<errc>(number);
    // A number that is no code has the name of one that it is not.
    const bool is_code = code == errc::internal || signet::name(code) != signet::name(errc::internal);
    EXPECT_EQ(std::count_if(table.begin(), table.end(), [&](const auto& line) { return line.first == code; }),
              is_code ? 1 : 0)
        << signet::name(code);
  }
}

TEST(exit_status, every_verdict_on_a_peer_is_1) {
  for (const auto& [code, status] : table) {
    EXPECT_EQ(signet::kind_of(code) == signet::error_kind::verification, status == exit_status::judged_bad)
        << signet::name(code);
  }
}

}  // namespace
