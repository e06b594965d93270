#include <signet/verify/certificate_check.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include <signet/verify/verify_peer.hpp>

#include "base/printable.hpp"
#include "ossl/errors.hpp"
#include "verify/explain.hpp"
#include "verify/key_limits.hpp"
#include "verify/name_match.hpp"
#include "verify/strength.hpp"
#include "x509/chain_order.hpp"
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

bool is_for(const certificate& c, std::uint32_t purpose) {
  const ossl::quiet_errors quiet;
  // All bits are set without the extension.
  return X509_check_ca(raw(c)) == 0 && (X509_get_extended_key_usage(raw(c)) & (purpose | XKU_ANYEKU)) != 0;
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

// A subjectAltName that no scheme of names lets stand for any host.
bool can_never_match(const std::string& entry) {
  auto host = entry;
  if (const auto star = host.find('*'); star != host.npos) host.replace(star, 1, "a");
  const auto name = server_name::parse(host);
  return !name || name->is_ip() ||
         match_entry(entry, name->ascii(), name_rules::wildcards::anywhere) == entry_match::none;
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
    return (x509::is_root(c)             ? "the root "
            : X509_check_ca(raw(c)) != 0 ? "the intermediate "
                                         : "the certificate ") +
           quoted_name(c);
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
    return options_.role != peer_role::any && X509_check_ca(raw(c)) == 0 &&
           !is_for(c, options_.role == peer_role::server ? XKU_SSL_SERVER : XKU_SSL_CLIENT);
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

  void look_at_names() {
    const auto& c = list_[leaf()];
    if (options_.role == peer_role::client || !is_for(c, XKU_SSL_SERVER)) return;
    const auto names = c.dns_names();
    const auto useless = std::ranges::count_if(names, can_never_match);
    const bool all = static_cast<std::size_t>(useless) == names.size() && c.ip_addresses().empty();
    // A list of them is told as far as somebody reads it.
    int told = 0;
    for (const auto& one : names)
      if (can_never_match(one) && ++told <= 6)
        add(all ? severity::problem : severity::warning, "useless_name", leaf(),
            which(leaf()) + " holds DNS:" + base::printable(one) + ", which matches no host's name",
            server_name::parse(one) && server_name::parse(one)->is_ip()
                ? "an address has to be a subjectAltName of type IP"
                : "a DNS name is a host's name alone: no scheme, port or path, and '*' for its first label only");
    if (!names.empty() || !c.ip_addresses().empty()) return;
    add(severity::problem, "no_names", leaf(),
        which(leaf()) + " holds no DNS name and no address, so it fits no server",
        "have it issued again with its names as subjectAltName: a common name is not consulted (RFC 9525)");
  }

  // Who issues a leaf and says where his certificate is, is hardly a root.
  void look_at_end() {
    const auto& c = list_[leaf()];
    if (order_.chain.size() == 1 && !c.is_self_issued() && !c.ca_issuer_urls().empty())
      add_missing(severity::warning, "not in the list");
  }

  void add_missing(severity weight, const std::string& where_not) {
    const auto& c = list_[leaf()];
    add(weight, "missing_intermediate", leaf(),
        which(leaf()) + " was issued by '" + c.issuer() + "', which is " + where_not,
        "put the issuer's certificate behind it: " + where_to_get(c));
  }

  void look_at_trust(const trust_store& trust) {
    std::vector<certificate> sent;
    for (const auto i : order_.chain) sent.push_back(list_[i]);
    verify_request request;
    request.sent = sent;
    request.trust = trust;
    request.role = options_.role != peer_role::any        ? options_.role
                   : is_for(sent.front(), XKU_SSL_SERVER) ? peer_role::server
                                                          : peer_role::client;
    if (options_.at) request.options.clock = [this] { return at_; };
    const auto judged = verify_peer(request);
    for (const auto& f : judged.findings()) {
      if (f.code == errc::unknown_issuer && order_.chain.size() == 1 && !has_trusted_issuer_name(list_[leaf()], trust))
        add_missing(severity::problem, "neither in the list nor trusted: " + trust.description());
      else if (!is_told(f, judged.chain())) {
        add(severity::problem, "untrusted", {}, f.message, hint_for(f, judged.chain().back()));
        found_.back().expected = f.expected;
        found_.back().presented = f.presented;
      }
    }
  }

  // What each certificate's own findings say already, and what does not concern it.
  [[nodiscard]] bool is_told(const finding& f, const std::vector<certificate>& chain) const {
    switch (f.code) {
      case errc::expired:
      case errc::not_yet_valid:
      case errc::weak_key:
      case errc::weak_signature:
        return f.depth < chain.size() && std::ranges::find(list_, chain[f.depth]) != list_.end();
      case errc::invalid_extension:
        return f.depth < chain.size() && !chain[f.depth].broken_extensions().empty();
      case errc::invalid_purpose:
        // One for mail or code has nothing to do with TLS.
        return has_wrong_purpose() || !is_for(list_[leaf()], XKU_SSL_SERVER | XKU_SSL_CLIENT);
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
