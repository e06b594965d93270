#include <signet/verify/certificate_check.hpp>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <map>
#include <utility>

#include <signet/verify/verify_peer.hpp>

#include "base/printable.hpp"
#include "ossl/errors.hpp"
#include "verify/explain.hpp"
#include "verify/key_limits.hpp"
#include "verify/name_match.hpp"
#include "verify/profile.hpp"
#include "verify/strength.hpp"
#include "x509/chain_order.hpp"
#include "x509/extension_reader.hpp"
#include "x509/impl.hpp"

namespace signet {
namespace {

using namespace std::chrono;

// Certificates up to this age are renewed by a third of their life.
constexpr days short_life = days(90);

constexpr const char* issue_with_another_key =
    "issue it again for an EC P-256 key or better, or RSA with 2048 bits or more";

std::string quoted_name(const certificate& c) {
  return '\'' + display_name(c) + '\'';
}

bool is_ca(const certificate& c) {
  const ossl::quiet_errors quiet;
  // OpenSSL knows none where any extension cannot be read.
  return X509_check_ca(raw(c)) != 0 || c.basic_constraints().value_or(basic_constraints{}).is_ca;
}

// OpenSSL answers for no purpose where any extension cannot be read, so this one is read by itself. Without it, and
// where it cannot be read, nothing speaks against a purpose.
bool is_for(const certificate& c, std::initializer_list<int> purposes) {
  if (is_ca(c)) return false;
  const x509::purposes_extension held(raw(c), NID_ext_key_usage);
  if (!held) return true;
  for (int i = 0; i < sk_ASN1_OBJECT_num(held.get()); ++i) {
    const int one = OBJ_obj2nid(sk_ASN1_OBJECT_value(held.get(), i));
    if (one == NID_anyExtendedKeyUsage || std::ranges::find(purposes, one) != purposes.end()) return true;
  }
  return false;
}

// OpenSSL finds no issuer for such a certificate, whoever issued it.
bool is_unreadable(const certificate& c) {
  const ossl::quiet_errors quiet;
  return (X509_get_extension_flags(raw(c)) & EXFLAG_INVALID) != 0;
}

std::string percent(double part) {
  const auto whole = std::lround(part * 100);
  return whole < 1 ? "less than 1 %" : std::to_string(whole) + " %";
}

std::string first_url(const certificate& c) {
  const auto urls = c.ca_issuer_urls();
  return urls.empty() ? std::string() : urls.front();
}

// Where to get the issuer of a certificate.
std::string where_to_get(const certificate& c) {
  const auto url = first_url(c);
  return url.empty() ? "whoever issued it has the file" : "it is at " + url;
}

// What keeps a subjectAltName from standing for any host.
enum class fault_of_name : unsigned char { none, no_host, an_address, over_a_suffix, no_address };

fault_of_name fault_of(const general_name& entry) {
  static const name_policy usual;
  if (entry.kind == general_name_kind::ip_address) {
    const auto address = server_name::parse(entry.value);
    return address && address->is_ip() ? fault_of_name::none : fault_of_name::no_address;
  }
  auto host = entry.value;
  const auto star = host.find('*');
  if (star != host.npos) host.replace(star, 1, "a");
  const auto name = server_name::parse(host);
  if (!name) return fault_of_name::no_host;
  if (name->is_ip()) return star == host.npos ? fault_of_name::an_address : fault_of_name::no_host;
  if (match_entry(entry.value, name->ascii(), name_rules::wildcards::anywhere) == entry_match::none)
    return fault_of_name::no_host;
  if (star == host.npos) return fault_of_name::none;
  const auto registrable = usual.suffixes.registrable_domain(name->ascii(), usual.section);
  return !registrable || *registrable == name->ascii() ? fault_of_name::over_a_suffix : fault_of_name::none;
}

const char* remedy_for(fault_of_name fault) {
  switch (fault) {
    case fault_of_name::no_host:
      return "a DNS name is a host's name alone: no scheme, port or path, and '*' for its first label only";
    case fault_of_name::an_address:
      return "an address has to be a subjectAltName of type IP";
    case fault_of_name::over_a_suffix:
      return "anybody may register a name there: a wildcard needs a domain of its owner's before it";
    case fault_of_name::no_address:
      return "an address is 4 octets, or 16 for IPv6";
    case fault_of_name::none:
      break;
  }
  return "";
}

class check {
 public:
  check(const std::vector<certificate>& list, const certificate_check_options& options)
      : list_(list),
        options_(options),
        at_(options.at.value_or(floor<seconds>(system_clock::now()))),
        order_(x509::order_of(list, options.key ? &*options.key : nullptr)) {}

