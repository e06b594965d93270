// The plain dialogues that end in TLS: what a client says to a mail, directory, chat or database server, or to a proxy,
// until both sides begin the handshake.
//
// An attacker on the path can read and change all of a dialogue. So it sends no password, keeps nothing of what the
// server says, and never goes on without TLS; afterwards the server is verified like any other. A dialogue ends at its
// deadline. A line may have 8 KiB, an answer 200 lines, and everything together 256 KiB.
// Bytes that follow the go-ahead stay in the socket, where start_tls() (<signet/net/start_tls.hpp>) refuses them.
//
// Deliberately absent: the server's side of these dialogues, and a login at a proxy.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <signet/net/connect.hpp>

namespace signet::starttls {

/// The protocols whose dialogue is known.
enum class protocol : unsigned char {
  smtp,          ///< RFC 3207; mail submission as well
  lmtp,          ///< RFC 2033 and 3207
  imap,          ///< RFC 9051 section 6.2.1
  pop3,          ///< RFC 2595 section 4
  ftp,           ///< AUTH TLS, RFC 4217
  ldap,          ///< RFC 4511 section 4.14
  xmpp,          ///< client to server, RFC 6120 section 5
  xmpp_server,   ///< server to server
  nntp,          ///< RFC 4642
  sieve,         ///< ManageSieve, RFC 5804 section 2.2
  postgres,      ///< SSLRequest
  mysql,         ///< SSLRequest after a handshake of version 10; the login follows inside TLS with sequence number 2
  http_connect,  ///< through a proxy, RFC 9110 section 9.3.6
  http_upgrade,  ///< RFC 2817; the answer to "OPTIONS *" follows inside TLS
};

/// The protocol's name: "smtp", "xmpp-server", "http-connect".
SIGNET_EXPORT std::string_view name(protocol which) noexcept;
/// The protocol of that name, in lower case.
/// Errors: invalid_argument.
SIGNET_EXPORT result<protocol> parse(std::string_view name);
/// The port on which the protocol is usually spoken: 25 for SMTP. For http_connect it is 443, the port of the server
/// behind the proxy.
SIGNET_EXPORT std::uint16_t default_port(protocol which) noexcept;

/// Who sent a line of the dialogue: the client, or the server.
enum class direction : unsigned char { sent, received };

/// Options of one dialogue.
struct options {
  /// The host that the dialogue asks for: the domain of XMPP, the Host of HTTP, the target of a proxy. Empty: the host
  /// that the socket was connected to. negotiate() needs it for http_connect.
  endpoint peer = {};
  /// The name in EHLO and LHLO, and in the `from` of XMPP between servers. Empty: the address of our end, such as
  /// "[192.0.2.1]", and no `from`.
  std::string own_name = {};
  /// The proxy that connect() goes through. connect() needs it for http_connect.
  endpoint proxy = {};
  /// Called with each line, without its end and made printable. For a binary message it receives a description.
  std::function<void(direction, std::string_view line)> trace = {};
};

/// Holds the dialogue up to the go-ahead. The next call is start_tls(). With a deadline that is not set, the timeout of
/// the socket applies to the whole dialogue.
/// Errors: starttls_refused (the message quotes the server), dialogue_failed (an answer does not belong to the
/// protocol), closed, timed_out, connection_reset, io_failed, not_connected, invalid_name, invalid_argument.
SIGNET_EXPORT result<void> negotiate(tcp_socket& plain, protocol which, const options& with = {},
                                     deadline until = std::chrono::seconds(30));

/// Connects, holds the dialogue and completes the handshake, all within the time of `how`. The server has to prove
/// `how.name`, or the host of `to` if that is empty. Without a config, it uses client_config::standard().
/// Errors: those of negotiate() and signet::connect(), and plaintext_before_tls.
SIGNET_EXPORT result<tls_socket> connect(const endpoint& to, protocol which, const client_config& config,
                                         connect_options how = {}, options with = {});
SIGNET_EXPORT result<tls_socket> connect(const endpoint& to, protocol which, connect_options how = {},
                                         options with = {});

}  // namespace signet::starttls
