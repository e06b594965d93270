// The client's door: a verified TLS connection from an endpoint.
#pragma once

#include <optional>
#include <string>

#include <signet/base/bytes.hpp>
#include <signet/base/deadline.hpp>
#include <signet/net/endpoint.hpp>
#include <signet/net/start_tls.hpp>
#include <signet/tls/client_config.hpp>

namespace signet {

struct connect_options {
  /// For everything together, counted from the call: name look-up, all attempts to connect, and the handshake.
  std::chrono::milliseconds timeout = std::chrono::seconds(30);
  /// A point in time besides: the earlier holds.
  deadline until = {};
  address_family family = address_family::any;
  /// The name or address the peer has to prove, and the SNI; the endpoint's host when empty.
  std::string name = {};
  /// Sent instead of the name; an empty string sends none. Never changes what is verified.
  std::optional<std::string> sni = {};
  /// Where sessions of this peer are found again; the endpoint that was connected to when empty. Connections that give
  /// the same key share their sessions: an FTPS data channel resumes its control channel's (docs/guide/starttls.md).
  std::string session_key = {};
  /// Sent with the last flight of the handshake: a segment and a round of waiting less.
  byte_view first_bytes = {};
};

/// Connects and shakes hands; what comes back is verified. What tcp_socket::connect and start_tls can say.
SIGNET_EXPORT result<tls_socket> connect(const endpoint& to, connect_options options = {});
SIGNET_EXPORT result<tls_socket> connect(const endpoint& to, const client_config& config, connect_options options = {});

}  // namespace signet
