#include "verify/profile.hpp"

#include <arpa/inet.h>
#include <openssl/core_names.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "base/host_name.hpp"
#include "ossl/errors.hpp"
#include "ossl/handles.hpp"
#include "verify/constraint_syntax.hpp"
#include "verify/strength.hpp"
#include "x509/extension_reader.hpp"
#include "x509/impl.hpp"

namespace signet {
namespace {

using x509::access_extension;
using x509::basic_constraints_extension;
using x509::bits_extension;
using x509::issuer_key_extension;
using x509::name_constraints_extension;
using x509::names_extension;
using x509::octets_extension;
using x509::policy_constraints_extension;
using x509::purposes_extension;

enum class place : unsigned char { leaf, intermediate, anchor };

// One certificate, where it stands, and where its problems go.
struct subject {
  X509* x;
  std::size_t depth;
  place at;
  peer_role role;
  host_asked host;
  // The peer sent it, and nothing is above it.
  bool is_alone;
  problems& found;

  void refuse(errc code, std::string_view detail) const {
    const problem p{code, depth, detail};
    if (std::ranges::find(found, p) == found.end()) found.push_back(p);
  }
  [[nodiscard]] bool is_self_issued() const {
    return X509_NAME_cmp(X509_get_subject_name(x), X509_get_issuer_name(x)) == 0;
  }
};

std::string_view text_of(const ASN1_STRING* s) noexcept {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(s)), static_cast<std::size_t>(ASN1_STRING_length(s))};
}

bool is_ca(X509* x) {
  const basic_constraints_extension constraints(x, NID_basic_constraints);
  return constraints.value && constraints->ca != 0;
}

// webpki

void check_version(const subject& s) {
  if (X509_get_version(s.x) != X509_VERSION_3)
    s.refuse(errc::invalid_version, "is not of version 3 (RFC 5280 section 4.1.2.1)");
}

void check_serial_number(const subject& s) {
  const auto* number = X509_get0_serialNumber(s.x);
  const bool is_negative = ASN1_STRING_type(number) == V_ASN1_NEG_INTEGER;
  const auto* octets = ASN1_STRING_get0_data(number);
  const int size = ASN1_STRING_length(number);
  const bool is_zero = std::all_of(octets, octets + size, [](unsigned char c) { return c == 0; });
  if (is_negative || is_zero)
    s.refuse(errc::invalid_serial_number, "has a serial number that is not positive (RFC 5280 section 4.1.2.2)");
  // A leading bit costs an octet more in DER.
  else if (size > 20 || (size == 20 && octets[0] >= 0x80))
    s.refuse(errc::invalid_serial_number, "has a serial number of more than 20 octets (RFC 5280 section 4.1.2.2)");
}

void check_key(const subject& s) {
  const certificate c = adopt(ossl::share(s.x));
  if (X509_get0_pubkey(s.x) == nullptr) return s.refuse(errc::weak_key, "has a public key that cannot be read");
  if (has_weak_key(c)) s.refuse(errc::weak_key, {});
}

void check_leafs_names(const subject& s) {
  if (s.role != peer_role::server) return;
  const names_extension names(s.x, NID_subject_alt_name);
  if (names.is_unusable())
    return s.refuse(errc::invalid_extension, "has a subjectAltName that cannot be read (RFC 5280 section 4.2.1.6)");
  if (s.host == host_asked::none) return;
  bool has_host = false;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.value.get()); ++i) {
    const int type = sk_GENERAL_NAME_value(names.value.get(), i)->type;
    has_host = has_host || type == GEN_DNS || type == GEN_IPADD;
  }
  if (!has_host)
    s.refuse(errc::no_alternative_names,
             "has no DNS name and no address as subjectAltName, and a common name does not "
             "count (RFC 9525)");
}

void check_leafs_use(const subject& s) {
  // One that names itself as its issuer, and has nobody above it, is trusted by itself or not at all: `openssl req
  // -x509` makes CA and server in one.
  if (is_ca(s.x) && !(s.is_alone && X509_self_signed(s.x, 0) == 1)) s.refuse(errc::invalid_purpose, a_ca_itself);
  const bits_extension usage(s.x, NID_key_usage);
  constexpr int key_cert_sign = 5;
  if (usage.value && ASN1_BIT_STRING_get_bit(usage.value.get(), key_cert_sign) == 1 && !is_ca(s.x))
    s.refuse(errc::invalid_extension, "may sign certificates by its key usage and is no CA (RFC 5280 section 4.2.1.9)");
}

// strict

