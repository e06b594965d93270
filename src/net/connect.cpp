#include <signet/net/connect.hpp>

#include <sys/socket.h>

#include <cerrno>

#include <signet/verify/server_name.hpp>

#include "net/tls_socket_impl.hpp"

namespace signet {
namespace {

net::upgrade client_upgrade(const client_config& config, const server_name& expected, std::optional<std::string> sni,
                            const net::peer& whom, deadline until, byte_view first_bytes) {
  engine_options options;
  options.sni = std::move(sni);
  // As the caller named it: the addresses behind one name share their sessions.
  options.session_key = !whom.asked.empty() ? whom.asked : whom.address.size != 0 ? net::to_string(whom.address) : "";
  net::upgrade how;
  how.named = expected.display();
  how.until = until;
  how.first_bytes = first_bytes;
  how.make_engine = [config, expected, options](transport& wire) {
    return engine::client(config, expected, wire, options);
  };
  return how;
}

// Whoever is on the path can put plain bytes before the handshake and have them taken for answers given inside it.
result<void> nothing_came_yet(const tcp_socket::impl& plain) {
  const auto early = [&] {
    return error(
        errc::plaintext_before_tls,
        plain.whom.describe() + ": handshake: the peer sent plain bytes that belong to no answer before TLS began",
        "read the whole answer to the command that starts TLS; if bytes still follow it, somebody may be "
        "injecting commands");
  };
  if (plain.held.buffered() != 0) return early();
  for (;;) {
    char byte = 0;
    const auto n = ::recv(plain.fd.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    if (n > 0) return early();
    if (n == 0) return error(errc::closed, plain.whom.describe() + ": handshake: the peer has closed the connection");
    if (errno == EAGAIN || errno == EWOULDBLOCK) return {};
    if (errno != EINTR) return net::io_failure(plain.whom, "handshake", errno);
  }
}

}  // namespace

result<tls_socket> connect(const endpoint& to, const client_config& config, connect_options options) {
  // Before anybody is spoken to: without a name there is nothing to verify.
  auto expected = server_name::parse(options.name.empty() ? to.host : options.name);
  if (!expected) return std::move(expected).error();
  const auto until = net::deadline_of(options);
  auto plain =
      tcp_socket::connect(to, {.timeout = std::chrono::milliseconds::max(), .until = until, .family = options.family});
  if (!plain) return std::move(plain).error();
  auto secured = net::secure(
      *plain, client_upgrade(config, *expected, std::move(options.sni), plain->get().whom, until, options.first_bytes));
  // So that the alert which tells the server why arrives.
  if (!secured) net::part(plain->native_handle());
  return secured;
}

result<tls_socket> connect(const endpoint& to, connect_options options) {
  auto config = client_config::standard();
  if (!config) return std::move(config).error();
  return connect(to, *config, std::move(options));
}

result<tls_socket> start_tls(tcp_socket&& plain, std::string_view name, const client_config& config,
                             start_tls_options options) {
  if (!plain.is_open()) return net::not_open("handshake");
  auto expected = server_name::parse(name);
  if (!expected) return std::move(expected).error();
  auto& from = plain.get();
  if (from.write_ended) return net::already_ended(from.whom.describe(), "handshake");
  if (auto clean = nothing_came_yet(from); !clean) return std::move(clean).error();
  return net::secure(plain, client_upgrade(config, *expected, std::move(options.sni), from.whom,
                                           net::deadline_of(options), options.first_bytes));
}

result<tls_socket> start_tls(tcp_socket&& plain, std::string_view name, start_tls_options options) {
  auto config = client_config::standard();
  if (!config) return std::move(config).error();
  return start_tls(std::move(plain), name, *config, std::move(options));
}

}  // namespace signet
