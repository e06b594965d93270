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
#include "tls/peer_offer.hpp"
#include "verify/explain.hpp"
#include "x509/impl.hpp"
#include "x509/text.hpp"

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

std::string_view peer_of(const engine_impl& e) {
  return e.which == side::client ? "the server" : "the client";
}

// "TLSv1.2 to TLSv1.3".
std::string versions_of(const engine_impl& e) {
  const auto oldest = e.client ? e.client->options.min_version : e.server->options.min_version;
  const auto newest = e.client ? e.client->options.max_version : e.server->options.max_version;
  return std::string(name(oldest)) + (oldest == newest ? "" : " to " + std::string(name(newest)));
}

const std::vector<std::string>& alpn_of(const engine_impl& e) {
  return e.client ? e.client->options.alpn : e.policy->settings.alpn;
}

// Who may have issued a certificate of ours, for people.
std::vector<std::string> issuers_for_people(const engine_impl& e) {
  auto out = accepted_by_peer(e);
  for (auto& name : out) name = '\'' + name + '\'';
  return out;
}

// A server asked for a certificate, and got the message that says there is none: nothing was given, or nothing that
// fits, so that nothing was signed.
bool owes_a_certificate(const engine_impl& e) {
  int digest = NID_undef;
  return e.was_asked && !e.was_answered && SSL_get_signature_nid(e.ssl.get(), &digest) != 1;
}

// The versions and what the user has set; OpenSSL's own choice is no news.
std::string ours(const engine_impl& e) {
  std::vector<std::string> out{versions_of(e)};
  const auto add = [&](const auto& set) {
    if (!set.ciphers.empty()) out.push_back("ciphers " + base::printable(set.ciphers));
    if (!set.ciphersuites.empty()) out.push_back("ciphersuites " + base::printable(set.ciphersuites));
    if (!set.groups.empty()) out.push_back("groups " + base::printable(set.groups));
  };
  if (e.client)
    add(e.client->options);
  else
    add(e.server->options);
  return base::listed(out);
}

// Of a client; empty as long as its hello was not read.
std::string offered_by_client(const engine_impl& e) {
  if (e.which != side::server) return {};
  std::string out = text(e.versions);
  if (const auto ciphers = ciphers_of_client(e.ssl.get()); !ciphers.empty()) out += "; ciphers " + ciphers;
  if (const auto groups = groups_of_client(e.ssl.get()); !groups.empty()) out += "; groups " + groups;
  return out;
}

// Says what was wanted, and what to do about it.
error_parts wants_certificate(const engine_impl& e, std::string message) {
  const auto from = issuers_for_people(e);
  if (e.client && e.client->options.identity)
    return {.code = errc::certificate_required,
            .message = std::move(message),
            .hint = "the one that was given fits none of the signature algorithms and CAs that the server accepts" +
                    (from.empty() ? "" : ": " + base::listed(from))};
  return {.code = errc::certificate_required,
          .message = std::move(message),
          .hint = "give one (client_options::identity)" +
                  (from.empty() ? "" : "; the server accepts those of " + base::listed(from)),
          .expected = "a client certificate" + (from.empty() ? "" : " of " + base::listed(from)),
          .presented = "none"};
}

// "our certificate 'server.test' of 'CN=Example CA'".
std::string our_certificate(const engine_impl& e, error_parts& parts) {
  auto* own = SSL_get_certificate(e.ssl.get());
  if (own == nullptr) return "our certificate";
  const certificate c = adopt(ossl::share(own));
  parts.presented = "'" + display_name(c) + "', issued by '" + c.issuer() + "'";
  return "our certificate " + parts.presented;
}

// From here on a message says why; explain_failure() puts the peer before it.

