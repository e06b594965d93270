#include <signet/net/tls_socket.hpp>

#include <thread>
#include <utility>

#include <signet/net/native.hpp>
#include <signet/tls/native.hpp>

#include "base/sentence.hpp"
#include "net/channel/gathered_writer.hpp"
#include "net/tls_socket_impl.hpp"

namespace signet {
namespace {

constexpr std::string_view reading = "reading";
constexpr std::string_view writing = "writing";
constexpr std::string_view closing = "closing";

bool usable(const std::unique_ptr<tls_socket_impl>& s) noexcept {
  return s && s->connection.is_open();
}

// The step of a reading call.
auto reader(tls_socket_impl& s) {
  return [&s](byte_span buffer) { return s.read_step(buffer); };
}
auto named(const tls_socket_impl& s) {
  return [&s] { return s.wire().describe(); };
}

}  // namespace

net::tls_call::tls_call(tls_socket_impl* s, std::string_view phase, std::nullptr_t) noexcept
    : socket_(s), phase_(phase) {
  if (socket_ == nullptr) return;
  busy_ = socket_->in_use.exchange(true);
  if (busy_) return;
  // Nobody can close it under us from here on.
  entered_ = socket_->connection.is_open();
  if (!entered_) socket_->leave();
}

void tls_socket::impl::leave() noexcept {
  if (abandoned.exchange(false) && connection.is_open()) connection.wire().close();
  in_use.store(false);
  // It may have been asked for between the two.
  if (abandoned.load() && !in_use.exchange(true)) leave();
}

net::tls_call::tls_call(tls_socket_impl* s, std::string_view phase, deadline until) : tls_call(s, phase, nullptr) {
  if (entered_) socket_->wire().begin(phase, socket_->patience.of_call(until));
}

net::tls_call::tls_call(tls_socket_impl* s, std::string_view phase) : tls_call(s, phase, nullptr) {
  if (entered_) socket_->wire().begin(phase, {}, waiting::forbidden);
}

error net::tls_call::refusal() const {
  if (!busy_) return not_open(phase_);
  return base::sentence{
      .whom = socket_->wire().describe(),
      .phase = phase_,
      .why = "another thread is inside this socket",
      .hint = "split() makes two halves, one for the thread that reads and one for the thread that writes"}
      .as(errc::invalid_argument);
}

result<void> tls_socket::impl::handshake() {
  auto pause = std::chrono::milliseconds(1);
  for (;;) {
    auto status = connection.try_handshake();
    if (!status) return std::move(status).error();
    if (status->next == wait_for::nothing) return {};
    if (auto ok = wire().check(); !ok) return ok;
    if (status->next == wait_for::application) {
      // Nothing moves meanwhile, and nobody can wake a thread that waits for an identity: ask again, less and less
      // often.
      if (auto ok = wire().in_time(); !ok) return ok;
      std::this_thread::sleep_for(pause);
      pause = std::min(pause * 2, std::chrono::milliseconds(20));
    }
  }
}

result<std::size_t> tls_socket::impl::read_step(byte_span buffer) {
  for (;;) {
    auto got = connection.try_receive(buffer);
    if (!got) return std::move(got).error();
    if (got->end || got->bytes != 0) return got->bytes;
    if (got->next == wait_for::application) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    // The transport waited and what came was no application data (a ticket, a key update).
    if (auto ok = wire().in_time(); !ok) return std::move(ok).error();
  }
}

result<std::size_t> tls_socket::impl::write_step(byte_view bytes) {
  for (;;) {
    auto taken = connection.try_write(bytes);
    if (!taken) return std::move(taken).error();
    if (taken->bytes != 0 || bytes.empty()) return taken->bytes;
    // As in a handshake: nobody can wake a thread that waits for an identity.
    if (taken->next == wait_for::application) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (auto ok = wire().in_time(); taken->next != wait_for::write && !ok) return std::move(ok).error();
    if (auto ok = flush(); !ok) return std::move(ok).error();
    if (auto ok = wire().check(); !ok) return std::move(ok).error();
  }
}

result<void> tls_socket::impl::write(byte_view bytes) {
  do {
    auto taken = write_step(bytes);
    if (!taken) return std::move(taken).error();
    bytes = bytes.subspan(*taken);
  } while (!bytes.empty());
  if (corked) return {};
  return flush();
}

result<void> tls_socket::impl::flush() {
  // Once at least: what could not be sent has been dropped, and is told of here.
  do {
    if (auto sent = connection.try_flush(); !sent) return std::move(sent).error();
  } while (connection.unsent() != 0);
  return {};
}

result<void> tls_socket::impl::end_writing() {
  if (auto sent = connection.try_end(); !sent) return std::move(sent).error();
  return flush();
}

result<std::unique_ptr<tls_socket_impl>> net::begin_upgrade(tcp_socket& plain, const upgrade& how) {
  auto& from = inside(plain);
  auto made = std::make_unique<tls_socket_impl>(*from.wire);
  made->patience = from.patience;
  if (auto begun = made->connection.begin(from, how); !begun) return std::move(begun).error();
  return made;
}

tls_socket net::finish_upgrade(tcp_socket plain, std::unique_ptr<tls_socket_impl> made) {
  made->connection.finish(std::move(inside(plain).wire));
  return detail::access::make<tls_socket>(std::move(made));
}

result<tls_socket> net::secure(tcp_socket& plain, const upgrade& how) {
  auto made = begin_upgrade(plain, how);
  if (!made) return std::move(made).error();
  (*made)->wire().begin("handshake", {deadline::earlier(how.until, (*made)->patience.whole)});
  if (auto done = (*made)->handshake(); !done) return std::move(done).error();
  return finish_upgrade(std::move(plain), *std::move(made));
}

tls_socket::tls_socket(std::unique_ptr<impl> made) noexcept : impl_(std::move(made)) {}
tls_socket::tls_socket(tls_socket&&) noexcept = default;
tls_socket& tls_socket::operator=(tls_socket&&) noexcept = default;
tls_socket::~tls_socket() = default;

void tls_socket::set_timeout(std::chrono::milliseconds each_call) noexcept {
  if (impl_) impl_->patience.timeout = each_call;
}

void tls_socket::set_stall_limit(std::chrono::milliseconds without_progress) noexcept {
  if (impl_) impl_->patience.stall = without_progress;
}

void tls_socket::set_deadline(deadline whole_connection) noexcept {
  if (impl_) impl_->patience.whole = whole_connection;
}

result<std::size_t> tls_socket::read_some(byte_span buffer, deadline until) {
  const net::tls_call call(impl_.get(), reading, until);
  if (!call) return call.refusal();
  return impl_->connection.held().read_some(buffer, reader(*impl_));
}

result<std::size_t> tls_socket::peek(byte_span buffer, deadline until) {
  const net::tls_call call(impl_.get(), reading, until);
  if (!call) return call.refusal();
  return impl_->connection.held().peek(buffer, reader(*impl_));
}

result<void> tls_socket::read_exactly(byte_span buffer, deadline until) {
  const net::tls_call call(impl_.get(), reading, until);
  if (!call) return call.refusal();
  return impl_->connection.held().read_exactly(buffer, reader(*impl_), ::signet::named(*impl_));
}

result<std::string> tls_socket::read_all(read_limit limit, deadline until) {
  const net::tls_call call(impl_.get(), reading, until);
  if (!call) return call.refusal();
  return impl_->connection.held().read_all(limit, reader(*impl_), ::signet::named(*impl_));
}

result<std::string> tls_socket::read_line(read_limit limit, deadline until) {
  const net::tls_call call(impl_.get(), reading, until);
  if (!call) return call.refusal();
  return impl_->connection.held().read_line(limit, reader(*impl_), ::signet::named(*impl_));
}

result<std::string> tls_socket::read_until(std::string_view delimiter, read_limit limit, deadline until) {
  const net::tls_call call(impl_.get(), reading, until);
  if (!call) return call.refusal();
  return impl_->connection.held().read_until(delimiter, limit, reader(*impl_), ::signet::named(*impl_));
}

result<std::size_t> tls_socket::write_some(byte_view bytes, deadline until) {
  const net::tls_call call(impl_.get(), writing, until);
  if (!call) return call.refusal();
  if (bytes.empty() && !impl_->connection.write_ended()) return std::size_t{0};
  auto taken = impl_->write_step(bytes);
  if (!taken || impl_->corked) return taken;
  if (auto sent = impl_->flush(); !sent) return std::move(sent).error();
  return taken;
}

result<void> tls_socket::write_all(byte_view bytes, deadline until) {
  const net::tls_call call(impl_.get(), writing, until);
  if (!call) return call.refusal();
  return impl_->write(bytes);
}

result<void> tls_socket::write_gathered(std::span<const byte_view> parts, deadline until) {
  const net::tls_call call(impl_.get(), writing, until);
  if (!call) return call.refusal();
  const bool was_corked = std::exchange(impl_->corked, true);
  impl_->connection.cork();
  auto written = net::write_gathered(parts, [this](byte_view piece) { return impl_->write(piece); });
  if (was_corked) return written;
  impl_->corked = false;
  if (auto sent = impl_->connection.try_uncork(); !sent && written) return std::move(sent).error();
  return written ? impl_->flush() : written;
}

result<void> tls_socket::close_write(deadline until) {
  const net::tls_call call(impl_.get(), closing, until);
  if (!call) return call.refusal();
  return impl_->end_writing();
}

result<void> tls_socket::close() {
  return tls_socket_impl::close(impl_.get(), net::waiting::allowed);
}

result<void> tls_socket::impl::close(impl* s, net::waiting may_wait) {
  const net::tls_call call(s, closing);
  if (!call) return call.is_busy() ? call.refusal() : result<void>();
  result<void> outcome;
  auto& c = s->connection;
  if (!c.write_ended() && !c.broken()) {
    c.wire().last_words();
    auto sent = c.try_end();
    if (!sent) {
      // A peer that has said its close_notify owes us nothing more, and may be gone.
      if (!c.peer_ended()) outcome = std::move(sent).error();
    } else if (c.unsent() != 0) {
      outcome = c.wire().problem(errc::timed_out, "the peer takes no more, so close_notify was not sent",
                                 "close_write() waits for the peer to take it");
    }
  }
  // A client whose server has answered needs nothing more of it; what a server said last is for its client to read.
  const bool waits = may_wait == net::waiting::allowed && c.wire().whom().ours == net::side::server && !c.peer_ended();
  c.wire().depart(deadline::earlier(waits ? net::farewell : std::chrono::seconds(0), s->patience.whole));
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
  return impl_ ? impl_->connection.tls().info() : connection_info{};
}

std::shared_ptr<const verdict> tls_socket::peer_verdict() const noexcept {
  return impl_ ? impl_->connection.tls().verdict() : nullptr;
}

endpoint tls_socket::local_endpoint() const {
  return usable(impl_) ? net::to_endpoint(net::local_address(impl_->wire().read_handle())) : endpoint{};
}

endpoint tls_socket::remote_endpoint() const {
  return impl_ ? net::to_endpoint(impl_->wire().whom().address) : endpoint{};
}

int tls_socket::native_handle() const noexcept {
  return usable(impl_) ? impl_->wire().read_handle() : -1;
}

int tls_socket::write_handle() const noexcept {
  return usable(impl_) ? impl_->wire().write_handle() : -1;
}

std::size_t tls_socket::pending() const noexcept {
  const net::tls_call call(impl_.get(), reading);
  return call ? impl_->connection.pending() : 0;
}

bool tls_socket::readable() const noexcept {
  const net::tls_call call(impl_.get(), reading);
  return call && (impl_->connection.held().buffered() != 0 || impl_->connection.tls().readable());
}

cork::cork(tls_socket& of) noexcept : socket_(&of) {
  if (!of.is_open()) return;
  inside(of).corked = true;
  inside(of).connection.cork();
}

cork::~cork() {
  // It may have been closed meanwhile, or unwrapped.
  if (!socket_->is_open() || !inside(*socket_).corked) return;
  auto& s = inside(*socket_);
  s.corked = false;
  if (const net::tls_call call(&s, writing); call) static_cast<void>(s.connection.try_uncork());
}

result<void> cork::release(deadline until) {
  if (!socket_->is_open()) return net::not_open(writing);
  auto& s = inside(*socket_);
  const net::tls_call call(&s, writing, until);
  if (!call) return call.refusal();
  s.corked = false;
  if (auto sent = s.connection.try_uncork(); !sent) return std::move(sent).error();
  return s.flush();
}

SSL* native::handle(const tls_socket& s) noexcept {
  return s.is_open() ? handle(inside(s).connection.tls()) : nullptr;
}

}  // namespace signet