void check_validity(const subject& s) {
  // Neither kind of time has fractions or zones here: lengths tell.
  const auto is_plain = [](const ASN1_TIME* t) {
    const auto text = text_of(t);
    return text.size() == (ASN1_STRING_type(t) == V_ASN1_UTCTIME ? 13U : 15U) && text.ends_with('Z');
  };
  if (!is_plain(X509_get0_notBefore(s.x)))
    s.refuse(errc::invalid_certificate, "has a start that is no plain time to the second (RFC 5280 section 4.1.2.5)");
}

void check_names_there(const subject& s) {
  if (X509_NAME_entry_count(X509_get_issuer_name(s.x)) == 0)
    s.refuse(errc::invalid_certificate, "does not name its issuer (RFC 5280 section 4.1.2.4)");
  if (s.at != place::leaf && X509_NAME_entry_count(X509_get_subject_name(s.x)) == 0)
    s.refuse(errc::invalid_certificate, "is a CA without a name (RFC 5280 section 4.1.2.6)");
}

void check_key_strictly(const subject& s) {
  const EVP_PKEY* key = X509_get0_pubkey(s.x);
  if (key == nullptr) return;
  if (EVP_PKEY_is_a(key, "RSA") == 1 && EVP_PKEY_get_bits(key) % 8 != 0)
    s.refuse(errc::weak_key, "has an RSA key whose length is no multiple of 8 bits");
  std::array<char, 80> encoding{};
  std::size_t size = 0;
  if (EVP_PKEY_is_a(key, "EC") == 1 &&
      EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_EC_ENCODING, encoding.data(), encoding.size(), &size) == 1 &&
      std::string_view(encoding.data()) != OSSL_PKEY_EC_ENCODING_GROUP)
    s.refuse(errc::weak_key, spelled_out_curve);
}

void check_key_identifiers(const subject& s) {
  const issuer_key_extension issuer(s.x, NID_authority_key_identifier);
  const octets_extension own(s.x, NID_subject_key_identifier);
  if (issuer.is_critical || own.is_critical) s.refuse(errc::invalid_extension, critical_key_identifier);
  if (issuer.is_unusable() || own.is_unusable())
    return s.refuse(errc::invalid_extension, "has a key identifier that cannot be read");
  // One that is trusted needs no issuer to be found.
  if (!issuer.is_there() && s.at != place::anchor && !s.is_self_issued())
    s.refuse(errc::invalid_extension, "has no authority key identifier (RFC 5280 section 4.2.1.1)");
  if (issuer.is_there() && issuer->keyid == nullptr)
    s.refuse(errc::invalid_extension, "has an authority key identifier without the key (RFC 5280 section 4.2.1.1)");
  if (s.at != place::leaf && !own.is_there())
    s.refuse(errc::invalid_extension, "is a CA without a subject key identifier (RFC 5280 section 4.2.1.2)");
  if (s.at != place::anchor || !issuer.is_there() || !s.is_self_issued()) return;
  if (issuer->issuer != nullptr || issuer->serial != nullptr)
    s.refuse(errc::invalid_extension, "is a root whose authority key identifier names more than the key");
  if (issuer->keyid != nullptr && own.value && ASN1_OCTET_STRING_cmp(issuer->keyid, own.value.get()) != 0)
    s.refuse(errc::invalid_extension, "is a root whose two key identifiers differ");
}

void check_basic_constraints(const subject& s) {
  const basic_constraints_extension constraints(s.x, NID_basic_constraints);
  if (constraints.is_unusable())
    s.refuse(errc::invalid_extension, "has basic constraints that cannot be read (RFC 5280 section 4.2.1.9)");
  if (s.at == place::leaf) return;
  if (!constraints.is_there() || constraints->ca == 0)
    s.refuse(errc::invalid_ca, "is a CA and does not say so (RFC 5280 section 4.2.1.9)");
  else if (!constraints.is_critical)
    s.refuse(errc::invalid_extension, "is a CA whose basic constraints are not critical (RFC 5280 section 4.2.1.9)");
}

void check_key_usage(const subject& s) {
  const bits_extension usage(s.x, NID_key_usage);
  if (usage.is_unusable()) s.refuse(errc::invalid_extension, "has a key usage that cannot be read");
  constexpr int key_cert_sign = 5;
  if (s.at != place::leaf && usage.value && ASN1_BIT_STRING_get_bit(usage.value.get(), key_cert_sign) == 0)
    s.refuse(errc::invalid_ca, "may not sign certificates by its key usage (RFC 5280 section 4.2.1.3)");
}

