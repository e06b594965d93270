// The one TLS state machine. It owns no socket, waits for nothing and has no clock of its own: it moves bytes between
// its caller and a transport. Every socket, stream and test drives this.
//
// The first fatal result is kept: every later call returns it, and OpenSSL is not entered again. Destruction releases;
// it sends nothing and keeps the session resumable.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <signet/base/bytes.hpp>
#include <signet/base/result.hpp>
#include <signet/tls/client_config.hpp>
#include <signet/tls/connection_info.hpp>
#include <signet/tls/server_config.hpp>
#include <signet/tls/transport.hpp>
#include <signet/verify/server_name.hpp>
#include <signet/verify/verdict.hpp>

namespace signet {

/// What one client connection asks for beside the name.
struct engine_options {
  /// Sent instead of the expected name; an empty string sends none. Never changes what is verified.
  std::optional<std::string> sni = {};
  /// Where sessions of this peer are found again ("192.0.2.1:443"); the expected name when empty.
  std::string session_key = {};
};

class SIGNET_EXPORT engine {
 public:
  /// A client that accepts only a peer proved to be `expected`. The transport is borrowed for the engine's life.
  static result<engine> client(const client_config& config, const server_name& expected, transport& wire,
                               engine_options options = {});
  static result<engine> server(const server_config& config, transport& wire);

  engine(engine&&) noexcept;
  engine& operator=(engine&&) noexcept;
  ~engine();

  /// Goes as far as the transport lets it. Done when next is nothing and handshake_done(). On failure the alert is on
  /// its way before this returns.
  result<io_status> handshake();
  [[nodiscard]] bool handshake_done() const noexcept;

  /// Decrypted bytes into `buffer`; an empty buffer is 0 bytes. The end is told apart: after close_notify `end`,
  /// without it truncated, for altered data bad_record. When next is read and unsent() is not 0, wait for writing as
  /// well; when it is write, a peer that takes no answers is not read from until it does. One call takes at most some
  /// 64 KiB from the transport that hold no data.
  result<io_status> read(byte_span buffer);
  /// Takes bytes as long as no more than 64 KiB of ciphertext wait for the transport.
  result<io_status> write(byte_view bytes);
  /// Hands waiting ciphertext to the transport.
  result<io_status> flush();
  /// Sends close_notify; reading goes on. A second call flushes.
  result<io_status> close_write();

  /// Bytes that a read returns without the transport; what came with them is looked into.
  [[nodiscard]] std::size_t pending() const noexcept;
  /// Whether a read has something to say without the transport: bytes, the end, or what went wrong.
  [[nodiscard]] bool readable() const noexcept;
  /// Ciphertext that the transport has not taken yet.
  [[nodiscard]] std::size_t unsent() const noexcept;
  /// Bytes that came after the peer's close_notify and are not TLS any more; empty before it.
  [[nodiscard]] std::string take_leftover();
  /// Bytes that were read before the engine existed and belong to its start, at most 64 KiB. invalid_argument once the
  /// handshake has begun.
  result<void> feed(byte_view bytes);
  /// Output is held (up to 64 KiB) until uncork() or flush(), so that a handshake's end and first data share a segment.
  void cork() noexcept;
  result<io_status> uncork();

  /// Complete after the handshake.
  [[nodiscard]] connection_info info() const;
  /// What was decided about the peer, on a resumed connection when its session began; null when the peer was not asked
  /// for a certificate, or before one came.
  [[nodiscard]] std::shared_ptr<const signet::verdict> verdict() const noexcept;

  struct impl;
  [[nodiscard]] impl& get() const noexcept { return *impl_; }

 private:
  explicit engine(std::unique_ptr<impl> made) noexcept;

  std::unique_ptr<impl> impl_;
};

}  // namespace signet
