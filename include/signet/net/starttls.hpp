// The plain dialogues that end in TLS: what a client says to a mail, directory, chat or database server, or to a proxy,
// until both sides begin the handshake. Nothing a server says before TLS is believed further than that: the dialogues
// carry no password and keep no capability, and the peer is verified as by any other connection.
//
// Each waits until its deadline and holds a server to bounds: 8 KiB a line, 200 lines an answer, 256 KiB in all. What
// arrived after the go-ahead stays in the socket, where start_tls() (<signet/net/start_tls.hpp>) finds it and refuses.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include <signet/net/connect.hpp>

namespace signet::starttls {

enum class protocol : unsigned char {
  smtp,          ///< RFC 3207; submission too
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

/// "smtp", "xmpp-server", "http-connect".
SIGNET_EXPORT std::string_view name(protocol which) noexcept;
/// The protocol of that name. invalid_argument.
SIGNET_EXPORT result<protocol> parse(std::string_view name);
/// Where the protocol is spoken by custom, 25 for SMTP; for http_connect that of the server behind the proxy, 443.
SIGNET_EXPORT std::uint16_t default_port(protocol which) noexcept;

enum class direction : unsigned char { sent, received };

struct options {
  /// Whom the dialogue asks for where it names somebody: XMPP's domain, HTTP's Host, where a proxy shall connect to.
  /// Empty: whom the socket was connected to; http_connect needs it.
  endpoint peer = {};
  /// What EHLO and LHLO say, and XMPP's `from` between servers. Empty: our own address, "[192.0.2.1]", and no `from`.
  std::string own_name = {};
  /// The proxy that connect() goes through with http_connect.
  endpoint proxy = {};
  /// Called with each line, without its end and made printable; of binary messages with a description.
  std::function<void(direction, std::string_view line)> trace = {};
};

/// Holds the dialogue up to the go-ahead; start_tls() is what comes next. A deadline that is not set gives way to the
/// socket's timeout. starttls_refused with the server's own words, dialogue_failed for what is no answer of this
/// protocol, closed, timed_out, connection_reset, io_failed, invalid_name, invalid_argument.
SIGNET_EXPORT result<void> negotiate(tcp_socket& plain, protocol which, const options& with = {},
                                     deadline until = std::chrono::seconds(30));

/// Connects, holds the dialogue and shakes hands, all under the deadline of `how`. The peer has to prove `how.name`, or
/// the host of `to` when that is empty. What negotiate() and signet::connect() can say, plaintext_before_tls.
SIGNET_EXPORT result<tls_socket> connect(const endpoint& to, protocol which, const client_config& config,
                                         connect_options how = {}, options with = {});
SIGNET_EXPORT result<tls_socket> connect(const endpoint& to, protocol which, connect_options how = {},
                                         options with = {});

}  // namespace signet::starttls
