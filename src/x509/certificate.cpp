#include <signet/x509/certificate.hpp>

#include <openssl/err.h>
#include <openssl/pem.h>

#include <algorithm>
#include <cstdio>
#include <span>

#include "base/file.hpp"
#include "base/host_name.hpp"
#include "ossl/errors.hpp"
#include "x509/impl.hpp"
#include "x509/pem.hpp"
#include "x509/text.hpp"

namespace signet {
namespace {

error malformed(std::string message) {
  error_parts parts;
  parts.code = errc::file_malformed;
  parts.message = std::move(message);
  parts.library_errors = ossl::texts(ossl::drain_errors());
  return error(std::move(parts));
}

std::vector<std::byte> encoded(const X509* x) {
  const ossl::quiet_errors quiet;
  const int size = i2d_X509(x, nullptr);
  std::vector<std::byte> out(size > 0 ? static_cast<std::size_t>(size) : 0);
  auto* at = reinterpret_cast<unsigned char*>(out.data());
  if (out.empty() || i2d_X509(x, &at) != size) return {};
  return out;
}

enum class trust_settings : unsigned char { none, may_follow };

// Exactly one certificate. What OpenSSL writes back has to be what it read: it also reads encodings that are not DER,
// and two readers could then differ on what was signed.
result<certificate> decode(byte_view der, trust_settings settings) {
  ERR_clear_error();
  if (der.size() > base::largest_file) return malformed("is too large for a certificate");
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const begin = at;
  const auto size = static_cast<long>(der.size());
  ossl::x509_ptr x(settings == trust_settings::may_follow ? d2i_X509_AUX(nullptr, &at, size)
                                                          : d2i_X509(nullptr, &at, size));
  if (!x) return malformed("is not a DER certificate");
  if (at != begin + der.size())
    return malformed("has " + std::to_string(begin + der.size() - at) + " octets after its end");
  const auto written = encoded(x.get());
  if (!std::equal(written.begin(), written.end(), der.begin(),
                  der.begin() + static_cast<std::ptrdiff_t>(std::min(written.size(), der.size()))))
    return malformed("is not in DER");
  if (settings == trust_settings::none && written.size() != der.size()) return malformed("is not in DER");
  ERR_clear_error();
  return adopt(std::move(x));
}

result<certificate> decode(const pem::block& block) {
  const auto der = pem::decode_base64(block.base64);
  if (!block.headers.empty() || !der) return malformed("is not base64");
  return decode(*der, block.label == "TRUSTED CERTIFICATE" ? trust_settings::may_follow : trust_settings::none);
}

struct listed {
  std::vector<pem::block> blocks = {};
  // The framing of what comes after them.
  std::optional<error> broken = {};
};

listed certificate_blocks(std::string_view pem) {
  listed out;
  pem::reader in(pem);
  for (;;) {
    auto block = in.next();
    if (!block) {
      out.broken = std::move(block).error();
      return out;
    }
    if (!block->has_value()) return out;
    if (pem::is_certificate((*block)->label)) out.blocks.push_back(**block);
  }
}

error no_certificate(std::string_view text) {
  std::string hint;
  const auto holds = pem::contents(text);
  if (holds.starts_with("DER")) hint = "openssl x509 -inform DER turns a DER certificate into PEM";
  if (holds.find("\"PKCS7\"") != holds.npos)
    hint = "openssl pkcs7 -print_certs takes the certificates out of a PKCS#7 file";
  return error(errc::file_malformed, "holds " + holds + ", not a certificate", std::move(hint));
}

std::string text_of(const ASN1_STRING* s) {
  const auto* data = ASN1_STRING_get0_data(s);
  const int size = ASN1_STRING_length(s);
  return size > 0 ? std::string(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)) : std::string();
}

// Any octet that is not plainly part of a name is escaped, so that "a\0b", "a,b" and a real backslash stay what they
// are.
std::string escaped_name(const std::string& name) {
  std::string out;
  for (const char c : name) {
    if (c > ' ' && c < 0x7f && c != '\\' && c != ',') {
      out += c;
    } else {
      std::array<char, 4> escape{};
      std::snprintf(escape.data(), escape.size(), "\\%02X", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += escape.data();
    }
  }
  return out;
}

ossl::general_names_ptr alternative_names(const X509* x) {
  const ossl::quiet_errors quiet;
  return ossl::general_names_ptr(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(x, NID_subject_alt_name, nullptr, nullptr)));
}

// Time as ASN.1 has it. One that cannot be read gets `otherwise`, which makes the certificate invalid at any time.
std::chrono::sys_seconds time_of(const ASN1_TIME* time, std::chrono::sys_seconds otherwise) {
  const ossl::quiet_errors quiet;
  std::tm parts{};
  // A null time would be read as "now".
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return otherwise;
  using namespace std::chrono;
  const sys_days day = year(parts.tm_year + 1900) / month(static_cast<unsigned>(parts.tm_mon + 1)) /
                       std::chrono::day(static_cast<unsigned>(parts.tm_mday));
  return day + hours(parts.tm_hour) + minutes(parts.tm_min) + seconds(parts.tm_sec);
}

using namespace std::chrono_literals;
constexpr std::chrono::sys_seconds never_yet =
    std::chrono::sys_days(std::chrono::year(9999) / 12 / 31) + 23h + 59min + 59s;
constexpr std::chrono::sys_seconds long_ago = std::chrono::sys_days(std::chrono::year(0) / 1 / 1);

}  // namespace

