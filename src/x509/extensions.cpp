#include "x509/extensions.hpp"

#include <openssl/objects.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string_view>

#include <signet/x509/certificate.hpp>

#include "base/ascii.hpp"
#include "base/printable.hpp"
#include "ossl/errors.hpp"
#include "x509/extension_reader.hpp"
#include "x509/impl.hpp"
#include "x509/names.hpp"
#include "x509/text.hpp"

namespace signet {
namespace {

using x509::extension_stack;
using x509::reading;

using basic_constraints_ptr = ossl::handle<BASIC_CONSTRAINTS, BASIC_CONSTRAINTS_free>;
using bits_ptr = ossl::handle<ASN1_BIT_STRING, ASN1_BIT_STRING_free>;
using octets_ptr = ossl::handle<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free>;
using usages_ptr = ossl::handle<EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free>;
using authority_key_ptr = ossl::handle<AUTHORITY_KEYID, AUTHORITY_KEYID_free>;
using access_ptr = ossl::handle<AUTHORITY_INFO_ACCESS, AUTHORITY_INFO_ACCESS_free>;
using points_ptr = ossl::handle<CRL_DIST_POINTS, CRL_DIST_POINTS_free>;
using policies_ptr = ossl::handle<CERTIFICATEPOLICIES, CERTIFICATEPOLICIES_free>;
using name_constraints_ptr = ossl::handle<NAME_CONSTRAINTS, NAME_CONSTRAINTS_free>;
using features_ptr = ossl::handle<TLS_FEATURE, TLS_FEATURE_free>;

constexpr std::array<std::string_view, 9> usage_names{"digitalSignature", "nonRepudiation", "keyEncipherment",
                                                      "dataEncipherment", "keyAgreement",   "keyCertSign",
                                                      "cRLSign",          "encipherOnly",   "decipherOnly"};
// RFC 5280 section 4.2.1.13. The first bit is unused.
constexpr std::array<std::string_view, 9> reason_names{"",
                                                       "keyCompromise",
                                                       "cACompromise",
                                                       "affiliationChanged",
                                                       "superseded",
                                                       "cessationOfOperation",
                                                       "certificateHold",
                                                       "privilegeWithdrawn",
                                                       "aACompromise"};

const extension_stack* extensions_of(const certificate& c) {
  return X509_get0_extensions(raw(c));
}

// OpenSSL reads the first element and leaves what follows.
bool is_one_element(const ASN1_STRING* value) {
  const auto* at = ASN1_STRING_get0_data(value);
  const long size = ASN1_STRING_length(value);
  const auto* const end = at + size;
  long length = 0;
  int tag = 0;
  int kind = 0;
  // 0x80 is a failure, 1 a length that is not told.
  return (ASN1_get_object(&at, &length, &tag, &kind, size) & 0x81) == 0 && at + length == end;
}

// Read to its last octet, or broken.
template <class Pointer>
x509::read_extension<Pointer> value_of(const extension_stack* all, int nid) {
  x509::read_extension<Pointer> out(all, nid);
  if (!out || is_one_element(X509_EXTENSION_get_data(X509v3_get_ext(all, X509v3_get_ext_by_NID(all, nid, -1)))))
    return out;
  out.value.reset();
  out.is = x509::read_extension<Pointer>::state::broken;
  return out;
}

bool has_bit(const ASN1_BIT_STRING* bits, std::size_t bit) {
  return ASN1_BIT_STRING_get_bit(bits, static_cast<int>(bit)) == 1;
}

// What a text has, in full octets behind a length of so many octets.
class octet_reader {
 public:
  explicit octet_reader(byte_view rest) : rest_(rest) {}

  [[nodiscard]] bool is_empty() const { return rest_.empty(); }
  std::optional<byte_view> take(std::size_t size) {
    if (rest_.size() < size) return std::nullopt;
    const byte_view out = rest_.first(size);
    rest_ = rest_.subspan(size);
    return out;
  }
  std::optional<std::uint64_t> number(std::size_t size) {
    const auto octets = take(size);
    if (!octets) return std::nullopt;
    std::uint64_t out = 0;
    for (const auto b : *octets) out = out << 8 | std::to_integer<std::uint64_t>(b);
    return out;
  }
  std::optional<byte_view> counted() {
    const auto size = number(2);
    return size ? take(*size) : std::nullopt;
  }

