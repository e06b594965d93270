#include <signet/net/tls_socket.hpp>

#include <sys/socket.h>

#include <cerrno>
#include <thread>

#include <signet/native.hpp>

#include "net/tls_socket_impl.hpp"

namespace signet {
namespace {

constexpr std::string_view reading = "reading";
constexpr std::string_view writing = "writing";
constexpr std::string_view closing = "closing";

bool usable(const std::unique_ptr<tls_socket::impl>& s) noexcept {
  return s && s->fd;
}

// Opens a reading call and returns its step.
auto reader(tls_socket::impl& s, deadline until) {
  s.wire.begin(reading, net::deadline_of_call(until, s.timeout));
  return [&s](byte_span buffer) { return s.read_step(buffer); };
}
auto named(const tls_socket::impl& s) {
  return [&s] { return s.whom.describe(); };
}

}  // namespace

error tls_socket::impl::failed(error e) {
  // A read that ran out of time may be called again; all else the engine keeps.
  if (e.code() != errc::timed_out) broken = true;
  return net::about(whom, named, e);
}

result<void> tls_socket::impl::handshake(deadline until, byte_view first_bytes) {
  wire.begin("handshake", until);
  if (!first_bytes.empty()) tls->cork();
  auto pause = std::chrono::milliseconds(1);
  for (;;) {
    auto status = tls->handshake();
    if (!status) return failed(std::move(status).error());
    if (tls->handshake_done() && status->next == wait_for::nothing) break;
    if (auto ok = wire.check(); !ok) return ok;
    if (status->next == wait_for::application) {
      // Nobody can wake a thread that waits for an identity: ask again, less and less often.
      std::this_thread::sleep_for(pause);
      pause = std::min(pause * 2, std::chrono::milliseconds(20));
    }
  }
  if (!first_bytes.empty()) {
    // Held together with the end of the handshake, as far as the engine holds.
    auto taken = tls->write(first_bytes);
    if (!taken) return failed(std::move(taken).error());
    if (auto sent = tls->uncork(); !sent) return failed(std::move(sent).error());
    for (auto rest = byte_view(first_bytes.subspan(taken->bytes)); !rest.empty();) {
      auto more = write_step(rest);
      if (!more) return std::move(more).error();
      rest = rest.subspan(*more);
    }
  }
  return flush();
}

result<std::size_t> tls_socket::impl::read_step(byte_span buffer) {
  for (;;) {
    auto got = tls->read(buffer);
    if (!got) return failed(std::move(got).error());
    if (got->end) {
      peer_ended = true;
      return std::size_t{0};
    }
    if (got->bytes != 0) return got->bytes;
    // The transport waited and what came was no application data (a ticket, a key update).
    if (auto ok = wire.check(); !ok) return std::move(ok).error();
  }
}

result<std::size_t> tls_socket::impl::write_step(byte_view bytes) {
  for (;;) {
    auto taken = tls->write(bytes);
    if (!taken) return failed(std::move(taken).error());
    if (taken->bytes != 0) return taken->bytes;
    if (auto ok = flush(); !ok) return std::move(ok).error();
    if (auto ok = wire.check(); !ok) return std::move(ok).error();
  }
}

result<void> tls_socket::impl::flush() {
  while (tls->unsent() != 0) {
    if (auto sent = tls->flush(); !sent) return failed(std::move(sent).error());
  }
  return {};
}

result<tls_socket> net::secure(tcp_socket& plain, const upgrade& how) {
  auto& from = plain.get();
  auto made = std::make_unique<tls_socket::impl>(from.fd.get(), from.whom, how.named);
  made->timeout = from.timeout;
  auto engine = how.make_engine(made->wire);
  if (!engine) return std::move(engine).error();
  made->tls.emplace(*std::move(engine));
  if (auto done = made->handshake(how.until, how.first_bytes); !done) return std::move(done).error();
  made->fd = std::move(from.fd);
  tcp_socket gone(std::move(plain));
  return tls_socket(std::move(made));
}

tls_socket::tls_socket(std::unique_ptr<impl> made) noexcept : impl_(std::move(made)) {}
tls_socket::tls_socket(tls_socket&&) noexcept = default;
tls_socket& tls_socket::operator=(tls_socket&&) noexcept = default;
tls_socket::~tls_socket() = default;

void tls_socket::set_timeout(std::chrono::milliseconds each_call) noexcept {
  if (impl_) impl_->timeout = each_call;
}

result<std::size_t> tls_socket::read_some(byte_span buffer, deadline until) {
  if (!usable(impl_)) return net::not_open(reading);
  return impl_->held.read_some(buffer, reader(*impl_, until));
}

result<void> tls_socket::read_exactly(byte_span buffer, deadline until) {
  if (!usable(impl_)) return net::not_open(reading);
  return impl_->held.read_exactly(buffer, reader(*impl_, until), ::signet::named(*impl_));
}

result<std::string> tls_socket::read_all(read_limit limit, deadline until) {
  if (!usable(impl_)) return net::not_open(reading);
  return impl_->held.read_all(limit, reader(*impl_, until), ::signet::named(*impl_));
}

result<std::string> tls_socket::read_line(read_limit limit, deadline until) {
  if (!usable(impl_)) return net::not_open(reading);
  return impl_->held.read_line(limit, reader(*impl_, until), ::signet::named(*impl_));
}

result<std::string> tls_socket::read_until(std::string_view delimiter, read_limit limit, deadline until) {
  if (!usable(impl_)) return net::not_open(reading);
  return impl_->held.read_until(delimiter, limit, reader(*impl_, until), ::signet::named(*impl_));
}

result<std::size_t> tls_socket::write_some(byte_view bytes, deadline until) {
  if (!usable(impl_)) return net::not_open(writing);
  if (impl_->write_ended) return net::already_ended(impl_->whom.describe(), writing);
  if (bytes.empty()) return std::size_t{0};
  impl_->wire.begin(writing, net::deadline_of_call(until, impl_->timeout));
  auto taken = impl_->write_step(bytes);
  if (!taken) return taken;
  if (auto sent = impl_->flush(); !sent) return std::move(sent).error();
  return taken;
}

result<void> tls_socket::write_all(byte_view bytes, deadline until) {
  if (!usable(impl_)) return net::not_open(writing);
  if (impl_->write_ended) return net::already_ended(impl_->whom.describe(), writing);
  impl_->wire.begin(writing, net::deadline_of_call(until, impl_->timeout));
  while (!bytes.empty()) {
    auto taken = impl_->write_step(bytes);
    if (!taken) return std::move(taken).error();
    bytes = bytes.subspan(*taken);
  }
  return impl_->flush();
}

result<void> tls_socket::close_write(deadline until) {
  if (!usable(impl_)) return net::not_open(closing);
  if (impl_->write_ended) return {};
  impl_->wire.begin(closing, net::deadline_of_call(until, impl_->timeout));
  impl_->write_ended = true;
  if (auto sent = impl_->tls->close_write(); !sent) return impl_->failed(std::move(sent).error());
  return impl_->flush();
}

result<void> tls_socket::close() {
  if (!usable(impl_)) return {};
  result<void> outcome;
  if (!impl_->write_ended && !impl_->broken) {
    impl_->write_ended = true;
    impl_->wire.begin(closing, {}, net::waiting::forbidden);
    impl_->wire.last_words();
    auto sent = impl_->tls->close_write();
    if (!sent) {
      // A peer that has said its close_notify owes us nothing more, and may be gone.
      if (!impl_->peer_ended) outcome = impl_->failed(std::move(sent).error());
    } else if (impl_->tls->unsent() != 0) {
      outcome = error(errc::timed_out,
                      impl_->whom.describe() + ": closing: the peer takes no more, so close_notify was not sent",
                      "close_write() waits for the peer to take it");
    }
  }
  net::part(impl_->fd.get());
  impl_->fd.reset();
  return outcome;
}

bool tls_socket::is_open() const noexcept {
  return usable(impl_);
}

connection_info tls_socket::info() const {
  return impl_ ? impl_->tls->info() : connection_info{};
}

std::shared_ptr<const verdict> tls_socket::peer_verdict() const noexcept {
  return impl_ ? impl_->tls->verdict() : nullptr;
}

endpoint tls_socket::local_endpoint() const {
  return usable(impl_) ? net::to_endpoint(net::local_address(impl_->fd.get())) : endpoint{};
}

endpoint tls_socket::remote_endpoint() const {
  return impl_ ? net::to_endpoint(impl_->whom.address) : endpoint{};
}

int tls_socket::native_handle() const noexcept {
  return impl_ ? impl_->fd.get() : -1;
}

std::size_t tls_socket::pending() const noexcept {
  return usable(impl_) ? impl_->held.buffered() + impl_->tls->pending() : 0;
}

SSL* native::handle(const tls_socket& s) noexcept {
  return s.is_open() ? handle(*s.get().tls) : nullptr;
}

}  // namespace signet
