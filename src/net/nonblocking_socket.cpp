#include <signet/net/nonblocking_socket.hpp>

#include <tuple>

#include <signet/net/native.hpp>
#include <signet/tls/native.hpp>
#include <signet/verify/server_name.hpp>

#include "base/host_name.hpp"
#include "base/sentence.hpp"
#include "net/connect/pending_connect.hpp"
#include "net/serve/last_words.hpp"
#include "net/tls_socket_impl.hpp"

namespace signet {
namespace {

constexpr std::string_view shaking = "handshake";
constexpr std::string_view reading = "reading";
constexpr std::string_view writing = "writing";
constexpr std::string_view closing = "closing";
constexpr std::string_view asking = "asking for a certificate";

result<void> may_upgrade(const tcp_socket& plain) {
  if (auto ok = net::may_upgrade(plain); !ok) return ok;
  return inside(plain).wire->pollable();
}

error not_yet(std::string_view phase) {
  return base::sentence{.phase = phase, .why = "not at this stage of the handshake"}.as(errc::not_connected);
}

}  // namespace

struct nonblocking_socket::impl {
  // One after the other: connecting, then `plain` under a handshake, then `connected`.
  std::optional<net::pending_connect> connecting = {};
  std::function<net::upgrade(const net::peer&)> upgrade_when_connected = {};
  std::optional<tcp_socket> plain = {};
  std::unique_ptr<tls_socket_impl> tls = {};
  std::optional<tls_socket> connected = {};
  deadline until = {};
  deadline::clock::time_point began = deadline::clock::now();
  // The connection sends them from here.
  std::string first_bytes = {};
  // Made for this handshake, and of no use without it; else the plain connection goes back to its owner.
  bool ours_alone = false;
  // Of connecting and handshake; afterwards the engine keeps its own.
  std::optional<error> failure = {};

  // The connection under a handshake, or made.
  [[nodiscard]] tls_socket_impl* secured() const noexcept { return connected ? &inside(*connected) : tls.get(); }

  // `from` is moved from only on success.
  static result<std::unique_ptr<impl>> start(tcp_socket& from, const net::upgrade& how) {
    auto made = std::make_unique<impl>();
    made->until = how.until;
    made->plain.emplace(std::move(from));
    if (auto begun = made->begin(how); !begun) {
      from = *std::move(made->plain);
      return std::move(begun).error();
    }
    return made;
  }

  result<void> begin(net::upgrade how) {
    first_bytes.assign(how.first_bytes.text());
    how.first_bytes = first_bytes;
    auto made = net::begin_upgrade(*plain, how);
    if (!made) return std::move(made).error();
    tls = *std::move(made);
    until = deadline::earlier(until, tls->patience.whole);
    return {};
  }

  result<io_status> connect_step() {
    auto made = connecting->step();
    if (!made) return std::move(made).error();
    if (!*made) return io_status{0, wait_for::read};
    plain.emplace(**std::move(made));
    connecting.reset();
    if (auto begun = begin(upgrade_when_connected(inside(*plain).wire->whom())); !begun)
      return std::move(begun).error();
    return io_status{};
  }

  result<io_status> handshake_step() {
    tls->wire().begin(shaking, {}, net::waiting::forbidden);
    auto status = tls->connection.try_handshake();
    if (!status || status->next != wait_for::nothing) return status;
    connected.emplace(net::finish_upgrade(*std::move(plain), std::move(tls)));
    plain.reset();
    return status;
  }

  // One step of a connection that is made.
  template <class Step>
  static result<io_status> call(impl* s, std::string_view phase, Step&& step) {
    if (s == nullptr || !s->connected) return s != nullptr && s->failure ? *s->failure : not_yet(phase);
    const net::tls_call entered(&inside(*s->connected), phase);
    if (!entered) return entered.refusal();
    return step(inside(*s->connected).connection);
  }

  // The connection has failed before it was made.
  error failed(error why) {
    failure = std::move(why);
    if (ours_alone && plain) {
      auto& wire = *inside(*plain).wire;
      net::last_words(wire, *failure);
      // Its owner may still watch the descriptor.
      wire.part();
    }
    return *failure;
  }

