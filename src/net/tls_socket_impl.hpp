// What an encrypted socket is made of: a channel, and the engine that it feeds. All of it stays where it is, for the
// engine holds on to the channel.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include <signet/net/tls_socket.hpp>
#include <signet/tls/client_config.hpp>
#include <signet/tls/server_config.hpp>
#include <signet/verify/server_name.hpp>

#include "net/tcp_socket_impl.hpp"

namespace signet {

struct tls_socket::impl {
  // Borrows the channel until `own` is set: a failed handshake leaves it with its owner.
  impl(net::channel& borrowed, std::string engines_name) : wire(borrowed), named(std::move(engines_name)) {}

  result<void> handshake(deadline until, byte_view first_bytes);
  // Within a call.
  result<std::size_t> read_step(byte_span buffer);
  result<std::size_t> write_step(byte_view bytes);
  result<void> write(byte_view bytes);
  result<void> flush();
  result<void> end_writing();
  // The step of all that end our direction, each in its own way of waiting.
  result<io_status> try_end();

  // The engine's error under our peer's name, remembered if it ends the connection.
  error failed(error e);

  std::unique_ptr<net::channel> own = {};
  net::channel& wire;
  // What the engine's messages open with.
  std::string named;
  std::optional<engine> tls = {};
  net::gathered_reader held = {};
  std::chrono::milliseconds timeout{0};
  deadline whole = {};
  bool write_ended = false;
  bool peer_ended = false;
  bool broken = false;
  bool corked = false;
  std::atomic<bool> in_use = false;
  // Asked for while a call was inside, which sees to it when it leaves.
  std::atomic<bool> abandoned = false;

  // Of whoever was inside.
  void leave() noexcept;
};

namespace net {

// One call on an encrypted socket, from its beginning to its end: the connection is open, nobody else is inside, and
// the channel knows phase and deadline.
class tls_call {
 public:
  tls_call(tls_socket::impl* s, std::string_view phase, deadline until);
  // One that must not wait.
  tls_call(tls_socket::impl* s, std::string_view phase);
  tls_call(const tls_call&) = delete;
  tls_call& operator=(const tls_call&) = delete;
  ~tls_call() {
    if (entered_) socket_->leave();
  }

  explicit operator bool() const noexcept { return entered_; }
  // Why not.
  [[nodiscard]] error refusal() const;
  // Another thread is inside; else it is closed.
  [[nodiscard]] bool is_busy() const noexcept { return busy_; }

 private:
  tls_call(tls_socket::impl* s, std::string_view phase, std::nullptr_t) noexcept;

  tls_socket::impl* socket_;
  std::string_view phase_;
  bool busy_ = false;
  bool entered_ = false;
};

struct upgrade {
  std::function<result<engine>(transport&)> make_engine;
  // What the engine's messages open with: the expected name, or "client".
  std::string named = {};
  deadline until = {};
  byte_view first_bytes = {};
};

// Open both ways.
result<void> may_upgrade(const tcp_socket& plain);
// Of a client: what has come by now is plaintext_before_tls, and stays held.
result<void> nothing_came_yet(tcp_socket::impl& plain);
// Of a server: it may be the first flight of a client that has not waited for our answer.
result<void> only_a_client_hello_came(tcp_socket::impl& plain);

template <class Options>
engine_options engine_options_of(const Options& options) {
  return {.sni = options.sni, .session_key = options.session_key};
}
upgrade as_client(const client_config& config, const server_name& expected, engine_options options, const peer& whom,
                  deadline until, byte_view first_bytes);
upgrade as_server(const server_config& config, deadline until);

// Makes a connection of a plain one by a handshake. `plain` is moved from only on success.
result<tls_socket> secure(tcp_socket& plain, const upgrade& how);

}  // namespace net
}  // namespace signet
