#include "tls/asked_name.hpp"

#include <string_view>

#include "base/ascii.hpp"

namespace signet {

std::string asked_name(const SSL* ssl) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  return base::lower(std::string_view(name == nullptr ? "" : name));
}

std::string asked_name_in_hello(SSL* ssl) {
  const unsigned char* data = nullptr;
  std::size_t size = 0;
  // A list of two octets' length with one entry: its type, 0, and its length in two octets (RFC 6066 section 3).
  constexpr std::size_t before = 5;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &data, &size) != 1 || size < before || data[2] != 0 ||
      data[3] * 256U + data[4] != size - before)
    return {};
  const std::string_view name(reinterpret_cast<const char*>(data) + before, size - before);
  // OpenSSL refuses such a ClientHello when it comes to that.
  if (name.size() > TLSEXT_MAXLEN_host_name || name.find('\0') != name.npos) return {};
  return base::lower(name);
}

}  // namespace signet
