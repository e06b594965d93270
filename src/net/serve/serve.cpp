#include <signet/net/serve.hpp>

#include "net/serve/server_loop.hpp"

namespace signet {

stop_signal::stop_signal(std::shared_ptr<impl> shared) noexcept : impl_(std::move(shared)) {}

bool stop_signal::requested() const noexcept {
  return impl_ && impl_->requested.load(std::memory_order_acquire);
}

int stop_signal::native_handle() const noexcept {
  return impl_ ? impl_->handle.get() : -1;
}

result<void> serve(listener& door, client_handler handler, serve_options options) {
  const auto refused = [](const std::string& why) { return error(errc::invalid_argument, "serving: " + why); };
  if (!handler) return refused("there is no handler");
  if (options.threads == 0) return refused("threads has to be 1 or more");
  if (options.max_connections == 0) return refused("max_connections has to be 1 or more");
  if (options.handshake_timeout.count() <= 0) return refused("handshake_timeout has to be longer than nothing");
  // Shared with the workers: one whose handler never ends outlives this call.
  return std::make_shared<server_loop>(std::move(handler), std::move(options))->run(door);
}

}  // namespace signet
