#include <signet/x509/certificate.hpp>

#include <openssl/pem.h>

#include <cstdio>

#include "base/printable.hpp"
#include "ossl/digest.hpp"
#include "ossl/errors.hpp"
#include "x509/der.hpp"
#include "x509/impl.hpp"
#include "x509/names.hpp"
#include "x509/text.hpp"

namespace signet {
namespace {

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

std::vector<std::string> values_of(const std::vector<general_name>& names, general_name_kind kind) {
  std::vector<std::string> out;
  for (const auto& name : names)
    if (name.kind == kind) out.push_back(name.value);
  return out;
}

using namespace std::chrono_literals;
constexpr std::chrono::sys_seconds never_yet =
    std::chrono::sys_days(std::chrono::year(9999) / 12 / 31) + 23h + 59min + 59s;
constexpr std::chrono::sys_seconds long_ago = std::chrono::sys_days(std::chrono::year(0) / 1 / 1);

}  // namespace

certificate::certificate(std::shared_ptr<const impl> parsed) noexcept : impl_(std::move(parsed)) {}

int certificate::version() const {
  const long number = X509_get_version(raw(*this));
  return number >= X509_VERSION_1 && number <= X509_VERSION_3 ? static_cast<int>(number) + 1 : 0;
}

std::string certificate::subject() const {
  return x509::name_text(X509_get_subject_name(raw(*this)));
}
std::string certificate::issuer() const {
  return x509::name_text(X509_get_issuer_name(raw(*this)));
}

distinguished_name certificate::subject_name() const {
  return x509::decode(X509_get_subject_name(raw(*this)));
}
distinguished_name certificate::issuer_name() const {
  return x509::decode(X509_get_issuer_name(raw(*this)));
}

std::string certificate::first_common_name() const {
  return x509::shown(x509::first_common_name(X509_get_subject_name(raw(*this))));
}
std::string certificate::last_common_name() const {
  return x509::shown(x509::last_common_name(X509_get_subject_name(raw(*this))));
}

std::string certificate::serial_number() const {
  return x509::number_text(X509_get0_serialNumber(raw(*this)));
}

std::chrono::sys_seconds certificate::not_before() const {
  return time_of(X509_get0_notBefore(raw(*this)), never_yet);
}
std::chrono::sys_seconds certificate::not_after() const {
  return time_of(X509_get0_notAfter(raw(*this)), long_ago);
}

std::vector<std::string> certificate::dns_names() const {
  return values_of(alternative_names(), general_name_kind::dns);
}
std::vector<std::string> certificate::ip_addresses() const {
  return values_of(alternative_names(), general_name_kind::ip_address);
}

std::string certificate::public_key_type() const {
  const ossl::quiet_errors quiet;
  return x509::key_type(X509_get0_pubkey(raw(*this)));
}

std::vector<std::byte> certificate::public_key_der() const {
  return x509::der_of(X509_get_X509_PUBKEY(raw(*this)), i2d_X509_PUBKEY);
}

object_id certificate::signature_algorithm() const {
  const X509_ALGOR* algorithm = nullptr;
  X509_get0_signature(nullptr, &algorithm, raw(*this));
  const ASN1_OBJECT* id = nullptr;
  X509_ALGOR_get0(&id, nullptr, nullptr, algorithm);
  return x509::decode(id);
}

std::vector<std::byte> certificate::signature() const {
  const ASN1_BIT_STRING* bits = nullptr;
  X509_get0_signature(&bits, nullptr, raw(*this));
  return x509::bytes_of(bits);
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

result<std::vector<std::byte>> certificate::fingerprint(std::string_view digest, fingerprint_of part) const {
  const ossl::quiet_errors quiet;
  const auto unknown = [&] {
    return error(errc::not_supported, base::quoted(digest) + " is not a digest that OpenSSL has here",
                 "openssl list -digest-algorithms tells which there are");
  };
  const auto md = ossl::digest_named(digest);
  if (!md || EVP_MD_get_size(md.get()) <= 0) return unknown();
  const auto data = part == fingerprint_of::certificate  ? der()
                    : part == fingerprint_of::public_key ? x509::bytes_of(X509_get0_pubkey_bitstr(raw(*this)))
                                                         : public_key_der();
  std::vector<std::byte> out(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  if (EVP_Digest(data.data(), data.size(), reinterpret_cast<unsigned char*>(out.data()), &size, md.get(), nullptr) != 1)
    return unknown();
  out.resize(size);
  return out;
}

std::vector<std::byte> certificate::der() const {
  return x509::der_of(raw(*this), i2d_X509);
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

std::optional<std::string> from_hex(std::string_view text) {
  const auto octets = x509::from_hex(text);
  return octets ? std::optional<std::string>(byte_view(*octets).text()) : std::nullopt;
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