  std::vector<certificate_finding> run() {
    look_at_key();
    look_at_order();
    for (const auto i : order_.chain) look_at(i);
    for (const auto i : order_.unrelated) look_at(i);
    look_at_purpose();
    look_at_ca();
    look_at_names();
    if (options_.trust)
      look_at_trust(*options_.trust);
    else
      look_at_end();
    std::stable_sort(found_.begin(), found_.end(), [](const auto& a, const auto& b) { return a.weight > b.weight; });
    return std::move(found_);
  }

 private:
  using place = std::optional<std::size_t>;
  void add(severity weight, std::string id, place index, std::string message, std::string hint = {}) {
    found_.push_back({weight, std::move(id), index, std::move(message), std::move(hint)});
  }

  [[nodiscard]] std::size_t leaf() const { return order_.chain.front(); }

  // "the certificate 'server.test'", "the root 'Example Root'".
  [[nodiscard]] std::string which(std::size_t i) const {
    const auto& c = list_[i];
    if (i == leaf()) return "the certificate " + quoted_name(c);
    return (x509::is_root(c) ? "the root " : is_ca(c) ? "the intermediate " : "the certificate ") + quoted_name(c);
  }

  void look_at_key() {
    if (!options_.key || options_.key->belongs_to(list_[leaf()])) return;
    add(severity::problem, "key_mismatch", {},
        "the private key (" + options_.key->type() + ") does not belong to " +
            (list_.size() == 1 ? "" : "any of the " + std::to_string(list_.size()) + " certificates, such as ") +
            which(leaf()) + " (" + list_[leaf()].public_key_type() + ')',
        "find the key that the certificate was made for, or have a certificate made for this key");
  }

  void look_at_order() {
    if (!order_.is_kept) {
      const bool is_led = leaf() == 0;
      add(is_led ? severity::warning : severity::problem, "wrong_order", {},
          is_led ? "the certificates after the first are not in the order in which each is issued by the next"
                 : which(leaf()) + " is number " + std::to_string(leaf() + 1) + " of the list and has to be the first",
          "in_chain_order puts the list in order");
    }
    for (const auto i : order_.copies)
      add(severity::note, "duplicate_certificate", i, quoted_name(list_[i]) + " is in the list before",
          "leave the copy out");
    for (const auto i : order_.unrelated)
      add(severity::warning, "unrelated_certificate", i,
          which(i) + " has issued nothing that leads to " + quoted_name(list_[leaf()]), "leave it out");
    for (const auto i : order_.chain)
      if (i != leaf() && x509::is_root(list_[i]))
        add(severity::note, "root_included", i, which(i) + " need not be sent: who trusts it has it", "leave it out");
  }

  void look_at(std::size_t i) {
    const auto& c = list_[i];
    look_at_times(i);
    if (has_weak_key(c))
      add(severity::problem, "weak_key", i, which(i) + " has a key that is too weak (" + c.public_key_type() + ')',
          issue_with_another_key);
    // What is trusted is used as it is.
    if (const auto* objection = x509::is_root(c) ? nullptr : objection_to_key(c))
      add(severity::problem, "weak_key", i, which(i) + ' ' + std::string(objection->own), issue_with_another_key);
    if (has_weak_signature(c) && !x509::is_root(c))
      add(severity::problem, "weak_signature", i,
          which(i) + " is signed with a digest that is too weak (" + c.signature_algorithm().name + ')',
          "have it issued again with SHA-256 or better");
    for (const auto& id : c.broken_extensions())
      add(severity::problem, "broken_extension", i,
          which(i) + " has an extension that cannot be read, or has it twice: " + (id.name.empty() ? id.oid : id.name),
          "have it issued again without the fault: strict programs refuse it");
  }

  void look_at_times(std::size_t i) {
    const auto& c = list_[i];
    if (at_ > c.not_after()) {
      add(severity::problem, "expired", i,
          which(i) + " expired on " + to_rfc3339(c.not_after()) + ago(c.not_after(), at_, options_.at.has_value()),
          i == leaf() ? "renew it" : "get a current one from whoever issues the certificate");
    } else if (at_ < c.not_before()) {
      add(severity::problem, "not_yet_valid", i,
          which(i) + " is not valid before " + to_rfc3339(c.not_before()) +
              ahead(c.not_before(), at_, options_.at.has_value()),
          "wait until then, or check this machine's clock");
    } else {
      const auto left = c.not_after() - at_;
      const auto life = c.not_after() - c.not_before();
      const seconds third = floor<days>(life) <= short_life ? life / 3 : seconds::max();
      // A warning span in seconds could overflow, one of less days than there are left cannot matter.
      const bool is_within = floor<days>(left) < options_.warn_within;
      if (is_within && left < third)
        add(severity::warning, "expires_soon", i,
            which(i) + " expires in " + age(left) + ", with " + percent(remaining_life(c, at_)) + " of its life left",
            i == leaf() ? "renew it" : "get a newer one from whoever issues the certificate");
    }
  }

