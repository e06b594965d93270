// Which names of a certificate count for a peer, and how they are compared. Each scheme has the rules of a protocol's
// standard, and the name of the protocol or of its RFC. All schemes except rfc9525 are for peers that are older than
// it.
//
// A certificate with any subjectAltName of type DNS, IP, URI or SRV never has its common name consulted (RFC 6125
// section 6.4.4). The only exceptions are the scheme `ldap` and name_rules that ask for common_name::always.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <signet/base/result.hpp>
#include <signet/x509/certificate.hpp>

namespace signet {

/// The schemes; the guide has a table of their rules.
enum class hostname_scheme : unsigned char {
  /// subjectAltName only, with a wildcard as the whole first label. The default.
  rfc9525,
  /// The scheme `default` of IO::Socket::SSL: the common name counts too, and a wildcard may stand anywhere in the
  /// first label. An IP address matches no common name, unlike there.
  lenient,
  http,
  rfc2818,
  ldap,
  smtp,
  gist,
  sip,
  /// No name is compared: a certificate for any name is accepted.
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

/// Parses one of the names above, or "default" for lenient.
/// Errors: invalid_argument.
SIGNET_EXPORT result<hostname_scheme> parse_hostname_scheme(std::string_view name);

/// The rules of a scheme. Write your own only when no scheme fits.
struct name_rules {
  /// When the common name counts. without_names: only in a certificate without a subjectAltName that speaks for a host:
  /// of type DNS, IP or SRV, or a URI with a host.
  enum class common_name : unsigned char { never, without_names, always };
  /// Which wildcards count. full_label: "*" as the whole first label. anywhere: one "*" in the first label, which
  /// stands for one character or more.
  enum class wildcards : unsigned char { none, full_label, anywhere };
  /// Which IP addresses may match.
  enum class addresses : unsigned char { none, ipv4, ipv6, any };
  /// Decides alone when it is set. It gets the name in the form of server_name::ascii(), and is called from any thread.
  using callback = std::function<bool(std::string_view name, const certificate& cert)>;

  common_name consult_common_name = common_name::never;
  wildcards in_names = wildcards::none;
  wildcards in_common_name = wildcards::none;
  /// Whether an address matches a common name that has its text.
  addresses addresses_in_common_name = addresses::none;
  /// Leave it empty unless no rule fits: a mistake in it accepts strangers.
  callback decide = {};
};

/// The rules of a scheme.
SIGNET_EXPORT name_rules rules_of(hostname_scheme scheme);

}  // namespace signet
