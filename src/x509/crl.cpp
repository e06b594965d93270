#include <signet/x509/crl.hpp>

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/file.hpp"
#include "ossl/errors.hpp"
#include "x509/crl_impl.hpp"
#include "x509/der.hpp"
#include "x509/extension_reader.hpp"
#include "x509/extensions.hpp"
#include "x509/impl.hpp"
#include "x509/names.hpp"
#include "x509/pem.hpp"
#include "x509/text.hpp"

namespace signet {
namespace {

using std::chrono::sys_seconds;

using enumerated_ptr = ossl::handle<ASN1_ENUMERATED, ASN1_ENUMERATED_free>;
using integer_ptr = ossl::handle<ASN1_INTEGER, ASN1_INTEGER_free>;
using time_ptr = ossl::handle<ASN1_GENERALIZEDTIME, ASN1_GENERALIZEDTIME_free>;
using distribution_ptr = ossl::handle<ISSUING_DIST_POINT, ISSUING_DIST_POINT_free>;
using key_id_ptr = ossl::handle<AUTHORITY_KEYID, AUTHORITY_KEYID_free>;

error malformed(std::string message) {
  return error(error_parts{.code = errc::file_malformed,
                           .message = std::move(message),
                           .library_errors = ossl::texts(ossl::drain_errors())});
}

std::optional<sys_seconds> time_of(const ASN1_TIME* time) {
  std::tm parts{};
  // A null time would be read as "now".
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  using namespace std::chrono;
  const sys_days day = year(parts.tm_year + 1900) / month(static_cast<unsigned>(parts.tm_mon + 1)) /
                       std::chrono::day(static_cast<unsigned>(parts.tm_mday));
  return day + hours(parts.tm_hour) + minutes(parts.tm_min) + seconds(parts.tm_sec);
}

int type_of(X509_EXTENSION* e) {
  return OBJ_obj2nid(X509_EXTENSION_get_object(e));
}

// What RFC 5280 defines for lists and for entries, sections 5.2 and 5.3.
constexpr std::array known_of_list = {
    NID_authority_key_identifier,   NID_issuer_alt_name, NID_crl_number, NID_delta_crl,
    NID_issuing_distribution_point, NID_freshest_crl,    NID_info_access};
constexpr std::array known_of_entry = {NID_crl_reason, NID_invalidity_date, NID_certificate_issuer};

template <class Known>
void add_unknown(const STACK_OF(X509_EXTENSION) * extensions, const Known& known, std::vector<object_id>& unknown) {
  for (int i = 0; i < sk_X509_EXTENSION_num(extensions); ++i) {
    auto* e = sk_X509_EXTENSION_value(extensions, i);
    if (X509_EXTENSION_get_critical(e) == 0 || std::ranges::find(known, type_of(e)) != known.end()) continue;
    auto id = x509::decode(X509_EXTENSION_get_object(e));
    if (std::ranges::find(unknown, id) == unknown.end()) unknown.push_back(std::move(id));
  }
}

// The bits of the list's scope that matter here.
bool says_indirect(const STACK_OF(X509_EXTENSION) * extensions) {
  const auto scope = x509::read_extension<distribution_ptr>(extensions, NID_issuing_distribution_point);
  return scope.value && scope.value->indirectCRL > 0;
}

// The algorithm inside the signed part has to be the one that stands outside of it (section 5.1.1.2).
bool has_one_algorithm(const X509_CRL* list, byte_view der) {
  const X509_ALGOR* outer = nullptr;
  X509_CRL_get0_signature(list, nullptr, &outer);
  const auto written = x509::der_of(outer, i2d_X509_ALGOR);

  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = at + der.size();
  long length = 0;
  int tag = 0;
  int kind = 0;
  const auto enter = [&] { return (ASN1_get_object(&at, &length, &tag, &kind, end - at) & 0x80) == 0; };
  if (!enter() || !enter()) return false;
  const auto* const first = at;
  if (!enter()) return false;
  at = tag == V_ASN1_INTEGER ? at + length : first;
  return !written.empty() && static_cast<std::size_t>(end - at) >= written.size() &&
         std::memcmp(at, written.data(), written.size()) == 0;
}

// What the list says of a date that OpenSSL does not read: since 3.5 it reads no list that has one.
std::optional<std::string> broken_date_in(byte_view der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = at + der.size();
  long length = 0;
  int tag = 0;
  int kind = 0;
  const auto enter = [&] { return at < end && (ASN1_get_object(&at, &length, &tag, &kind, end - at) & 0x80) == 0; };
  const auto skip = [&] { return enter() && (at += length, true); };
  const auto is_broken = [&] {
    const time_ptr time(ASN1_TIME_new());
    return !time || ASN1_STRING_set(time.get(), at, static_cast<int>(length)) != 1 ||
           (time->type = tag, ASN1_TIME_check(time.get())) != 1;
  };
  if (!enter() || !enter()) return {};
  const auto* const first = at;
  if (!enter()) return {};
  at = tag == V_ASN1_INTEGER ? at + length : first;
  if (!skip() || !skip()) return {};  // algorithm, issuer
  while (enter() && (tag == V_ASN1_UTCTIME || tag == V_ASN1_GENERALIZEDTIME)) {
    if (is_broken()) return "has a broken date";
    at += length;
  }
  if (tag != V_ASN1_SEQUENCE) return {};
  const auto* const last = at + length;
  for (int i = 1; at < last && enter(); ++i) {
    const auto* const next = at + length;
    if (!skip() || !enter()) return {};  // serial number
    if (is_broken()) return "has a broken date in entry " + std::to_string(i);
    at = next;
  }
  return {};
}

// Entries that share a serial number stand next to each other, in the order of the list.
bool is_before(const ASN1_INTEGER* a, const ASN1_INTEGER* b) {
  return ASN1_STRING_cmp(a, b) < 0;
}

// Reads each entry, so that whatever comes later cannot fail.
std::optional<error> index(crl_impl& made) {
  auto* revoked = X509_CRL_get_REVOKED(made.list.get());
  const int count = sk_X509_REVOKED_num(revoked);
  const auto broken = [](int i, std::string_view what) {
    return malformed("has a broken " + std::string(what) + " in entry " + std::to_string(i + 1));
  };
  made.entries.reserve(static_cast<std::size_t>(std::max(count, 0)));
  const GENERAL_NAMES* issuer = nullptr;
  for (int i = 0; i < count; ++i) {
    const auto* entry = sk_X509_REVOKED_value(revoked, i);
    if (!time_of(X509_REVOKED_get0_revocationDate(entry))) return broken(i, "date");
    if (const auto* extensions = X509_REVOKED_get0_extensions(entry)) {
      if (x509::read_extension<enumerated_ptr>(extensions, NID_crl_reason).is_unusable()) return broken(i, "reason");
      const auto since = x509::read_extension<time_ptr>(extensions, NID_invalidity_date);
      if (since.is_unusable() || (since.value && !time_of(since.value.get()))) return broken(i, "invalidity date");
      auto named = x509::read_extension<ossl::general_names_ptr>(extensions, NID_certificate_issuer);
      if (named.is_unusable()) return broken(i, "issuer");
      if (named.value) {
        issuer = named.value.get();
        made.issuers.push_back(std::move(named.value));
      }
      add_unknown(extensions, known_of_entry, made.unknown_critical);
    }
    // It goes on for the entries that follow (section 5.3.3).
    made.entries.push_back({entry, issuer});
  }
  made.by_serial.resize(made.entries.size());
  for (std::size_t i = 0; i < made.by_serial.size(); ++i) made.by_serial[i] = static_cast<std::uint32_t>(i);
  std::ranges::stable_sort(made.by_serial, is_before,
                           [&](std::uint32_t i) { return X509_REVOKED_get0_serialNumber(made.entries[i].entry); });
  return std::nullopt;
}

std::optional<error> check_extensions(const X509_CRL* list) {
  const auto* all = X509_CRL_get0_extensions(list);
  if (all == nullptr) return std::nullopt;
  if (x509::read_extension<integer_ptr>(all, NID_crl_number).is_unusable()) return malformed("has a broken number");
  if (x509::read_extension<integer_ptr>(all, NID_delta_crl).is_unusable())
    return malformed("has a broken delta indicator");
  if (x509::read_extension<key_id_ptr>(all, NID_authority_key_identifier).is_unusable())
    return malformed("has a broken authority key identifier");
  if (x509::read_extension<distribution_ptr>(all, NID_issuing_distribution_point).is_unusable())
    return malformed("has a broken scope");
  return std::nullopt;
}

// Exactly one list. What OpenSSL writes back has to be what it read, as for certificates.
result<crl> decode(byte_view der) {
  ERR_clear_error();
  if (der.size() > base::largest_file) return malformed("is too large for a revocation list");
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = at + der.size();
  auto made = std::make_shared<crl_impl>();
  made->list.reset(d2i_X509_CRL(nullptr, &at, static_cast<long>(der.size())));
  auto* const list = made->list.get();
  if (list == nullptr) return malformed(broken_date_in(der).value_or("is not a DER revocation list"));
  if (at != end) return malformed("has " + std::to_string(end - at) + " octets after its end");
  if (!std::ranges::equal(x509::der_of(list, i2d_X509_CRL), der)) return malformed("is not in DER");
  const long version = X509_CRL_get_version(list);
  if (version != X509_CRL_VERSION_1 && version != X509_CRL_VERSION_2) return malformed("is of an unknown version");
  if (!has_one_algorithm(list, der)) return malformed("names two signature algorithms");
  const auto* next = X509_CRL_get0_nextUpdate(list);
  if (!time_of(X509_CRL_get0_lastUpdate(list)) || (next != nullptr && !time_of(next)))
    return malformed("has a broken date");
  if (auto broken = check_extensions(list)) return *std::move(broken);
  add_unknown(X509_CRL_get0_extensions(list), known_of_list, made->unknown_critical);
  if (auto broken = index(*made)) return *std::move(broken);
  made->is_indirect = !made->issuers.empty() || says_indirect(X509_CRL_get0_extensions(list));

  // OpenSSL sorts a list when it first looks something up, and threads share this one.
  X509_REVOKED* ignored = nullptr;
  const integer_ptr any(ASN1_INTEGER_new());
  if (any) X509_CRL_get0_by_serial(list, &ignored, any.get());
  ERR_clear_error();
  return detail::access::make<crl>(std::move(made));
}

result<crl> decode(const pem::block& block) {
  const auto der = pem::decode_base64(block.base64);
  if (!block.headers.empty() || !der) return malformed("is not base64");
  return decode(*der);
}

error no_list(std::string_view text) {
  const auto holds = pem::contents(text);
  return error(errc::file_malformed, "holds " + holds + ", not a revocation list",
               holds.starts_with("DER") ? "openssl crl -inform DER turns a DER revocation list into PEM" : "");
}

result<std::vector<crl>> lists_in_pem(std::string_view text) {
  std::vector<pem::block> blocks;
  std::optional<error> framing;
  pem::reader in(text);
  for (;;) {
    auto block = in.next();
    if (!block) framing = std::move(block).error();
    if (!block || !block->has_value()) break;
    if ((*block)->label == "X509 CRL") blocks.push_back(**block);
  }
  std::vector<crl> out;
  for (const auto& block : blocks) {
    auto made = decode(block);
    if (!made) {
      // With broken framing behind it nobody knows how many there are.
      const auto total = framing ? "" : " of " + std::to_string(blocks.size());
      return std::move(made).error().in("revocation list " + std::to_string(out.size() + 1) + total + " (line " +
                                        std::to_string(block.line) + ") cannot be read");
    }
    out.push_back(*std::move(made));
  }
  if (framing) return *std::move(framing);
  if (out.empty()) return no_list(text);
  return out;
}

revocation_reason reason_of(const ASN1_ENUMERATED* value) {
  const long number = value != nullptr ? ASN1_ENUMERATED_get(value) : 0;
  // A number that is not known yet revokes as well as any.
  if (number < 0 || number > 10 || number == 7) return revocation_reason::unspecified;
  return static_cast<revocation_reason>(number);
}

revoked_certificate shown(const crl_impl::item& item) {
  revoked_certificate out;
  out.serial_number = x509::number_text(X509_REVOKED_get0_serialNumber(item.entry));
  out.revoked_at = time_of(X509_REVOKED_get0_revocationDate(item.entry)).value_or(sys_seconds());
  if (const auto* extensions = X509_REVOKED_get0_extensions(item.entry)) {
    out.reason = reason_of(x509::read_extension<enumerated_ptr>(extensions, NID_crl_reason).value.get());
    out.invalid_since = time_of(x509::read_extension<time_ptr>(extensions, NID_invalidity_date).value.get());
  }
  for (int i = 0; i < sk_GENERAL_NAME_num(item.issuer); ++i) {
    const auto* name = sk_GENERAL_NAME_value(item.issuer, i);
    if (name->type == GEN_DIRNAME) out.issuer = x509::name_text(name->d.directoryName);
  }
  return out;
}

bool is_issuer_of(const X509_NAME* issuer, const crl_impl::item& item, const X509_NAME* of_list) {
  if (item.issuer == nullptr) return X509_NAME_cmp(issuer, of_list) == 0;
  for (int i = 0; i < sk_GENERAL_NAME_num(item.issuer); ++i) {
    const auto* name = sk_GENERAL_NAME_value(item.issuer, i);
    if (name->type == GEN_DIRNAME && X509_NAME_cmp(issuer, name->d.directoryName) == 0) return true;
  }
  return false;
}

}  // namespace

std::string_view name(revocation_reason reason) noexcept {
  constexpr std::array<std::string_view, 11> names = {
      "unspecified",     "keyCompromise", "cACompromise",  "affiliationChanged", "superseded",  "cessationOfOperation",
      "certificateHold", "unspecified",   "removeFromCRL", "privilegeWithdrawn", "aACompromise"};
  const auto number = static_cast<std::size_t>(reason);
  return names[number < names.size() ? number : 0];
}

crl::crl(std::shared_ptr<const impl> parsed) noexcept : impl_(std::move(parsed)) {}

result<crl> crl::from_pem(std::string_view pem) {
  auto all = lists_in_pem(pem);
  if (!all) return std::move(all).error();
  if (all->size() > 1)
    return error(errc::file_malformed,
                 "holds " + std::to_string(all->size()) + " revocation lists where one is expected");
  return std::move(all->front());
}

result<crl> crl::from_der(byte_view der) {
  auto made = decode(der);
  if (!made) return std::move(made).error().in("the revocation list");
  return made;
}

distinguished_name crl::issuer_name() const {
  return x509::decode(X509_CRL_get_issuer(raw(*this)));
}
std::string crl::issuer() const {
  return x509::name_text(X509_CRL_get_issuer(raw(*this)));
}

sys_seconds crl::this_update() const {
  return time_of(X509_CRL_get0_lastUpdate(raw(*this))).value_or(sys_seconds());
}
std::optional<sys_seconds> crl::next_update() const {
  return time_of(X509_CRL_get0_nextUpdate(raw(*this)));
}

std::string crl::number() const {
  const auto value = x509::read_extension<integer_ptr>(X509_CRL_get0_extensions(raw(*this)), NID_crl_number).value;
  return value ? x509::number_text(value.get()) : std::string();
}

std::vector<revoked_certificate> crl::entries() const {
  std::vector<revoked_certificate> out;
  out.reserve(size());
  for (const auto& item : impl_->entries) out.push_back(shown(item));
  return out;
}
std::size_t crl::size() const noexcept {
  return impl_->entries.size();
}

std::optional<revoked_certificate> crl::find(const certificate& cert) const {
  const auto* issuer = X509_get_issuer_name(raw(cert));
  const auto* serial = X509_get0_serialNumber(raw(cert));
  const auto serial_of = [this](std::uint32_t i) { return X509_REVOKED_get0_serialNumber(impl_->entries[i].entry); };
  auto at = std::ranges::lower_bound(impl_->by_serial, serial, is_before, serial_of);
  std::optional<revoked_certificate> found;
  for (; at != impl_->by_serial.end() && !is_before(serial, serial_of(*at)); ++at) {
    const auto& item = impl_->entries[*at];
    if (!is_issuer_of(issuer, item, X509_CRL_get_issuer(raw(*this)))) continue;
    found = shown(item);
    // Should it stand here twice, the worse counts.
    if (found->reason != revocation_reason::remove_from_crl) break;
  }
  return found;
}

bool crl::is_delta() const {
  return X509v3_get_ext_by_NID(X509_CRL_get0_extensions(raw(*this)), NID_delta_crl, -1) >= 0;
}
bool crl::is_indirect() const {
  return impl_->is_indirect;
}

bool crl::is_signed_by(const certificate& issuer) const {
  const ossl::quiet_errors quiet;
  auto* x = raw(issuer);
  auto* key = X509_get0_pubkey(x);
  // Without the extension every usage is allowed.
  return key != nullptr && X509_NAME_cmp(X509_get_subject_name(x), X509_CRL_get_issuer(raw(*this))) == 0 &&
         (X509_get_key_usage(x) & KU_CRL_SIGN) != 0 && X509_CRL_verify(raw(*this), key) == 1;
}

std::string crl::signature_algorithm() const {
  const X509_ALGOR* algorithm = nullptr;
  X509_CRL_get0_signature(raw(*this), nullptr, &algorithm);
  const ASN1_OBJECT* object = nullptr;
  X509_ALGOR_get0(&object, nullptr, nullptr, algorithm);
  const auto id = x509::decode(object);
  return id.name.empty() ? id.oid : id.name;
}

std::vector<extension> crl::extensions() const {
  return x509::decode(X509_CRL_get0_extensions(raw(*this)));
}
std::vector<object_id> crl::unknown_critical_extensions() const {
  return impl_->unknown_critical;
}

std::array<std::uint8_t, 32> crl::fingerprint_sha256() const {
  const ossl::quiet_errors quiet;
  std::array<std::uint8_t, 32> out{};
  X509_CRL_digest(raw(*this), EVP_sha256(), out.data(), nullptr);
  return out;
}

std::vector<std::byte> crl::der() const {
  return x509::der_of(raw(*this), i2d_X509_CRL);
}

std::string crl::pem() const {
  const ossl::quiet_errors quiet;
  const ossl::bio_ptr memory(BIO_new(BIO_s_mem()));
  char* text = nullptr;
  if (!memory || PEM_write_bio_X509_CRL(memory.get(), raw(*this)) != 1) return {};
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

result<std::vector<crl>> parse_crls(byte_view content) {
  const auto text = content.text();
  // DER begins with a SEQUENCE, which is the digit 0: text may begin so too, and go on in PEM.
  if (!text.starts_with('0') || text.find("-----BEGIN ") != text.npos) return lists_in_pem(text);
  auto single = crl::from_der(content);
  if (!single) return std::move(single).error();
  return std::vector<crl>{*std::move(single)};
}

result<std::vector<crl>> load_crls(const std::filesystem::path& file) {
  auto content = base::read_file(file);
  if (!content) return std::move(content).error();
  auto out = parse_crls(*content);
  if (!out) return std::move(out).error().in(base::shown(file));
  return out;
}

}  // namespace signet
