// Whom we talk to and how, for people and as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <signet/net/tls_socket.hpp>

namespace tool {

/// Several lines on stderr.
void say_connection(const signet::tls_socket& socket);
/// The same of a connection that an error ended, as far as it came: the chain as it was sent, and the alert.
void say_what_was_reached(const signet::error& why);
nlohmann::ordered_json connection_json(const signet::tls_socket& socket);
/// An error with all its fields: code, whom it is about, what was wanted and found.
nlohmann::ordered_json json_of(const signet::error& why);
/// When verification was loosened: what it would have refused, as warnings.
void warn_of_findings(const signet::tls_socket& socket);

}  // namespace tool
