// From OpenSSL's reasons to one sentence a person understands. Never a bare OpenSSL error string.
#include <openssl/err.h>
#include <openssl/sslerr.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <string_view>

#include "base/printable.hpp"
#include "base/sentence.hpp"
#include "tls/engine_impl.hpp"
#include "tls/first_octets.hpp"

namespace signet {
namespace {

bool ssl_reason(const ossl::outcome& failed, std::initializer_list<int> reasons) {
  return std::ranges::any_of(reasons, [&](int r) { return ossl::holds(failed.queue, ERR_LIB_SSL, r); });
}

// The alert the peer sent, which OpenSSL queues as a reason of its own.
std::optional<alert> received_alert(const engine_impl& e, const ossl::outcome& failed) {
  for (const auto& entry : failed.queue) {
    const int reason = ERR_GET_REASON(entry.code);
    if (ERR_GET_LIB(entry.code) == ERR_LIB_SSL && reason >= SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256)
      return alert{static_cast<std::uint8_t>(reason - SSL_AD_REASON_OFFSET), alert::sender::peer};
  }
  if (e.last_alert && e.last_alert->from == alert::sender::peer) return e.last_alert;
  return {};
}

bool is_http_request(std::string_view first) {
  constexpr std::string_view methods[] = {"GET ",     "HEAD ",  "POST ",    "PUT ",   "DELETE ",
                                          "OPTIONS ", "PATCH ", "CONNECT ", "TRACE ", "PRI "};
  return std::ranges::any_of(methods, [first](std::string_view m) { return first.starts_with(m); });
}

std::string first_line(std::string_view text) {
  const auto end = std::min(text.find_first_of("\r\n"), text.size());
  return base::quoted(text.substr(0, end), 60);
}

// From here on a message says why; explain_failure() puts the peer before it.

error_parts not_tls(const engine_impl& e) {
  const auto first = e.io.first_bytes();
  const bool text = std::ranges::all_of(first.substr(0, 4), [](unsigned char c) { return std::isprint(c) != 0; });
  if (e.which == side::server) {
    if (is_http_request(first))
      return {.code = errc::plain_http,
              .message = "speaks plain HTTP to a TLS port",
              .hint = "the client has to use https: instead of http:"};
    return {.code = errc::not_tls,
            .message = "does not speak TLS" + (text ? ": it began with " + first_line(first) : ""),
            .hint = ""};
  }
  return {.code = errc::not_tls,
          .message = "does not speak TLS on this port" + (text ? ": it said " + first_line(first) : ""),
          .hint = first.starts_with("HTTP/")
                      ? "use http: instead of https:, or the server's TLS port"
                      : "check the port; the service may want plain text first and STARTTLS then"};
}

error_parts on_alert(const engine_impl& e, alert a) {
  const std::string said = " (alert " + name(a) + ")";
  error_parts parts{.code = errc::alert_received, .tls_alert = a};
  const bool client = e.which == side::client;
  const std::string peer = client ? "the server" : "the client";
  switch (a.description) {
    case SSL_AD_PROTOCOL_VERSION:
      parts.code = errc::protocol_version;
      parts.message = peer + " accepts none of the TLS versions offered" + said;
      parts.hint = client ? "allow older versions only if you have to (client_options::min_version)" : "";
      break;
    case SSL_AD_HANDSHAKE_FAILURE:
    case SSL_AD_INSUFFICIENT_SECURITY:
      parts.code = e.done ? errc::alert_received : errc::no_shared_cipher;
      parts.message =
          peer + " found no cipher, group or signature algorithm in common, or refused for a reason it does not tell" +
          said;
      parts.hint =
          "compare versions, ciphers and groups on both ends; a server may also want a name (SNI) or a client "
          "certificate";
      break;
    case SSL_AD_UNRECOGNIZED_NAME:
      parts.code = errc::unrecognized_name;
      parts.message = peer + " knows no certificate for this name" + said;
      parts.hint = "send the name the server expects (connect_options::sni)";
      break;
    case SSL_AD_NO_APPLICATION_PROTOCOL:
      parts.code = errc::no_shared_alpn;
      parts.message = peer + " speaks none of the application protocols offered" + said;
      parts.hint = "offer another with ALPN, or none";
      break;
    case SSL_AD_CERTIFICATE_REQUIRED:
      parts.code = errc::certificate_required;
      parts.message = peer + " asks for a client certificate" + said;
      parts.hint = "give one (client_options::identity)";
      break;
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_DECRYPT_ERROR:
      parts.message = peer + " does not accept our certificate" + said;
      parts.hint = client ? "the client certificate has to come from a CA the server trusts and be valid for clients"
                          : "the client does not trust the CA, looks for another name, or has a wrong clock";
      break;
    case SSL_AD_USER_CANCELLED:
      parts.message = peer + " gave up" + said;
      break;
    default:
      parts.message = peer + " broke off" + said;
      break;
  }
  return parts;
}

// OpenSSL's reason for a violation, as a subordinate clause.
std::string reason_text(const ossl::outcome& failed) {
  for (const auto& entry : failed.queue)
    if (const char* reason = ERR_reason_error_string(entry.code)) return reason;
  return "no reason given";
}

error_parts on_reason(const engine_impl& e, const ossl::outcome& failed) {
  const std::string peer = e.which == side::client ? "the server" : "the client";
  if (ssl_reason(failed, {SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_VERSION_TOO_LOW, SSL_R_WRONG_SSL_VERSION,
                          SSL_R_UNKNOWN_PROTOCOL, SSL_R_NO_PROTOCOLS_AVAILABLE, SSL_R_BAD_PROTOCOL_VERSION_NUMBER}))
    return {.code = errc::protocol_version,
            .message = peer + " offers no TLS version that is allowed here",
            .hint = "the other end is too old or too strict; versions below 1.2 have to be asked for (min_version)"};
  if (ssl_reason(failed, {SSL_R_NO_SHARED_CIPHER, SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM,
                          SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS, SSL_R_NO_SUITABLE_KEY_SHARE, SSL_R_NO_SUITABLE_GROUPS,
                          SSL_R_NO_CIPHERS_AVAILABLE, SSL_R_WRONG_CIPHER_RETURNED, SSL_R_NO_SHARED_GROUPS}))
    return {.code = errc::no_shared_cipher,
            .message = "no cipher suite, group or signature algorithm in common with " + peer,
            .hint = "compare the ciphers and groups of both ends and the type of the server's key"};
  if (ssl_reason(failed, {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE}))
    return {.code = errc::certificate_required,
            .message = "showed no certificate, and one is required",
            .hint = "the client has to be given one that comes from " +
                    (e.server ? e.server->options.client_trust.description() : "")};
  if (ssl_reason(failed, {SSL_R_NO_APPLICATION_PROTOCOL}))
    return {.code = errc::no_shared_alpn,
            .message = peer + " offers no application protocol that is spoken here",
            .hint = ""};
  if (ssl_reason(failed, {SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, SSL_R_BAD_RECORD_TYPE, SSL_R_BAD_DIGEST_LENGTH,
                          SSL_R_DIGEST_CHECK_FAILED}))
    return {.code = errc::bad_record,
            .message = "the data was altered on its way, or " + peer + " encrypts wrongly",
            .hint = ""};
  if (ssl_reason(failed, {SSL_R_CERT_CB_ERROR, SSL_R_NO_CERTIFICATE_SET}))
    return {.code = errc::unrecognized_name, .message = "no certificate was chosen for this client", .hint = ""};
  return {.code = e.done ? errc::protocol_violation : errc::handshake_failed,
          .message = (e.done ? "" : "handshake: ") + peer + " does not keep to the protocol: " + reason_text(failed),
          .hint = ""};
}

bool ended(const engine_impl& e, const ossl::outcome& failed) {
  return e.io.peer_ended() && (failed.reason == SSL_ERROR_SYSCALL || failed.queue.empty() ||
                               ssl_reason(failed, {SSL_R_UNEXPECTED_EOF_WHILE_READING}));
}

}  // namespace

error explain_failure(const engine_impl& e, const ossl::outcome& failed) {
  auto& io = const_cast<wire&>(e.io);
  const auto finished = [&](error_parts parts) {
    parts.library_errors = ossl::texts(failed.queue);
    if (!parts.tls_alert) parts.tls_alert = e.last_alert;
    return error(std::move(parts));
  };
  const auto with_queue = [&](error_parts parts) {
    parts.message = base::sentence{.whom = e.whom(), .why = parts.message}.text();
    return finished(std::move(parts));
  };

  if (e.judged && !e.judged->trusted() && !e.done) return finished(to_error(e.whom(), e.judged).parts());
  // An alert says more than the reset that often follows it.
  if (const auto a = received_alert(e, failed)) return with_queue(on_alert(e, *a));
  if (!e.done && !may_be_tls(io.first_bytes())) return with_queue(not_tls(e));
  if (auto failure = io.take_read_failure()) return e.from_below(*failure);
  if (ended(e, failed)) {
    if (e.done)
      return with_queue({.code = errc::truncated,
                         .message = "the stream was cut: the connection ended without close_notify",
                         .hint = "data may be missing; some programs never send close_notify"});
    const std::string peer = e.which == side::client ? "the server" : "the client";
    return with_queue(
        {.code = errc::closed,
         .message = peer + " closed the connection during the handshake",
         .hint = io.first_bytes().empty()
                     ? "nothing came back at all: check the port, and whether something on the way filters TLS"
                     : ""});
  }
  if (const auto& failure = io.write_failure(); failure && failed.reason == SSL_ERROR_WANT_READ)
    return e.from_below(*failure);
  return with_queue(on_reason(e, failed));
}

}  // namespace signet