  // What it is asked to be for; a CA is another matter.
  [[nodiscard]] bool has_wrong_purpose() const {
    const auto& c = list_[leaf()];
    return options_.role != peer_role::any && !is_ca(c) &&
           !is_for(c, {options_.role == peer_role::server ? NID_server_auth : NID_client_auth});
  }

  void look_at_purpose() {
    if (!has_wrong_purpose()) return;
    const bool server = options_.role == peer_role::server;
    const std::string wanted = server ? "serverAuth" : "clientAuth";
    std::vector<std::string> held;
    for (const auto& id : list_[leaf()].extended_key_usage()) held.push_back(id.name.empty() ? id.oid : id.name);
    const auto shown = held.empty() ? std::string("no purpose") : base::listed(held);
    add(severity::problem, "wrong_purpose", leaf(),
        which(leaf()) + " is for " + shown + " by its extended key usage, not for " + wanted,
        std::string("have it issued for a ") + (server ? "server" : "client") +
            ", or say whom it identifies (certificate_check_options::role)");
    found_.back().expected = wanted;
    found_.back().presented = shown;
  }

  // A CA with the names of hosts is served itself. One without them is looked at as the CA it is.
  void look_at_ca() {
    const auto& c = list_[leaf()];
    if (!is_ca(c) || names_of_hosts(c).empty()) return;
    problems found;
    check_profile(in_order(order_.chain), chain_end::open, options_.role, host_asked::none, verify_profile::webpki,
                  found);
    if (std::ranges::find(found, problem{errc::invalid_purpose, 0, a_ca_itself}) == found.end()) return;
    add(severity::problem, "wrong_purpose", leaf(), which(leaf()) + ' ' + std::string(a_ca_itself),
        "have one issued for the host alone, with CA:FALSE");
    found_.back().expected = "CA:FALSE";
    found_.back().presented = "CA:TRUE";
  }

  static std::vector<general_name> names_of_hosts(const certificate& c) {
    auto names = c.alternative_names();
    std::erase_if(names, [](const general_name& one) {
      return one.kind != general_name_kind::dns && one.kind != general_name_kind::ip_address;
    });
    return names;
  }

  void look_at_names() {
    const auto& c = list_[leaf()];
    if (options_.role == peer_role::client || !is_for(c, {NID_server_auth})) return;
    const auto names = names_of_hosts(c);
    std::map<fault_of_name, std::vector<std::string>> useless;
    std::size_t good = 0;
    for (const auto& one : names) {
      if (const auto fault = fault_of(one); fault != fault_of_name::none)
        useless[fault].push_back((one.kind == general_name_kind::dns ? "DNS:" : "IP:") + base::printable(one.value));
      else
        ++good;
    }
    for (const auto& [fault, held] : useless)
      add(good == 0 ? severity::problem : severity::warning, "useless_name", leaf(),
          which(leaf()) + " holds " + base::listed(held, held.size()) + ", which " +
              (held.size() == 1 ? "matches" : "match") + " no host's name",
          remedy_for(fault));
    // What cannot be read has been told of.
    if (!names.empty() || x509::names_extension(raw(c), NID_subject_alt_name).is_unusable()) return;
    add(severity::problem, "no_names", leaf(),
        which(leaf()) + " holds no DNS name and no address, so it fits no server",
        "have it issued again with its names as subjectAltName: a common name is not consulted (RFC 9525)");
  }

  [[nodiscard]] std::vector<certificate> in_order(const std::vector<std::size_t>& places) const {
    std::vector<certificate> out;
    for (const auto i : places) out.push_back(list_[i]);
    return out;
  }

  // As a peer would send them, those that lead nowhere last.
  [[nodiscard]] verify_request request_for(const trust_store& trust) const {
    verify_request request;
    request.sent = in_order(order_.chain);
    for (const auto i : order_.unrelated) request.sent.push_back(list_[i]);
    request.trust = trust;
    request.role = options_.role != peer_role::any                   ? options_.role
                   : is_for(request.sent.front(), {NID_server_auth}) ? peer_role::server
                                                                     : peer_role::client;
    if (options_.at) request.options.clock = [at = at_] { return at; };
    return request;
  }

  // Whether one that issued nothing here has the name of the issuer.
  [[nodiscard]] bool is_misfit_at_hand(const certificate& c) const {
    return std::ranges::any_of(order_.unrelated, [&](std::size_t i) {
      return X509_NAME_cmp(X509_get_subject_name(raw(list_[i])), X509_get_issuer_name(raw(c))) == 0;
    });
  }

