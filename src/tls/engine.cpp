#include <signet/tls/engine.hpp>

#include <algorithm>
#include <new>
#include <utility>

#include "base/sentence.hpp"
#include "base/tracing.hpp"
#include "ossl/guard.hpp"
#include "tls/engine_impl.hpp"
#include "tls/message_trace.hpp"
#include "x509/impl.hpp"

namespace signet {
namespace {

void set_up_ssl(engine_impl& e, SSL_CTX* ctx) {
  e.ssl.reset(SSL_new(ctx));
  if (!e.ssl) throw std::bad_alloc();
  SSL_set_app_data(e.ssl.get(), &e);
  auto bio = e.io.make_bio();
  SSL_set0_rbio(e.ssl.get(), bio.get());
  BIO_up_ref(bio.get());
  SSL_set0_wbio(e.ssl.get(), bio.release());
}

std::vector<certificate> own_chain(SSL* ssl, X509* leaf) {
  std::vector<certificate> out{adopt(ossl::share(leaf))};
  STACK_OF(X509)* rest = nullptr;
  if (SSL_get0_chain_certs(ssl, &rest) == 1)
    for (int i = 0; i < sk_X509_num(rest); ++i) out.push_back(adopt(ossl::share(sk_X509_value(rest, i))));
  return out;
}

}  // namespace

engine_impl& engine_of(const SSL* ssl) {
  return *static_cast<engine_impl*>(SSL_get_app_data(ssl));
}

engine::impl::~impl() {
  // Freed as it is, OpenSSL would make the newest session not resumable. These flags send nothing (docs/proven.md 12).
  if (ssl && !fatal) SSL_set_shutdown(ssl.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
}

engine::engine(std::unique_ptr<impl> made) noexcept : impl_(std::move(made)) {}
engine::engine(engine&&) noexcept = default;
engine& engine::operator=(engine&&) noexcept = default;
engine::~engine() = default;

result<engine> engine::client(const client_config& config, const server_name& expected, transport& below,
                              engine_options options) {
  auto made = std::make_unique<impl>(side::client, below);
  made->client = detail::access::shared(config);
  made->expected = expected;
  made->expected_port = options.port;
  if (options.trace.sink) made->trace = std::make_unique<const trace_options>(std::move(options.trace));
  set_up_ssl(*made, made->client->ctx.get());
  auto* ssl = made->ssl.get();
  SSL_set_connect_state(ssl);
  if (made->trace) see_messages(ssl);

  const std::string sni = options.sni ? *options.sni : (expected.is_ip() ? std::string() : expected.ascii());
  const auto send_sni = [&] {
    return sni.find('\0') == std::string::npos &&
           SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(sni.c_str())) == 1;
  };
  if (!sni.empty() && !send_sni()) {
    ossl::drain_errors();
    return error(errc::invalid_name, "the name to send cannot be sent: it is longer than 255 octets or holds a NUL");
  }
  made->session_key =
      (options.session_key.empty() ? expected.ascii() : options.session_key) + '\n' + expected.ascii() + '\n' + sni;
  made->offer_session();
  return engine(std::move(made));
}

result<engine> engine::server(const server_config& config, transport& below, trace_options trace) {
  auto made = std::make_unique<impl>(side::server, below);
  made->server = inside(config).state();
  made->policy = made->server->policy.get();
  set_up_ssl(*made, made->server->ctx.get());
  SSL_set_accept_state(made->ssl.get());
  if (trace.sink) {
    made->trace = std::make_unique<const trace_options>(std::move(trace));
    see_messages(made->ssl.get());
  }
  // One is what a client uses.
  if (made->server->options.resumption == resumption::enabled) SSL_set_num_tickets(made->ssl.get(), 1);
  return engine(std::move(made));
}

std::string engine::impl::whom() const {
  auto named = io.peer();
  if (named.empty()) named = expected ? expected->display() : "client";
  return named;
}

error engine::impl::from_below(const error& e) const {
  return done || !io.peer().empty() ? e : e.in("handshake");
}

// Latches, and sees to it that the alert OpenSSL wrote leaves: tried at once, for the call may have no time left.
error engine::impl::fail(error e) {
  if (!fatal) {
    if (trace) base::tell(*trace, trace_level::steps, [&] { return "failed: " + e.message(); });
    auto parts = e.parts();
    parts.reached = std::make_shared<const connection_info>(info());
    if (!parts.judged) parts.judged = late && late->judged ? late->judged : judged;
    fatal.emplace(std::move(parts));
  }
  if (!io.write_failure() && io.unsent() != 0) (void)io.flush(wire::patience::none);
  return *fatal;
}

result<io_status> engine::impl::after_io(std::size_t bytes, bool end, wire::patience how) {
  io_status status{.bytes = bytes, .end = end};
  if (io.unsent() == 0) return status;
  if (corked && io.unsent() < wire::held_limit) return status;
  auto flushed = io.flush(how);
  // What was read stays read; that nothing can be written any more is for the next write to say.
  if (flushed && !*flushed) status.next = wait_for::write;
  return status;
}

// Since OpenSSL 3.2 SSL_MODE_RELEASE_BUFFERS reaches only the reading side once a handshake is over; the buffer of the
// writing side has to be asked for. 3.2.0, 3.2.1 and 3.3.0 freed one that was in use then (CVE-2024-4741): not with
// those.
void engine::impl::release_write_buffer() noexcept {
  static const bool to_be_asked = [] {
    const auto version = OpenSSL_version_num();
    return version >= 0x30200020UL && (version < 0x30300000UL || version >= 0x30300010UL);
  }();
  if (to_be_asked) SSL_free_buffers(ssl.get());
}

verify_request engine::impl::request(const std::vector<certificate>& chain) const {
  const bool is_client = which == side::client;
  verify_request out{.sent = chain,
                     .trust = is_client ? client->options.trust : policy->settings.client_trust,
                     .expected = expected,
                     .expected_port = expected_port,
                     .role = is_client ? peer_role::server : peer_role::client,
                     .options = is_client ? client->options.verify : policy->settings.verify,
                     .loosened = is_client ? client->options.loosened : policy->loosened};
  if (!search) return out;
  const auto add = [](auto& to, const auto& more) { to.insert(to.end(), more.begin(), more.end()); };
  add(out.options.intermediates, search->found.issuers);
  if (out.options.crls) add(out.options.crls->lists, search->found.lists);
  return out;
}

std::chrono::sys_seconds engine::impl::now() const {
  using namespace std::chrono;
  // The user's, which may leave something in OpenSSL's queue.
  const ossl::quiet_errors forget;
  const auto& clock = which == side::client ? client->options.verify.clock : policy->settings.verify.clock;
  return clock ? clock() : floor<seconds>(system_clock::now());
}

void engine::impl::tell_of_handshake() const {
  base::tell(*trace, trace_level::steps, [this] {
    const auto of = info();
    return "handshake complete: " + std::string(name(of.version)) + ", " + of.cipher +
           (of.group.empty() ? "" : ", " + of.group) + (of.resumed ? ", resumed" : "") +
           (of.trust.empty() ? "" : ", trusted by " + of.trust);
  });
}

result<void> engine::impl::check_verdict() {
  const bool resumed = SSL_session_reused(ssl.get()) == 1;
  if (which == side::client) {
    session_began = resumed && offered ? offered->began : now();
    if (resumed) {
      judged = offered ? offered->earlier.judged : nullptr;
      if (offered) {
        sent = offered->earlier.sent;
        trust_generation = offered->earlier.trust_generation;
      }
    }
    if (client->options.shared_key) {
      if (is_by_shared_key()) return {};
      return no_shared_key(*this);
    }
    if (!judged || !judged->trusted())
      return base::sentence{.whom = whom(),
                            .why = "the handshake ended without proof of who the server is",
                            .hint = "it used a cipher suite or a session that carries no certificate"}
          .as(errc::no_verdict);
    return {};
  }
  if (!policy->asks() || is_by_shared_key()) return {};
  X509* leaf = SSL_get0_peer_certificate(ssl.get());
  if (resumed) {
    // OpenSSL may have read more tickets than the one that it resumes: the session says whose it is.
    const bool is_of_ticket = ticket && ticket->sent.empty() == (leaf == nullptr) &&
                              (leaf == nullptr || X509_cmp(leaf, raw(ticket->sent.front())) == 0);
    judged = is_of_ticket ? ticket->judged : nullptr;
    sent = is_of_ticket ? ticket->sent : std::vector<certificate>();
  }
  if (leaf == nullptr && policy->settings.client_auth == client_certificates::requested) return {};
  if (leaf == nullptr || !judged || !judged->trusted())
    return base::sentence{.whom = whom(), .why = "the handshake ended without a verified certificate"}.as(
        errc::certificate_required);
  return {};
}

result<io_status> engine::impl::handshake() {
  if (fatal) return *fatal;
  if (done) return flush();
  started = true;
  io.begin_call();
  auto out = ossl::call(ssl.get(), SSL_do_handshake);
  if (out.succeeded()) {
    if (auto proved = check_verdict(); !proved) return fail(proved.error());
    done = true;
    hello.reset();
    raw_hello.reset();
    keep_renewed_session();
    if (trace) tell_of_handshake();
    // Idle connections keep no buffers. From here on only: each message of a handshake would set them up again.
    SSL_set_mode(ssl.get(), SSL_MODE_RELEASE_BUFFERS);
    SSL_free_buffers(ssl.get());
    // All that a TLS 1.3 server writes after the client's Finished is a ticket: it goes with the first data, or before
    // the first wait for the client.
    if (which == side::server && SSL_version(ssl.get()) == TLS1_3_VERSION) io.postpone();
    auto status = after_io(0, false);
    // Without our last flight the peer has no handshake.
    if (io.write_failure()) return fail(*io.write_failure());
    return status;
  }
  if (out.reason == SSL_ERROR_WANT_READ) {
    if (auto failure = io.take_read_failure()) return fail(about_silence(*this, from_below(*failure)));
    if (!io.write_failure()) {
      auto status = after_io(0, false);
      status->next = status->next == wait_for::write ? wait_for::write : wait_for::read;
      return status;
    }
  }
  if (out.reason == SSL_ERROR_WANT_X509_LOOKUP || out.reason == SSL_ERROR_WANT_CLIENT_HELLO_CB ||
      out.reason == SSL_ERROR_WANT_RETRY_VERIFY) {
    auto status = after_io(0, false);
    status->next = wait_for::application;
    return status;
  }
  return fail(explain_failure(*this, out));
}

result<io_status> engine::impl::read(byte_span buffer) {
  if (fatal) return *fatal;
  if (!done) return error(errc::not_connected, "the handshake is not complete");
  if (buffer.empty()) return io_status{};
  if (peer_closed) return io_status{.end = true};

  io.begin_call();
  std::size_t total = 0;
  for (;;) {
    std::size_t n = 0;
    const auto rest = buffer.subspan(total);
    const auto out = ossl::call(ssl.get(), [&](SSL* s) { return SSL_read_ex(s, rest.data(), rest.size(), &n); });
    if (out.succeeded()) {
      total += n;
      was_answered = true;
      // More records may have come in the same segment; they cost no system call, and may not cost a wait.
      if (total < buffer.size() && io.buffered() != 0) {
        io.read_only_buffered(true);
        continue;
      }
    } else if (out.reason == SSL_ERROR_ZERO_RETURN) {
      peer_closed = true;
    } else if (out.reason == SSL_ERROR_WANT_X509_LOOKUP) {
      // The server asks for a certificate, and the application has yet to choose it.
      io.read_only_buffered(false);
      auto status = after_io(total, false, wire::patience::none);
      if (total == 0) status->next = wait_for::application;
      return status;
    } else if (out.reason != SSL_ERROR_WANT_READ) {
      const auto failure = fail(explain_failure(*this, out));
      if (total == 0) return failure;
    }
    break;
  }
  io.read_only_buffered(false);
  settle_late_certificate();
  if (total == 0 && !peer_closed)
    if (auto failure = io.take_read_failure()) return about_silence(*this, *failure);
  // Answers to the peer (a key update) are no reason to wait.
  auto status = after_io(total, total == 0 && peer_closed, wire::patience::none);
  if (total == 0 && !peer_closed)
    status->next = io.overfull() ? wait_for::write : wait_for::read;
  else
    status->next = wait_for::nothing;
  return status;
}

// A peer that breaks off has often said why before the system tells of it.
error engine::impl::why_not_written(const error& failure) {
  if (fatal) return *fatal;
  if (failure.code() != errc::connection_reset || peer_closed) return failure;
  std::byte first{};
  std::size_t n = 0;
  io.read_only_buffered(true);
  // Tickets may come before the alert, and nobody gets to send them without end.
  for (int most = 16; most > 0 && io.fetch(); --most) {
    const auto out = ossl::call(ssl.get(), [&](SSL* s) { return SSL_peek_ex(s, &first, 1, &n); });
    if (!out.succeeded() && out.reason == SSL_ERROR_WANT_READ) continue;
    if (!out.succeeded() && out.reason != SSL_ERROR_ZERO_RETURN && out.reason != SSL_ERROR_WANT_X509_LOOKUP)
      (void)fail(explain_failure(*this, out));
    break;
  }
  io.read_only_buffered(false);
  return fatal ? *fatal : about_silence(*this, failure);
}

result<io_status> engine::impl::write(byte_view bytes) {
  if (fatal) return *fatal;
  if (!done) return error(errc::not_connected, "the handshake is not complete");
  if (io.write_failure()) return why_not_written(*io.write_failure());
  if (close_sent)
    return base::sentence{.whom = whom(), .why = "nothing can be written after close_write()"}.as(errc::closed);
  std::size_t total = 0;
  while (total < bytes.size()) {
    if (io.unsent() + wire::record_room > wire::held_limit) {
      auto flushed = io.flush();
      if (!flushed) return why_not_written(flushed.error());
      if (!*flushed) break;
    }
    const auto chunk = bytes.subspan(total, std::min<std::size_t>(bytes.size() - total, 16384));
    std::size_t n = 0;
    const auto out = ossl::call(ssl.get(), [&](SSL* s) { return SSL_write_ex(s, chunk.data(), chunk.size(), &n); });
    if (!out.succeeded() && (out.reason == SSL_ERROR_WANT_READ || out.reason == SSL_ERROR_WANT_X509_LOOKUP)) {
      // In the middle of what the peer began after the handshake, which comes first.
      auto status = after_io(total, false, wire::patience::none);
      if (status && total == 0)
        status->next = out.reason == SSL_ERROR_WANT_READ ? wait_for::read : wait_for::application;
      return status;
    }
    if (!out.succeeded()) {
      const auto failure = fail(explain_failure(*this, out));
      return failure;
    }
    total += n;
  }
  release_write_buffer();
  auto status = after_io(total, false);
  if (io.write_failure()) return why_not_written(*io.write_failure());
  return status;
}

result<io_status> engine::impl::flush() {
  if (fatal) return *fatal;
  auto flushed = io.flush();
  if (!flushed) return done ? why_not_written(flushed.error()) : flushed.error();
  return io_status{.next = *flushed ? wait_for::nothing : wait_for::write};
}

result<io_status> engine::impl::close_write() {
  if (fatal) return *fatal;
  if (!done) return error(errc::not_connected, "the handshake is not complete");
  if (!close_sent) {
    const auto out = ossl::send_close_notify(ssl.get());
    if (out.returned < 0) {
      const auto failure = fail(explain_failure(*this, out));
      return failure;
    }
    close_sent = true;
  }
  return flush();
}

result<io_status> engine::handshake() {
  return impl_->handshake();
}
bool engine::handshake_done() const noexcept {
  return impl_->done && !impl_->fatal;
}
result<io_status> engine::read(byte_span buffer) {
  return impl_->read(buffer);
}
result<io_status> engine::write(byte_view bytes) {
  return impl_->write(bytes);
}
result<io_status> engine::flush() {
  return impl_->flush();
}
result<io_status> engine::close_write() {
  return impl_->close_write();
}

// OpenSSL counts what it has decrypted, and may hold a whole record that it has not.
std::size_t engine::impl::pending() {
  if (fatal || !done) return 0;
  if (SSL_pending(ssl.get()) == 0 && io.buffered() != 0 && !peer_closed) {
    std::byte first{};
    std::size_t n = 0;
    io.read_only_buffered(true);
    const auto out = ossl::call(ssl.get(), [&](SSL* s) { return SSL_peek_ex(s, &first, 1, &n); });
    io.read_only_buffered(false);
    if (!out.succeeded() && out.reason != SSL_ERROR_WANT_READ && out.reason != SSL_ERROR_ZERO_RETURN &&
        out.reason != SSL_ERROR_WANT_X509_LOOKUP) {
      (void)fail(explain_failure(*this, out));
      return 0;
    }
    settle_late_certificate();
  }
  return static_cast<std::size_t>(std::max(0, SSL_pending(ssl.get())));
}

std::size_t engine::pending() const noexcept {
  return impl_->pending();
}
bool engine::readable() const noexcept {
  return impl_->pending() != 0 || impl_->fatal || impl_->peer_closed ||
         (SSL_get_shutdown(impl_->ssl.get()) & SSL_RECEIVED_SHUTDOWN) != 0;
}
std::size_t engine::unsent() const noexcept {
  return impl_->io.unsent();
}

std::string engine::take_leftover() {
  return impl_->peer_closed ? impl_->io.take_buffered() : std::string();
}

result<void> engine::feed(byte_view bytes) {
  if (impl_->started) return error(errc::invalid_argument, "bytes can be fed to an engine only before its handshake");
  if (impl_->io.buffered() + bytes.size() > (std::size_t{64} << 10))
    return error(errc::invalid_argument, "more than 64 KiB were fed to an engine");
  impl_->io.feed(bytes);
  return {};
}

void engine::cork() noexcept {
  impl_->corked = true;
}
result<io_status> engine::uncork() {
  impl_->corked = false;
  return impl_->flush();
}

std::shared_ptr<const verdict> engine::verdict() const noexcept {
  return impl_->judged;
}

connection_info engine::info() const {
  return impl_->done ? impl_->info() : connection_info{};
}

std::vector<certificate> engine::impl::shown_by_us() const {
  // Nothing is shown when a session is resumed: what it began with stands.
  if (which == side::server && SSL_session_reused(ssl.get()) == 1) {
    if (is_by_shared_key()) return {};
    if (chosen) return chosen->chain();
    const auto name = server_name::parse(name_asked_for());
    auto found = name ? server->who.for_name(*name) : identities::choice();
    if (found.empty()) found = server->who.for_others();
    // Of several the client has seen one, and it is not known which.
    return found.size() == 1 ? found.front()->chain() : std::vector<certificate>();
  }
  X509* own = which == side::server || was_asked ? SSL_get_certificate(ssl.get()) : nullptr;
  return own != nullptr ? own_chain(ssl.get(), own) : std::vector<certificate>();
}

connection_info engine::impl::info() const {
  connection_info out;
  // Nothing is agreed on before there is a cipher suite.
  const auto* cipher = SSL_get_current_cipher(ssl.get());
  if (cipher != nullptr) {
    out.version = static_cast<protocol_version>(SSL_version(ssl.get()));
    out.cipher = SSL_CIPHER_get_name(cipher);
    const int group = static_cast<int>(SSL_get_negotiated_group(ssl.get()));
    if (const char* text = group != 0 ? SSL_group_to_name(ssl.get(), group) : nullptr) out.group = text;
    out.half_close_is_best_effort = out.version < protocol_version::tls1_3;
  }
  out.resumed = SSL_session_reused(ssl.get()) == 1;
  const unsigned char* alpn = nullptr;
  unsigned alpn_size = 0;
  SSL_get0_alpn_selected(ssl.get(), &alpn, &alpn_size);
  if (alpn != nullptr) out.alpn.assign(reinterpret_cast<const char*>(alpn), alpn_size);
  out.npn = npn_of(ssl.get());
  if (which == side::server)
    out.sni = name_asked_for();
  else if (const char* sni = SSL_get_servername(ssl.get(), TLSEXT_NAMETYPE_host_name))
    out.sni = sni;
  out.peer_chain = sent;
  out.own_chain = shown_by_us();
  if (is_by_shared_key()) out.pre_shared_key_identity = shared_key_identity(*this);
  if (judged) {
    if (judged->trusted() && judged->waived().empty()) out.verified_chain = judged->chain();
    out.trust = judged->trust();
    out.loosened = judged->loosened();
  }
  out.certificate_requested = was_asked;
  if (was_asked) out.accepted_issuers = accepted_by_peer(*this);
  ossl::drain_errors();
  return out;
}

}  // namespace signet
