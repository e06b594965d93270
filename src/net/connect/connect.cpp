#include <signet/net/connect.hpp>

#include <signet/verify/server_name.hpp>

#include "base/host_name.hpp"
#include "net/tls_socket_impl.hpp"

namespace signet {

result<tls_socket> connect(const endpoint& to, const client_config& config, connect_options options) {
  // Before anybody is spoken to: without a name there is nothing to verify.
  auto expected = server_name::parse(options.name.empty() ? base::without_zone(to.host) : options.name);
  if (!expected) return std::move(expected).error();
  const auto until = net::deadline_of(options);
  auto plain = tcp_socket::connect(to, net::plain_options_of(options, until));
  if (!plain) return std::move(plain).error();
  auto secured = net::secure(*plain, net::as_client(config, *expected, net::engine_options_of(options),
                                                    inside(*plain).wire->whom(), until, options.first_bytes));
  // So that the alert which tells the server why arrives.
  if (!secured) inside(*plain).wire->depart(until);
  return secured;
}

result<tls_socket> connect(const endpoint& to, connect_options options) {
  auto config = client_config::standard();
  if (!config) return std::move(config).error();
  return connect(to, *config, std::move(options));
}

}  // namespace signet
