#include <signet/tls/native.hpp>

#include "tls/engine_impl.hpp"

namespace signet::native {

SSL* handle(const engine& e) noexcept {
  return inside(e).ssl.get();
}
SSL_CTX* handle(const client_config& c) noexcept {
  return inside(c).ctx.get();
}
SSL_CTX* handle(const server_config& c) noexcept {
  return inside(c).state()->ctx.get();
}

}  // namespace signet::native
