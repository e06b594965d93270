// What an encrypted socket is made of: a descriptor, the transport over it, and the engine that the transport feeds.
// All of it stays where it is, for the engine holds on to the transport.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include <signet/net/tls_socket.hpp>

#include "net/tcp_socket_impl.hpp"

namespace signet {

struct tls_socket::impl {
  // Borrows the descriptor until `fd` is set: a failed handshake leaves it with its owner.
  impl(int borrowed, net::peer far_end, std::string engines_name)
      : whom(std::move(far_end)), named(std::move(engines_name)), wire(borrowed, whom) {}

  result<void> handshake(deadline until, byte_view first_bytes);
  // Within a call that wire.begin() has opened.
  result<std::size_t> read_step(byte_span buffer);
  result<std::size_t> write_step(byte_view bytes);
  result<void> flush();

  // The engine's error under our peer's name, remembered if it ends the connection.
  error failed(error e);

  net::descriptor fd = {};
  net::peer whom;
  // What the engine's messages open with.
  std::string named;
  net::descriptor_transport wire;
  std::optional<engine> tls = {};
  net::gathered_reader held = {};
  std::chrono::milliseconds timeout{0};
  bool write_ended = false;
  bool peer_ended = false;
  bool broken = false;
};

namespace net {

struct upgrade {
  std::function<result<engine>(transport&)> make_engine;
  // What the engine's messages open with: the expected name, or "client".
  std::string named = {};
  deadline until = {};
  byte_view first_bytes = {};
};

// Makes a connection of a plain one by a handshake. `plain` is moved from only on success.
result<tls_socket> secure(tcp_socket& plain, const upgrade& how);

}  // namespace net
}  // namespace signet
