#include "verify/explain.hpp"

#include <algorithm>
#include <string_view>

#include "base/printable.hpp"
#include "verify/trust_store_impl.hpp"
#include "x509/impl.hpp"

namespace signet {
namespace {

using namespace std::chrono;

std::string joined(const std::vector<std::string>& items, std::size_t most) {
  std::string out;
  for (std::size_t i = 0; i < items.size() && i < most; ++i) out += (i == 0 ? "" : ", ") + items[i];
  if (items.size() > most) out += " and " + std::to_string(items.size() - most) + " more";
  return out;
}

std::vector<std::string> names_of(const certificate& c) {
  auto names = c.dns_names();
  for (auto& address : c.ip_addresses()) names.push_back(std::move(address));
  return names;
}

// "the certificate 'server.test'", "the issuer 'Example CA' (depth 1)".
std::string which(const certificate& c, std::size_t depth) {
  if (depth == 0) return "the certificate '" + display_name(c) + "'";
  return std::string(c.is_self_issued() ? "the root '" : "the intermediate '") + display_name(c) + "' (depth " +
         std::to_string(depth) + ")";
}

std::string_view peer_is_a(peer_role role) {
  switch (role) {
    case peer_role::server:
      return "server";
    case peer_role::client:
      return "client";
    case peer_role::any:
      break;
  }
  return "peer";
}

constexpr const char* trust_it =
    "if it is yours or you know it, add it to the trusted certificates (trust_store::pem_file)";

void explain_unknown_issuer(finding& f, const certificate& c, const circumstances& known) {
  const std::string issuer = c.issuer();
  if (issuer.empty()) {
    f.message = which(c, f.depth) + " does not name its issuer (RFC 5280 section 4.1.2.4)";
    f.hint = "it has to be issued again";
    return;
  }
  const auto& trust = known.request.trust;
  if (has_trusted_issuer_name(c, trust)) {
    f.message = which(c, f.depth) + " was issued by '" + issuer +
                "', a name that is trusted, but by no trusted certificate of that name";
    f.hint =
        "another CA bears the name, or the two do not go together: their key identifiers differ, or one of them has an "
        "extension that cannot be read";
    return;
  }
  const auto urls = c.ca_issuer_urls();
  // A CA that says where its certificate is has one to be sent along.
  if (known.request.sent.size() == 1 && (trust.contains_system() || !urls.empty())) {
    f.message = which(c, f.depth) + " was issued by '" + issuer + "', which is not trusted and was not sent along";
    f.hint = "either the " + std::string(peer_is_a(known.request.role)) + " did not send the intermediate '" + issuer +
             "'" + (urls.empty() ? "" : ", which is at " + base::printable(urls.front())) +
             " (ask its administrator, or pass it with verify_options::intermediates), or the "
             "issuer is a private CA: " +
             trust_it;
  } else {
    f.message = which(c, f.depth) + " was issued by '" + issuer +
                "', which is not among the trusted certificates: " + trust.description();
    f.hint = trust_it;
  }
}

void explain_mismatch(finding& f, const certificate& c, const circumstances& known) {
  const auto expected = known.request.expected ? known.request.expected->display() : std::string("the name asked for");
  const auto names = names_of(c);
  if (names.empty()) {
    const auto cn = c.common_name();
    f.message = std::string("the certificate holds no ") +
                (c.alternative_names().empty() ? "" : "DNS name and no address as ") +
                "subjectAltName, so it is not for " + expected;
    f.hint = (cn.empty() ? std::string()
                         : "its common name '" + cn +
                               "' is not consulted (RFC 9525): where that has to be, name a scheme that does "
                               "(verify_options::scheme), or else ") +
             "it has to be issued again with its names as subjectAltName";
    return;
  }
  if (known.request.expected && known.request.expected->is_ip() && std::ranges::find(names, expected) != names.end()) {
    f.message = "the certificate holds the address " + expected + " as a DNS name, which speaks for no address";
    f.hint = "it has to be issued again with the address as subjectAltName of type IP";
    return;
  }
  f.message = "the certificate is for " + joined(names, 6) + ", not for " + expected;
  if (known.request.expected && known.request.expected->is_ip() && c.ip_addresses().empty())
    f.hint = "connect by one of those names, or give the name to verify beside the address (connect_options::name)";
  else
    f.hint =
        "connect by one of those names, or ask for a certificate that holds this one; when the connection goes through "
        "a "
        "tunnel or by address, give the name to verify (connect_options::name)";
}

}  // namespace

std::string age(seconds span) {
  const auto whole_days = duration_cast<days>(span).count();
  if (whole_days > 0) return std::to_string(whole_days) + (whole_days == 1 ? " day" : " days");
  const auto whole_hours = duration_cast<hours>(span).count();
  if (whole_hours > 0) return std::to_string(whole_hours) + (whole_hours == 1 ? " hour" : " hours");
  return std::to_string(span.count()) + " seconds";
}

std::string display_name(const certificate& c) {
  const auto names = names_of(c);
  if (!names.empty()) return names.front();
  auto cn = c.common_name();
  if (!cn.empty()) return cn;
  auto subject = c.subject();
  return subject.empty() ? "without a name" : subject;
}

bool has_trusted_issuer_name(const certificate& c, const trust_store& trust) {
  std::vector<certificate> found;
  inside(trust).find(X509_get_issuer_name(raw(c)), found);
  return !found.empty();
}

std::vector<std::string> missing_usages(const verify_request& request, const certificate& leaf) {
  const auto held = leaf.extended_key_usage();
  auto missing = request.options.extended_key_usages;
  std::erase_if(missing, [&held](const std::string& wanted) {
    return std::ranges::any_of(held, [&](const object_id& id) { return id.oid == wanted || id.name == wanted; });
  });
  return missing;
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
  const auto clock = [&known](const std::string& advice) {
    return known.request.options.clock ? std::string()
                                       : advice + "check this machine's clock, which says " + to_rfc3339(known.now);
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
      f.message = subject + " expired on " + to_rfc3339(c.not_after()) + ", " + age(known.now - c.not_after()) + " ago";
      f.hint = depth == 0 ? "it has to be renewed" + clock("; if that cannot be, ")
                          : "the " + peer + " has to send a current chain" + clock("; else ");
      break;
    case errc::not_yet_valid:
      f.message =
          subject + " is not valid before " + to_rfc3339(c.not_before()) + ", in " + age(c.not_before() - known.now);
      f.hint = clock("");
      break;
    case errc::name_mismatch:
      if (detail == not_the_mailbox)
        said = base::printable(known.request.expected_mailbox.value_or(""));
      else
        explain_mismatch(f, c, known);
      break;
    case errc::invalid_purpose:
      f.message = subject + " is not allowed to identify a " + peer;
      f.hint = known.request.role == peer_role::any
                   ? "it needs a fitting key usage and extended key usage"
                   : "it needs the extended key usage " +
                         std::string(known.request.role == peer_role::server ? "serverAuth" : "clientAuth") +
                         " and a fitting key usage";
      if (detail == lacks_a_usage) {
        said = joined(missing_usages(known.request, c), 6);
        f.hint = "have it issued with them, or ask for less (verify_options::extended_key_usages)";
      }
      break;
    case errc::invalid_ca:
      f.message = subject + " issued a certificate without being allowed to";
      f.hint = "a certificate that issues others needs the basic constraint CA:TRUE and the key usage keyCertSign";
      break;
    case errc::path_too_long:
      f.message = "the chain is longer than allowed";
      f.hint = "the limit is set by a path length constraint in the chain or by verify_options::max_intermediates";
      break;
    case errc::bad_signature:
      f.message = "the signature on " + subject + " is wrong";
      f.hint = "it was altered, or another certificate bears its issuer's name";
      break;
    case errc::weak_key:
      f.message = subject + " has a key that is too weak (" + c.public_key_type() + ")";
      f.hint = detail.empty()
                   ? "RSA keys need 2048 bits, EC keys 224"
                   : "RSA keys of 2048 to 8192 bits with an exponent of 65537 are good, and EC keys of P-256";
      break;
    case errc::weak_signature:
      f.message = subject + " is signed with a digest that is too weak";
      f.hint = "it has to be issued again with SHA-256 or better";
      break;
    case errc::name_constraint:
      f.message = subject + " has a name that its issuer is not allowed to certify";
      break;
    case errc::unknown_critical_extension:
      f.message = subject + " has a critical extension that is not known here, so it cannot be judged";
      break;
    case errc::wildcard_too_wide:
      explain_mismatch(f, c, known);
      f.message += ": a wildcard over a public suffix speaks for nobody";
      break;
    case errc::pin_mismatch:
      f.message = subject + " matches none of the pins";
      f.hint = "its public key is sha256$pub$" +
               to_hex(c.fingerprint("sha256", fingerprint_of::public_key).value_or(std::vector<std::byte>{})) +
               "; compare that with what its administrator says before you pin it";
      break;
    case errc::revoked:
      f.message = subject + " is revoked";
      break;
    case errc::invalid_extension: {
      std::vector<std::string> names;
      for (const auto& id : c.broken_extensions()) names.push_back(id.name.empty() ? id.oid : id.name);
      f.message = subject + " has an extension that cannot be read, or has it twice" +
                  (names.empty() ? "" : ": " + joined(names, 6));
      break;
    }
    case errc::certificate_rejected:
      f.message = subject + " is not trusted to identify a " + peer;
      f.hint = "the trusted certificates hold it with settings that reject this use (a TRUSTED CERTIFICATE of OpenSSL)";
      break;
    case errc::crl_not_found:
      f.message = "there is no revocation list from the issuer of " + subject;
      f.hint = detail.empty() ? "give one of '" + c.issuer() + "' (revocation_lists)"
                              : "give the certificate of '" + c.issuer() + "' (verify_options::intermediates)";
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
