#include <signet/verify/hostname_scheme.hpp>

#include <utility>

#include "base/printable.hpp"

namespace signet {
namespace {

using scheme = hostname_scheme;
constexpr std::pair<std::string_view, hostname_scheme> spellings[] = {
    {"rfc9525", scheme::rfc9525}, {"default", scheme::lenient}, {"lenient", scheme::lenient},
    {"http", scheme::http},       {"www", scheme::www},         {"rfc2818", scheme::rfc2818},
    {"rfc3920", scheme::rfc3920}, {"xmpp", scheme::xmpp},       {"rfc4217", scheme::rfc4217},
    {"ftp", scheme::ftp},         {"rfc4513", scheme::rfc4513}, {"ldap", scheme::ldap},
    {"rfc2595", scheme::rfc2595}, {"smtp", scheme::smtp},       {"rfc4642", scheme::rfc4642},
    {"imap", scheme::imap},       {"pop3", scheme::pop3},       {"acap", scheme::acap},
    {"rfc5539", scheme::rfc5539}, {"nntp", scheme::nntp},       {"rfc5538", scheme::rfc5538},
    {"netconf", scheme::netconf}, {"rfc5425", scheme::rfc5425}, {"syslog", scheme::syslog},
    {"rfc5953", scheme::rfc5953}, {"snmp", scheme::snmp},       {"rfc5971", scheme::rfc5971},
    {"gist", scheme::gist},       {"rfc5922", scheme::rfc5922}, {"sip", scheme::sip},
    {"none", scheme::none},
};

}  // namespace

result<hostname_scheme> parse_hostname_scheme(std::string_view name) {
  std::string known;
  for (const auto& [spelling, value] : spellings) {
    if (spelling == name) return value;
    known.append(known.empty() ? "" : ", ").append(spelling);
  }
  return error(errc::invalid_argument, base::quoted(name) + " is no scheme for host names", "one of " + known);
}

name_rules rules_of(hostname_scheme which) {
  using cn = name_rules::common_name;
  using wildcards = name_rules::wildcards;
  using addresses = name_rules::addresses;
  switch (which) {
    case scheme::lenient:
      return {cn::without_names, wildcards::anywhere, wildcards::anywhere, addresses::none, {}};
    case scheme::http:
      return {cn::without_names, wildcards::anywhere, wildcards::anywhere, addresses::ipv4, {}};
    case scheme::rfc2818:
      return {cn::without_names, wildcards::anywhere, wildcards::anywhere, addresses::none, {}};
    case scheme::ldap:
      return {cn::always, wildcards::full_label, wildcards::none, addresses::none, {}};
    case scheme::smtp:
    case scheme::gist:
      return {cn::without_names, wildcards::full_label, wildcards::full_label, addresses::none, {}};
    case scheme::sip:
      return {cn::without_names, wildcards::none, wildcards::none, addresses::none, {}};
    case scheme::rfc9525:
      return {cn::never, wildcards::full_label, wildcards::none, addresses::none, {}};
    case scheme::none:
      break;
  }
  return {cn::never, wildcards::none, wildcards::none, addresses::none,
          [](std::string_view, const certificate&) { return true; }};
}

}  // namespace signet
