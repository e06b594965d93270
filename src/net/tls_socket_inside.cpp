// What is asked of a connection itself, rather than sent through it.
#include <signet/net/tls_socket.hpp>

#include <array>

#include <signet/verify/verdict.hpp>

#include "net/tls_socket_impl.hpp"

namespace signet {
namespace {

constexpr std::string_view asking = "asking for a certificate";
// What a client may send before it answers.
constexpr std::size_t most_held = std::size_t{64} << 10;

error no_connection() {
  return error(errc::not_connected, "the socket is not connected");
}

}  // namespace

result<void> tls_socket::request_certificate(client_certificates how, deadline until) {
  const net::tls_call call(impl_.get(), asking, until);
  if (!call) return call.refusal();
  auto& c = impl_->connection;
  if (auto asked = c.try_request(how); !asked) return std::move(asked).error();
  std::array<std::byte, 4096> piece{};
  while (!c.tls().client_answered()) {
    auto got = c.try_receive(piece);
    if (!got) return std::move(got).error();
    c.held().append(byte_view(std::span(piece).first(got->bytes)));
    if (got->end) return c.wire().problem(errc::closed, "the client ended without an answer");
    if (c.held().buffered() > most_held)
      return c.wire().problem(errc::limit_exceeded, "the client goes on sending and does not answer",
                              "read what it sends, and ask then");
    if (c.tls().client_answered()) break;
    if (auto ok = c.wire().in_time(); !ok) return ok;
  }
  const auto judged = c.tls().verdict();
  if (how == client_certificates::required && !(judged && judged->trusted()))
    return c.wire().problem(errc::certificate_required, "showed no certificate, and one is required");
  return {};
}

result<std::string> tls_socket::export_keying_material(std::string_view label, std::size_t size,
                                                       std::optional<byte_view> context) const {
  return impl_ ? impl_->connection.tls().export_keying_material(label, size, context) : no_connection();
}

result<std::string> tls_socket::binding(channel_binding kind) const {
  return impl_ ? impl_->connection.tls().binding(kind) : no_connection();
}

}  // namespace signet