  result<io_status> step() {
    if (connecting) {
      auto status = connect_step();
      if (!status || status->next != wait_for::nothing) return status;
    }
    return handshake_step();
  }
};

nonblocking_socket::nonblocking_socket(std::unique_ptr<impl> made) noexcept : impl_(std::move(made)) {}
nonblocking_socket::nonblocking_socket(nonblocking_socket&&) noexcept = default;
nonblocking_socket& nonblocking_socket::operator=(nonblocking_socket&&) noexcept = default;
nonblocking_socket::~nonblocking_socket() = default;

result<nonblocking_socket> nonblocking_socket::connect(const endpoint& to, const client_config& config,
                                                       connect_options options) {
  // Before anybody is spoken to: without a name there is nothing to verify.
  auto expected = server_name::parse(options.name.empty() ? base::without_zone(to.host) : options.name);
  if (!expected) return std::move(expected).error();
  auto made = std::make_unique<impl>();
  made->until = net::deadline_of(options);
  auto connecting = net::pending_connect::start(to, net::plain_options_of(options, made->until));
  if (!connecting) return std::move(connecting).error();
  made->connecting.emplace(*std::move(connecting));
  made->ours_alone = true;
  made->upgrade_when_connected = [config, name = *std::move(expected), of = net::engine_options_of(options),
                                  first = std::string(options.first_bytes.text())](const net::peer& whom) {
    auto how = net::as_client(config, name, of, whom, {}, {});
    how.first_bytes = first;
    return how;
  };
  return nonblocking_socket(std::move(made));
}

result<nonblocking_socket> nonblocking_socket::start_tls(tcp_socket&& plain, std::string_view name,
                                                         const client_config& config, start_tls_options options) {
  if (auto ok = may_upgrade(plain); !ok) return std::move(ok).error();
  auto expected = server_name::parse(name);
  if (!expected) return std::move(expected).error();
  if (auto clean = net::nothing_came_yet(inside(plain)); !clean) return std::move(clean).error();
  auto& wire = *inside(plain).wire;
  wire.set_side(net::side::client);
  return impl::start(plain, net::as_client(config, *expected, net::engine_options_of(options), wire.whom(),
                                           net::deadline_of(options), options.first_bytes))
      .transform([](auto made) { return nonblocking_socket(std::move(made)); });
}

result<nonblocking_socket> nonblocking_socket::start_tls(tcp_socket&& plain, const server_config& config,
                                                         handshake_options options) {
  if (auto ok = may_upgrade(plain); !ok) return std::move(ok).error();
  if (auto clean = net::only_a_client_hello_came(inside(plain)); !clean) return std::move(clean).error();
  inside(plain).wire->set_side(net::side::server);
  return impl::start(plain, net::as_server(config, net::deadline_of(options), options.trace)).transform([](auto made) {
    return nonblocking_socket(std::move(made));
  });
}

result<nonblocking_socket> nonblocking_socket::accept(incoming&& client, handshake_options options) {
  if (auto ok = may_upgrade(client.socket_); !ok) return std::move(ok).error();
  return impl::start(client.socket_, net::as_server(client.config_, net::deadline_of(options), options.trace))
      .transform([](auto made) {
        made->ours_alone = true;
        return nonblocking_socket(std::move(made));
      });
}

result<nonblocking_socket> nonblocking_socket::from(tls_socket&& connected) {
  if (!connected.is_open()) return net::not_open(reading);
  auto& wire = inside(connected).wire();
  if (auto ok = wire.pollable(); !ok) return std::move(ok).error();
  auto made = std::make_unique<impl>();
  made->connected.emplace(std::move(connected));
  return nonblocking_socket(std::move(made));
}

result<io_status> nonblocking_socket::handshake() {
  if (!impl_ || !is_open()) return net::not_open(shaking);
  if (impl_->failure) return *impl_->failure;
  if (impl_->connected) return io_status{};
  auto status = impl_->step();
  // Connecting looks at its time itself.
  if (status && status->next != wait_for::nothing && !impl_->connecting && impl_->until.passed())
    status = net::timed_out(impl_->tls->wire().describe(), shaking, deadline::clock::now() - impl_->began);
  if (!status) return impl_->failed(std::move(status).error());
  return status;
}

void nonblocking_socket::give_up(const error& why) {
  if (impl_ && !impl_->connecting && !impl_->connected && !impl_->failure) std::ignore = impl_->failed(why);
}

bool nonblocking_socket::handshake_done() const noexcept {
  return impl_ && impl_->connected.has_value();
}

result<io_status> nonblocking_socket::read_some(byte_span buffer) {
  return impl::call(impl_.get(), reading, [buffer](auto& c) { return c.try_read(buffer); });
}

result<io_status> nonblocking_socket::write_some(byte_view bytes) {
  return impl::call(impl_.get(), writing, [bytes](auto& c) { return c.try_write(bytes); });
}

result<io_status> nonblocking_socket::flush() {
  return impl::call(impl_.get(), writing, [](auto& c) { return c.try_flush(); });
}

result<io_status> nonblocking_socket::close_write() {
  return impl::call(impl_.get(), closing, [](auto& c) { return c.try_end(); });
}

result<io_status> nonblocking_socket::request_certificate(client_certificates how) {
  return impl::call(impl_.get(), asking, [how](auto& c) { return c.try_request(how); });
}

bool nonblocking_socket::client_answered() const noexcept {
  return handshake_done() && inside(*impl_->connected).connection.tls().client_answered();
}

result<std::string> nonblocking_socket::export_keying_material(std::string_view label, std::size_t size,
                                                               std::optional<byte_view> context) const {
  if (!handshake_done()) return error(errc::not_connected, "the handshake is not complete");
  return impl_->connected->export_keying_material(label, size, context);
}

result<std::string> nonblocking_socket::binding(channel_binding kind) const {
  if (!handshake_done()) return error(errc::not_connected, "the handshake is not complete");
  return impl_->connected->binding(kind);
}

result<void> nonblocking_socket::close() {
  if (!impl_) return {};
  if (impl_->connected) return tls_socket_impl::close(&inside(*impl_->connected), net::waiting::forbidden);
  impl_.reset();
  return {};
}

void nonblocking_socket::abandon() noexcept {
  if (impl_ && impl_->connected)
    impl_->connected->abandon();
  else
    impl_.reset();
}

result<tls_socket> nonblocking_socket::blocking() && {
  if (!handshake_done()) return impl_ && impl_->failure ? *impl_->failure : not_yet("waiting");
  tls_socket out = *std::move(impl_->connected);
  impl_.reset();
  return out;
}

result<tcp_socket> nonblocking_socket::plain() && {
  if (!impl_ || !impl_->failure || !impl_->plain || impl_->ours_alone)
    return not_yet("giving the plain connection back");
  tcp_socket out = *std::move(impl_->plain);
  impl_.reset();
  return out;
}

int nonblocking_socket::native_handle() const noexcept {
  if (!impl_) return -1;
  if (impl_->connecting) return impl_->connecting->handle();
  return impl_->secured() != nullptr ? impl_->secured()->wire().read_handle() : -1;
}

int nonblocking_socket::write_handle() const noexcept {
  if (!impl_ || impl_->connecting) return native_handle();
  return impl_->secured() != nullptr ? impl_->secured()->wire().write_handle() : -1;
}

bool nonblocking_socket::is_open() const noexcept {
  return impl_ && (impl_->connected ? impl_->connected->is_open() : true);
}

deadline nonblocking_socket::handshake_deadline() const noexcept {
  return impl_ ? impl_->until : deadline();
}

std::size_t nonblocking_socket::pending() const noexcept {
  return handshake_done() ? impl_->connected->pending() : 0;
}

std::size_t nonblocking_socket::unsent() const noexcept {
  return impl_ && impl_->secured() != nullptr ? impl_->secured()->connection.unsent() : 0;
}

connection_info nonblocking_socket::info() const {
  return handshake_done() ? impl_->connected->info() : connection_info{};
}

std::shared_ptr<const verdict> nonblocking_socket::peer_verdict() const noexcept {
  return impl_ && impl_->secured() != nullptr ? impl_->secured()->connection.tls().verdict() : nullptr;
}

endpoint nonblocking_socket::local_endpoint() const {
  return impl_ && impl_->secured() != nullptr
             ? net::to_endpoint(net::local_address(impl_->secured()->wire().read_handle()))
             : endpoint{};
}

endpoint nonblocking_socket::remote_endpoint() const {
  return impl_ && impl_->secured() != nullptr ? net::to_endpoint(impl_->secured()->wire().whom().address) : endpoint{};
}

SSL* native::handle(const nonblocking_socket& s) noexcept {
  auto* const secured = s.is_open() ? inside(s).secured() : nullptr;
  return secured != nullptr ? handle(secured->connection.tls()) : nullptr;
}

}  // namespace signet
