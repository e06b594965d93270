// Why the issuer of a certificate was not found: among those that are trusted, and among those that were sent.
#include <algorithm>
#include <optional>

#include "base/printable.hpp"
#include "ossl/errors.hpp"
#include "verify/explain_parts.hpp"
#include "verify/key_limits.hpp"
#include "verify/profile.hpp"
#include "verify/trust_store_impl.hpp"
#include "x509/impl.hpp"

namespace signet {
namespace {

bool bears_issuers_name(const certificate& other, const certificate& c) {
  return X509_NAME_cmp(X509_get_subject_name(raw(other)), X509_get_issuer_name(raw(c))) == 0;
}

std::vector<certificate> trusted_of_issuers_name(const certificate& c, const trust_store& trust) {
  std::vector<certificate> found;
  inside(trust).find(X509_get_issuer_name(raw(c)), found);
  return found;
}

struct difference {
  std::string expected;
  std::string presented;
  std::string told;
};

// Why a certificate of the issuer's name is not the issuer of `c`; nothing where it is, or nothing can be told.
std::optional<difference> between(const certificate& c, const certificate& issuer) {
  const auto wanted = c.authority_key_id();
  const auto own = issuer.subject_key_id();
  // What the peer sent may hold any number of them.
  if (X509_get_ext_count(raw(issuer)) > most_extensions) return std::nullopt;
  if (const auto broken = issuer.broken_extensions(); !broken.empty()) {
    const auto& id = broken.front();
    return difference{
        "", "", "it has an extension that cannot be read, or has it twice: " + (id.name.empty() ? id.oid : id.name)};
  }
  if (wanted && !wanted->key_id.empty() && !own.empty() && wanted->key_id != own)
    return difference{
        "key identifier " + to_hex(wanted->key_id), "key identifier " + to_hex(own),
        "their key identifiers differ (" + to_hex(wanted->key_id) + " is named, and it has " + to_hex(own) + ")"};
  if (wanted && !wanted->serial_number.empty() && wanted->serial_number != issuer.serial_number())
    return difference{"serial number " + wanted->serial_number, "serial number " + issuer.serial_number(),
                      "the serial number " + wanted->serial_number + " is named, and it has " + issuer.serial_number()};
  // The issuer of the issuer's certificate (RFC 5280 section 4.2.1.1).
  if (wanted)
    for (const auto& name : wanted->issuer)
      if (name.kind == general_name_kind::directory_name && name.value != issuer.issuer())
        return difference{"a certificate issued by '" + name.value + "'",
                          "a certificate issued by '" + issuer.issuer() + "'",
                          "its authority key identifier names a certificate that '" + name.value + "' issued, and '" +
                              issuer.issuer() + "' issued this one"};
  const ossl::quiet_errors quiet;
  auto* key = X509_get0_pubkey(raw(issuer));
  if (key == nullptr) return difference{"", "", "it has a key that cannot be read"};
  if (objection_to_key(issuer) == nullptr && X509_verify(raw(c), key) != 1)
    return difference{"a signature by the key of '" + display_name(issuer) + "'", "a signature by another key",
                      "its key did not make the signature"};
  return std::nullopt;
}

void tell(finding& f, const std::optional<difference>& differs) {
  if (!differs) return;
  f.expected = differs->expected;
  f.presented = differs->presented;
  f.message += ": " + differs->told;
}

}  // namespace

bool is_trusted(const certificate& c, const trust_store& trust) {
  std::vector<certificate> found;
  inside(trust).find(X509_get_subject_name(raw(c)), found);
  return std::ranges::find(found, c) != found.end();
}

bool has_trusted_issuer_name(const certificate& c, const trust_store& trust) {
  return !trusted_of_issuers_name(c, trust).empty();
}

void explain_unknown_issuer(finding& f, const certificate& c, const circumstances& known) {
  const std::string issuer = c.issuer();
  if (issuer.empty()) {
    f.message = which(c, f.depth) + " does not name its issuer (RFC 5280 section 4.1.2.4)";
    f.hint = "it has to be issued again";
    return;
  }
  const std::string peer(peer_is_a(known.request.role));
  const auto& trust = known.request.trust;
  f.message = which(c, f.depth) + " was issued by '" + issuer + "', ";
  if (const auto trusted = trusted_of_issuers_name(c, trust); !trusted.empty()) {
    if (!c.broken_extensions().empty()) {
      f.message += "a name that is trusted; what cannot be read in it keeps it from being compared with that issuer";
      return;
    }
    f.message += "a name that is trusted, but by no trusted certificate of that name";
    // The one that is named by its key, if it is among them.
    const auto wanted = c.authority_key_id().value_or(authority_key_id{}).key_id;
    const auto named =
        std::ranges::find_if(trusted, [&](const certificate& t) { return t.subject_key_id() == wanted; });
    tell(f, between(c, named != trusted.end() ? *named : trusted.front()));
    f.hint =
        "if the CA has a new certificate or key, get its current certificate and trust that "
        "(trust_store::pem_file); else another CA bears the name";
    return;
  }
  // Each may cost a signature.
  int most_compared = 4;
  bool was_sent = false;
  for (const auto& other : known.request.sent) {
    if (other == c || !bears_issuers_name(other, c)) continue;
    was_sent = true;
    if (most_compared-- == 0) break;
    const auto differs = between(c, other);
    if (!differs) continue;
    f.message += "and the certificate of that name that was sent does not fit";
    tell(f, differs);
    f.hint = "the " + peer + " has to send the certificate of '" + issuer + "' that goes with it";
    return;
  }
  const auto urls = c.ca_issuer_urls();
  if (!was_sent) {
    f.message += "which was not sent along and is not among the trusted certificates: " + trust.description();
    f.hint =
        "either the " + peer + " did not send the intermediate '" + issuer + "'" +
        (urls.empty() ? "" : ", which is at " + base::printable(urls.front())) +
        " (ask its administrator, or pass it with verify_options::intermediates), or the issuer is a private CA: " +
        trust_it;
    return;
  }
  f.message += "which is not among the trusted certificates: " + trust.description();
  f.hint = trust_it;
}

}  // namespace signet
