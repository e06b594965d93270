// Certificates that hold nothing but names, odd ones among them, for tests of who speaks for what. They are not signed.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <signet/x509/certificate.hpp>

namespace signet::test {

struct names_of_a_certificate {
  /// As it is, NUL among its octets or not.
  std::optional<std::string> cn = {};
  std::vector<std::string> dns = {};
  /// "192.0.2.1", or "x" and the octets in hex.
  std::vector<std::string> ip = {};
  std::vector<std::string> uri = {};
  std::vector<std::string> email = {};
  /// SRV names, RFC 4985: "_xmpp.example.org".
  std::vector<std::string> srv = {};
  /// More common names, after the first.
  std::vector<std::string> further_cns = {};
};

certificate certificate_with(const names_of_a_certificate& names);

/// `text` split at commas, empty parts left out.
std::vector<std::string> split(const std::string& text);

}  // namespace signet::test
