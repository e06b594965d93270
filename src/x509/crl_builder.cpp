#include <signet/x509/crl_builder.hpp>

#include <openssl/err.h>

#include <unordered_map>
#include <utility>

#include "base/printable.hpp"
#include "ossl/errors.hpp"
#include "x509/crl_impl.hpp"
#include "x509/der.hpp"
#include "x509/impl.hpp"
#include "x509/signing.hpp"

namespace signet {
namespace {

using std::chrono::sys_seconds;
using x509::cannot_make;
using x509::integer_ptr;
using x509::invalid;

using revoked_ptr = ossl::handle<X509_REVOKED, X509_REVOKED_free>;
using enumerated_ptr = ossl::handle<ASN1_ENUMERATED, ASN1_ENUMERATED_free>;
using generalized_time_ptr = ossl::handle<ASN1_GENERALIZEDTIME, ASN1_GENERALIZEDTIME_free>;

constexpr int longest_number = 20;  // octets, RFC 5280 sections 4.1.2.2 and 5.2.3
constexpr auto shortest_lifetime = std::chrono::days(1);
constexpr auto longest_lifetime = std::chrono::days(3650);
constexpr sys_seconds earliest = std::chrono::sys_days(std::chrono::year(1950) / 1 / 1);
constexpr sys_seconds latest = std::chrono::sys_days(std::chrono::year(9989) / 1 / 1);

std::time_t seconds_of(sys_seconds when) {
  return static_cast<std::time_t>(when.time_since_epoch().count());
}

// Hex, with the minus sign that certificate::serial_number() may have.
result<integer_ptr> parse_number(std::string_view text, std::string_view what) {
  const auto digits = text.substr(text.starts_with('-') ? 1 : 0);
  if (digits.empty() || digits.find_first_not_of("0123456789abcdefABCDEF") != digits.npos)
    return invalid(base::quoted(text) + " is not a " + std::string(what), "it is written in hex without separators");
  if (digits.size() > 2 * longest_number)
    return invalid("the " + std::string(what) + ' ' + base::quoted(text) + " is longer than 20 octets");
  BIGNUM* number = nullptr;
  const int read = BN_hex2bn(&number, std::string(text).c_str());
  const ossl::bignum_ptr owner(number);
  integer_ptr out(read > 0 ? BN_to_ASN1_INTEGER(number, nullptr) : nullptr);
  if (!out) return cannot_make("a number");
  return out;
}

result<void> check_reason(const revoked_certificate& entry) {
  const auto number = static_cast<unsigned>(entry.reason);
  if (entry.reason == revocation_reason::remove_from_crl)
    return invalid("removeFromCRL is for delta lists", "a certificate that is valid again is left out");
  if (number > 10 || number == 7) return invalid("there is no reason " + std::to_string(number));
  return {};
}

result<void> check_times(const revoked_certificate& entry, sys_seconds at) {
  for (const auto when : {entry.revoked_at, entry.invalid_since.value_or(entry.revoked_at)}) {
    if (when > at) return invalid(to_rfc3339(when) + " is after the list is made, which is at " + to_rfc3339(at));
    if (when < earliest) return invalid(to_rfc3339(when) + " is before 1950");
  }
  return {};
}

bool add_reason(X509_REVOKED* made, revocation_reason reason) {
  // To leave it out is what section 5.3.1 asks for.
  if (reason == revocation_reason::unspecified) return true;
  const enumerated_ptr value(ASN1_ENUMERATED_new());
  return value && ASN1_ENUMERATED_set(value.get(), static_cast<long>(reason)) == 1 &&
         X509_REVOKED_add1_ext_i2d(made, NID_crl_reason, value.get(), 0, X509V3_ADD_DEFAULT) == 1;
}

bool add_invalid_since(X509_REVOKED* made, std::optional<sys_seconds> since) {
  if (!since) return true;
  const generalized_time_ptr value(ASN1_GENERALIZEDTIME_set(nullptr, seconds_of(*since)));
  return value && X509_REVOKED_add1_ext_i2d(made, NID_invalidity_date, value.get(), 0, X509V3_ADD_DEFAULT) == 1;
}

result<revoked_ptr> build(const revoked_certificate& entry, ASN1_INTEGER* serial) {
  revoked_ptr made(X509_REVOKED_new());
  const auto when = x509::asn1_time(entry.revoked_at);
  if (!made || !when || X509_REVOKED_set_serialNumber(made.get(), serial) != 1 ||
      X509_REVOKED_set_revocationDate(made.get(), when.get()) != 1 || !add_reason(made.get(), entry.reason) ||
      !add_invalid_since(made.get(), entry.invalid_since))
    return cannot_make("an entry of a revocation list");
  return made;
}

// The content of an INTEGER, a string to look it up by.
std::string key_of(const ASN1_INTEGER* number) {
  const auto size = static_cast<std::size_t>(ASN1_STRING_length(number));
  return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(number)), size) +
         (ASN1_STRING_type(number) == V_ASN1_NEG_INTEGER ? '-' : '+');
}