 private:
  byte_view rest_;
};

template <std::size_t Count>
std::string number_name(const std::array<std::string_view, Count>& names, std::uint64_t number) {
  return std::string(number < Count ? names[number] : "unknown");
}

// RFC 6962 section 3.2 and RFC 5246 section 7.4.1.4.1.
std::optional<signed_timestamp> timestamp_in(octet_reader in) {
  constexpr std::array<std::string_view, 7> hashes{"none", "md5", "sha1", "sha224", "sha256", "sha384", "sha512"};
  constexpr std::array<std::string_view, 4> signatures{"anonymous", "rsa", "dsa", "ecdsa"};
  const auto log = in.take(32);
  const auto time = in.number(8);
  const auto further = in.counted();
  const auto hash = in.number(1);
  const auto algorithm = in.number(1);
  const auto signature = in.counted();
  if (!log || !time || !further || !hash || !algorithm || !signature || !in.is_empty()) return std::nullopt;
  if (*time > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
  return signed_timestamp{
      .log_id = {log->begin(), log->end()},
      .time =
          std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(static_cast<std::int64_t>(*time))),
      .hash_algorithm = number_name(hashes, *hash),
      .signature_algorithm = number_name(signatures, *algorithm),
      .signature = {signature->begin(), signature->end()},
  };
}

std::optional<std::vector<signed_timestamp>> timestamps_in(byte_view list) {
  octet_reader outer(list);
  const auto all = outer.counted();
  if (!all || all->empty() || !outer.is_empty()) return std::nullopt;
  std::vector<signed_timestamp> out;
  for (octet_reader in(*all); !in.is_empty();) {
    const auto one = in.counted();
    if (!one) return std::nullopt;
    octet_reader inner(*one);
    const auto version = inner.number(1);
    if (!version) return std::nullopt;
    // Versions to come are skipped (RFC 6962 section 3.3).
    if (*version != 0) continue;
    auto timestamp = timestamp_in(inner);
    if (!timestamp) return std::nullopt;
    out.push_back(*std::move(timestamp));
  }
  return out;
}

// Nothing where a subtree has distances, which RFC 5280 section 4.2.1.10 rules out.
std::optional<std::vector<general_name>> subtrees(const STACK_OF(GENERAL_SUBTREE) * all) {
  std::vector<general_name> out;
  for (int i = 0; i < sk_GENERAL_SUBTREE_num(all); ++i) {
    const GENERAL_SUBTREE* subtree = sk_GENERAL_SUBTREE_value(all, i);
    if (subtree->maximum != nullptr || (subtree->minimum != nullptr && ASN1_INTEGER_get(subtree->minimum) != 0))
      return std::nullopt;
    out.push_back(x509::decode(subtree->base, x509::name_place::constraint));
  }
  return out;
}

std::string relative_name(const STACK_OF(X509_NAME_ENTRY) * entries) {
  const ossl::x509_name_ptr name(X509_NAME_new());
  for (int i = 0; i < sk_X509_NAME_ENTRY_num(entries); ++i)
    if (!name || X509_NAME_add_entry(name.get(), sk_X509_NAME_ENTRY_value(entries, i), -1, i == 0 ? 0 : -1) != 1)
      return {};
  return x509::name_text(name.get());
}

distribution_point point_of(const DIST_POINT* point) {
  distribution_point out;
  if (const auto* names = point->distpoint; names != nullptr && names->type == 0) {
    out.names = x509::decode(names->name.fullname);
  } else if (names != nullptr) {
    out.relative_name = relative_name(names->name.relativename);
  }
  out.crl_issuer = x509::decode(point->CRLissuer);
  for (std::size_t bit = 1; point->reasons != nullptr && bit < reason_names.size(); ++bit)
    if (has_bit(point->reasons, bit)) out.reasons.emplace_back(reason_names[bit]);
  return out;
}

// "Organization 1, 2" where a notice is referred to, then its text.
std::string notice_text(const USERNOTICE* notice) {
  std::string out;
  if (const auto* reference = notice->noticeref; reference != nullptr) {
    out = base::printable(x509::utf8_of(reference->organization));
    for (int i = 0; i < sk_ASN1_INTEGER_num(reference->noticenos); ++i)
      out += (i == 0 ? " " : ", ") + x509::number_text(sk_ASN1_INTEGER_value(reference->noticenos, i));
  }
  if (notice->exptext == nullptr) return out;
  return (out.empty() ? out : out + ": ") + base::printable(x509::utf8_of(notice->exptext));
}

certificate_policy policy_of(const POLICYINFO* info) {
  certificate_policy out{.policy = x509::decode(info->policyid)};
  for (int i = 0; i < sk_POLICYQUALINFO_num(info->qualifiers); ++i) {
    const POLICYQUALINFO* qualifier = sk_POLICYQUALINFO_value(info->qualifiers, i);
    const int kind = OBJ_obj2nid(qualifier->pqualid);
    if (kind == NID_id_qt_cps) out.statement_urls.push_back(x509::escaped(x509::octets_of(qualifier->d.cpsuri)));
    if (kind == NID_id_qt_unotice) out.notices.push_back(notice_text(qualifier->d.usernotice));
  }
  return out;
}

bool is_web_url(const general_name& name) {
  const auto starts = [&](std::string_view scheme) {
    return name.value.size() > scheme.size() && base::starts_with_ignoring_case(name.value, scheme);
  };
  return name.kind == general_name_kind::uri && (starts("http://") || starts("https://"));
}

std::vector<std::string> access_urls(const certificate& c, int method) {
  std::vector<std::string> out;
  for (const auto& access : c.authority_access())
    if (access.method.name == OBJ_nid2sn(method) && is_web_url(access.location)) out.push_back(access.location.value);
  return out;
}

// Whether OpenSSL can read it, where it knows the kind.
bool is_readable(X509_EXTENSION* e) {
  const X509V3_EXT_METHOD* kind = X509V3_EXT_get(e);
  if (kind == nullptr) return true;
  void* value = is_one_element(X509_EXTENSION_get_data(e)) ? X509V3_EXT_d2i(e) : nullptr;
  if (value == nullptr) return false;
  if (kind->it != nullptr) {
    ASN1_item_free(static_cast<ASN1_VALUE*>(value), ASN1_ITEM_ptr(kind->it));
  } else {
    kind->ext_free(value);
  }
  return true;
}

bool is_broken(const extension_stack* all, X509_EXTENSION* e) {
  switch (OBJ_obj2nid(X509_EXTENSION_get_object(e))) {
    case NID_basic_constraints:
      return x509::read_basic_constraints(all).is_broken;
    case NID_name_constraints:
      return x509::read_name_constraints(all).is_broken;
    case NID_ct_precert_scts:
      return x509::read_signed_timestamps(all).is_broken;
    default:
      return !is_readable(e);
  }
}

}  // namespace

std::string_view name(key_usage usage) noexcept {
  const auto bit = static_cast<std::size_t>(usage);
  return bit < usage_names.size() ? usage_names[bit] : "unknown";
}

namespace x509 {

std::vector<extension> decode(const extension_stack* all) {
  std::vector<extension> out;
  for (int i = 0; i < X509v3_get_ext_count(all); ++i) {
    X509_EXTENSION* e = X509v3_get_ext(all, i);
    out.push_back({.id = decode(X509_EXTENSION_get_object(e)),
                   .is_critical = X509_EXTENSION_get_critical(e) == 1,
                   .value = bytes_of(X509_EXTENSION_get_data(e))});
  }
  return out;
}

std::vector<general_name> alternative_names(const extension_stack* all) {
  const auto found = value_of<ossl::general_names_ptr>(all, NID_subject_alt_name);
  return decode(found.value.get());
}

reading<basic_constraints> read_basic_constraints(const extension_stack* all) {
  const auto found = value_of<basic_constraints_ptr>(all, NID_basic_constraints);
  if (!found.value) return {std::nullopt, found.is_unusable()};
  signet::basic_constraints out{.is_ca = found.value->ca != 0};
  if (found.value->pathlen != nullptr) {
    const ossl::quiet_errors quiet;
    std::int64_t length = 0;
    if (ASN1_INTEGER_get_int64(&length, found.value->pathlen) != 1 || length < 0 ||
        length > std::numeric_limits<std::uint32_t>::max())
      return {std::nullopt, true};
    out.path_length = static_cast<std::uint32_t>(length);
  }
  return {out, false};
}

reading<name_constraints> read_name_constraints(const extension_stack* all) {
  const auto found = value_of<name_constraints_ptr>(all, NID_name_constraints);
  if (!found.value) return {std::nullopt, found.is_unusable()};
  auto permitted = subtrees(found.value->permittedSubtrees);
  auto excluded = subtrees(found.value->excludedSubtrees);
  if (!permitted || !excluded) return {std::nullopt, true};
  return {signet::name_constraints{*std::move(permitted), *std::move(excluded)}, false};
}

// By hand, for there are OpenSSLs without certificate transparency.
reading<std::vector<signed_timestamp>> read_signed_timestamps(const extension_stack* all) {
  const ossl::quiet_errors quiet;
  const int at = X509v3_get_ext_by_NID(all, NID_ct_precert_scts, -1);
  if (at < 0) return {};
  if (X509v3_get_ext_by_NID(all, NID_ct_precert_scts, at) >= 0) return {std::nullopt, true};
  const ASN1_STRING* value = X509_EXTENSION_get_data(X509v3_get_ext(all, at));
  const auto* der = ASN1_STRING_get0_data(value);
  const octets_ptr list(is_one_element(value) ? d2i_ASN1_OCTET_STRING(nullptr, &der, ASN1_STRING_length(value))
                                              : nullptr);
  auto out = list ? timestamps_in(x509::bytes_of(list.get())) : std::nullopt;
  const bool is_broken = !out;
  return {std::move(out), is_broken};
}

std::vector<object_id> broken(const extension_stack* all) {
  const ossl::quiet_errors quiet;
  std::vector<object_id> out;
  for (int i = 0; i < X509v3_get_ext_count(all); ++i) {
    X509_EXTENSION* e = X509v3_get_ext(all, i);
    const ASN1_OBJECT* id = X509_EXTENSION_get_object(e);
    // Told at the first of several.
    if (X509v3_get_ext_by_OBJ(all, id, -1) != i) continue;
    if (X509v3_get_ext_by_OBJ(all, id, i) >= 0 || is_broken(all, e)) out.push_back(decode(id));
  }
  return out;
}

}  // namespace x509

std::vector<general_name> certificate::alternative_names() const {
  return x509::alternative_names(extensions_of(*this));
}

std::optional<signet::basic_constraints> certificate::basic_constraints() const {
  return x509::read_basic_constraints(extensions_of(*this)).value;
}

std::optional<std::vector<signet::key_usage>> certificate::key_usage() const {
  const auto found = value_of<bits_ptr>(extensions_of(*this), NID_key_usage);
  if (!found.value) return std::nullopt;
  std::vector<signet::key_usage> out;
  for (std::size_t bit = 0; bit < usage_names.size(); ++bit)
    if (has_bit(found.value.get(), bit)) out.push_back(static_cast<signet::key_usage>(bit));
  return out;
}

std::vector<object_id> certificate::extended_key_usage() const {
  const auto found = value_of<usages_ptr>(extensions_of(*this), NID_ext_key_usage);
  std::vector<object_id> out;
  for (int i = 0; i < sk_ASN1_OBJECT_num(found.value.get()); ++i)
    out.push_back(x509::decode(sk_ASN1_OBJECT_value(found.value.get(), i)));
  return out;
}

std::vector<std::byte> certificate::subject_key_id() const {
  const auto found = value_of<octets_ptr>(extensions_of(*this), NID_subject_key_identifier);
  return found.value ? x509::bytes_of(found.value.get()) : std::vector<std::byte>();
}

std::optional<signet::authority_key_id> certificate::authority_key_id() const {
  const auto found = value_of<authority_key_ptr>(extensions_of(*this), NID_authority_key_identifier);
  if (!found.value) return std::nullopt;
  signet::authority_key_id out;
  if (found.value->keyid != nullptr) out.key_id = x509::bytes_of(found.value->keyid);
  out.issuer = x509::decode(found.value->issuer);
  if (found.value->serial != nullptr) out.serial_number = x509::number_text(found.value->serial);
  return out;
}

std::vector<signet::authority_access> certificate::authority_access() const {
  const auto found = value_of<access_ptr>(extensions_of(*this), NID_info_access);
  std::vector<signet::authority_access> out;
  for (int i = 0; i < sk_ACCESS_DESCRIPTION_num(found.value.get()); ++i) {
    const ACCESS_DESCRIPTION* access = sk_ACCESS_DESCRIPTION_value(found.value.get(), i);
    out.push_back({x509::decode(access->method), x509::decode(access->location)});
  }
  return out;
}

std::vector<std::string> certificate::ocsp_urls() const {
  return access_urls(*this, NID_ad_OCSP);
}

std::vector<std::string> certificate::ca_issuer_urls() const {
  return access_urls(*this, NID_ad_ca_issuers);
}

std::vector<std::string> certificate::crl_urls() const {
  std::vector<std::string> out;
  for (const auto& point : crl_distribution_points())
    for (const auto& name : point.names)
      if (is_web_url(name)) out.push_back(name.value);
  return out;
}

std::vector<distribution_point> certificate::crl_distribution_points() const {
  const auto found = value_of<points_ptr>(extensions_of(*this), NID_crl_distribution_points);
  std::vector<distribution_point> out;
  for (int i = 0; i < sk_DIST_POINT_num(found.value.get()); ++i)
    out.push_back(point_of(sk_DIST_POINT_value(found.value.get(), i)));
  return out;
}

std::vector<certificate_policy> certificate::policies() const {
  const auto found = value_of<policies_ptr>(extensions_of(*this), NID_certificate_policies);
  std::vector<certificate_policy> out;
  for (int i = 0; i < sk_POLICYINFO_num(found.value.get()); ++i)
    out.push_back(policy_of(sk_POLICYINFO_value(found.value.get(), i)));
  return out;
}

std::optional<signet::name_constraints> certificate::name_constraints() const {
  return x509::read_name_constraints(extensions_of(*this)).value;
}

std::vector<signed_timestamp> certificate::signed_timestamps() const {
  return x509::read_signed_timestamps(extensions_of(*this)).value.value_or(std::vector<signed_timestamp>());
}

bool certificate::must_staple() const {
  constexpr std::int64_t status_request = 5;
  const auto found = value_of<features_ptr>(extensions_of(*this), NID_tlsfeature);
  const ossl::quiet_errors quiet;
  for (int i = 0; i < sk_ASN1_INTEGER_num(found.value.get()); ++i) {
    std::int64_t number = 0;
    if (ASN1_INTEGER_get_int64(&number, sk_ASN1_INTEGER_value(found.value.get(), i)) == 1 && number == status_request)
      return true;
  }
  return false;
}

std::vector<extension> certificate::extensions() const {
  return x509::decode(extensions_of(*this));
}

std::vector<object_id> certificate::broken_extensions() const {
  return x509::broken(extensions_of(*this));
}

std::string printed(const extension& e) {
  const ossl::quiet_errors quiet;
  const auto id = x509::encode_object(e.id.oid);
  const octets_ptr value(ASN1_OCTET_STRING_new());
  const ossl::bio_ptr memory(BIO_new(BIO_s_mem()));
  ossl::x509_extension_ptr made;
  if (id && value &&
      ASN1_OCTET_STRING_set(value.get(), reinterpret_cast<const unsigned char*>(e.value.data()),
                            static_cast<int>(e.value.size())) == 1)
    made.reset(X509_EXTENSION_create_by_OBJ(nullptr, id->get(), e.is_critical ? 1 : 0, value.get()));
  if (!made || !memory || X509V3_EXT_print(memory.get(), made.get(), X509V3_EXT_DEFAULT, 0) != 1)
    return to_hex(e.value);
  char* data = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &data);
  std::string_view rest(data, size > 0 ? static_cast<std::size_t>(size) : 0);
  std::string out;
  while (!rest.empty()) {
    const auto line = rest.substr(0, rest.find('\n'));
    out += base::printable(line) + '\n';
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
  while (out.ends_with('\n')) out.pop_back();
  return out;
}

}  // namespace signet