certificate::certificate(std::shared_ptr<const impl> parsed) noexcept : impl_(std::move(parsed)) {}

result<certificate> certificate::from_pem(std::string_view pem) {
  const auto found = certificate_blocks(pem);
  if (found.broken) return *found.broken;
  if (found.blocks.empty()) return no_certificate(pem);
  if (found.blocks.size() > 1)
    return error(errc::file_malformed,
                 "holds " + std::to_string(found.blocks.size()) + " certificates where one is expected");
  auto made = decode(found.blocks[0]);
  if (!made) return std::move(made).error().in("the certificate");
  return made;
}

result<certificate> certificate::from_der(byte_view der) {
  auto made = decode(der, trust_settings::none);
  if (!made) return std::move(made).error().in("the certificate");
  return made;
}

std::string certificate::subject() const {
  return x509::name_text(X509_get_subject_name(raw(*this)));
}
std::string certificate::issuer() const {
  return x509::name_text(X509_get_issuer_name(raw(*this)));
}

std::string certificate::common_name() const {
  return x509::common_name(X509_get_subject_name(raw(*this)));
}

std::string certificate::serial_number() const {
  const ossl::quiet_errors quiet;
  const ossl::bignum_ptr number(ASN1_INTEGER_to_BN(X509_get0_serialNumber(raw(*this)), nullptr));
  if (!number) return {};
  std::string out = BN_is_negative(number.get()) == 1 ? "-" : "";
  std::vector<std::byte> octets(static_cast<std::size_t>(BN_num_bytes(number.get())));
  BN_bn2bin(number.get(), reinterpret_cast<unsigned char*>(octets.data()));
  return out + (octets.empty() ? "00" : to_hex(octets));
}

std::chrono::sys_seconds certificate::not_before() const {
  return time_of(X509_get0_notBefore(raw(*this)), never_yet);
}
std::chrono::sys_seconds certificate::not_after() const {
  return time_of(X509_get0_notAfter(raw(*this)), long_ago);
}

std::vector<std::string> certificate::dns_names() const {
  std::vector<std::string> out;
  const auto names = alternative_names(raw(*this));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const auto* entry = sk_GENERAL_NAME_value(names.get(), i);
    if (entry->type == GEN_DNS) out.push_back(escaped_name(text_of(entry->d.dNSName)));
  }
  return out;
}

std::vector<std::string> certificate::ip_addresses() const {
  std::vector<std::string> out;
  const auto names = alternative_names(raw(*this));
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const auto* entry = sk_GENERAL_NAME_value(names.get(), i);
    if (entry->type != GEN_IPADD) continue;
    const auto octets = text_of(entry->d.iPAddress);
    auto text = base::address_text(reinterpret_cast<const std::uint8_t*>(octets.data()), octets.size());
    out.push_back(text.empty() ? "malformed:" + to_hex(octets) : std::move(text));
  }
  return out;
}

