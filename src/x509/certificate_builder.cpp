#include <signet/x509/certificate_builder.hpp>

#include <openssl/err.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "base/host_name.hpp"
#include "base/printable.hpp"
#include "ossl/errors.hpp"
#include "x509/impl.hpp"

namespace signet {
namespace {

using std::chrono::sys_seconds;
using namespace std::chrono_literals;

constexpr std::size_t longest_common_name = 64;  // characters; RFC 5280 appendix A.1, as for organizations
constexpr auto backdated = 1h;
// What a Time can say, RFC 5280 section 4.1.2.5.
constexpr sys_seconds earliest = std::chrono::sys_days(std::chrono::year(1970) / 1 / 2);
constexpr sys_seconds latest = std::chrono::sys_days(std::chrono::year(9999) / 12 / 31);

using integer_ptr = ossl::handle<ASN1_INTEGER, ASN1_INTEGER_free>;
using octets_ptr = ossl::handle<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free>;
using bits_ptr = ossl::handle<ASN1_BIT_STRING, ASN1_BIT_STRING_free>;
using time_ptr = ossl::handle<ASN1_TIME, ASN1_TIME_free>;
using general_name_ptr = ossl::handle<GENERAL_NAME, GENERAL_NAME_free>;

enum class role : unsigned char { ca, leaf };
enum class critical : unsigned char { no, yes };

error invalid(std::string message, std::string hint = {}) {
  return error(errc::invalid_argument, std::move(message), std::move(hint));
}

error failed(std::string_view what) {
  error_parts parts;
  parts.code = errc::internal;
  parts.message = "OpenSSL cannot make " + std::string(what);
  parts.library_errors = ossl::texts(ossl::drain_errors());
  return error(std::move(parts));
}

// The names a certificate is for, in their normal form.
struct names {
  std::vector<std::string> dns = {};
  std::vector<base::host_name> addresses = {};