error_parts not_tls(const engine_impl& e) {
  const auto first = e.io.first_bytes();
  const bool text = std::ranges::all_of(first.substr(0, 4), [](unsigned char c) { return std::isprint(c) != 0; });
  const std::string began =
      text ? first_line(first)
           : "the octets " + to_hex(byte_view(first.substr(0, std::min<std::size_t>(first.size(), 8))));
  if (e.which == side::server) {
    if (is_http_request(first))
      return {.code = errc::plain_http,
              .message = "speaks plain HTTP to a TLS port",
              .hint = "the client has to use https: instead of http:"};
    return {.code = errc::not_tls,
            .message = "does not speak TLS: it began with " + began,
            .hint = "the client has to begin with TLS on this port",
            .expected = "a ClientHello",
            .presented = began};
  }
  const auto hint = [&]() -> const char* {
    if (first.starts_with("HTTP/")) return "use http: instead of https:, or the server's TLS port";
    if (first.starts_with("SSH-")) return "this is the port of an SSH server: use the server's TLS port";
    // SMTP and FTP, IMAP, POP3.
    if (first.starts_with("220") || first.starts_with("* OK") || first.starts_with("+OK"))
      return "the service begins in plain text: upgrade with STARTTLS (starttls::negotiate), or use its TLS port";
    return "check the port; the service may want plain text first and STARTTLS then";
  }();
  return {.code = errc::not_tls,
          .message = "does not speak TLS on this port: it said " + began,
          .hint = hint,
          .expected = "a ServerHello",
          .presented = began};
}

error_parts on_certificate_alert(const engine_impl& e, alert a, const std::string& said) {
  const bool client = e.which == side::client;
  if (client && owes_a_certificate(e))
    return wants_certificate(e, "the server asks for a client certificate, and none was sent" + said);
  error_parts parts{.code = errc::alert_received, .tls_alert = a};
  if (client && SSL_session_reused(e.ssl.get()) == 1) {
    parts.message = "the server broke off" + said;
    return parts;
  }
  if (client && !e.was_asked) {
    parts.message = "the server broke off, and had asked for no certificate of ours" + said;
    parts.hint = "the server's own log says why";
    return parts;
  }
  const auto ours = our_certificate(e, parts);
  parts.message = std::string(peer_of(e)) + " does not accept " + ours + said;
  if (const auto from = issuers_for_people(e); !from.empty()) parts.expected = "a certificate of " + base::listed(from);
  const std::string accepts = parts.expected.empty() ? "" : "; it accepts " + parts.expected;
  parts.hint = client
                   ? "the client certificate has to come from a CA the server trusts and be valid for clients" + accepts
                   : "the client does not trust the CA, looks for another name, or has a wrong clock" + accepts;
  return parts;
}

error_parts on_alert(const engine_impl& e, alert a) {
  const std::string said = " (alert " + name(a) + ")";
  error_parts parts{.code = errc::alert_received, .tls_alert = a};
  const bool client = e.which == side::client;
  const std::string peer(peer_of(e));
  // Whatever the alert: each implementation has another one for this.
  if (client && owes_a_certificate(e) && a.description != SSL_AD_CERTIFICATE_REQUIRED)
    return on_certificate_alert(e, a, said);
  switch (a.description) {
    case SSL_AD_PROTOCOL_VERSION:
      parts.code = errc::protocol_version;
      parts.message = peer + " accepts none of the TLS versions offered, " + versions_of(e) + said;
      if (client)
        parts.hint = e.client->options.max_version < protocol_version::tls1_3
                         ? "allow newer versions too (client_options::max_version)"
                         : "allow older versions only if you have to (client_options::min_version)";
      parts.presented = versions_of(e);
      break;
    case SSL_AD_HANDSHAKE_FAILURE:
    case SSL_AD_INSUFFICIENT_SECURITY:
      if (e.done) {
        parts.message = peer + " broke off" + said;
        break;
      }
      parts.code = errc::no_shared_cipher;
      parts.message =
          peer + " found no cipher, group or signature algorithm in common, or refused for a reason it does not tell" +
          said + (client ? "; offered were " + ours(e) : "");
      parts.hint =
          "compare versions, ciphers and groups on both ends; a server may also want a name (SNI) or a client "
          "certificate";
      if (client) parts.presented = ours(e);
      break;
    case SSL_AD_UNRECOGNIZED_NAME: {
      const char* sent = SSL_get_servername(e.ssl.get(), TLSEXT_NAMETYPE_host_name);
      parts.code = errc::unrecognized_name;
      parts.presented = sent != nullptr ? base::quoted(sent) : "no name";
      parts.message = peer + " knows no certificate for the name that was sent, " + parts.presented + said;
      parts.hint = "send the name the server expects (connect_options::sni)";
      break;
    }
    case SSL_AD_NO_APPLICATION_PROTOCOL:
      parts.code = errc::no_shared_alpn;
      parts.presented = base::listed(alpn_of(e));
      parts.message = parts.presented.empty()
                          ? peer + " wants an application protocol to be named, and none was offered" + said
                          : peer + " speaks none of the application protocols offered, " + parts.presented + said;
      parts.hint = parts.presented.empty() ? "offer one with ALPN" : "offer another with ALPN, or none";
      break;
    case SSL_AD_CERTIFICATE_REQUIRED:
      parts = wants_certificate(e, peer + " asks for a client certificate" + said);
      break;
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_DECRYPT_ERROR:
    case SSL_AD_ACCESS_DENIED:
    case SSL_AD_NO_CERTIFICATE:
      return on_certificate_alert(e, a, said);
    case SSL_AD_USER_CANCELLED:
      parts.message = peer + " gave up" + said;
      break;
    default:
      parts.message = peer + " broke off" + said;
      break;
  }
  parts.tls_alert = a;
  return parts;
}

