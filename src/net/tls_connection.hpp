// One encrypted connection, step by step: an engine, the channel it reads from and writes to, what was read ahead, and
// how far each direction has come. The steps are the same for all who drive it (blocking, non-blocking, two halves, a
// relay, the way back to plain); what a driver adds is how it waits. Stays where it is: the engine holds on to the
// channel.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include <signet/tls/engine.hpp>

#include "net/tcp_socket_impl.hpp"

namespace signet::net {

// How a plain connection becomes an encrypted one.
struct upgrade {
  std::function<result<engine>(transport&)> make_engine;
  deadline until = {};
  // Sent with the last flight of the handshake. Borrowed until that is over.
  byte_view first_bytes = {};
};

class tls_connection {
 public:
  // Borrows the channel until finish(): a failed handshake leaves it with its owner.
  explicit tls_connection(channel& borrowed) noexcept : wire_(borrowed) {}
  tls_connection(const tls_connection&) = delete;
  tls_connection& operator=(const tls_connection&) = delete;

  // The engine, and what `plain` had read ahead.
  result<void> begin(tcp_socket_impl& plain, const upgrade& how);
  // The handshake and the first bytes. `nothing`: all of it is done and sent.
  result<io_status> try_handshake();
  // Takes the channel over, and gives it up again: to whoever goes on without TLS.
  void finish(std::unique_ptr<channel> wire) noexcept { own_ = std::move(wire); }
  [[nodiscard]] std::unique_ptr<channel> release() noexcept { return std::move(own_); }

  // As the engine's calls, with the peer's name in errors. What was read ahead comes first.
  result<io_status> try_read(byte_span buffer);
  // Past what was read ahead.
  result<io_status> try_receive(byte_span buffer);
  result<io_status> try_write(byte_view bytes);
  result<io_status> try_flush();
  // Ends our direction: nothing can be written after it. One that could not be ended says why, and is not ended.
  result<io_status> try_end();
  result<io_status> try_request(client_certificates how) { return remembered(engine_->request_certificate(how)); }
  void cork() noexcept { engine_->cork(); }
  result<io_status> try_uncork();

  [[nodiscard]] bool is_open() const noexcept { return own_ && own_->is_open(); }
  [[nodiscard]] bool write_ended() const noexcept { return write_ended_; }
  [[nodiscard]] bool peer_ended() const noexcept { return peer_ended_; }
  // Nothing goes on after such an error.
  [[nodiscard]] bool broken() const noexcept { return broken_; }
  [[nodiscard]] std::size_t unsent() const noexcept { return engine_->unsent(); }
  // What can be read without the channel.
  [[nodiscard]] std::size_t pending() const noexcept { return held_.buffered() + engine_->pending(); }

  [[nodiscard]] channel& wire() const noexcept { return wire_; }
  [[nodiscard]] gathered_reader& held() noexcept { return held_; }
  [[nodiscard]] const gathered_reader& held() const noexcept { return held_; }
  [[nodiscard]] engine& tls() noexcept { return *engine_; }
  [[nodiscard]] const engine& tls() const noexcept { return *engine_; }

 private:
  result<io_status> remembered(result<io_status> outcome);
  result<io_status> ended_unless_failed(result<io_status> sent, bool ended);

  std::unique_ptr<channel> own_ = {};
  channel& wire_;
  std::optional<engine> engine_ = {};
  gathered_reader held_ = {};
  byte_view first_bytes_ = {};
  bool write_ended_ = false;
  bool peer_ended_ = false;
  bool broken_ = false;
};

}  // namespace signet::net
