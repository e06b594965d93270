#include "tls/peer_offer.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>
#include <vector>

#include <signet/tls/protocol_version.hpp>

#include "base/printable.hpp"

namespace signet {
namespace {

std::string version_text(unsigned number) {
  if (number == SSL3_VERSION) return "SSLv3";
  if (const auto known = name(static_cast<protocol_version>(number)); known != "unknown") return std::string(known);
  std::array<char, sizeof "version 0x0000"> out{};
  std::snprintf(out.data(), out.size(), "version 0x%04x", number & 0xffffU);
  return out.data();
}

// RFC 8701 section 2: numbers that stand for nothing.
bool is_grease(unsigned number) noexcept {
  return (number & 0x0f0fU) == 0x0a0aU && number >> 8U == (number & 0xffU);
}

}  // namespace

offered_versions versions_in_hello(SSL* ssl) {
  const unsigned char* data = nullptr;
  std::size_t size = 0;
  if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_supported_versions, &data, &size) != 1)
    return {.oldest = 0, .newest = static_cast<std::uint16_t>(SSL_client_hello_get0_legacy_version(ssl))};
  offered_versions out;
  // A length of one octet, then the versions, two octets each (RFC 8446 section 4.2.1).
  for (std::size_t i = 1; i + 1 < size; i += 2) {
    const auto number = static_cast<std::uint16_t>(data[i] * 256U + data[i + 1]);
    if (is_grease(number)) continue;
    out.oldest = out.oldest == 0 ? number : std::min(out.oldest, number);
    out.newest = std::max(out.newest, number);
  }
  return out;
}

std::string text(offered_versions offered) {
  if (offered.newest == 0) return {};
  const auto newest = version_text(offered.newest);
  if (offered.oldest == 0) return newest + " at most";
  return offered.oldest == offered.newest ? newest : version_text(offered.oldest) + " to " + newest;
}

std::string version_in_answer(std::string_view first_octets) {
  // A record of type 22, then a message of type 2, then the version.
  constexpr std::size_t at = 9;
  if (first_octets.size() < at + 2 || first_octets[0] != 22 || first_octets[5] != 2) return {};
  return version_text(static_cast<unsigned char>(first_octets[at]) * 256U +
                      static_cast<unsigned char>(first_octets[at + 1]));
}

std::string ciphers_of_client(const SSL* ssl) {
  std::vector<std::string> names;
  const auto* suites = SSL_get_client_ciphers(ssl);
  for (int i = 0; i < sk_SSL_CIPHER_num(suites); ++i)
    names.emplace_back(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(suites, i)));
  return base::listed(names);
}

std::string groups_of_client(SSL* ssl) {
  const auto count = SSL_get1_groups(ssl, nullptr);
  if (count <= 0) return {};
  std::vector<int> numbers(static_cast<std::size_t>(count));
  SSL_get1_groups(ssl, numbers.data());
  std::vector<std::string> names;
  for (const int number : numbers)
    if (const char* known = SSL_group_to_name(ssl, number)) names.emplace_back(known);
  return base::listed(names);
}

std::string alpn_of_client(std::string_view wire_form) {
  std::vector<std::string> names;
  while (!wire_form.empty()) {
    const auto size = std::min<std::size_t>(static_cast<unsigned char>(wire_form[0]), wire_form.size() - 1);
    names.push_back(base::printable(wire_form.substr(1, size)));
    wire_form.remove_prefix(1 + size);
  }
  return base::listed(names);
}

}  // namespace signet