// OpenSSL's reason for a violation, as a subordinate clause.
std::string reason_text(const ossl::outcome& failed) {
  for (const auto& entry : failed.queue)
    if (const char* reason = ERR_reason_error_string(entry.code)) return reason;
  return "no reason given";
}

// What this end refuses, in its own words.
struct refusal {
  int reason;
  errc code;
  const char* message;
  const char* hint;
};
constexpr refusal refusals[] = {
    {SSL_R_UNSAFE_LEGACY_RENEGOTIATION_DISABLED, errc::handshake_failed, "is too old to renegotiate safely (RFC 5746)",
     "it has to be updated: without that extension a stranger can put data before ours"},
    {SSL_R_DH_KEY_TOO_SMALL, errc::no_shared_cipher,
     "offers a Diffie-Hellman key that is too weak: 2048 bits are needed", "it has to use larger parameters, or ECDHE"},
    {SSL_R_ENCRYPTED_LENGTH_TOO_LONG, errc::bad_record,
     "sent a record that is longer than allowed (RFC 8446 section 5.2)", ""},
    {SSL_R_DATA_LENGTH_TOO_LONG, errc::bad_record, "sent a record that is longer than allowed (RFC 8446 section 5.1)",
     ""},
    {SSL_R_PACKET_LENGTH_TOO_LONG, errc::bad_record, "sent a record that is longer than allowed (RFC 8446 section 5.1)",
     ""},
    {SSL_R_EXCESSIVE_MESSAGE_SIZE, errc::protocol_violation, "sent a handshake message that is longer than allowed",
     ""},
    {SSL_R_INAPPROPRIATE_FALLBACK, errc::protocol_version, "came back with an older version than it speaks (RFC 7507)",
     "something on the way stopped its first attempt"},
    {SSL_R_BAD_SIGNATURE, errc::handshake_failed, "does not hold the key of its certificate: its signature is wrong",
     ""},
    {SSL_R_WRONG_SIGNATURE_TYPE, errc::no_shared_cipher, "signs in a way that is not allowed here",
     "its key or digest is too old: SHA-256 or better is needed"},
};

// What keeps our key refused a signature, which is nobody's fault on the other side.
bool did_not_sign(const engine_impl& e) {
  const auto at = SSL_get_state(e.ssl.get());
  const bool is_signing = at == TLS_ST_SW_CERT_VRFY || at == TLS_ST_CW_CERT_VRFY || at == TLS_ST_SW_KEY_EXCH;
  return is_signing && e.last_alert == alert{SSL_AD_INTERNAL_ERROR, alert::sender::us};
}