result<void> add_entries(X509_CRL* list, const crl_options& options, const std::string& issuer, sys_seconds at) {
  std::unordered_map<std::string, std::size_t> places;
  places.reserve(options.entries.size());
  for (std::size_t i = 0; i < options.entries.size(); ++i) {
    auto entry = options.entries[i];
    const auto place = [&] { return "entry " + std::to_string(i + 1); };
    if (!entry.issuer.empty() && entry.issuer != issuer)
      return invalid(place() + ": its issuer is '" + base::printable(entry.issuer) + "', not the CA '" + issuer + "'");
    if (entry.revoked_at == sys_seconds()) entry.revoked_at = at;
    auto serial = parse_number(entry.serial_number, "serial number");
    if (!serial) return std::move(serial).error().in(place());
    if (auto ok = check_reason(entry); !ok) return std::move(ok).error().in(place());
    if (auto ok = check_times(entry, at); !ok) return std::move(ok).error().in(place());
    const auto [known, is_new] = places.emplace(key_of(serial->get()), i);
    if (!is_new)
      return invalid("the certificate " + entry.serial_number + " is listed twice, in entry " +
                     std::to_string(known->second + 1) + " and entry " + std::to_string(i + 1));
    auto made = build(entry, serial->get());
    if (!made) return std::move(made).error();
    if (X509_CRL_add0_revoked(list, made->get()) != 1) return cannot_make("a revocation list");
    (void)made->release();
  }
  return {};
}

result<integer_ptr> list_number(const crl_options& options, sys_seconds at) {
  if (options.number.empty()) {
    integer_ptr out(ASN1_INTEGER_new());
    if (!out || ASN1_INTEGER_set_int64(out.get(), at.time_since_epoch().count()) != 1) return cannot_make("a number");
    return out;
  }
  auto out = parse_number(options.number, "number of a list");
  if (!out) return out;
  const int type = ASN1_STRING_type(out->get());
  if (type == V_ASN1_NEG_INTEGER) return invalid("the number of a list is not negative");
  const auto* octets = ASN1_STRING_get0_data(out->get());
  // DER would put a zero before it.
  if (ASN1_STRING_length(out->get()) == longest_number && (octets[0] & 0x80) != 0)
    return invalid("the number of a list has at most 20 octets, the first below 80");
  return out;
}

}  // namespace

result<crl> make_crl(const crl_options& options, const identity& ca) {
  ERR_clear_error();
  const auto& issuer = ca.leaf();
  if (auto ok = x509::check_issuer(issuer, x509::signs::lists); !ok) return std::move(ok).error();
  const auto at = options.at.value_or(std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
  if (at < earliest || at > latest) return invalid("revocation lists cannot be made at " + to_rfc3339(at));
  if (at < issuer.not_before() || at > issuer.not_after())
    return invalid("the CA \"" + issuer.subject() + "\" is valid from " + to_rfc3339(issuer.not_before()) + " to " +
                   to_rfc3339(issuer.not_after()) + ", not at " + to_rfc3339(at));
  if (options.lifetime < shortest_lifetime || options.lifetime > longest_lifetime)
    return invalid("the next list is due in 1 to 3650 days, not in " + std::to_string(options.lifetime.count()));
  auto number = list_number(options, at);
  if (!number) return std::move(number).error();
  const auto digest = x509::digest_for(raw(ca.key()), options.digest);
  if (!digest) return digest.error();

  const crl_impl::list_ptr owner(X509_CRL_new());
  auto* const list = owner.get();
  const auto now = x509::asn1_time(at);
  const auto next = x509::asn1_time(at + options.lifetime);
  const auto key_id = x509::authority_key_identifier(x509::key_identifier(raw(issuer)));
  if (list == nullptr || !now || !next || !key_id || X509_CRL_set_version(list, X509_CRL_VERSION_2) != 1 ||
      X509_CRL_set_issuer_name(list, X509_get_subject_name(raw(issuer))) != 1 ||
      X509_CRL_set1_lastUpdate(list, now.get()) != 1 || X509_CRL_set1_nextUpdate(list, next.get()) != 1 ||
      X509_CRL_add1_ext_i2d(list, NID_authority_key_identifier, key_id.get(), 0, X509V3_ADD_DEFAULT) != 1 ||
      X509_CRL_add1_ext_i2d(list, NID_crl_number, number->get(), 0, X509V3_ADD_DEFAULT) != 1)
    return cannot_make("a revocation list");
  if (auto ok = add_entries(list, options, issuer.subject(), at); !ok) return std::move(ok).error();
  if (X509_CRL_sign(list, raw(ca.key()), *digest) <= 0) return cannot_make("the signature");

  // Read back, so that what is handed out is what any reader gets.
  const auto der = x509::der_of(list, i2d_X509_CRL);
  if (der.empty()) return cannot_make("a revocation list");
  ERR_clear_error();
  return crl::from_der(der);
}

}  // namespace signet
