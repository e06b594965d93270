// From plain to encrypted on an open connection, as either side, over whatever a plain socket stands on. What is said
// in plain before that, protocol by protocol, is <signet/net/starttls.hpp>.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <signet/base/bytes.hpp>
#include <signet/base/deadline.hpp>
#include <signet/net/tcp_socket.hpp>
#include <signet/net/tls_socket.hpp>
#include <signet/tls/client_config.hpp>
#include <signet/tls/server_config.hpp>

namespace signet {

struct start_tls_options {
  /// For the handshake, counted from the call.
  std::chrono::milliseconds timeout = std::chrono::seconds(30);
  /// A point in time besides: the earlier holds.
  deadline until = {};
  /// Sent instead of the name; an empty string sends none. Never changes what is verified.
  std::optional<std::string> sni = {};
  /// Where sessions of this peer are found again; the endpoint that was connected to when empty. Connections that give
  /// the same key share their sessions: an FTPS data channel resumes its control channel's (docs/guide/starttls.md).
  std::string session_key = {};
  /// Sent with the last flight of the handshake.
  byte_view first_bytes = {};
};

/// Upgrades a plain connection. `plain` is moved from only on success: a failed upgrade leaves it with its caller,
/// open. Bytes that arrived before the upgrade are plaintext_before_tls (command injection) and stay readable.
/// invalid_name, timed_out, closed, not_tls, handshake_failed and the codes of verification.
SIGNET_EXPORT result<tls_socket> start_tls(tcp_socket&& plain, std::string_view name, const client_config& config,
                                           start_tls_options options = {});
SIGNET_EXPORT result<tls_socket> start_tls(tcp_socket&& plain, std::string_view name, start_tls_options options = {});

/// TLS inside TLS: a second peer behind the first, as behind an HTTPS proxy. `outer` is moved from only on success.
SIGNET_EXPORT result<tls_socket> start_tls(tls_socket&& outer, std::string_view name, const client_config& config,
                                           start_tls_options options = {});

struct handshake_options {
  /// For the whole handshake, counted from the call.
  std::chrono::milliseconds timeout = std::chrono::seconds(30);
  /// A point in time besides: the earlier holds.
  deadline until = {};
};

/// As the server. Bytes that arrived before the upgrade are the client's first flight if they begin like one (it need
/// not wait for our answer), else plaintext_before_tls. `plain` and `outer` are moved from only on success.
SIGNET_EXPORT result<tls_socket> start_tls(tcp_socket&& plain, const server_config& config,
                                           handshake_options options = {});
SIGNET_EXPORT result<tls_socket> start_tls(tls_socket&& outer, const server_config& config,
                                           handshake_options options = {});

}  // namespace signet
