#include "x509/certificate_plan.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/printable.hpp"
#include "ossl/errors.hpp"
#include "x509/impl.hpp"
#include "x509/key_usages.hpp"
#include "x509/names.hpp"

namespace signet::x509 {
namespace {

using std::chrono::sys_seconds;
using namespace std::chrono_literals;

constexpr std::size_t longest_common_name = 64;  // characters; RFC 5280 appendix A.1, as for organizations
constexpr int weakest_key = 112;                 // bits of security: RSA of 2048 bits
constexpr auto backdated = 1h;
// What a Time can say, RFC 5280 section 4.1.2.5.
constexpr sys_seconds earliest = std::chrono::sys_days(std::chrono::year(1950) / 1 / 1);
constexpr sys_seconds latest = std::chrono::sys_days(std::chrono::year(9999) / 12 / 31) + 24h - 1s;

bool holds(const std::vector<std::string>& all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

bool has_names(const certificate_options& options) {
  return !options.dns_names.empty() || !options.ip_addresses.empty() || !options.other_names.empty();
}

// All names in their normal form, none twice.
result<std::vector<general_name>> checked_names(const certificate_options& options) {
  std::vector<general_name> asked;
  for (const auto& text : options.dns_names) asked.push_back({general_name_kind::dns, text});
  for (const auto& text : options.ip_addresses) asked.push_back({general_name_kind::ip_address, text});
  asked.insert(asked.end(), options.other_names.begin(), options.other_names.end());
  std::vector<general_name> out;
  for (const auto& name : asked) {
    auto encoded = encode(name);
    if (!encoded) return std::move(encoded).error();
    auto normal = decode(encoded->get());
    if (std::find(out.begin(), out.end(), normal) == out.end()) out.push_back(std::move(normal));
  }
  return out;
}

std::size_t characters(std::string_view utf8) {
  return static_cast<std::size_t>(
      std::count_if(utf8.begin(), utf8.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

result<void> check_text(std::string_view text, std::string_view what) {
  if (base::printable(text) != text)
    return invalid("the " + std::string(what) + ' ' + base::quoted(text) + " holds characters that cannot be printed");
  if (characters(text) > longest_common_name)
    return invalid("the " + std::string(what) + ' ' + base::quoted(text) + " is longer than 64 characters");
  if (!text.empty() && text.find_first_not_of(' ') == text.npos)
    return invalid("the " + std::string(what) + " is blank");
  return {};
}

bool add_part(X509_NAME* name, int nid, const std::string& text) {
  return text.empty() ||
         X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(text.data()),
                                    static_cast<int>(text.size()), -1, 0) == 1;
}

result<ossl::x509_name_ptr> checked_subject(const certificate_options& options, std::string_view first_name) {
  if (!options.subject.empty()) {
    if (!options.common_name.empty() || !options.organization.empty())
      return invalid("a subject is given whole or as common name and organization, not both");
    return encode(options.subject);
  }
  if (auto ok = check_text(options.common_name, "common name"); !ok) return std::move(ok).error();
  if (auto ok = check_text(options.organization, "organization"); !ok) return std::move(ok).error();
  auto common_name = options.common_name;
  if (common_name.empty() && first_name.size() <= longest_common_name) common_name = first_name;
  ossl::x509_name_ptr out(X509_NAME_new());
  if (!out || !add_part(out.get(), NID_organizationName, options.organization) ||
      !add_part(out.get(), NID_commonName, common_name))
    return cannot_make("the subject");
  return out;
}

std::string_view oid_of(certificate_purpose purpose) {
  switch (purpose) {
    case certificate_purpose::server:
      return server_auth;
    case certificate_purpose::client:
      return "1.3.6.1.5.5.7.3.2";
    case certificate_purpose::code_signing:
      return "1.3.6.1.5.5.7.3.3";
    case certificate_purpose::email:
      return email_protection;
    case certificate_purpose::time_stamping:
      return time_stamping;
    case certificate_purpose::ocsp_signing:
      return ocsp_signing;
  }
  return {};
}

result<std::vector<key_usage>> checked_usages(const certificate_options& options, role made,
                                              const std::vector<std::string>& extended, EVP_PKEY* key) {
  auto out = options.key_usages;
  if (out.empty() && made == role::ca) out = {key_usage::key_cert_sign, key_usage::crl_sign};
  if (out.empty()) out = usages_for(extended, key);
  const auto has = [&](key_usage usage) { return std::find(out.begin(), out.end(), usage) != out.end(); };
  for (const auto usage : out)
    if (!is_possible(usage, key))
      return invalid("the key usage " + std::string(name(usage)) + " is impossible with this kind of key");
  if (has(key_usage::key_cert_sign) != (made == role::ca))
    return invalid(made == role::ca ? "a CA needs the key usage keyCertSign" : "the key usage keyCertSign is for CAs");
  if ((has(key_usage::encipher_only) || has(key_usage::decipher_only)) && !has(key_usage::key_agreement))
    return invalid("the key usages encipherOnly and decipherOnly mean nothing without keyAgreement");
  return out;
}

result<void> check_role(const certificate_options& options, role made) {
  if (made == role::ca) {
    if (options.common_name.empty() && options.subject.empty()) return invalid("a CA needs a common name");
    if (has_names(options)) return invalid("a CA is for no host: it takes no names");
    if (options.staple == stapling::required) return invalid("a CA has no answers stapled");
    return {};
  }
  if (options.path_length != 0) return invalid("a path length is for CAs");
  if (!options.constraints.empty()) return invalid("name constraints are for CAs");
  return {};
}

result<void> check_purposes(const certificate_options& options, const std::vector<std::string>& extended) {
  if (extended.empty()) return invalid("a certificate needs a purpose");
  const bool has_subject = !options.common_name.empty() || !options.subject.empty();
  if (!has_names(options) && (!has_subject || holds(extended, server_auth)))
    return invalid("a certificate needs a name", "give a DNS name or an address");
  for (const std::string_view alone : {time_stamping, ocsp_signing})
    if (holds(extended, alone) && extended.size() > 1)
      return invalid("certificates for " + std::string(alone == time_stamping ? "time stamping" : "OCSP signing") +
                     " have no other purpose");
  return {};
}

// What a list is made of, with the first error kept.
class collector {
 public:
  void add(result<x509_extension_ptr> made) {
    if (failed_) return;
    if (made)
      all_.push_back(*std::move(made));
    else
      failed_ = std::move(made).error();
  }
  // Not one that is there already.
  void add_further(const further_extension& asked) {
    auto made = encode_further(asked);
    if (made && find(all_, X509_EXTENSION_get_object(made->get())) != nullptr)
      made = invalid("the extension " + base::quoted(asked.id) + " is made already");
    add(std::move(made));
  }
  result<extension_list> finish() && {
    if (failed_) return *std::move(failed_);
    return std::move(all_);
  }

 private:
  extension_list all_;
  std::optional<error> failed_;
};

enum class form : unsigned char { certificate, request };

// Both forms, and both roles: what they have in common is most of it.
result<plan> planned(const certificate_options& options, role made, form as, EVP_PKEY* key, const certificate* issuer) {
  if (auto ok = check_role(options, made); !ok) return std::move(ok).error();
  if (EVP_PKEY_get_security_bits(key) < weakest_key)
    return invalid("the key is too weak to be certified: " + std::to_string(EVP_PKEY_get_bits(key)) + " bits",
                   "ec:P-256 or rsa:2048 are strong enough");
  auto names = checked_names(options);
  if (!names) return std::move(names).error();
  // The purposes of a CA are what it lists itself.
  auto own = options;
  if (made == role::ca) own.purposes.clear();
  auto extended = extended_usages(own);
  if (!extended) return std::move(extended).error();
  if (made == role::leaf)
    if (auto ok = check_purposes(options, *extended); !ok) return std::move(ok).error();
  const auto is_host = [](const general_name& n) {
    return n.kind == general_name_kind::dns || n.kind == general_name_kind::ip_address;
  };
  const auto first = std::find_if(names->begin(), names->end(), is_host);
  auto subject = checked_subject(options, first != names->end() ? first->value : std::string());
  if (!subject) return std::move(subject).error();
  plan out;
  out.subject = *std::move(subject);
  // An issuer has a name (RFC 5280 section 4.1.2.4), this one's own too.
  const bool is_nameless = X509_NAME_entry_count(out.subject.get()) == 0;
  if (is_nameless && as == form::certificate && issuer == nullptr &&
      !add_part(out.subject.get(), NID_commonName, "self-signed"))
    return cannot_make("the subject");
  auto usages = checked_usages(options, made, *extended, key);
  if (!usages) return std::move(usages).error();

  collector all;
  if (as == form::certificate)
    all.add(encode_basic_constraints(made == role::ca ? basic_constraints{true, options.path_length}
                                                      : basic_constraints{}));
  all.add(encode_key_usage(*usages));
  const bool is_stamper = made == role::leaf && holds(*extended, time_stamping);
  if (!extended->empty()) all.add(encode_extended_key_usage(*extended, is_stamper ? critical::yes : critical::no));
  if (as == form::certificate) {
    const auto id = key_identifier(key);
    all.add(encode_subject_key_id(id.get()));
    all.add(encode_authority_key_id(issuer != nullptr ? key_identifier(raw(*issuer)).get() : id.get()));
  }
  if (!names->empty())
    all.add(
        encode_alternative_names(*names, X509_NAME_entry_count(out.subject.get()) == 0 ? critical::yes : critical::no));
  if (!options.constraints.empty()) all.add(encode_name_constraints(options.constraints));
  if (!options.ocsp_urls.empty() || !options.ca_issuer_urls.empty())
    all.add(encode_authority_access(options.ocsp_urls, options.ca_issuer_urls));
  if (!options.crl_urls.empty()) all.add(encode_crl_urls(options.crl_urls));
  if (!options.policies.empty()) all.add(encode_policies(options.policies));
  if (options.staple == stapling::required) all.add(encode_must_staple());
  if (made == role::leaf && as == form::certificate && holds(*extended, ocsp_signing)) all.add(encode_ocsp_no_check());
  for (const auto& asked : options.extensions) all.add_further(asked);
  auto extensions = std::move(all).finish();
  if (!extensions) return std::move(extensions).error();
  out.extensions = *std::move(extensions);
  return out;
}

error outside(const certificate& issuer, const std::string& why) {
  return invalid("the CA \"" + issuer.subject() + "\" is valid from " + to_rfc3339(issuer.not_before()) + " to " +
                 to_rfc3339(issuer.not_after()) + ", which " + why);
}

// `lifetime` (`otherwise` for 0) from `given` on (the clock's time when absent), within the issuer's period.
result<period> period_from(std::optional<sys_seconds> given, std::chrono::days lifetime, std::chrono::seconds otherwise,
                           const certificate* issuer) {
  const auto at = given.value_or(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
  if (at < earliest + backdated || at > latest) return invalid("certificates cannot be made at " + to_rfc3339(at));
  if (lifetime.count() < 0) return invalid("the lifetime is negative");
  // Days are compared first, which cannot overflow.
  const bool is_long = lifetime > std::chrono::floor<std::chrono::days>(latest - earliest);
  const auto ahead = lifetime.count() == 0 || is_long ? otherwise : std::chrono::seconds(lifetime);
  if (is_long || ahead > latest - at) return invalid("the lifetime goes past the year 9999");
  period out{at - backdated, at + ahead - 1s};
  if (issuer != nullptr) {
    const auto opens = issuer->not_before();
    const auto ends = issuer->not_after();
    if (at < opens || at > ends) return outside(*issuer, "leaves no time for a certificate made at " + to_rfc3339(at));
    out.not_before = std::max(out.not_before, opens);
    out.not_after = std::min(out.not_after, ends);
  }
  return out;
}

result<period> checked_period(const certificate_options& options, role made, const certificate* issuer) {
  const auto otherwise = made == role::ca ? std::chrono::days(3650) : std::chrono::days(90);
  if (!options.not_before && !options.not_after) return period_from(options.at, options.lifetime, otherwise, issuer);
  if (!options.not_before || !options.not_after) return invalid("the period needs both its beginning and its end");
  if (options.lifetime.count() != 0 || options.at)
    return invalid("the period is given as its two ends, or as a lifetime and a time, not both");
  const period out{*options.not_before, *options.not_after};
  if (out.not_before < earliest || out.not_before > latest || out.not_after < earliest || out.not_after > latest)
    return invalid("the period is not within the years 1950 to 9999");
  if (out.not_after < out.not_before)
    return invalid("the period ends at " + to_rfc3339(out.not_after) + ", before it begins at " +
                   to_rfc3339(out.not_before));
  if (issuer != nullptr && (out.not_before < issuer->not_before() || out.not_after > issuer->not_after()))
    return outside(*issuer,
                   "does not hold the period from " + to_rfc3339(out.not_before) + " to " + to_rfc3339(out.not_after));
  return out;
}

}  // namespace

result<period> renewed_period(const certificate& old, const renewal_options& options, const certificate* issuer) {
  const auto from = old.not_before();
  const auto to = old.not_after();
  if (from < earliest || to > latest || to < from)
    return invalid("the old certificate has no period to be renewed: " + to_rfc3339(from) + " to " + to_rfc3339(to));
  // The hour before the time of making is part of it, except with certificates that live for hours only.
  const auto whole = to - from + 1s;
  return period_from(options.at, options.lifetime, whole > 4 * backdated ? whole - backdated : whole, issuer);
}

result<std::vector<std::string>> extended_usages(const certificate_options& options) {
  std::vector<std::string> out;
  for (const auto purpose :
       {certificate_purpose::server, certificate_purpose::client, certificate_purpose::code_signing,
        certificate_purpose::email, certificate_purpose::time_stamping, certificate_purpose::ocsp_signing})
    if (std::find(options.purposes.begin(), options.purposes.end(), purpose) != options.purposes.end())
      out.emplace_back(oid_of(purpose));
  for (const auto& text : options.extended_key_usages) {
    const auto object = encode_object(text);
    if (!object) return object.error().in("extended key usage");
    auto oid = decode(object->get()).oid;
    if (!holds(out, oid)) out.push_back(std::move(oid));
  }
  return out;
}

result<void> check_path_length(const certificate& issuer, long below) {
  const long most = X509_get_pathlen(raw(issuer));
  if (most < 0) return {};
  if (most == 0) return invalid("the CA \"" + issuer.subject() + "\" may have no CA below it: its path length is 0");
  if (below < 0 || below >= most)
    return invalid("the CA \"" + issuer.subject() + "\" has the path length " + std::to_string(most) +
                   ": that of a CA below it is at most " + std::to_string(most - 1));
  return {};
}

result<plan> plan_certificate(const certificate_options& options, role made, EVP_PKEY* key, const certificate* issuer) {
  const ossl::quiet_errors quiet;
  auto valid = checked_period(options, made, issuer);
  if (!valid) return std::move(valid).error();
  auto out = planned(options, made, form::certificate, key, issuer);
  if (!out) return out;
  out->valid = *valid;
  if (issuer != nullptr && X509_NAME_cmp(out->subject.get(), X509_get_subject_name(raw(*issuer))) == 0)
    return invalid("a certificate is not named as its issuer is: \"" + issuer->subject() + '"');
  if (issuer != nullptr && made == role::ca)
    if (auto ok = check_path_length(*issuer, options.path_length); !ok) return std::move(ok).error();
  return out;
}

result<plan> plan_request(const certificate_options& options, EVP_PKEY* key) {
  const ossl::quiet_errors quiet;
  if (options.at || options.lifetime.count() != 0 || options.not_before || options.not_after)
    return invalid("a request has no period: its issuer chooses one");
  if (!options.serial_number.empty()) return invalid("a request has no serial number: its issuer chooses one");
  if (!options.ocsp_urls.empty() || !options.ca_issuer_urls.empty() || !options.crl_urls.empty() ||
      !options.policies.empty())
    return invalid("a request does not say where its issuer's answers, lists and policies are");
  return planned(options, role::leaf, form::request, key, nullptr);
}

}  // namespace signet::x509