  // Who issues a leaf and says where his certificate is, is hardly a root.
  void look_at_end() {
    const auto& end = list_[order_.chain.back()];
    const bool says_where = order_.chain.size() == 1 && !end.ca_issuer_urls().empty();
    if (!end.is_self_issued() && (says_where || is_misfit_at_hand(end)))
      add_missing(severity::warning, trust_store::none(), "not in the list");
  }

  void add_missing(severity weight, const trust_store& trust, const std::string& where_not) {
    const auto end = order_.chain.back();
    const auto& c = list_[end];
    if (!is_misfit_at_hand(c))
      return add(weight, "missing_intermediate", end,
                 which(end) + " was issued by '" + c.issuer() + "', which is " + where_not,
                 "put the issuer's certificate behind it: " + where_to_get(c));
    // What differs.
    const auto request = request_for(trust);
    const auto chain = in_order(order_.chain);
    const auto f = explain({errc::unknown_issuer, chain.size() - 1}, {request, chain, at_});
    add(weight, "missing_intermediate", end, f.message, hint_for(f, c));
    found_.back().expected = f.expected;
    found_.back().presented = f.presented;
  }

  void look_at_trust(const trust_store& trust) {
    const auto judged = verify_peer(request_for(trust));
    for (const auto& f : judged.findings()) {
      if (f.code == errc::unknown_issuer && f.depth == 0 && order_.chain.size() == 1 &&
          !has_trusted_issuer_name(list_[leaf()], trust))
        add_missing(severity::problem, trust, "neither in the list nor trusted: " + trust.description());
      else if (!is_told(f, judged, trust)) {
        add(severity::problem, "untrusted", {}, f.message, hint_for(f, judged.chain().back()));
        found_.back().expected = f.expected;
        found_.back().presented = f.presented;
      }
    }
  }

  // What each certificate's own findings say already, and what does not concern it.
  [[nodiscard]] bool is_told(const finding& f, const verdict& judged, const trust_store& trust) const {
    const auto& chain = judged.chain();
    switch (f.code) {
      case errc::expired:
      case errc::not_yet_valid:
      case errc::weak_key:
      case errc::weak_signature:
        return f.depth < chain.size() && std::ranges::find(list_, chain[f.depth]) != list_.end();
      case errc::invalid_extension:
        return f.depth < chain.size() && !chain[f.depth].broken_extensions().empty();
      case errc::unknown_issuer:
        // Above a wrong signature stands no issuer; and of what cannot be read none was looked for.
        return std::ranges::any_of(
                   judged.findings(),
                   [&f](const finding& other) { return other.code == errc::bad_signature && other.depth < f.depth; }) ||
               (f.depth < chain.size() && is_unreadable(chain[f.depth]) &&
                (f.depth + 1 < order_.chain.size() || has_trusted_issuer_name(chain[f.depth], trust)));
      case errc::invalid_purpose:
        // One for mail or code has nothing to do with TLS.
        return has_wrong_purpose() || !is_for(list_[leaf()], {NID_server_auth, NID_client_auth});
      default:
        return false;
    }
  }

  static std::string hint_for(const finding& f, const certificate& last) {
    const auto url = f.code == errc::unknown_issuer ? first_url(last) : std::string();
    return url.empty() ? f.hint : f.hint + "; should an intermediate be missing, it is at " + url;
  }

  const std::vector<certificate>& list_;
  const certificate_check_options& options_;
  const sys_seconds at_;
  const x509::chain_order order_;
  std::vector<certificate_finding> found_;
};

}  // namespace

std::string_view name(severity s) noexcept {
  switch (s) {
    case severity::ok:
      return "ok";
    case severity::note:
      return "note";
    case severity::warning:
      return "warning";
    case severity::problem:
      return "problem";
  }
  return "unknown";
}

std::vector<certificate_finding> check_certificates(const std::vector<certificate>& certificates,
                                                    const certificate_check_options& options) {
  if (certificates.empty()) return {{severity::problem, "no_certificate", {}, "there is no certificate", {}}};
  return check(certificates, options).run();
}

double remaining_life(const certificate& cert, sys_seconds at) noexcept {
  const auto begin = cert.not_before();
  const auto end = cert.not_after();
  if (at > end) return 0;
  if (at <= begin) return 1;
  return static_cast<double>((end - at).count()) / static_cast<double>((end - begin).count());
}

std::vector<certificate> in_chain_order(std::vector<certificate> certificates, const std::optional<private_key>& key,
                                        chain_root root) {
  const auto order = x509::order_of(certificates, key ? &*key : nullptr);
  std::vector<certificate> out;
  for (const auto i : order.chain) {
    const bool is_left_out =
        root == chain_root::leave_out && i != order.chain.front() && x509::is_root(certificates[i]);
    if (!is_left_out) out.push_back(certificates[i]);
  }
  for (const auto i : order.unrelated) out.push_back(certificates[i]);
  return out;
}

}  // namespace signet
