#include "verify/explain.hpp"

#include <algorithm>
#include <string_view>

#include "base/printable.hpp"
#include "verify/explain_parts.hpp"
#include "verify/name_constraints.hpp"
#include "verify/profile.hpp"
#include "x509/extension_reader.hpp"
#include "x509/impl.hpp"

namespace signet {
namespace {

using namespace std::chrono;

std::string usages_of(const certificate& c) {
  std::vector<std::string> out;
  for (const auto& id : c.extended_key_usage()) out.push_back(id.name.empty() ? id.oid : id.name);
  return base::listed(out);
}

std::string key_usages_of(const certificate& c) {
  std::vector<std::string> out;
  for (const auto usage : c.key_usage().value_or(std::vector<key_usage>{})) out.emplace_back(name(usage));
  return base::listed(out, 9);
}

std::string fitting_usages(peer_role role) {
  if (role == peer_role::any) return "it needs a fitting key usage and extended key usage";
  return "it needs the extended key usage " + std::string(role == peer_role::server ? "serverAuth" : "clientAuth") +
         " and a fitting key usage";
}

void explain_purpose(finding& f, const certificate& c, const circumstances& known) {
  const std::string peer(peer_is_a(known.request.role));
  const auto subject = which(c, f.depth);
  if (known.request.role == peer_role::any) {
    f.message = subject + " is not allowed to identify a " + peer;
    f.hint = fitting_usages(known.request.role);
    return;
  }
  const std::string wanted = known.request.role == peer_role::server ? "serverAuth" : "clientAuth";
  const auto held = c.extended_key_usage();
  const bool holds_it = std::ranges::any_of(held, [&](const object_id& id) { return id.name == wanted; });
  if (x509::purposes_extension(raw(c), NID_ext_key_usage).is_there() && !holds_it) {
    f.expected = wanted;
    f.presented = held.empty() ? "no purpose" : usages_of(c);
    f.message = subject + " is for " + f.presented + " by its extended key usage, not for " + wanted;
    f.hint = f.depth == 0 ? "the " + peer + " needs a certificate that was issued with the extended key usage " + wanted
                          : "the certificate below it has to come from a CA that may issue for " + wanted;
    return;
  }
  const auto usages = c.key_usage().value_or(std::vector<key_usage>{});
  const auto has = [&usages](key_usage one) { return std::ranges::find(usages, one) != usages.end(); };
  const bool is_client = known.request.role == peer_role::client;
  const bool fits = f.depth > 0 ? has(key_usage::key_cert_sign)
                                : has(key_usage::digital_signature) || has(key_usage::key_agreement) ||
                                      (!is_client && has(key_usage::key_encipherment));
  if (!c.key_usage() || fits) {
    f.message = subject + " is not allowed to identify a " + peer;
    f.hint = fitting_usages(known.request.role);
    return;
  }
  f.expected = f.depth > 0 ? "keyCertSign"
               : is_client ? "digitalSignature or keyAgreement"
                           : "digitalSignature, keyEncipherment or keyAgreement";
  f.presented = key_usages_of(c);
  f.message = subject + " is not allowed to identify a " + peer + ": its key usage is " +
              (f.presented.empty() ? "empty" : f.presented) + ", and " + f.expected + " is needed";
  f.hint = "it has to be issued again with a fitting key usage";
}

// The first CA of the chain with more below it than it allows.
void explain_path_length(finding& f, const circumstances& known) {
  const auto& chain = known.chain;
  std::vector<std::string> below;
  for (std::size_t depth = 1; depth < chain.size(); ++depth) {
    const auto limits = chain[depth].basic_constraints();
    if (depth == f.depth && limits && limits->path_length && below.size() > *limits->path_length) {
      f.expected = "at most " + counted(*limits->path_length, "intermediate") + " below " + which(chain[depth], depth);
      f.presented = std::to_string(below.size()) + ": " + base::listed(below);
      f.message = which(chain[depth], depth) + " allows " + counted(*limits->path_length, "intermediate") +
                  " below it by its path length, and there " + (below.size() == 1 ? "is " : "are ") + f.presented;
      f.hint =
          "the certificate has to be issued by a CA that stands higher, or the CA be issued again with a longer "
          "path length";
      return;
    }
    if (!chain[depth].is_self_issued()) below.push_back('\'' + display_name(chain[depth]) + '\'');
  }
  f.expected = "at most " + counted(known.request.options.max_intermediates, "intermediate");
  f.presented = base::listed(below);
  f.message = "the chain is longer than allowed: " + f.expected + " (verify_options::max_intermediates), and it has " +
              f.presented;
  f.hint = "allow more if the chain is right (verify_options::max_intermediates)";
}

void explain_pins(finding& f, const certificate& c, const circumstances& known) {
  const auto& pins = known.request.options.pins;
  const auto beside = pins_beside(pins, c);
  f.expected = beside.expected;
  f.presented = beside.presented;
  f.message = which(c, f.depth) + " does not match " + (pins.size() == 1 ? "the pin: " : "any of the pins: ") +
              "expected " + f.expected + ", found " + f.presented;
  f.hint = "its public key is sha256$pub$" +
           to_hex(c.fingerprint("sha256", fingerprint_of::public_key).value_or(std::vector<std::byte>{})) +
           "; compare that with what its administrator says before you pin it";
}

// "the current list from URL", where the certificate says where; else "the current list of 'CN=its issuer'".
std::string list_of_issuer(const certificate& c, const std::string& what) {
  const auto urls = c.crl_urls();
  return what + (urls.empty() ? " of '" + c.issuer() + "'" : " from " + base::printable(urls.front()));
}

// Of the lists at hand, the one of this issuer that was current longest.
void explain_stale_list(finding& f, const certificate& c, const circumstances& known) {
  std::optional<sys_seconds> until;
  if (known.request.options.crls)
    for (const auto& list : known.request.options.crls->lists)
      if (list.issuer() == c.issuer() && list.next_update() && *list.next_update() < known.now &&
          (!until || *list.next_update() > *until))
        until = list.next_update();
  f.message = "the revocation list of '" + c.issuer() + "', which issued " + which(c, f.depth) + ", is out of date";
  if (until) {
    f.expected = "a list that is current on " + to_rfc3339(known.now);
    f.presented = "current until " + to_rfc3339(*until);
    f.message += ": the next one was due on " + to_rfc3339(*until) +
                 ago(*until, known.now, known.request.options.clock != nullptr);
  }
  f.hint = "get " + list_of_issuer(c, "the current list") + " (revocation_lists)";
}

// When and why its issuer took it back, by the list that says so.
void explain_revoked(finding& f, const certificate& c, const circumstances& known) {
  f.message = which(c, f.depth) + " is revoked";
  f.hint = "it must not be used any more: the " + std::string(peer_is_a(known.request.role)) +
           " needs another one, with a new key if that was lost";
  if (!known.request.options.crls) return;
  for (const auto& list : known.request.options.crls->lists) {
    if (list.issuer() != c.issuer()) continue;
    const auto entry = list.find(c);
    if (!entry || entry->reason == revocation_reason::remove_from_crl) continue;
    f.presented = "revoked on " + to_rfc3339(entry->revoked_at);
    f.message += ": '" + c.issuer() + "' took it back on " + to_rfc3339(entry->revoked_at);
    if (entry->reason != revocation_reason::unspecified) f.message += " (" + std::string(name(entry->reason)) + ")";
    return;
  }
}

// Its issuer is known by name only: the signature is of another key, or the certificate was altered.
void explain_signature(finding& f, const certificate& c, const circumstances& known) {
  const auto subject = which(c, f.depth);
  f.message = "the signature on " + subject + " is wrong";
  f.hint = "it was altered, or another certificate bears its issuer's name";
  if (f.depth + 1 >= known.chain.size()) return;
  const auto& issuer = known.chain[f.depth + 1];
  f.expected = "a signature by the key of '" + display_name(issuer) + "'";
  f.presented = "a signature by another key, or an altered certificate";
  f.message += ": the key of " + which(issuer, f.depth + 1) + " did not make it";
  f.hint = is_trusted(issuer, known.request.trust)
               ? "if the CA has a new certificate or key, get its current certificate and trust that "
                 "(trust_store::pem_file); else the certificate was altered or another CA bears the name"
               : "the " + std::string(peer_is_a(known.request.role)) + " has to send the certificate of '" +
                     c.issuer() + "' that goes with it; else the certificate was altered";
}

}  // namespace

std::vector<std::string> missing_usages(const verify_request& request, const certificate& leaf) {
  const auto held = leaf.extended_key_usage();
  auto missing = request.options.extended_key_usages;
  std::erase_if(missing, [&held](const std::string& wanted) {
    return std::ranges::any_of(held, [&](const object_id& id) { return id.oid == wanted || id.name == wanted; });
  });
  return missing;
}

compared_pins pins_beside(const std::vector<certificate_pin>& pins, const certificate& c) {
  std::vector<std::string> expected, presented;
  for (const auto& pin : pins) {
    expected.push_back(pin.text());
    if (auto same = pin.text_for(c); std::ranges::find(presented, same) == presented.end())
      presented.push_back(std::move(same));
  }
  return {base::listed(expected), base::listed(presented)};
}

finding explain(const problem& p, const circumstances& known) {
  const auto [code, depth, detail, is_cause] = p;
  finding f{.code = code, .depth = depth};
  const std::string peer(peer_is_a(known.request.role));
  if (code == errc::no_peer_certificate) {
    f.message = "the " + peer + " showed no certificate";
    return f;
  }
  if (known.chain.empty()) {
    f.message = "the " + peer + " showed no certificate that could match a pin";
    return f;
  }
  const auto& c = depth < known.chain.size() ? known.chain[depth] : known.chain.front();
  f.subject = display_name(c);
  const auto subject = which(c, depth);
  std::string said;
  // A time that was given is not this machine's.
  const bool is_given = known.request.options.clock != nullptr;
  const auto clock = [&known, is_given](const std::string& advice) {
    return is_given ? std::string() : advice + "check this machine's clock, which says " + to_rfc3339(known.now);
  };
  switch (code) {
    case errc::no_trust_anchors:
      f.message = known.request.trust.contains_system() ? "no trusted certificates were found on this system"
                                                        : "there is nobody to trust: the trust store is empty";
      f.hint = known.request.trust.contains_system()
                   ? "install the package ca-certificates, or name a bundle in SSL_CERT_FILE"
                   : "give it certificates (trust_store::system, trust_store::pem_file)";
      break;
    case errc::unknown_issuer:
      if (detail.empty()) explain_unknown_issuer(f, c, known);
      break;
    case errc::self_signed:
      f.message =
          subject + " is self-signed and not among the trusted certificates: " + known.request.trust.description();
      f.hint = trust_it;
      break;
    case errc::self_signed_in_chain:
      f.message = "the chain ends at '" + display_name(c) +
                  "', which is not among the trusted certificates: " + known.request.trust.description();
      f.hint = trust_it;
      break;
    case errc::expired:
      f.expected = "valid on " + to_rfc3339(known.now);
      f.presented = "valid until " + to_rfc3339(c.not_after());
      f.message = subject + " expired on " + to_rfc3339(c.not_after()) + ago(c.not_after(), known.now, is_given);
      f.hint = depth == 0 ? "it has to be renewed" + clock("; if that cannot be, ")
                          : "the " + peer + " has to send a current chain" + clock("; else ");
      break;
    case errc::not_yet_valid:
      f.expected = "valid on " + to_rfc3339(known.now);
      f.presented = "valid from " + to_rfc3339(c.not_before());
      f.message =
          subject + " is not valid before " + to_rfc3339(c.not_before()) + ahead(c.not_before(), known.now, is_given);
      f.hint = clock("");
      break;
    case errc::name_mismatch:
      if (detail == not_the_mailbox)
        said = base::printable(known.request.expected_mailbox.value_or(""));
      else
        explain_mismatch(f, c, known);
      break;
    case errc::invalid_purpose:
      f.hint = fitting_usages(known.request.role);
      if (detail.empty()) explain_purpose(f, c, known);
      if (detail == a_ca_itself) {
        f.expected = "a certificate of the " + peer + "'s own";
        f.presented = "CA:TRUE";
        f.hint = "have a certificate issued for the " + peer +
                 ", with CA:FALSE; or trust exactly this one, if it signed "
                 "itself (trust_store::pem_file)";
      }
      if (detail == lacks_a_usage) {
        f.expected = said = base::listed(missing_usages(known.request, c));
        f.presented = usages_of(c);
        f.hint = "have it issued with them, or ask for less (verify_options::extended_key_usages)";
      }
      break;
    case errc::invalid_ca:
      f.message = subject + " issued a certificate without being allowed to";
      f.hint = "a certificate that issues others needs the basic constraint CA:TRUE and the key usage keyCertSign";
      break;
    case errc::path_too_long:
      if (detail.empty()) explain_path_length(f, known);
      break;
    case errc::bad_signature:
      explain_signature(f, c, known);
      break;
    case errc::weak_key:
      f.presented = c.public_key_type();
      if (detail.empty()) f.expected = "RSA of 2048 bits or EC of 224 bits at least";
      f.message = subject + " has a key that is too weak (" + f.presented + ")";
      f.hint = detail.empty()
                   ? "RSA keys need 2048 bits, EC keys 224"
                   : "RSA keys of 2048 to 8192 bits with an exponent of 65537 are good, and EC keys of P-256";
      break;
    case errc::weak_signature:
      f.presented = c.signature_algorithm().name;
      f.expected = "SHA-224 or better";
      f.message = subject + " is signed with a digest that is too weak (" + f.presented + ")";
      f.hint = "it has to be issued again with SHA-256 or better";
      break;
    case errc::name_constraint:
      if (detail.empty() || detail == names_not_comparable) explain_constraint(f, c, known);
      if (!f.presented.empty()) return f;
      break;
    case errc::unknown_critical_extension:
      f.message = subject + " has a critical extension that is not known here, so it cannot be judged";
      break;
    case errc::wildcard_too_wide:
      explain_mismatch(f, c, known);
      f.message += ": a wildcard over a public suffix speaks for nobody";
      break;
    case errc::pin_mismatch:
      explain_pins(f, c, known);
      break;
    case errc::revoked:
      explain_revoked(f, c, known);
      break;
    case errc::no_alternative_names:
      f.hint = "it has to be issued again with its host name or address as subjectAltName (DNS or IP)";
      break;
    case errc::invalid_extension: {
      std::vector<std::string> names;
      if (detail.empty())
        for (const auto& id : c.broken_extensions()) names.push_back(id.name.empty() ? id.oid : id.name);
      f.message = subject + " has an extension that cannot be read, or has it twice" +
                  (names.empty() ? "" : ": " + base::listed(names));
      break;
    }
    case errc::certificate_rejected:
      f.message = subject + " is not trusted to identify a " + peer;
      f.hint = "the trusted certificates hold it with settings that reject this use (a TRUSTED CERTIFICATE of OpenSSL)";
      break;
    case errc::crl_not_found:
      f.message = "there is no revocation list from the issuer of " + subject;
      f.hint = detail.empty() ? "give " + list_of_issuer(c, "one") + " (revocation_lists)"
                              : "give the certificate of '" + c.issuer() + "' (verify_options::intermediates)";
      break;
    case errc::crl_invalid:
      f.hint = "get " + list_of_issuer(c, "the current list") + " (revocation_lists)";
      break;
    case errc::crl_expired:
      explain_stale_list(f, c, known);
      break;
    case errc::path_search_exhausted:
      f.message = "the peer's certificates allow more ways to an issuer than are worth trying";
      f.hint = "the " + peer + " has to send its chain and nothing else";
      break;
    default:
      f.message = subject + " is not valid";
      break;
  }
  if (!detail.empty()) f.message = subject + ' ' + std::string(detail) + said;
  return f;
}

}  // namespace signet
