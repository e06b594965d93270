// What an encrypted socket is made of: a connection, how long its calls may wait, and who is inside.
#pragma once

#include <atomic>
#include <string_view>

#include <signet/net/tls_socket.hpp>
#include <signet/tls/client_config.hpp>
#include <signet/tls/server_config.hpp>
#include <signet/verify/server_name.hpp>

#include "net/tls_connection.hpp"

namespace signet {

struct tls_socket::impl {
  explicit impl(net::channel& borrowed) noexcept : connection(borrowed) {}

  // Within a call, waiting until its deadline.
  result<void> handshake();
  result<std::size_t> read_step(byte_span buffer);
  result<std::size_t> write_step(byte_view bytes);
  result<void> write(byte_view bytes);
  result<void> flush();
  result<void> end_writing();
  // A call of its own.
  static result<void> close(impl* s, net::waiting may_wait);

  [[nodiscard]] net::channel& wire() const noexcept { return connection.wire(); }

  net::tls_connection connection;
  net::patience patience = {};
  bool corked = false;
  std::atomic<bool> in_use = false;
  // Asked for while a call was inside, which sees to it when it leaves.
  std::atomic<bool> abandoned = false;

  // Of whoever was inside.
  void leave() noexcept;
};
using tls_socket_impl = detail::access::impl<tls_socket>;

namespace net {

// One call on an encrypted socket, from its beginning to its end: the connection is open, nobody else is inside, and
// the channel knows phase and deadline.
class tls_call {
 public:
  tls_call(tls_socket_impl* s, std::string_view phase, deadline until);
  // One that must not wait.
  tls_call(tls_socket_impl* s, std::string_view phase);
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
  tls_call(tls_socket_impl* s, std::string_view phase, std::nullptr_t) noexcept;

  tls_socket_impl* socket_;
  std::string_view phase_;
  bool busy_ = false;
  bool entered_ = false;
};

// Open both ways.
result<void> may_upgrade(const tcp_socket& plain);
// Of a client: what has come by now is plaintext_before_tls, and stays held.
result<void> nothing_came_yet(tcp_socket_impl& plain);
// Of a server: it may be the first flight of a client that has not waited for our answer.
result<void> only_a_client_hello_came(tcp_socket_impl& plain);

template <class Options>
engine_options engine_options_of(const Options& options) {
  engine_options out{.sni = options.sni, .session_key = options.session_key, .trace = options.trace};
  if constexpr (requires { options.port; }) out.port = options.port;
  return out;
}
template <class Options>
tcp_connect_options plain_options_of(const Options& options, deadline until) {
  return {.timeout = std::chrono::milliseconds::max(),
          .until = until,
          .family = options.family,
          .lookup = options.lookup,
          .local_address = options.local_address,
          .permit = options.permit,
          .trace = options.trace};
}
upgrade as_client(const client_config& config, const server_name& expected, engine_options options, const peer& whom,
                  deadline until, byte_view first_bytes);
upgrade as_server(const server_config& config, deadline until, trace_options trace);

// What is to become an encrypted connection, up to its handshake. Borrows what `plain` stands on.
result<std::unique_ptr<tls_socket_impl>> begin_upgrade(tcp_socket& plain, const upgrade& how);
// After it.
tls_socket finish_upgrade(tcp_socket plain, std::unique_ptr<tls_socket_impl> made);
// Makes a connection of a plain one by a handshake. `plain` is moved from only on success.
result<tls_socket> secure(tcp_socket& plain, const upgrade& how);

}  // namespace net
}  // namespace signet