void check_purposes(const subject& s) {
  const purposes_extension purposes(s.x, NID_ext_key_usage);
  if (purposes.is_unusable() || (purposes.value && sk_ASN1_OBJECT_num(purposes.value.get()) == 0))
    return s.refuse(errc::invalid_extension, "has an extended key usage that cannot be read or is empty");
  if (s.at == place::anchor && s.is_self_issued() && purposes.is_there())
    s.refuse(errc::invalid_extension, "is a root with an extended key usage (Baseline Requirements 7.1.2.1)");
  if (s.at != place::leaf) return;
  if (s.role == peer_role::server && !purposes.is_there())
    s.refuse(errc::invalid_purpose, "has no extended key usage (Baseline Requirements 7.1.2.7)");
  if (purposes.is_critical)
    s.refuse(errc::invalid_extension, "has an extended key usage marked critical (Baseline Requirements 7.1.2.7)");
  for (int i = 0; i < sk_ASN1_OBJECT_num(purposes.value.get()); ++i)
    if (OBJ_obj2nid(sk_ASN1_OBJECT_value(purposes.value.get(), i)) == NID_anyExtendedKeyUsage)
      s.refuse(errc::invalid_purpose, "is for any purpose at all (anyExtendedKeyUsage; Baseline Requirements 7.1.2.7)");
}

void check_alternative_names(const subject& s) {
  const names_extension names(s.x, NID_subject_alt_name);
  if (!names.is_there()) return;
  if (names.is_unusable())
    return s.refuse(errc::invalid_extension, "has a subjectAltName that cannot be read (RFC 5280 section 4.2.1.6)");
  const bool is_nameless = X509_NAME_entry_count(X509_get_subject_name(s.x)) == 0;
  if (is_nameless != names.is_critical)
    s.refuse(errc::invalid_extension,
             is_nameless ? "has no subject and a subjectAltName that is not critical (RFC 5280 section 4.2.1.6)"
                         : "has a subject and a subjectAltName marked critical (Baseline Requirements 7.1.2.7)");
  for (int i = 0; i < sk_GENERAL_NAME_num(names.value.get()); ++i)
    if (!is_well_formed(sk_GENERAL_NAME_value(names.value.get(), i)))
      s.refuse(errc::invalid_extension, "has a subjectAltName that is no host name, address or mailbox");
}

// The address a text stands for in any of the old notations, as its octets.
std::string any_address(const std::string& text) {
  in_addr four{};
  in6_addr six{};
  if (inet_aton(text.c_str(), &four) != 0) return {reinterpret_cast<const char*>(&four), sizeof four};
  if (inet_pton(AF_INET6, text.c_str(), &six) == 1) return {reinterpret_cast<const char*>(&six), sizeof six};
  return {};
}

bool is_host_in_unicode(const std::string& name) {
  const bool is_ascii = std::ranges::all_of(name, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  return !is_ascii && name.find('.') != name.npos && base::parse_host_name(name).has_value();
}

// Baseline Requirements 7.1.4.3: a common name repeats a name of the certificate character by character. One that is
// another name altogether harms nobody, since nobody consults it; one that is spelled differently was meant to be read.
void check_common_name(const subject& s) {
  const X509_NAME* name = X509_get_subject_name(s.x);
  const names_extension names(s.x, NID_subject_alt_name);
  // Each is compared with each of the names, and one is the most there should be (Baseline Requirements 7.1.4.3).
  constexpr int most_common_names = 16;
  int compared = 0;
  for (int at = -1; (at = X509_NAME_get_index_by_NID(name, NID_commonName, at)) >= 0;) {
    if (++compared > most_common_names)
      return s.refuse(errc::invalid_certificate, "has more common names than are compared with its names");
    const std::string cn(text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at))));
    if (s.role == peer_role::server && is_host_in_unicode(cn))
      s.refuse(errc::invalid_certificate,
               "has a common name that spells a host's name in Unicode (Baseline Requirements 7.1.4.3)");
    const auto address = any_address(cn);
    for (int i = 0; i < sk_GENERAL_NAME_num(names.value.get()); ++i) {
      const auto* entry = sk_GENERAL_NAME_value(names.value.get(), i);
      if (entry->type != GEN_DNS && entry->type != GEN_IPADD) continue;
      const auto held = text_of(entry->d.ia5);
      const bool is_other_spelling =
          entry->type == GEN_DNS
              ? cn != held && cn.size() == held.size() && OPENSSL_strncasecmp(cn.c_str(), held.data(), cn.size()) == 0
              : address == held &&
                    cn != base::address_text(reinterpret_cast<const std::uint8_t*>(held.data()), held.size());
      if (is_other_spelling)
        s.refuse(errc::invalid_certificate,
                 "has a common name that spells one of its names differently (Baseline Requirements 7.1.4.3)");
    }
  }
}

