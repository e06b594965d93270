// Which names of a certificate count, and how: the rules each protocol's standard has, by the name of the protocol or
// of its RFC. All but rfc9525 are for peers that are older than it.
//
// One rule stands above the tables: a certificate with any subjectAltName of type DNS, IP, URI or SRV never has its
// common name consulted (RFC 6125 section 6.4.4), save under `ldap` and where one's own rules ask for `always`.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <signet/base/result.hpp>
#include <signet/x509/certificate.hpp>

namespace signet {

enum class hostname_scheme : unsigned char {
  /// subjectAltName only, a wildcard as the whole first label. The one when none is named.
  rfc9525,
  /// What IO::Socket::SSL calls `default`: the common name too, wildcards anywhere in the first label.
  lenient,
  http,
  rfc2818,
  ldap,
  smtp,
  gist,
  sip,
  /// No name is compared at all.
  none,

  www = http,
  xmpp = rfc2818,
  rfc3920 = rfc2818,
  ftp = rfc2818,
  rfc4217 = rfc2818,
  rfc4513 = ldap,
  rfc2595 = smtp,
  imap = smtp,
  pop3 = smtp,
  acap = smtp,
  rfc4642 = smtp,
  nntp = smtp,
  rfc5539 = smtp,
  netconf = smtp,
  rfc5538 = smtp,
  syslog = smtp,
  rfc5425 = smtp,
  snmp = smtp,
  rfc5953 = smtp,
  rfc5971 = gist,
  rfc5922 = sip,
};

/// By any of the names above, and "default" for lenient. invalid_argument.
SIGNET_EXPORT result<hostname_scheme> parse_hostname_scheme(std::string_view name);

/// A scheme of one's own.
struct name_rules {
  /// without_names: when there is no subjectAltName of type DNS, IP, URI or SRV.
  enum class common_name : unsigned char { never, without_names, always };
  /// full_label: "*" as the whole first label. anywhere: one "*" in the first label stands for one character or more.
  enum class wildcards : unsigned char { none, full_label, anywhere };
  enum class addresses : unsigned char { none, ipv4, ipv6, any };
  /// Decides alone when set; gets the name as server_name::ascii() has it. May be called from any thread.
  using callback = std::function<bool(std::string_view name, const certificate& cert)>;

  common_name consult_common_name = common_name::never;
  wildcards in_names = wildcards::none;
  wildcards in_common_name = wildcards::none;
  /// Addresses as the text of a common name.
  addresses addresses_in_common_name = addresses::none;
  callback decide = {};
};

SIGNET_EXPORT name_rules rules_of(hostname_scheme scheme);

}  // namespace signet
