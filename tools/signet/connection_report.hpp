// Whom we talk to and how, for people and as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <signet/net/tls_socket.hpp>

#include "output.hpp"

namespace tool {

/// Several lines on stderr.
void say_connection(const signet::tls_socket& socket);
/// Whether a connection was told of before it failed.
enum class told_before : unsigned char { no, yes };
/// The same of a connection that an error ended, as far as it came: the chain as it was sent, and the alert.
void say_what_was_reached(const signet::error& why, told_before was = told_before::no);
/// "a client certificate from A, B" where the server asked for one; else empty.
std::string requested_of_us(const signet::connection_info& info);
nlohmann::ordered_json connection_json(const signet::tls_socket& socket);
/// An error with all its fields: code, whom it is about, what was wanted and found.
nlohmann::ordered_json json_of(const signet::error& why);
/// The same fields of a failure that is this tool's to name: "error" is null.
nlohmann::ordered_json json_of(const failure& why);
/// When verification was loosened: what it would have refused, as warnings.
void warn_of_findings(const signet::tls_socket& socket);

}  // namespace tool
