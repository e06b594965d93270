// Whom we talk to and how, for people and as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <signet/net/tls_socket.hpp>

namespace tool {

/// Several lines on stderr.
void say_connection(const signet::tls_socket& socket);
nlohmann::ordered_json connection_json(const signet::tls_socket& socket);
/// When verification was loosened: what it would have refused, as warnings.
void warn_of_findings(const signet::tls_socket& socket);

}  // namespace tool
