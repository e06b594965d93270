#include <signet/native.hpp>

#include "tls/engine_impl.hpp"

namespace signet::native {

SSL* handle(const engine& e) noexcept {
  return e.get().ssl.get();
}
SSL_CTX* handle(const client_config& c) noexcept {
  return c.get()->ctx.get();
}
SSL_CTX* handle(const server_config& c) noexcept {
  return c.get()->ctx.get();
}

}  // namespace signet::native
