// What the peer offered or chose, for the sentence that says why nothing came of it.
#pragma once

#include <openssl/types.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace signet {

// Of a ClientHello, by their numbers on the wire. A client of before TLS 1.3 names the newest only: `oldest` is 0 then.
struct offered_versions {
  std::uint16_t oldest = 0;
  std::uint16_t newest = 0;
};
// In a callback of SSL_CTX_set_client_hello_cb only.
offered_versions versions_in_hello(SSL* ssl);
// "TLSv1.2 to TLSv1.3", "TLSv1.1 at most"; empty for none.
std::string text(offered_versions offered);

// The version in the first octets of a ServerHello, or empty: of TLS 1.2 and older.
std::string version_in_answer(std::string_view first_octets);

// Of a client whose hello was read: its cipher suites and groups; empty when it named none that OpenSSL knows.
std::string ciphers_of_client(const SSL* ssl);
std::string groups_of_client(SSL* ssl);
// The list of a ClientHello (RFC 7301 section 3.1).
std::string alpn_of_client(std::string_view wire_form);

}  // namespace signet
