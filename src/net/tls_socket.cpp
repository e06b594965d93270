#include <signet/net/tls_socket.hpp>

#include <thread>
#include <utility>

#include <signet/native.hpp>

#include "net/gathered_writer.hpp"
#include "net/tls_socket_impl.hpp"

namespace signet {
namespace {

constexpr std::string_view reading = "reading";
constexpr std::string_view writing = "writing";
constexpr std::string_view closing = "closing";

bool usable(const std::unique_ptr<tls_socket::impl>& s) noexcept {
  return s && s->own && s->own->is_open();
}

// The step of a reading call.
auto reader(tls_socket::impl& s) {
  return [&s](byte_span buffer) { return s.read_step(buffer); };
}
auto named(const tls_socket::impl& s) {
  return [&s] { return s.wire.whom().describe(); };
}

}  // namespace

net::tls_call::tls_call(tls_socket::impl* s, std::string_view phase, std::nullptr_t) noexcept
    : socket_(s), phase_(phase) {
  if (socket_ == nullptr) return;
  busy_ = socket_->in_use.exchange(true);
  if (busy_) return;
  // Nobody can close it under us from here on.
  entered_ = socket_->own && socket_->own->is_open();
  if (!entered_) socket_->leave();
}

void tls_socket::impl::leave() noexcept {
  if (abandoned.exchange(false) && own) own->close();
  in_use.store(false);
  // It may have been asked for between the two.
  if (abandoned.load() && !in_use.exchange(true)) leave();
}

net::tls_call::tls_call(tls_socket::impl* s, std::string_view phase, deadline until) : tls_call(s, phase, nullptr) {
  if (entered_) socket_->wire.begin(phase, deadline_of_call(until, socket_->timeout, socket_->whole));
}

net::tls_call::tls_call(tls_socket::impl* s, std::string_view phase) : tls_call(s, phase, nullptr) {
  if (entered_) socket_->wire.begin(phase, {}, waiting::forbidden);
}

error net::tls_call::refusal() const {
  if (!busy_) return not_open(phase_);
  return {errc::invalid_argument,
          socket_->wire.whom().describe() + ": " + std::string(phase_) + ": another thread is inside this socket",
          "split() makes two halves, one for the thread that reads and one for the thread that writes"};
}

error tls_socket::impl::failed(error e) {
  // A read that ran out of time may be called again; all else the engine keeps.
  if (e.code() != errc::timed_out) broken = true;
  return net::about(wire.whom(), named, e);
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
      // Nothing moves meanwhile, and nobody can wake a thread that waits for an identity: ask again, less and less
      // often.
      if (auto ok = wire.in_time(); !ok) return ok;
      std::this_thread::sleep_for(pause);
      pause = std::min(pause * 2, std::chrono::milliseconds(20));
    }
  }
  if (!first_bytes.empty()) {
    // Held together with the end of the handshake, as far as the engine holds.
    auto taken = tls->write(first_bytes);
    if (!taken) return failed(std::move(taken).error());
    if (auto sent = tls->uncork(); !sent) return failed(std::move(sent).error());
    return write(first_bytes.subspan(taken->bytes));
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
    if (auto ok = wire.in_time(); !ok) return std::move(ok).error();
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

result<void> tls_socket::impl::write(byte_view bytes) {
  while (!bytes.empty()) {
    auto taken = write_step(bytes);
    if (!taken) return std::move(taken).error();
    bytes = bytes.subspan(*taken);
  }
  if (corked) return {};
  return flush();
}

result<void> tls_socket::impl::flush() {
  // Once at least: what could not be sent has been dropped, and is told of here.
  do {
    if (auto sent = tls->flush(); !sent) return failed(std::move(sent).error());
  } while (tls->unsent() != 0);
  return {};
}

result<io_status> tls_socket::impl::try_end() {
  auto sent = tls->close_write();
  // Not before: what could not be sent is what writing says from then on.
  write_ended = sent.has_value();
  return sent ? sent : result<io_status>(failed(std::move(sent).error()));
}

result<void> tls_socket::impl::end_writing() {
  if (auto sent = try_end(); !sent) return std::move(sent).error();
  auto sent = flush();
  write_ended = sent.has_value();
  return sent;
}

result<tls_socket> net::secure(tcp_socket& plain, const upgrade& how) {
  auto& from = plain.get();
  auto made = std::make_unique<tls_socket::impl>(*from.wire, how.named);
  made->timeout = from.timeout;
  made->whole = from.whole;
  auto engine = how.make_engine(made->wire);
  if (!engine) return std::move(engine).error();
  made->tls.emplace(*std::move(engine));
  if (auto fed = made->tls->feed(from.held.held_bytes()); !fed) return std::move(fed).error();
  from.held.discard();
  const auto until = deadline_of_call(how.until, {}, from.whole);
  if (auto done = made->handshake(until, how.first_bytes); !done) return std::move(done).error();
  made->own = std::move(from.wire);
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

void tls_socket::set_deadline(deadline whole_connection) noexcept {
  if (impl_) impl_->whole = whole_connection;
}

result<std::size_t> tls_socket::read_some(byte_span buffer, deadline until) {
  const net::tls_call call(impl_.get(), reading, until);
  if (!call) return call.refusal();
  return impl_->held.read_some(buffer, reader(*impl_));
}

result<std::size_t> tls_socket::peek(byte_span buffer, deadline until) {
  const net::tls_call call(impl_.get(), reading, until);
  if (!call) return call.refusal();
  return impl_->held.peek(buffer, reader(*impl_));
}

result<void> tls_socket::read_exactly(byte_span buffer, deadline until) {
  const net::tls_call call(impl_.get(), reading, until);
  if (!call) return call.refusal();
  return impl_->held.read_exactly(buffer, reader(*impl_), ::signet::named(*impl_));
}

result<std::string> tls_socket::read_all(read_limit limit, deadline until) {
  const net::tls_call call(impl_.get(), reading, until);
  if (!call) return call.refusal();
  return impl_->held.read_all(limit, reader(*impl_), ::signet::named(*impl_));
}

result<std::string> tls_socket::read_line(read_limit limit, deadline until) {
  const net::tls_call call(impl_.get(), reading, until);
  if (!call) return call.refusal();
  return impl_->held.read_line(limit, reader(*impl_), ::signet::named(*impl_));
}

result<std::string> tls_socket::read_until(std::string_view delimiter, read_limit limit, deadline until) {
  const net::tls_call call(impl_.get(), reading, until);
  if (!call) return call.refusal();
  return impl_->held.read_until(delimiter, limit, reader(*impl_), ::signet::named(*impl_));
}

result<std::size_t> tls_socket::write_some(byte_view bytes, deadline until) {
  const net::tls_call call(impl_.get(), writing, until);
  if (!call) return call.refusal();
  if (impl_->write_ended) return net::already_ended(impl_->wire.whom().describe(), writing);
  if (bytes.empty()) return std::size_t{0};
  auto taken = impl_->write_step(bytes);
  if (!taken || impl_->corked) return taken;
  if (auto sent = impl_->flush(); !sent) return std::move(sent).error();
  return taken;
}

result<void> tls_socket::write_all(byte_view bytes, deadline until) {
  const net::tls_call call(impl_.get(), writing, until);
  if (!call) return call.refusal();
  if (impl_->write_ended) return net::already_ended(impl_->wire.whom().describe(), writing);
  return impl_->write(bytes);
}

result<void> tls_socket::write_gathered(std::span<const byte_view> parts, deadline until) {
  const net::tls_call call(impl_.get(), writing, until);
  if (!call) return call.refusal();
  if (impl_->write_ended) return net::already_ended(impl_->wire.whom().describe(), writing);
  const bool was_corked = std::exchange(impl_->corked, true);
  impl_->tls->cork();
  auto written = net::write_gathered(parts, [this](byte_view piece) { return impl_->write(piece); });
  if (was_corked) return written;
  impl_->corked = false;
  if (auto sent = impl_->tls->uncork(); !sent && written) return impl_->failed(std::move(sent).error());
  return written ? impl_->flush() : written;
}

result<void> tls_socket::close_write(deadline until) {
  const net::tls_call call(impl_.get(), closing, until);
  if (!call) return call.refusal();
  return impl_->end_writing();
}

result<void> tls_socket::close() {
  const net::tls_call call(impl_.get(), closing);
  if (!call) return call.is_busy() ? call.refusal() : result<void>();
  result<void> outcome;
  if (!impl_->write_ended && !impl_->broken) {
    impl_->write_ended = true;
    impl_->wire.last_words();
    auto sent = impl_->tls->close_write();
    if (!sent) {
      // A peer that has said its close_notify owes us nothing more, and may be gone.
      if (!impl_->peer_ended) outcome = impl_->failed(std::move(sent).error());
    } else if (impl_->tls->unsent() != 0) {
      outcome = error(errc::timed_out,
                      impl_->wire.whom().describe() + ": closing: the peer takes no more, so close_notify was not sent",
                      "close_write() waits for the peer to take it");
    }
  }
  impl_->own->part();
  impl_->own->close();
  return outcome;
}

void tls_socket::abandon() noexcept {
  if (!impl_) return;
  impl_->abandoned.store(true);
  if (!impl_->in_use.exchange(true)) impl_->leave();
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
  return usable(impl_) ? net::to_endpoint(net::local_address(impl_->own->read_handle())) : endpoint{};
}

endpoint tls_socket::remote_endpoint() const {
  return impl_ ? net::to_endpoint(impl_->wire.whom().address) : endpoint{};
}

int tls_socket::native_handle() const noexcept {
  return usable(impl_) ? impl_->own->read_handle() : -1;
}

int tls_socket::write_handle() const noexcept {
  return usable(impl_) ? impl_->own->write_handle() : -1;
}

std::size_t tls_socket::pending() const noexcept {
  const net::tls_call call(impl_.get(), reading);
  return call ? impl_->held.buffered() + impl_->tls->pending() : 0;
}

bool tls_socket::readable() const noexcept {
  const net::tls_call call(impl_.get(), reading);
  return call && (impl_->held.buffered() != 0 || impl_->tls->readable());
}

cork::cork(tls_socket& of) noexcept : socket_(&of) {
  if (!of.is_open()) return;
  of.get().corked = true;
  of.get().tls->cork();
}

cork::~cork() {
  // It may have been closed meanwhile, or unwrapped.
  if (!socket_->is_open() || !socket_->get().corked) return;
  auto& s = socket_->get();
  s.corked = false;
  if (const net::tls_call call(&s, writing); call) static_cast<void>(s.tls->uncork());
}

result<void> cork::release(deadline until) {
  if (!socket_->is_open()) return net::not_open(writing);
  auto& s = socket_->get();
  const net::tls_call call(&s, writing, until);
  if (!call) return call.refusal();
  s.corked = false;
  if (auto sent = s.tls->uncork(); !sent) return s.failed(std::move(sent).error());
  return s.flush();
}

SSL* native::handle(const tls_socket& s) noexcept {
  return s.is_open() ? handle(*s.get().tls) : nullptr;
}

}  // namespace signet
