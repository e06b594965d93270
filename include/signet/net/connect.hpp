// The client's door: connect() makes a verified TLS connection from an endpoint.
//
// The server has to prove the name that was asked for; a name is always there, because the endpoint has a host. Name
// look-up, connecting and the handshake share one deadline. A call that fails leaves nothing open.
// To connect without waiting, use nonblocking_socket::connect(). To begin TLS on a plain connection, use start_tls().
// Deliberately absent: proxies and plain dialogues before TLS, which are in <signet/net/starttls.hpp>.
#pragma once

#include <optional>
#include <string>

#include <signet/base/bytes.hpp>
#include <signet/base/deadline.hpp>
#include <signet/base/endpoint.hpp>
#include <signet/net/start_tls.hpp>
#include <signet/tls/client_config.hpp>

namespace signet {

struct connect_options {
  /// The time for name look-up, all attempts to connect and the handshake together, counted from the call.
  std::chrono::milliseconds timeout = std::chrono::seconds(30);
  /// A point in time by which the call ends as well. The earlier of the two applies.
  deadline until = {};
  /// Which addresses of the host to try.
  address_family family = address_family::any;
  /// How the addresses of the host are found. Set it to `none` if no name server may be asked.
  name_lookup lookup = name_lookup::all;
  /// The address of this machine to connect from, and the port; not a name. Empty, and 0: the system chooses. Addresses
  /// of the other family are then not tried. Do not set the port unless the server insists: only one connection to it
  /// at a time can have that port, and the next one may have to wait for minutes.
  endpoint local_address = {};
  /// Decides for each address of the host, after the look-up and before anything is sent to it, whether to connect to
  /// it. Empty: all of them. Set it when the host comes from somebody else, to keep that person out of your own
  /// network.
  address_filter permit = {};
  /// The name or address that the server has to prove. Empty: the host of the endpoint. Set it only if the endpoint is
  /// not the server itself, such as a tunnel.
  std::string name = {};
  /// The server name to send (RFC 6066 section 3) in place of the name to prove. An empty string sends none. It never
  /// changes what is verified. Do not set it unless the server expects another name than its own.
  std::optional<std::string> sni = {};
  /// The key under which sessions with this server are kept. Empty: the endpoint as it was given. Connections with the
  /// same key share their sessions: an FTPS data connection can resume the session of its control connection
  /// (docs/guide/ftps.md).
  std::string session_key = {};
  /// Bytes to send as soon as the server is verified. In TLS 1.3 they share a segment with the end of the handshake.
  byte_view first_bytes = {};
  /// Who is told what happens, step by step.
  trace_options trace = {};
};

/// Connects to the endpoint and completes a handshake that verifies the server. Without a config, it uses
/// client_config::standard().
/// Errors: those of tcp_socket::connect() and those of the handshake in start_tls(), such as not_tls or name_mismatch.
SIGNET_EXPORT result<tls_socket> connect(const endpoint& to, connect_options options = {});
SIGNET_EXPORT result<tls_socket> connect(const endpoint& to, const client_config& config, connect_options options = {});

}  // namespace signet
