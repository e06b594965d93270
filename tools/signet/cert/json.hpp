// Certificates and what goes with them as JSON, every field in full: docs/guide/certificates.md has the keys.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include <signet/verify/certificate_check.hpp>
#include <signet/x509/certificate.hpp>
#include <signet/x509/certificate_request.hpp>
#include <signet/x509/crl.hpp>
#include <signet/x509/private_key.hpp>

namespace tool {

nlohmann::ordered_json json_of(const signet::certificate& cert, std::chrono::sys_seconds at);
nlohmann::ordered_json json_of(const signet::certificate_request& request);
nlohmann::ordered_json json_of(const signet::crl& list);
/// The public half: nothing of the secret one.
nlohmann::ordered_json json_of(const signet::private_key& key);
nlohmann::ordered_json json_of(const signet::certificate_finding& finding);
nlohmann::ordered_json json_of(const std::vector<signet::general_name>& names);
/// The exception being handled, with the fields that an error has.
nlohmann::ordered_json failure_json();

/// Text that is absent when it is empty.
nlohmann::ordered_json text_or_null(const std::string& text);

/// On stdout, in ASCII: foreign text can do nothing to a terminal.
void print_json(const nlohmann::ordered_json& document);

/// A certificate of the key that nobody sees: the library takes fingerprints of certificates. None for a key that
/// cannot sign, or is too weak to.
std::optional<signet::certificate> stand_in(const signet::private_key& key);
/// Whole days left, negative ones after the end.
long days_left(const signet::certificate& cert, std::chrono::sys_seconds at);

}  // namespace tool
