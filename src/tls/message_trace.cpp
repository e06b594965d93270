#include "tls/message_trace.hpp"

#include <openssl/ssl.h>
#include <openssl/ssl3.h>

#include <string>

#include "base/tracing.hpp"
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

// Empty for what is no message of the protocol.
std::string message(int content_type, const unsigned char* octets, std::size_t size) {
  if (content_type == SSL3_RT_HANDSHAKE && size != 0)
    return handshake_message(octets[0]) + ", " + std::to_string(size) + " octets";
  if (content_type == SSL3_RT_CHANGE_CIPHER_SPEC) return "ChangeCipherSpec";
  if (content_type == SSL3_RT_ALERT && size == 2)
    return "alert " + name(alert{static_cast<std::uint8_t>(octets[1]), alert::sender::us});
  return {};
}

}  // namespace

void trace_messages(SSL* ssl) {
  SSL_set_msg_callback(ssl, [](int is_sent, int, int content_type, const void* octets, size_t size, SSL* of, void*) {
    const auto& to = *engine_of(of).trace;
    if (!base::listens(to, trace_level::messages)) return;
    const auto what = message(content_type, static_cast<const unsigned char*>(octets), size);
    if (!what.empty())
      base::tell(to, trace_level::messages, [&] { return (is_sent != 0 ? "sent " : "received ") + what; });
  });
}

}  // namespace signet
