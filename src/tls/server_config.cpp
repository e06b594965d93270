#include <signet/tls/server_config.hpp>

#include <openssl/rand.h>

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

#include "base/file_stamp.hpp"
#include "tls/config_impl.hpp"
#include "tls/own_ticket_keys.hpp"

namespace signet {
namespace {

std::uint64_t look_at(const std::vector<std::filesystem::path>& watched) noexcept {
  std::uint64_t all = 0;
  for (const auto& one : watched) all = all * 31 + base::file_stamp(one);
  return all;
}

std::optional<std::chrono::sys_seconds> end_of(const server_state& made) {
  std::optional<std::chrono::sys_seconds> first;
  for (const auto& who : made.who.all())
    for (const auto& c : who.chain()) first = std::min(first.value_or(c.not_after()), c.not_after());
  return first;
}

// All or nothing. With the lock on reloading held.
result<void> take(server_config_impl& into, const server_options_source& source) {
  auto options = source();
  if (!options) return options.error();
  auto made = make_server_state(*std::move(options), into.own);
  if (!made) return made.error();
  into.set(*std::move(made));
  return {};
}

// The same failure again and again is told once.
void tell(server_config_impl& of, const result<void>& outcome) {
  const auto why = outcome ? std::string() : outcome.error().message();
  if (!outcome && why == of.told) return;
  of.told = why;
  if (!of.reload.on_reload) return;
  reload_event event;
  if (outcome)
    event.valid_until = end_of(*of.state());
  else
    event.failed = outcome.error();
  of.reload.on_reload(event);
}

}  // namespace

own_memory own_memory::make() {
  std::string secret(32, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(secret.data()), static_cast<int>(secret.size())) != 1)
    throw std::bad_alloc();
  return {.tickets = own_ticket_keys(), .sessions = session_memory(), .session_secret = std::move(secret)};
}

result<server_config> server_config::make(server_options options) {
  return reloadable([options = std::move(options)]() -> result<server_options> { return options; });
}

result<server_config> server_config::reloadable(server_options_source source, reload_options how) {
  auto made = std::make_shared<impl>();
  made->reload = std::move(how);
  for (auto& path : made->reload.watched) {
    std::error_code failed;
    // A relative path goes on meaning what it means now.
    if (auto absolute = std::filesystem::absolute(path, failed); !failed) path = std::move(absolute);
  }
  // Before they are read: what replaces them meanwhile is a change then.
  made->seen = look_at(made->reload.watched);
  made->next_look = std::chrono::steady_clock::now() + made->reload.interval;
  made->own = own_memory::make();
  if (auto taken = take(*made, source); !taken) return taken.error();
  made->source = std::move(source);
  return server_config(std::move(made));
}

result<void> server_config::reload() {
  const std::lock_guard lock(impl_->reloading);
  impl_->seen = look_at(impl_->reload.watched);
  auto outcome = take(*impl_, impl_->source);
  impl_->told.clear();
  tell(*impl_, outcome);
  return outcome;
}

result<void> server_config::reload(server_options options) {
  const std::lock_guard lock(impl_->reloading);
  auto source = [options = std::move(options)]() -> result<server_options> { return options; };
  auto outcome = take(*impl_, source);
  if (outcome) impl_->source = std::move(source);
  impl_->told.clear();
  tell(*impl_, outcome);
  return outcome;
}

void server_config::refresh() {
  if (impl_->reload.watched.empty()) return;
  // Somebody is at it.
  const std::unique_lock lock(impl_->reloading, std::try_to_lock);
  const auto now = std::chrono::steady_clock::now();
  if (!lock || now < impl_->next_look) return;
  impl_->next_look = now + impl_->reload.interval;
  const auto seen = look_at(impl_->reload.watched);
  // What could not be taken is tried again: a file may be half written, a key on its way.
  if (seen == impl_->seen && impl_->told.empty()) return;
  impl_->seen = seen;
  // Whoever accepts a client is not to blame for what the user's functions throw.
  try {
    tell(*impl_, take(*impl_, impl_->source));
  } catch (const std::exception& thrown) {
    impl_->told = thrown.what();
    if (impl_->told.empty()) impl_->told = "an exception";
    try {
      if (impl_->reload.on_reload)
        impl_->reload.on_reload({.failed = error(errc::internal, "reload: " + impl_->told), .valid_until = {}});
    } catch (const std::exception&) {
      // There is nobody else to tell.
    }
  }
}

}  // namespace signet
