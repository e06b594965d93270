#include <signet/tls/native.hpp>

#include <memory>
#include <utility>

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

context_hook on_context(std::function<void(SSL_CTX*)> hook) {
  return detail::access::make<context_hook>(std::make_shared<const std::function<void(void*)>>(
      [hook = std::move(hook)](void* ctx) { hook(static_cast<SSL_CTX*>(ctx)); }));
}

}  // namespace signet::native
