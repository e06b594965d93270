#include "tls/message_trace.hpp"

#include <openssl/ssl.h>
#include <openssl/ssl3.h>

#include <span>
#include <string>

#include "base/tracing.hpp"
#include "ossl/guard.hpp"
#include "tls/engine_impl.hpp"

namespace signet {
namespace {

// RFC 8446 section 4 and RFC 5246 section 7.4.
std::string handshake_message(unsigned type) {
  switch (type) {
    case 0:
      return "HelloRequest";
    case 1:
      return "ClientHello";
    case 2:
      return "ServerHello";
    case 4:
      return "NewSessionTicket";
    case 8:
      return "EncryptedExtensions";
    case 11:
      return "Certificate";
    case 12:
      return "ServerKeyExchange";
    case 13:
      return "CertificateRequest";
    case 14:
      return "ServerHelloDone";
    case 15:
      return "CertificateVerify";
    case 16:
      return "ClientKeyExchange";
    case 20:
      return "Finished";
    case 22:
      return "CertificateStatus";
    case 24:
      return "KeyUpdate";
    case 25:
      return "CompressedCertificate";
    default:
      return "handshake message " + std::to_string(type);
  }
}

// Its content type, version and length (RFC 8446 section 5.1).
std::string record(const unsigned char* octets, std::size_t size) {
  if (size != SSL3_RT_HEADER_LENGTH) return {};
  return "a record of type " + std::to_string(octets[0]) + ", " + std::to_string(octets[3] * 256U + octets[4]) +
         " octets";
}

// Empty for what is no message of the protocol.
std::string message(int content_type, const unsigned char* octets, std::size_t size) {
  if (content_type == SSL3_RT_HANDSHAKE && size != 0)
    return handshake_message(octets[0]) + ", " + std::to_string(size) + " octets";
  if (content_type == SSL3_RT_CHANGE_CIPHER_SPEC) return "ChangeCipherSpec";
  if (content_type == SSL3_RT_ALERT && size == 2)
    return "alert " + name(alert{static_cast<std::uint8_t>(octets[1]), alert::sender::us});
  return {};
}

void tell_of(const trace_options& to, bool is_sent, int version, int content_type, const unsigned char* octets,
             std::size_t size) {
  if (!base::listens(to, trace_level::messages)) return;
  const bool is_header = content_type == SSL3_RT_HEADER;
  if (is_header && !base::listens(to, trace_level::octets)) return;
  const auto what = is_header ? record(octets, size) : message(content_type, octets, size);
  if (what.empty()) return;
  const traced_message about{.way = is_sent ? traced_message::direction::sent : traced_message::direction::received,
                             .content_type = static_cast<std::uint8_t>(is_header ? 0 : content_type),
                             .version = static_cast<std::uint16_t>(version),
                             .octets = std::as_bytes(std::span(octets, size))};
  base::tell(
      to, is_header ? trace_level::octets : trace_level::messages,
      [&] { return (is_sent ? "sent " : "received ") + what; },
      base::listens(to, trace_level::octets) ? &about : nullptr);
}

void see_message(int is_sent, int version, int content_type, const void* octets, std::size_t size, SSL* ssl, void*) {
  auto& e = engine_of(ssl);
  const auto* first = static_cast<const unsigned char*>(octets);
  const bool is_received = is_sent == 0 && content_type == SSL3_RT_HANDSHAKE && size != 0;
  constexpr std::size_t head = 4;
  if (is_received && *first == SSL3_MT_CLIENT_HELLO && size >= head && e.wants_raw_hello())
    ossl::guarded(0, [&] {
      e.raw_hello = std::make_unique<const std::string>(reinterpret_cast<const char*>(first + head), size - head);
      return 0;
    });
  // OpenSSL does not tell when a certificate that was asked for late has come; its last message does.
  if (is_received && *first == SSL3_MT_FINISHED && e.late) e.late->is_complete = true;
  if (e.trace) tell_of(*e.trace, is_sent != 0, version, content_type, first, size);
}

}  // namespace

void see_messages(SSL_CTX* ctx) {
  SSL_CTX_set_msg_callback(ctx, see_message);
}
void see_messages(SSL* ssl) {
  SSL_set_msg_callback(ssl, see_message);
}

}  // namespace signet