  [[nodiscard]] bool empty() const { return dns.empty() && addresses.empty(); }
  [[nodiscard]] std::string first() const { return dns.empty() ? addresses.front().ascii : dns.front(); }
};

result<std::string> dns_name(std::string_view text) {
  const bool is_wildcard = text.starts_with("*.");
  const std::string_view prefix = is_wildcard ? "*." : "";
  auto parsed = base::parse_host_name(text.substr(prefix.size()));
  if (!parsed) return std::move(parsed).error();
  if (parsed->address_size != 0)
    return error(errc::invalid_name, base::quoted(text) + " is an address, not a DNS name", "give it as an address");
  if (is_wildcard && parsed->ascii.find('.') == std::string::npos)
    return error(errc::invalid_name, base::quoted(text) + " is too wide: a wildcard needs two labels behind it");
  auto out = std::string(prefix) + parsed->ascii;
  if (out.size() > 253) return error(errc::invalid_name, base::quoted(text) + " is longer than 253 octets");
  return out;
}

result<names> checked_names(const certificate_options& options) {
  names out;
  for (const auto& text : options.dns_names) {
    auto name = dns_name(text);
    if (!name) return std::move(name).error();
    if (std::find(out.dns.begin(), out.dns.end(), *name) == out.dns.end()) out.dns.push_back(*std::move(name));
  }
  for (const auto& text : options.ip_addresses) {
    auto address = base::parse_host_name(text);
    if (!address) return std::move(address).error();
    if (address->address_size == 0) return error(errc::invalid_name, base::quoted(text) + " is not an address");
    const auto same = [&](const base::host_name& other) { return other.ascii == address->ascii; };
    if (std::none_of(out.addresses.begin(), out.addresses.end(), same)) out.addresses.push_back(*std::move(address));
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
  return {};
}

struct validity {
  sys_seconds not_before;
  sys_seconds not_after;
};

result<validity> checked_validity(const certificate_options& options, role made, const certificate* issuer) {
  const auto at = options.at.value_or(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
  if (at < earliest || at > latest) return invalid("certificates cannot be made at " + to_rfc3339(at));
  if (options.lifetime.count() < 0) return invalid("the lifetime is negative");
  const auto otherwise = made == role::ca ? std::chrono::days(3650) : std::chrono::days(90);
  const auto lifetime = options.lifetime.count() == 0 ? otherwise : options.lifetime;
  // Days are compared, which cannot overflow.
  if (lifetime > std::chrono::floor<std::chrono::days>(latest - at))
    return invalid("the lifetime goes past the year 9999");
  validity out{at - backdated, at + lifetime - 1s};
  if (issuer != nullptr) {
    const auto opens = issuer->not_before();
    const auto ends = issuer->not_after();
    if (at < opens || at > ends)
      return invalid("the CA \"" + issuer->subject() + "\" is valid from " + to_rfc3339(opens) + " to " +
                     to_rfc3339(ends) + ", which leaves no time for a certificate made at " + to_rfc3339(at));
    out.not_before = std::max(out.not_before, opens);
    out.not_after = std::min(out.not_after, ends);
  }
  return out;
}

bool set_time(X509* x, int (*set)(X509*, const ASN1_TIME*), sys_seconds when) {
  const time_ptr time(ASN1_TIME_set(nullptr, static_cast<std::time_t>(when.time_since_epoch().count())));
  return time && set(x, time.get()) == 1;
}

bool set_random_serial(X509* x) {
  std::array<unsigned char, 16> octets{};
  do {
    if (RAND_bytes(octets.data(), static_cast<int>(octets.size())) != 1) return false;
    octets[0] &= 0x7f;
  } while (std::all_of(octets.begin(), octets.end(), [](unsigned char c) { return c == 0; }));
  const ossl::bignum_ptr number(BN_bin2bn(octets.data(), static_cast<int>(octets.size()), nullptr));
  const integer_ptr serial(number ? BN_to_ASN1_INTEGER(number.get(), nullptr) : nullptr);
  return serial && X509_set_serialNumber(x, serial.get()) == 1;
}

bool add_part(X509_NAME* name, int nid, const std::string& text) {
  return text.empty() ||
         X509_NAME_add_entry_by_NID(name, nid, MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(text.data()),
                                    static_cast<int>(text.size()), -1, 0) == 1;
}

bool add(X509* x, int nid, void* value, critical is) {
  return value != nullptr && X509_add1_ext_i2d(x, nid, value, is == critical::yes ? 1 : 0, X509V3_ADD_DEFAULT) == 1;
}

octets_ptr octets(const unsigned char* data, std::size_t size) {
  octets_ptr out(ASN1_OCTET_STRING_new());
  if (!out || ASN1_OCTET_STRING_set(out.get(), data, static_cast<int>(size)) != 1) return nullptr;
  return out;
}

// 160 bits of the SHA-256 of the public key, RFC 7093 section 2.
octets_ptr key_identifier(const X509* x) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (X509_pubkey_digest(x, EVP_sha256(), digest.data(), &size) != 1 || size < 20) return nullptr;
  return octets(digest.data(), 20);
}

bool add_basic_constraints(X509* x, role made) {
  const ossl::handle<BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free> value(BASIC_CONSTRAINTS_new());
  if (!value) return false;
  if (made == role::ca) {
    value->ca = 0xff;
    value->pathlen = ASN1_INTEGER_new();
    if (value->pathlen == nullptr || ASN1_INTEGER_set(value->pathlen, 0) != 1) return false;
  }
  return add(x, NID_basic_constraints, value.get(), critical::yes);
}

bool add_key_usage(X509* x, role made) {
  constexpr int digital_signature = 0;
  constexpr int key_encipherment = 2;
  constexpr int key_cert_sign = 5;
  constexpr int crl_sign = 6;
  const bits_ptr value(ASN1_BIT_STRING_new());
  const auto set = [&](int bit) { return ASN1_BIT_STRING_set_bit(value.get(), bit, 1) == 1; };
  if (!value) return false;
  if (made == role::ca) {
    if (!set(key_cert_sign) || !set(crl_sign)) return false;
  } else {
    if (!set(digital_signature)) return false;
    if (EVP_PKEY_is_a(X509_get0_pubkey(x), "RSA") == 1 && !set(key_encipherment)) return false;
  }
  return add(x, NID_key_usage, value.get(), critical::yes);
}

bool add_extended_key_usage(X509* x, const std::vector<certificate_purpose>& purposes) {
  const ossl::handle<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free> value(EXTENDED_KEY_USAGE_new());
  if (!value) return false;
  for (const auto purpose : {certificate_purpose::server, certificate_purpose::client}) {
    if (std::find(purposes.begin(), purposes.end(), purpose) == purposes.end()) continue;
    auto* object = OBJ_nid2obj(purpose == certificate_purpose::server ? NID_server_auth : NID_client_auth);
    if (object == nullptr || sk_ASN1_OBJECT_push(value.get(), object) <= 0) return false;
  }
  return add(x, NID_ext_key_usage, value.get(), critical::no);
}

bool add_authority_key_identifier(X509* x, X509* issuer) {
  const ossl::handle<AUTHORITY_KEYID, AUTHORITY_KEYID_free> value(AUTHORITY_KEYID_new());
  if (!value) return false;
  const auto* known = X509_get0_subject_key_id(issuer);
  value->keyid = known != nullptr ? ASN1_OCTET_STRING_dup(known) : key_identifier(issuer).release();
  return value->keyid != nullptr && add(x, NID_authority_key_identifier, value.get(), critical::no);
}

bool push(GENERAL_NAMES* all, int type, octets_ptr value) {
  general_name_ptr entry(GENERAL_NAME_new());
  if (!entry || !value) return false;
  GENERAL_NAME_set0_value(entry.get(), type, value.release());
  if (sk_GENERAL_NAME_push(all, entry.get()) <= 0) return false;
  (void)entry.release();
  return true;
}

bool add_alternative_names(X509* x, const names& all, critical is) {
  const ossl::general_names_ptr value(GENERAL_NAMES_new());
  if (!value) return false;
  for (const auto& name : all.dns) {
    octets_ptr text(ASN1_IA5STRING_new());
    if (!text || ASN1_STRING_set(text.get(), name.data(), static_cast<int>(name.size())) != 1) return false;
    if (!push(value.get(), GEN_DNS, std::move(text))) return false;
  }
  for (const auto& address : all.addresses)
    if (!push(value.get(), GEN_IPADD, octets(address.address.data(), address.address_size))) return false;
  return add(x, NID_subject_alt_name, value.get(), is);
}

// A digest as strong as the key; none where the algorithm brings its own.
const EVP_MD* digest_for(EVP_PKEY* key) {
  std::array<char, 80> usual{};
  if (EVP_PKEY_get_default_digest_name(key, usual.data(), usual.size()) <= 0) return nullptr;
  const std::string_view name = usual.data();
  if (name.empty() || name == "UNDEF") return nullptr;
  if (EVP_PKEY_is_a(key, "EC") != 1) return EVP_sha256();
  const int bits = EVP_PKEY_get_bits(key);
  return bits > 384 ? EVP_sha512() : bits > 256 ? EVP_sha384() : EVP_sha256();
}

// A request whose parts have been checked.
struct plan {
  role made = role::leaf;
  std::string common_name = {};
  std::string organization = {};
  names all = {};
  std::vector<certificate_purpose> purposes = {};
  validity valid = {};
};

result<certificate> build(const plan& p, const private_key& key, const identity* ca) {
  ERR_clear_error();
  ossl::x509_ptr made(X509_new());
  X509* x = made.get();
  if (x == nullptr) return failed("a certificate");
  // A self-signed certificate is its own issuer.
  X509* issuer = ca != nullptr ? raw(ca->leaf()) : x;
  EVP_PKEY* signing_key = ca != nullptr ? raw(ca->key()) : raw(key);

  if (X509_set_version(x, X509_VERSION_3) != 1 || X509_set_pubkey(x, raw(key)) != 1)
    return failed("a certificate of this key");
  if (!set_random_serial(x)) return failed("a serial number");
  if (!set_time(x, X509_set1_notBefore, p.valid.not_before) || !set_time(x, X509_set1_notAfter, p.valid.not_after))
    return failed("the period of validity");
  X509_NAME* subject = X509_get_subject_name(x);
  if (!add_part(subject, NID_organizationName, p.organization) || !add_part(subject, NID_commonName, p.common_name))
    return failed("the subject");
  if (X509_set_issuer_name(x, X509_get_subject_name(issuer)) != 1) return failed("the issuer's name");

  if (!add_basic_constraints(x, p.made)) return failed("the basic constraints");
  if (!add_key_usage(x, p.made)) return failed("the key usage");
  if (p.made == role::leaf && !add_extended_key_usage(x, p.purposes)) return failed("the extended key usage");
  if (!add(x, NID_subject_key_identifier, key_identifier(x).get(), critical::no))
    return failed("the subject key identifier");
  if (!add_authority_key_identifier(x, issuer)) return failed("the authority key identifier");
  const bool is_nameless = X509_NAME_entry_count(subject) == 0;
  if (!p.all.empty() && !add_alternative_names(x, p.all, is_nameless ? critical::yes : critical::no))
    return failed("the subject alternative names");
  if (X509_sign(x, signing_key, digest_for(signing_key)) <= 0) return failed("the signature");

  // Read back, so that what is handed out is what any reader gets.
  const auto der = adopt(std::move(made)).der();
  ERR_clear_error();
  return certificate::from_der(der);
}

result<plan> checked_leaf(const certificate_options& options, const certificate* issuer) {
  plan out;
  auto all = checked_names(options);
  if (!all) return std::move(all).error();
  out.all = *std::move(all);
  out.purposes = options.purposes;
  if (out.purposes.empty()) return invalid("a certificate needs a purpose");
  const bool is_server =
      std::find(out.purposes.begin(), out.purposes.end(), certificate_purpose::server) != out.purposes.end();
  if (out.all.empty() && (is_server || options.common_name.empty()))
    return invalid("a certificate needs a name", "give a DNS name or an address");
  out.common_name = options.common_name;
  out.organization = options.organization;
  if (out.common_name.empty() && out.all.first().size() <= longest_common_name) out.common_name = out.all.first();
  if (auto ok = check_text(out.common_name, "common name"); !ok) return std::move(ok).error();
  if (auto ok = check_text(out.organization, "organization"); !ok) return std::move(ok).error();
  auto valid = checked_validity(options, role::leaf, issuer);
  if (!valid) return std::move(valid).error();
  out.valid = *valid;
  return out;
}

}  // namespace

result<identity> make_ca(const certificate_options& options, private_key key) {
  if (options.common_name.empty()) return invalid("a CA needs a common name");
  if (!options.dns_names.empty() || !options.ip_addresses.empty())
    return invalid("a CA is for no host: it takes no names");
  plan p;
  p.made = role::ca;
  p.common_name = options.common_name;
  p.organization = options.organization;
  if (auto ok = check_text(p.common_name, "common name"); !ok) return std::move(ok).error();
  if (auto ok = check_text(p.organization, "organization"); !ok) return std::move(ok).error();
  auto valid = checked_validity(options, role::ca, nullptr);
  if (!valid) return std::move(valid).error();
  p.valid = *valid;
  auto made = build(p, key, nullptr);
  if (!made) return std::move(made).error();
  return identity::make({*std::move(made)}, std::move(key));
}

result<identity> issue_certificate(const certificate_options& options, private_key key, const identity& ca) {
  const ossl::quiet_errors quiet;
  X509* issuer = raw(ca.leaf());
  if (X509_check_ca(issuer) != 1 || (X509_get_key_usage(issuer) & KU_KEY_CERT_SIGN) == 0)
    return invalid("\"" + ca.leaf().subject() + "\" is not a CA: it may not issue certificates");
  auto p = checked_leaf(options, &ca.leaf());
  if (!p) return std::move(p).error();
  auto made = build(*p, key, &ca);
  if (!made) return std::move(made).error();
  std::vector<certificate> chain{*std::move(made)};
  if (!ca.leaf().is_self_issued()) chain.insert(chain.end(), ca.chain().begin(), ca.chain().end());
  return identity::make(std::move(chain), std::move(key));
}

result<identity> make_self_signed(const certificate_options& options, private_key key) {
  auto p = checked_leaf(options, nullptr);
  if (!p) return std::move(p).error();
  // It is an issuer too, and issuers have names (RFC 5280 section 4.1.2.4).
  if (p->common_name.empty() && p->organization.empty()) p->common_name = "self-signed";
  auto made = build(*p, key, nullptr);
  if (!made) return std::move(made).error();
  return identity::make({*std::move(made)}, std::move(key));
}

}  // namespace signet
