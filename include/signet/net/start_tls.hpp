// From plain to encrypted on an open connection, as the client or as the server. The connection may stand on a socket,
// two descriptors, a byte_stream or another TLS connection.
//
// An upgrade that fails leaves the plain connection with its caller, open, but without the bytes that the handshake has
// taken. Bytes that arrived before the upgrade are never taken for bytes of the encrypted connection. The way back is
// tls_socket::unwrap().
// Deliberately absent: the plain dialogue before the upgrade, which is in <signet/net/starttls.hpp> for many protocols.
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

/// Options of a client's upgrade.
struct start_tls_options {
  /// The time for the handshake, counted from the call.
  std::chrono::milliseconds timeout = std::chrono::seconds(30);
  /// A point in time by which the call ends as well. The earlier of the two applies.
  deadline until = {};
  /// The server name to send (RFC 6066 section 3) in place of the name to prove. An empty string sends none. It never
  /// changes what is verified. Do not set it unless the server expects another name than its own.
  std::optional<std::string> sni = {};
  /// The key under which sessions with this server are kept. Empty: the endpoint that was connected to. Connections
  /// with the same key share their sessions: an FTPS data connection can resume the session of its control connection
  /// (docs/guide/ftps.md).
  std::string session_key = {};
  /// The port of the server, for verify_options::first_use. 0: the port that was connected to.
  std::uint16_t port = 0;
  /// Bytes to send as soon as the server is verified. In TLS 1.3 they share a segment with the end of the handshake.
  byte_view first_bytes = {};
  /// Who is told what happens, step by step.
  trace_options trace = {};
};

/// Upgrades a plain connection as the client. The server has to prove `name`, a DNS name or an address. `plain` is
/// moved from only on success. Bytes that arrived before the upgrade are refused as plaintext_before_tls, because an
/// attacker may have injected them; they stay readable. Without a config, it uses client_config::standard().
/// Errors: invalid_name, not_connected, plaintext_before_tls, closed, timed_out, connection_reset, io_failed, not_tls,
/// handshake_failed, protocol_version, no_shared_cipher, no_shared_alpn, unrecognized_name, certificate_required,
/// bad_record, alert_received, and those of verification.
SIGNET_EXPORT result<tls_socket> start_tls(tcp_socket&& plain, std::string_view name, const client_config& config,
                                           start_tls_options options = {});
SIGNET_EXPORT result<tls_socket> start_tls(tcp_socket&& plain, std::string_view name, start_tls_options options = {});

/// Starts TLS inside TLS, with a second server behind the first one, such as behind an HTTPS proxy. `outer` is moved
/// from only on success.
/// Errors: those of the upgrade above, and those of tls_socket::read_some() for the outer connection.
SIGNET_EXPORT result<tls_socket> start_tls(tls_socket&& outer, std::string_view name, const client_config& config,
                                           start_tls_options options = {});

/// Options of a server's handshake.
struct handshake_options {
  /// The time for the handshake, counted from the call.
  std::chrono::milliseconds timeout = std::chrono::seconds(30);
  /// A point in time by which the call ends as well. The earlier of the two applies.
  deadline until = {};
  /// Who is told what happens, step by step.
  trace_options trace = {};
};

/// Upgrades a connection as the server. Bytes that arrived before the upgrade become part of the handshake if they
/// begin like a ClientHello, because a client need not wait for our answer. Other bytes are refused as
/// plaintext_before_tls and stay readable. `plain` and `outer` are moved from only on success.
/// Errors: not_connected, plaintext_before_tls, closed, timed_out, connection_reset, io_failed, plain_http, not_tls,
/// handshake_failed, protocol_version, no_shared_cipher, no_shared_alpn, unrecognized_name, certificate_required,
/// bad_record, alert_received, and those of verification.
SIGNET_EXPORT result<tls_socket> start_tls(tcp_socket&& plain, const server_config& config,
                                           handshake_options options = {});
SIGNET_EXPORT result<tls_socket> start_tls(tls_socket&& outer, const server_config& config,
                                           handshake_options options = {});

}  // namespace signet