error_parts on_reason(const engine_impl& e, const ossl::outcome& failed) {
  const std::string peer(peer_of(e));
  if (did_not_sign(e))
    return {.code = errc::file_not_readable,
            .message = "handshake: our private key (" + x509::key_type(SSL_get_privatekey(e.ssl.get())) +
                       ") did not sign: " + reason_text(failed),
            .hint = "its token may be gone, or may want its PIN for each signature"};
  for (const auto& one : refusals)
    if (ssl_reason(failed, {one.reason}))
      return {.code = one.code == errc::bad_record && !e.done ? errc::handshake_failed : one.code,
              .message = peer + ' ' + one.message,
              .hint = one.hint};
  if (ssl_reason(failed, {SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_VERSION_TOO_LOW, SSL_R_WRONG_SSL_VERSION,
                          SSL_R_UNKNOWN_PROTOCOL, SSL_R_NO_PROTOCOLS_AVAILABLE, SSL_R_BAD_PROTOCOL_VERSION_NUMBER})) {
    const bool client = e.which == side::client;
    auto theirs = client ? version_in_answer(e.io.first_bytes()) : text(e.versions);
    const auto verb = theirs.empty() ? " offers no TLS version that is allowed here" : client ? " chose " : " offers ";
    return {.code = errc::protocol_version,
            .message = peer + verb + theirs + "; allowed here is " + versions_of(e),
            .hint = "the other end is too old or too strict; versions below 1.2 have to be asked for (min_version)",
            .expected = versions_of(e),
            .presented = std::move(theirs)};
  }
  if (ssl_reason(failed, {SSL_R_NO_SHARED_CIPHER, SSL_R_NO_SUITABLE_SIGNATURE_ALGORITHM,
                          SSL_R_NO_SHARED_SIGNATURE_ALGORITHMS, SSL_R_NO_SUITABLE_KEY_SHARE, SSL_R_NO_SUITABLE_GROUPS,
                          SSL_R_NO_CIPHERS_AVAILABLE, SSL_R_WRONG_CIPHER_RETURNED, SSL_R_NO_SHARED_GROUPS})) {
    auto theirs = offered_by_client(e);
    return {.code = errc::no_shared_cipher,
            .message = "no cipher suite, group or signature algorithm in common with " + peer +
                       (theirs.empty() ? "" : ", which offers " + theirs) + "; allowed here is " + ours(e),
            .hint = "compare the ciphers and groups of both ends and the type of the server's key",
            .expected = ours(e),
            .presented = std::move(theirs)};
  }
  if (ssl_reason(failed, {SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE})) {
    const std::string from = e.policy ? e.policy->settings.client_trust.description() : "";
    return {.code = errc::certificate_required,
            .message = "showed no certificate, and one is required",
            .hint = "the client has to be given one that comes from " + from,
            .expected = "a certificate of " + from,
            .presented = "none"};
  }
  if (ssl_reason(failed, {SSL_R_NO_APPLICATION_PROTOCOL})) {
    const auto spoken = base::listed(alpn_of(e));
    auto theirs = e.refused_alpn ? *e.refused_alpn : std::string();
    return {.code = errc::no_shared_alpn,
            .message = peer + " offers the application protocols " + theirs + "; spoken here is " + spoken,
            .hint = "offer one of them at the client, or allow one of the client's here (ALPN)",
            .expected = spoken,
            .presented = std::move(theirs)};
  }
  if (ssl_reason(failed, {SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC, SSL_R_BAD_RECORD_TYPE, SSL_R_BAD_DIGEST_LENGTH,
                          SSL_R_DIGEST_CHECK_FAILED}))
    return {.code = errc::bad_record,
            .message = "the data was altered on its way, or " + peer + " encrypts wrongly",
            .hint = ""};
  if (ssl_reason(failed, {SSL_R_CERT_CB_ERROR, SSL_R_NO_CERTIFICATE_SET, SSL_R_CALLBACK_FAILED})) {
    const bool is_named = e.refused_name && !e.refused_name->empty();
    return {.code = errc::unrecognized_name,
            .message = "no certificate was chosen for this client" +
                       (is_named ? ", which asks for " + base::quoted(*e.refused_name) : std::string()),
            .hint = ""};
  }
  return {.code = e.done ? errc::protocol_violation : errc::handshake_failed,
          .message = (e.done ? "" : "handshake: ") + peer + " does not keep to the protocol: " + reason_text(failed),
          .hint = ""};
}

// With close_notify before it was time, or without.
bool ended(const engine_impl& e, const ossl::outcome& failed) {
  if (failed.reason == SSL_ERROR_ZERO_RETURN) return true;
  return e.io.peer_ended() && (failed.reason == SSL_ERROR_SYSCALL || failed.queue.empty() ||
                               ssl_reason(failed, {SSL_R_UNEXPECTED_EOF_WHILE_READING}));
}

}  // namespace