void check_name_constraints(const subject& s) {
  const name_constraints_extension constraints(s.x, NID_name_constraints);
  if (!constraints.is_there()) return;
  if (constraints.is_unusable())
    return s.refuse(errc::invalid_extension, "has name constraints that cannot be read (RFC 5280 section 4.2.1.10)");
  if (s.at == place::leaf && !is_ca(s.x))
    s.refuse(errc::invalid_extension, "has name constraints and is no CA (RFC 5280 section 4.2.1.10)");
  if (!constraints.is_critical)
    s.refuse(errc::invalid_extension, "has name constraints that are not critical (RFC 5280 section 4.2.1.10)");
  if (sk_GENERAL_SUBTREE_num(constraints->permittedSubtrees) <= 0 &&
      sk_GENERAL_SUBTREE_num(constraints->excludedSubtrees) <= 0)
    s.refuse(errc::invalid_extension, "has name constraints that constrain nothing (RFC 5280 section 4.2.1.10)");
  for (const auto* trees : {constraints->permittedSubtrees, constraints->excludedSubtrees})
    for (int i = 0; i < sk_GENERAL_SUBTREE_num(trees); ++i)
      if (!is_well_formed_constraint(sk_GENERAL_SUBTREE_value(trees, i)->base))
        s.refuse(errc::invalid_extension, "has name constraints of the wrong form (RFC 5280 section 4.2.1.10)");
}

void check_access(const subject& s) {
  const access_extension access(s.x, NID_info_access);
  if (access.is_critical || access.is_unusable() ||
      (access.value && sk_ACCESS_DESCRIPTION_num(access.value.get()) == 0))
    s.refuse(errc::invalid_extension, unusable_access);
  const policy_constraints_extension policy(s.x, NID_policy_constraints);
  if (policy.is_there() && (!policy.is_critical || policy.is_unusable()))
    s.refuse(errc::invalid_extension, "has policy constraints that are not critical (RFC 5280 section 4.2.1.11)");
}

void check_repeated(const subject& s) {
  const int count = X509_get_ext_count(s.x);
  if (count > most_extensions) return;
  for (int i = 0; i < count; ++i) {
    const auto* object = X509_EXTENSION_get_object(X509_get_ext(s.x, i));
    if (X509_get_ext_by_OBJ(s.x, object, i) >= 0)
      s.refuse(errc::invalid_extension, "holds an extension twice (RFC 5280 section 4.2)");
  }
}

using rule = void (*)(const subject&);
constexpr rule of_any_issued[] = {check_version, check_serial_number, check_key};
constexpr rule of_a_leaf[] = {check_leafs_names, check_leafs_use};
constexpr rule of_a_leaf_strictly[] = {check_common_name};
constexpr rule strictly[] = {check_validity,          check_names_there,       check_key,       check_key_strictly,
                             check_key_identifiers,   check_basic_constraints, check_key_usage, check_purposes,
                             check_alternative_names, check_name_constraints,  check_access,    check_repeated};

}  // namespace

verify_profile profile_of(const verify_request& request) noexcept {
  if (request.options.profile != verify_profile::automatic) return request.options.profile;
  return request.trust.contains_system() ? verify_profile::webpki : verify_profile::compatible;
}

void check_profile(const std::vector<certificate>& chain, chain_end end, peer_role role, host_asked host,
                   verify_profile profile, problems& found) {
  if (profile != verify_profile::webpki && profile != verify_profile::strict) return;
  const ossl::quiet_errors quiet;
  for (std::size_t depth = 0; depth < chain.size(); ++depth) {
    const bool is_anchor = end == chain_end::anchor && depth + 1 == chain.size();
    const subject s{raw(chain[depth]),
                    depth,
                    depth == 0 ? place::leaf : is_anchor ? place::anchor : place::intermediate,
                    role,
                    host,
                    chain.size() == 1,
                    found};
    // An anchor is trusted as it is, old roots with odd numbers among them.
    if (s.at != place::anchor)
      for (const auto check : of_any_issued) check(s);
    if (s.at == place::leaf)
      for (const auto check : of_a_leaf) check(s);
    if (profile != verify_profile::strict) continue;
    if (s.at == place::leaf)
      for (const auto check : of_a_leaf_strictly) check(s);
    for (const auto check : strictly) check(s);
  }
}

}  // namespace signet
