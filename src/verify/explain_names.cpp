// Names that do not match, and names that a CA may not certify.
#include <algorithm>

#include "base/ascii.hpp"
#include "base/printable.hpp"
#include "verify/explain_parts.hpp"
#include "verify/name_constraints.hpp"
#include "x509/constrained_names.hpp"
#include "x509/extension_reader.hpp"
#include "x509/impl.hpp"

namespace signet {
namespace {

using x509::label_of;

// A wildcard of the certificate that the reader of the name may have taken for a match; else empty.
std::string near_miss(const certificate& c, const std::string& asked) {
  for (const auto& held : c.dns_names()) {
    if (held.find('*') == held.npos) continue;
    if (!held.starts_with("*.") || held.find('*', 1) != held.npos)
      return ": the '*' of " + base::quoted(held) + " counts only as the whole first label of a longer name";
    const auto parent = std::string_view(held).substr(1);
    if (base::same_ignoring_case(asked, parent.substr(1)))
      return ": '" + held + "' speaks for names below " + asked + ", not for " + asked + " itself";
    if (asked.size() > parent.size() && asked.find('.') < asked.size() - parent.size() &&
        base::same_ignoring_case(std::string_view(asked).substr(asked.size() - parent.size()), parent))
      return ": the '*' of '" + held + "' stands for one label";
  }
  return {};
}

// A name that a connection can be made by.
bool is_a_host(const std::string& name) {
  return server_name::parse(name).has_value();
}

bool consults_common_name(const verify_options& options) {
  return (options.names ? *options.names : rules_of(options.scheme)).consult_common_name !=
         name_rules::common_name::never;
}

void explain_nameless(finding& f, const certificate& c, const std::string& expected, const circumstances& known) {
  const x509::names_extension names(raw(c), NID_subject_alt_name);
  const auto held = c.alternative_names();
  f.hint = "it has to be issued again with its names as subjectAltName";
  if (names.is_unusable()) {
    f.message = "the certificate's subjectAltName cannot be read, so it is for nobody, and not for " + expected;
    return;
  }
  if (!held.empty()) {
    f.hint = "it has to be issued again with its host name or address as subjectAltName (DNS or IP)";
    std::vector<std::string> shown;
    for (const auto& one : held) shown.push_back(label_of(one));
    f.presented = base::listed(shown);
    f.message = "the certificate holds only names of kinds that do not speak for a host (" + f.presented +
                "), so it is not for " + expected;
    return;
  }
  if (names.is_there()) {
    f.message = "the certificate's subjectAltName is empty, so it is for nobody, and not for " + expected;
    return;
  }
  const auto cn = c.first_common_name();
  if (cn.empty()) {
    f.message = "the certificate holds no name (no subjectAltName and no common name), so it is not for " + expected;
    return;
  }
  f.presented = "common name '" + cn + "'";
  if (consults_common_name(known.request.options)) {
    const bool is_address = known.request.expected && known.request.expected->is_ip();
    f.message = "the certificate is for the " + f.presented +
                (is_address ? ", which speaks for no address, so not for " : ", not for ") + expected;
    f.hint = "connect by that name, or ask for a certificate that holds this one as subjectAltName";
    return;
  }
  f.message = "the certificate holds no subjectAltName, so it is not for " + expected;
  f.hint = "its common name '" + cn +
           "' is not consulted (RFC 9525): where that has to be, name a scheme that does (verify_options::scheme), or "
           "else " +
           f.hint;
}

}  // namespace

void explain_mismatch(finding& f, const certificate& c, const circumstances& known) {
  const auto& asked = known.request.expected;
  const auto expected = asked ? asked->display() : std::string("the name asked for");
  const bool is_address = asked && asked->is_ip();
  f.expected = (is_address ? "IP:" : "DNS:") + expected;
  const auto domains = c.dns_names();
  const auto addresses = c.ip_addresses();
  if (domains.empty() && addresses.empty()) return explain_nameless(f, c, expected, known);
  std::vector<std::string> names;
  for (const auto& one : domains) names.push_back(one.empty() ? "an empty name" : one);
  names.insert(names.end(), addresses.begin(), addresses.end());
  const bool has_a_host = !addresses.empty() || std::ranges::any_of(domains, is_a_host);
  const std::string by_name = has_a_host ? "connect by one of those names, or " : "";
  std::vector<std::string> shown;
  for (const auto& one : domains) shown.push_back("DNS:" + one);
  for (const auto& one : addresses) shown.push_back("IP:" + one);
  f.presented = base::listed(shown);
  if (is_address && std::ranges::find(domains, expected) != domains.end()) {
    f.message = "the certificate holds the address " + expected + " as a DNS name, which speaks for no address";
    f.hint = "it has to be issued again with the address as subjectAltName of type IP";
    return;
  }
  if (is_address && addresses.empty()) {
    f.message = "the certificate is for " + base::listed(names) + ", and for no address, so not for " + expected;
    f.hint = by_name + "give the name to verify beside the address (connect_options::name)";
    return;
  }
  f.message = "the certificate is for " + base::listed(names) + ", not for " + expected +
              (is_address || !asked ? std::string() : near_miss(c, asked->ascii()));
  f.hint = by_name +
           "ask for a certificate that holds this one; when the connection goes through a tunnel or by address, give "
           "the name to verify (connect_options::name)";
}

void explain_constraint(finding& f, const certificate& c, const circumstances& known) {
  const auto breach =
      breach_of(known.chain, f.depth, f.depth == 0 && known.request.expected ? &*known.request.expected : nullptr);
  f.hint = "have the certificate issued by a CA that may certify its names, or without that name";
  f.message = which(c, f.depth) + " has a name that its issuer is not allowed to certify";
  if (!breach) return;
  const auto& ca = known.chain[breach->ca];
  const auto limits = ca.name_constraints().value_or(name_constraints{});
  std::vector<std::string> listed;
  for (const auto& one : breach->is_excluded ? limits.excluded : limits.permitted)
    if (one.kind == breach->name.kind) listed.push_back(label_of(one));
  if (!breach->is_comparable) {
    for (const auto& one : limits.excluded)
      if (one.kind == breach->name.kind) listed.push_back("nothing of " + label_of(one));
    f.presented = label_of(breach->name);
    f.expected = base::listed(listed);
    f.message = which(c, f.depth) + " has the name " + f.presented + ", which cannot be compared with what " +
                which(ca, breach->ca) + " may certify by its name constraints: " + f.expected;
    return;
  }
  if (listed.empty()) return;
  f.presented = label_of(breach->name);
  f.expected = (breach->is_excluded ? "nothing of " : "") + base::listed(listed);
  f.message = which(c, f.depth) + " has the name " + f.presented + ", and " + which(ca, breach->ca) + " may " +
              (breach->is_excluded ? "certify nothing of " : "only certify ") + base::listed(listed) +
              " by its name constraints";
}

}  // namespace signet