std::vector<std::string> accepted_by_peer(const engine_impl& e) {
  std::vector<std::string> out;
  const auto* names = SSL_get0_peer_CA_list(e.ssl.get());
  for (int i = 0; i < sk_X509_NAME_num(names); ++i) out.push_back(x509::name_text(sk_X509_NAME_value(names, i)));
  return out;
}

namespace {

// A peer that was refused a new handshake ends in its own way: by an alert, an end, a reset or silence.
void tell_of_renegotiation(const engine_impl& e, error_parts& parts) {
  if (!e.done || !e.refused_renegotiation) return;
  parts.message += ", after it had asked for a new handshake (renegotiation), which is refused here";
  if (e.which != side::client) return;
  parts.hint =
      "servers renegotiate mostly to ask for a client certificate: let the server ask in the first handshake, or speak "
      "TLS 1.3, which has no renegotiation";
}

}  // namespace

error about_silence(const engine_impl& e, const error& failure) {
  if (e.done && e.refused_renegotiation) {
    auto parts = failure.parts();
    tell_of_renegotiation(e, parts);
    return error(std::move(parts));
  }
  if (!owes_a_certificate(e) || (failure.code() != errc::connection_reset && failure.code() != errc::timed_out))
    return failure;
  auto parts = failure.parts();
  auto why = wants_certificate(e, "");
  parts.message += ", after the server had asked for a client certificate and got none";
  // A server that does not insist may just have nothing to say yet.
  if (e.done && failure.code() == errc::timed_out) {
    parts.hint = "should the server insist on one: " + why.hint;
    return error(std::move(parts));
  }
  parts.hint = std::move(why.hint);
  parts.expected = std::move(why.expected);
  parts.presented = std::move(why.presented);
  return error(std::move(parts));
}

error no_shared_key(const engine_impl& e) {
  return base::sentence{.whom = e.whom(),
                        .phase = "handshake",
                        .why = "did not use the pre-shared key " + base::quoted(e.client->options.shared_key->identity),
                        .hint = "the server has to know that identity and its key"}
      .as(errc::no_verdict);
}

error explain_failure(const engine_impl& e, const ossl::outcome& failed) {
  auto& io = const_cast<wire&>(e.io);
  const auto finished = [&](error_parts parts) {
    parts.library_errors = ossl::texts(failed.queue);
    if (!parts.tls_alert) parts.tls_alert = e.last_alert;
    tell_of_renegotiation(e, parts);
    return error(std::move(parts));
  };
  const auto with_queue = [&](error_parts parts) {
    parts.message = base::sentence{.whom = e.whom(), .why = parts.message}.text();
    parts.whom = e.whom();
    if (!e.done) parts.phase = "handshake";
    return finished(std::move(parts));
  };

  if (e.refusal && !e.done) return finished(e.refusal->parts());
  if (const auto& judged = e.late ? e.late->judged : e.judged; judged && !judged->trusted() && (!e.done || e.late))
    return finished(to_error(e.whom(), judged).parts());
  // An alert says more than the reset that often follows it.
  if (const auto a = received_alert(e, failed)) return with_queue(on_alert(e, *a));
  if (!e.done && !may_be_tls(io.first_bytes())) return with_queue(not_tls(e));
  if (auto failure = io.take_read_failure()) return about_silence(e, e.from_below(*failure));
  if (ended(e, failed)) {
    // In TLS 1.3 a client's handshake is over before the server has looked at what it was sent.
    if (owes_a_certificate(e))
      return with_queue(wants_certificate(
          e, "the server asked for a client certificate, got none and closed the connection without a word"));
    if (e.done)
      return with_queue({.code = errc::truncated,
                         .message = "the stream was cut: the connection ended without close_notify",
                         .hint = "data may be missing; some programs never send close_notify"});
    return with_queue(
        {.code = errc::closed,
         .message = std::string(peer_of(e)) + " closed the connection during the handshake",
         .hint = io.first_bytes().empty()
                     ? "nothing came back at all: check the port, and whether something on the way filters TLS"
                     : ""});
  }
  if (const auto& failure = io.write_failure(); failure && failed.reason == SSL_ERROR_WANT_READ)
    return e.from_below(*failure);
  return with_queue(on_reason(e, failed));
}

}  // namespace signet
