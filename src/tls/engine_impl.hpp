// The engine's inside; for tls/ only.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <signet/tls/engine.hpp>

#include "base/access.hpp"
#include "ossl/call.hpp"
#include "ossl/handles.hpp"
#include "tls/asked_name.hpp"
#include "tls/config_impl.hpp"
#include "tls/context.hpp"
#include "tls/peer_offer.hpp"
#include "tls/wire.hpp"

namespace signet {

struct engine::impl {
  impl(side which_side, transport& below) : which(which_side), io(below) {}
  impl(const impl&) = delete;
  impl& operator=(const impl&) = delete;
  ~impl();

  const side which;
  std::shared_ptr<const client_config_impl> client;
  std::shared_ptr<const server_state> server;
  // A server's: that of the name the client asks for.
  const server_policy* policy = nullptr;
  std::optional<server_name> expected;
  std::uint16_t expected_port = 0;

  // None where nobody listens, which is the rule.
  std::unique_ptr<const trace_options> trace;

  // Before ssl, which refers to it until it is freed.
  wire io;
  ossl::ssl_ptr ssl;

  bool started = false;
  bool done = false;
  bool corked = false;
  bool close_sent = false;
  bool peer_closed = false;
  // A client's: the server sent a CertificateRequest, and data came after the handshake.
  bool was_asked = false;
  bool was_answered = false;
  // The peer wanted to renegotiate, which is refused (SSL_OP_NO_RENEGOTIATION).
  bool refused_renegotiation = false;
  // The first fatal result; nothing enters OpenSSL after it.
  std::optional<error> fatal;
  // Of the last fatal alert that went either way.
  std::optional<alert> last_alert;

  std::shared_ptr<const signet::verdict> judged;
  std::vector<certificate> sent;
  // What a client's source has found for this connection, how often it was asked for more, and what it still looks for.
  // None before it is asked: most connections never ask, and servers cannot.
  struct evidence_search {
    signet::evidence found = {};
    unsigned rounds = 0;
    std::optional<evidence_wanted> awaited = {};
  };
  std::unique_ptr<evidence_search> search;
  // Of the trust behind `judged`.
  std::uint64_t trust_generation = 0;
  // The same of a server's, as its tickets say it.
  std::array<std::uint8_t, 32> trust_digest = {};
  // When the session began that this connection resumes, or this connection.
  std::chrono::sys_seconds session_began = {};
  // Why the peer is refused, where the verdict does not say it.
  std::unique_ptr<const error> refusal;
  // What the ClientHello offered to resume, and where its like is found.
  std::shared_ptr<const saved_session> offered;
  std::string session_key;
  // A server's: what the client offered, as far as it cannot be asked for later.
  offered_versions versions;
  // Until the handshake is over, where a selector wants to know: what the ClientHello says, and its octets.
  std::unique_ptr<const client_hello_info> hello;
  std::unique_ptr<const std::string> raw_hello;
  // A server's: the name that the client asks for, in lower case, empty for none. OpenSSL tells that of the session
  // when it resumes in TLS 1.2. Null where somebody has put a callback of his own in the place of ours.
  std::unique_ptr<const std::string> wanted_name;
  std::unique_ptr<const std::string> refused_alpn;
  // A server's: what its selector answered, and the name that it refused.
  std::optional<identity> chosen;
  std::unique_ptr<const std::string> refused_name;
  // A server's: a certificate was asked for after the handshake. What has come counts once all of the answer has.
  struct late_answer {
    std::shared_ptr<const signet::verdict> judged = {};
    std::vector<certificate> sent = {};
    bool is_complete = false;
  };
  std::unique_ptr<late_answer> late;
  // A server's: what came of a ticket. It counts once the session is resumed.
  struct ticket_answer {
    std::shared_ptr<const signet::verdict> judged = {};
    std::vector<certificate> sent = {};
    std::chrono::sys_seconds began = {};
  };
  std::optional<ticket_answer> ticket;

  // A server's, where a selector is told of it.
  [[nodiscard]] bool wants_raw_hello() const noexcept {
    return server && !done && (server->options.select_identity || server->options.select_alpn);
  }
  // The peer, as errors name it.
  [[nodiscard]] std::string whom() const;
  // What the transport said, with the phase where it does not tell one.
  [[nodiscard]] error from_below(const error& e) const;
  result<io_status> handshake();
  result<io_status> read(byte_span buffer);
  result<io_status> write(byte_view bytes);
  error why_not_written(const error& failure);
  error fail(error e);
  void settle_late_certificate();
  result<io_status> flush();
  result<io_status> close_write();
  std::size_t pending();

  // In callbacks.
  enum class judgement : unsigned char { refused, trusted, not_yet };
  judgement judge_peer(X509_STORE_CTX* ctx);
  enum class looked : unsigned char { nothing_new, found, not_yet };
  looked look_for_evidence();
  void save_session(ossl::ssl_session_ptr session);
  // One of TLS 1.2 that a resumed connection was given anew: OpenSSL tells of new sessions only.
  void keep_renewed_session();
  // A client's, before the handshake: of the sessions kept, one that stands.
  void offer_session();
  // What the peer of this connection is judged by.
  [[nodiscard]] verify_request request(const std::vector<certificate>& sent) const;
  [[nodiscard]] std::chrono::sys_seconds now() const;
  [[nodiscard]] connection_info info() const;
  [[nodiscard]] std::vector<certificate> shown_by_us() const;
  [[nodiscard]] std::string name_asked_for() const { return wanted_name ? *wanted_name : asked_name(ssl.get()); }
  // Whether it stands on a pre-shared key of ours. After the handshake.
  [[nodiscard]] bool is_by_shared_key() const;
  // "handshake complete: ..."
  void tell_of_handshake() const;

 private:
  result<void> check_verdict();
  result<io_status> after_io(std::size_t bytes, bool end, wire::patience how = wire::patience::as_called);
  void release_write_buffer() noexcept;
};

using engine_impl = detail::access::impl<engine>;

// The engine behind an SSL, for callbacks.
[[nodiscard]] engine_impl& engine_of(const SSL* ssl);

// Of a server's CertificateRequest, or of a client's certificate_authorities: the names in RFC 4514 text.
[[nodiscard]] std::vector<std::string> accepted_by_peer(const engine_impl& e);

// What a failed call into OpenSSL means, in words.
[[nodiscard]] error explain_failure(const engine_impl& e, const ossl::outcome& failed);
[[nodiscard]] std::string npn_of(const SSL* ssl);
[[nodiscard]] std::string shared_key_identity(const engine_impl& e);
// A server that showed a certificate, or nothing at all, where a pre-shared key was wanted.
[[nodiscard]] error no_shared_key(const engine_impl& e);
// A reset, or nothing until the deadline: where a server asked for a certificate and got none, that is likely why.
[[nodiscard]] error about_silence(const engine_impl& e, const error& failure);

}  // namespace signet