std::string certificate::public_key_type() const {
  const ossl::quiet_errors quiet;
  return x509::key_type(X509_get0_pubkey(raw(*this)));
}

bool certificate::is_self_issued() const {
  return X509_NAME_cmp(X509_get_subject_name(raw(*this)), X509_get_issuer_name(raw(*this))) == 0;
}

std::array<std::uint8_t, 32> certificate::fingerprint_sha256() const {
  const ossl::quiet_errors quiet;
  std::array<std::uint8_t, 32> out{};
  unsigned size = 0;
  X509_digest(raw(*this), EVP_sha256(), out.data(), &size);
  return out;
}

std::vector<std::byte> certificate::der() const {
  return encoded(raw(*this));
}

std::string certificate::pem() const {
  const ossl::quiet_errors quiet;
  const ossl::bio_ptr memory(BIO_new(BIO_s_mem()));
  char* text = nullptr;
  if (!memory || PEM_write_bio_X509(memory.get(), raw(*this)) != 1) return {};
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

bool certificate::operator==(const certificate& other) const noexcept {
  const ossl::quiet_errors quiet;
  return raw(*this) == raw(other) || X509_cmp(raw(*this), raw(other)) == 0;
}

result<std::vector<certificate>> parse_certificates(std::string_view pem) {
  const auto found = certificate_blocks(pem);
  std::vector<certificate> out;
  for (const auto& block : found.blocks) {
    auto made = decode(block);
    if (!made) {
      // With broken framing behind it nobody knows how many there are.
      const auto total = found.broken ? "" : " of " + std::to_string(found.blocks.size());
      return std::move(made).error().in("certificate " + std::to_string(out.size() + 1) + total + " (line " +
                                        std::to_string(block.line) + ") cannot be read");
    }
    out.push_back(*std::move(made));
  }
  if (found.broken) return *found.broken;
  if (out.empty()) return no_certificate(pem);
  return out;
}

result<std::vector<certificate>> certificates_in(std::string_view content) {
  // DER begins with a SEQUENCE, which is the digit 0: text may begin so too, and go on in PEM.
  if (!content.starts_with('0') || content.find("-----BEGIN ") != content.npos) return parse_certificates(content);
  auto single = certificate::from_der(content);
  if (!single) return std::move(single).error();
  return std::vector<certificate>{*std::move(single)};
}

result<std::vector<certificate>> load_certificates(const std::filesystem::path& file) {
  auto content = base::read_file(file);
  if (!content) return std::move(content).error();
  auto out = certificates_in(*content);
  if (!out) return std::move(out).error().in(base::shown(file));
  return out;
}

std::string to_rfc3339(std::chrono::sys_seconds when) {
  const std::int64_t total = when.time_since_epoch().count();
  constexpr std::int64_t day_length = 86400;
  // Floor division: times before 1970 belong to the day they are in.
  const bool is_within = total % day_length < 0;
  const std::int64_t days = total / day_length - (is_within ? 1 : 0);
  const auto second = static_cast<int>(total % day_length + (is_within ? day_length : 0));
  // The proleptic Gregorian calendar in eras of 400 years that begin on 1 March, for any year: std::chrono::year ends
  // at 32767.
  const std::int64_t shifted = days + 719468;
  const std::int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
  const std::int64_t day_of_era = shifted - era * 146097;
  const std::int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t month_index = (5 * day_of_year + 2) / 153;
  const auto day = static_cast<int>(day_of_year - (153 * month_index + 2) / 5 + 1);
  const auto month = static_cast<int>(month_index < 10 ? month_index + 3 : month_index - 9);
  const std::int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
  std::array<char, 64> out{};
  std::snprintf(out.data(), out.size(), "%s%04lld-%02d-%02dT%02d:%02d:%02dZ", year < 0 ? "-" : "",
                static_cast<long long>(year < 0 ? -year : year), month, day, second / 3600, second / 60 % 60,
                second % 60);
  return out.data();
}

std::string to_hex(byte_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const auto b : bytes) {
    out += digits[std::to_integer<unsigned>(b) >> 4];
    out += digits[std::to_integer<unsigned>(b) & 15];
  }
  return out;
}

}  // namespace signet
