#include <signet/net/start_tls.hpp>

#include <signet/verify/server_name.hpp>

#include "net/channel/stream_channel.hpp"
#include "net/tls_socket_impl.hpp"
#include "tls/first_octets.hpp"

namespace signet {
namespace {

// Whoever is on the path can put plain bytes before the handshake and have them taken for answers given inside it.
error early_bytes(const tcp_socket_impl& plain) {
  return plain.wire->problem(errc::plaintext_before_tls,
                             "the peer sent plain bytes that belong to no answer before TLS began",
                             "read the whole answer to the command that starts TLS; if bytes still follow it, "
                             "somebody may be injecting commands");
}

// What has come by now is held and stays readable.
result<void> hold_what_came(tcp_socket_impl& plain) {
  plain.wire->begin("handshake", {}, net::waiting::forbidden);
  if (plain.held.buffered() != 0) return {};
  std::byte piece[2048];
  auto got = plain.wire->read(byte_span(piece, sizeof piece));
  if (!got) return std::move(got).error();
  if (got->end) return plain.wire->problem(errc::closed, "the peer has closed the connection");
  plain.held.append(byte_view(std::span<const std::byte>(piece, got->bytes)));
  return {};
}

// Runs an upgrade over an encrypted connection, which its owner has back when it fails.
template <class Upgrade>
result<tls_socket> over(tls_socket& outer, Upgrade&& upgrade) {
  if (!outer.is_open()) return net::not_open("handshake");
  auto plain = tcp_socket::over(std::move(outer));
  result<tls_socket> inner = upgrade(plain);
  if (inner) return inner;
  outer = std::move(*inside(plain).wire->below());
  // What came early came through it.
  inside(outer).connection.held().put_back(inside(plain).held.held_bytes());
  return inner;
}

}  // namespace

result<void> net::nothing_came_yet(tcp_socket_impl& plain) {
  if (auto looked = hold_what_came(plain); !looked) return looked;
  if (plain.held.buffered() != 0) return early_bytes(plain);
  return {};
}

result<void> net::only_a_client_hello_came(tcp_socket_impl& plain) {
  if (auto looked = hold_what_came(plain); !looked) return looked;
  if (!may_be_client_hello(plain.held.held_bytes().text())) return early_bytes(plain);
  return {};
}

result<void> net::may_upgrade(const tcp_socket& plain) {
  if (!plain.is_open()) return not_open("handshake");
  auto& from = inside(plain);
  if (!from.write_ended) return {};
  from.wire->begin("handshake", {}, waiting::forbidden);
  return from.wire->already_ended();
}

net::upgrade net::as_client(const client_config& config, const server_name& expected, engine_options options,
                            const peer& whom, deadline until, byte_view first_bytes) {
  // As the caller named it: the addresses behind one name share their sessions.
  if (options.session_key.empty())
    options.session_key = !whom.asked.empty() ? whom.asked : whom.address.size != 0 ? net::to_string(whom.address) : "";
  if (options.port == 0 && whom.address.size != 0) options.port = whom.address.port();
  net::upgrade how;
  how.until = until;
  how.first_bytes = first_bytes;
  how.make_engine = [config, expected, options](transport& wire) {
    return engine::client(config, expected, wire, options);
  };
  return how;
}

net::upgrade net::as_server(const server_config& config, deadline until, trace_options trace) {
  upgrade how;
  how.until = until;
  how.make_engine = [config, trace = std::move(trace)](transport& wire) { return engine::server(config, wire, trace); };
  return how;
}

result<tls_socket> start_tls(tcp_socket&& plain, std::string_view name, const client_config& config,
                             start_tls_options options) {
  if (auto ok = net::may_upgrade(plain); !ok) return std::move(ok).error();
  auto expected = server_name::parse(name);
  if (!expected) return std::move(expected).error();
  auto& from = inside(plain);
  if (auto clean = net::nothing_came_yet(from); !clean) return std::move(clean).error();
  from.wire->set_side(net::side::client);
  return net::secure(plain, net::as_client(config, *expected, net::engine_options_of(options), from.wire->whom(),
                                           net::deadline_of(options), options.first_bytes));
}

result<tls_socket> start_tls(tcp_socket&& plain, std::string_view name, start_tls_options options) {
  auto config = client_config::standard();
  if (!config) return std::move(config).error();
  return start_tls(std::move(plain), name, *config, std::move(options));
}

result<tls_socket> start_tls(tls_socket&& outer, std::string_view name, const client_config& config,
                             start_tls_options options) {
  return over(outer, [&](tcp_socket& plain) { return start_tls(std::move(plain), name, config, std::move(options)); });
}

result<tls_socket> start_tls(tcp_socket&& plain, const server_config& config, handshake_options options) {
  if (auto ok = net::may_upgrade(plain); !ok) return std::move(ok).error();
  auto& from = inside(plain);
  if (auto clean = net::only_a_client_hello_came(from); !clean) return std::move(clean).error();
  from.wire->set_side(net::side::server);
  return net::secure(plain, net::as_server(config, net::deadline_of(options), options.trace));
}

result<tls_socket> start_tls(tls_socket&& outer, const server_config& config, handshake_options options) {
  return over(outer, [&](tcp_socket& plain) { return start_tls(std::move(plain), config, options); });
}

}  // namespace signet
