#include "tls/client_hello.hpp"

#include <string_view>

#include "tls/asked_name.hpp"

namespace signet {
namespace {

std::string_view octets(const unsigned char* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

unsigned at(std::string_view s, std::size_t i) {
  return static_cast<unsigned char>(s[i]);
}

std::string_view extension(SSL* ssl, unsigned type) {
  const unsigned char* data = nullptr;
  std::size_t size = 0;
  return SSL_client_hello_get0_ext(ssl, type, &data, &size) == 1 ? octets(data, size) : std::string_view();
}

// Numbers of two octets behind a length of `length_octets`, which is not relied on: OpenSSL judges the message.
std::vector<std::uint16_t> numbers(std::string_view list, std::size_t length_octets) {
  std::vector<std::uint16_t> out;
  for (std::size_t i = length_octets; i + 1 < list.size(); i += 2)
    out.push_back(static_cast<std::uint16_t>(at(list, i) << 8U | at(list, i + 1)));
  return out;
}

std::vector<std::string> protocols(std::string_view list) {
  std::vector<std::string> out;
  for (std::size_t i = 2; i < list.size() && i + at(list, i) < list.size(); i += 1 + at(list, i))
    out.emplace_back(list.substr(i + 1, at(list, i)));
  return out;
}

}  // namespace

client_hello_info read_client_hello(SSL* ssl) {
  client_hello_info out;
  out.server_name = asked_name_in_hello(ssl);
  out.alpn = protocols(extension(ssl, TLSEXT_TYPE_application_layer_protocol_negotiation));
  out.versions = numbers(extension(ssl, TLSEXT_TYPE_supported_versions), 1);
  if (out.versions.empty()) out.versions = {static_cast<std::uint16_t>(SSL_client_hello_get0_legacy_version(ssl))};
  out.signature_algorithms = numbers(extension(ssl, TLSEXT_TYPE_signature_algorithms), 2);
  out.groups = numbers(extension(ssl, TLSEXT_TYPE_supported_groups), 2);

  const unsigned char* suites = nullptr;
  const auto size = SSL_client_hello_get0_ciphers(ssl, &suites);
  out.cipher_suites = numbers(octets(suites, size), 0);
  return out;
}

}  // namespace signet
