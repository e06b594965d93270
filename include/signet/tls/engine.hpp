// The TLS state machine: it moves bytes between its caller and a transport. Every socket and stream of this library
// drives one. Use it for event loops and wires of your own; for sockets there are tls_socket and nonblocking_socket.
//
// An engine does not wait, unless its transport does. When a call cannot go on, io_status::next says what to wait for.
// The first fatal error is kept: every later call returns it, and OpenSSL is not entered again.
// Destruction sends nothing; the session stays resumable.
//
// Deliberately absent: sockets, timers, threads, and a client without an expected name.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <signet/base/bytes.hpp>
#include <signet/base/result.hpp>
#include <signet/base/trace.hpp>
#include <signet/tls/channel_binding.hpp>
#include <signet/tls/client_config.hpp>
#include <signet/tls/connection_info.hpp>
#include <signet/tls/server_config.hpp>
#include <signet/tls/transport.hpp>
#include <signet/verify/server_name.hpp>
#include <signet/verify/verdict.hpp>

namespace signet {

/// Options of one client connection.
struct engine_options {
  /// The server name to send (RFC 6066 section 3) in place of the expected name, at most 255 octets. An empty string
  /// sends none. It never changes what is verified. Do not set it unless the server expects another name than its own.
  std::optional<std::string> sni = {};
  /// The key under which sessions with this peer are kept, such as "192.0.2.1:443". Empty: the expected name.
  std::string session_key = {};
  /// The port of the peer, for verify_options::first_use. 0: not known.
  std::uint16_t port = 0;
  /// Who is told what happens, step by step.
  trace_options trace = {};
};

class SIGNET_EXPORT engine {
 public:
  /// Makes a client that accepts only a server proved to be `expected`. The engine borrows the transport, which has to
  /// outlive it.
  /// Errors: invalid_name.
  static result<engine> client(const client_config& config, const server_name& expected, transport& wire,
                               engine_options options = {});
  /// Makes a server. The engine borrows the transport, which has to outlive it. `trace` is told what happens.
  static result<engine> server(const server_config& config, transport& wire, trace_options trace = {});

  engine(engine&&) noexcept;
  engine& operator=(engine&&) noexcept;
  ~engine();

  /// Takes the handshake as far as the transport allows. It is complete when next is nothing and handshake_done() is
  /// true. On failure the alert has been offered to the transport before this returns.
  /// Errors: those of the transport, closed, not_tls, plain_http, handshake_failed, protocol_version, no_shared_cipher,
  /// no_shared_alpn, unrecognized_name, certificate_required, bad_record, alert_received, and those of verification.
  result<io_status> handshake();
  [[nodiscard]] bool handshake_done() const noexcept;

  /// Decrypts bytes into `buffer`. The peer's close_notify is reported as `end`; a stream that ends without one is
  /// truncated. When next is read and unsent() is not 0, wait for room to write as well. When next is write, the peer
  /// does not take our answers, and nothing is read until it does. A call that finds no data gives up after about
  /// 64 KiB. A server of TLS 1.3 judges the client's certificate after the client's handshake is complete, so the first
  /// read may report its refusal.
  /// Errors: those of the transport, not_connected, truncated, bad_record, protocol_violation, alert_received,
  /// certificate_required.
  result<io_status> read(byte_span buffer);
  /// Encrypts bytes. It accepts bytes as long as at most about 64 KiB of ciphertext wait for the transport.
  /// Errors: those of the transport, not_connected, closed (after close_write()).
  result<io_status> write(byte_view bytes);
  /// Hands waiting ciphertext to the transport.
  /// Errors: those of the transport.
  result<io_status> flush();
  /// Sends close_notify; reading goes on. A second call only flushes.
  /// Errors: those of the transport, not_connected.
  result<io_status> close_write();

  /// The number of bytes that a read returns without the transport. To count them, it decrypts what has come already.
  [[nodiscard]] std::size_t pending() const noexcept;
  /// True if a read returns without the transport: with bytes, the end, or an error.
  [[nodiscard]] bool readable() const noexcept;
  /// The number of bytes of ciphertext that the transport has not taken yet.
  [[nodiscard]] std::size_t unsent() const noexcept;
  /// Takes out the bytes that came after the peer's close_notify, and are not TLS any more. It returns none before a
  /// read has reported the end.
  [[nodiscard]] std::string take_leftover();
  /// Gives the engine bytes that were read before it existed, at most 64 KiB. Call it before the handshake begins.
  /// Errors: invalid_argument.
  result<void> feed(byte_view bytes);
  /// From now on holds output, up to about 64 KiB, so that the end of a handshake and the first data can share a
  /// segment. uncork(), flush() and a read that asks the transport send what is held.
  void cork() noexcept;
  /// Sends what is held, and holds nothing from now on.
  /// Errors: those of the transport.
  result<io_status> uncork();

  /// Derives octets that both ends of this connection can derive, and nobody else (RFC 5705, RFC 8446 section 7.5): 1
  /// to 4096 of them, under a label that is registered or one's own. Before TLS 1.3 an empty context is another than
  /// none.
  /// Errors: not_connected, invalid_argument, not_supported.
  [[nodiscard]] result<std::string> export_keying_material(std::string_view label, std::size_t size,
                                                           std::optional<byte_view> context = {}) const;
  /// The value that binds an inner protocol to this connection.
  /// Errors: not_connected, not_supported (not with this version, peer or certificate).
  [[nodiscard]] result<std::string> binding(channel_binding kind) const;

  /// Asks the client for a certificate after the handshake (RFC 8446 section 4.6.2), for a server of TLS 1.3. The
  /// answer comes with later reads: client_answered() tells when. It is judged as in a handshake, and a refusal ends
  /// the connection. `required` also ends it if the client shows none.
  /// Errors: those of the transport, not_connected, invalid_argument (`ignored`), invalid_configuration (client_trust
  /// is empty), not_supported (the client does not offer it, or it is TLS 1.2).
  result<io_status> request_certificate(client_certificates how = client_certificates::required);
  /// True once the client has answered the last request_certificate().
  [[nodiscard]] bool client_answered() const noexcept;

  /// What is known of the connection. All fields have their defaults until the handshake is complete.
  [[nodiscard]] connection_info info() const;
  /// What was decided about the peer. Null before its certificate has been judged, and if it showed none. On a resumed
  /// connection of a client it is the verdict of the original handshake; a server judges the client's certificate anew.
  [[nodiscard]] std::shared_ptr<const signet::verdict> verdict() const noexcept;

 private:
  friend struct detail::access;
  struct impl;
  explicit engine(std::unique_ptr<impl> made) noexcept;

  std::unique_ptr<impl> impl_;
};

}  // namespace signet
