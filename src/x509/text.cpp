#include "x509/text.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/objects.h>

#include <array>
#include <memory>
#include <string_view>

#include <signet/x509/certificate.hpp>

#include "base/printable.hpp"
#include "ossl/errors.hpp"
#include "ossl/handles.hpp"
#include "x509/names.hpp"

namespace signet::x509 {
namespace {

struct openssl_freed {
  void operator()(void* p) const noexcept { OPENSSL_free(p); }
};

// The standards' name of a curve, "P-256", and OpenSSL's where they have none.
std::string curve_name(const EVP_PKEY* key) {
  std::array<char, 80> group{};
  std::size_t size = 0;
  if (EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, group.data(), group.size(), &size) != 1)
    return "with its own curve";
  const char* nist = EC_curve_nid2nist(OBJ_txt2nid(group.data()));
  return nist != nullptr ? nist : group.data();
}

const ASN1_STRING* entry_at(const X509_NAME* name, int at) {
  return at < 0 ? nullptr : X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));
}

}  // namespace

std::string key_type(const EVP_PKEY* key) {
  if (key == nullptr) return "unknown";
  const ossl::quiet_errors quiet;
  if (EVP_PKEY_is_a(key, "EC") == 1) return "EC " + curve_name(key);
  if (EVP_PKEY_is_a(key, "ED25519") == 1) return "Ed25519";
  if (EVP_PKEY_is_a(key, "ED448") == 1) return "Ed448";
  const char* type = EVP_PKEY_get0_type_name(key);
  std::string out = type != nullptr ? type : "unknown";
  // The newer names carry their size ("ML-DSA-65").
  const std::string_view last = out;
  const bool is_sized = last.find_first_of("0123456789") != last.npos;
  if (const int bits = EVP_PKEY_get_bits(key); bits > 0 && !is_sized) out += ' ' + std::to_string(bits);
  return out;
}

std::string name_text(const X509_NAME* name) {
  return decode(name).text();
}

const ASN1_STRING* first_common_name(const X509_NAME* name) {
  return entry_at(name, X509_NAME_get_index_by_NID(name, NID_commonName, -1));
}

const ASN1_STRING* last_common_name(const X509_NAME* name) {
  int last = -1;
  for (int at = -1; (at = X509_NAME_get_index_by_NID(name, NID_commonName, at)) >= 0;) last = at;
  return entry_at(name, last);
}

std::string number_text(const ASN1_INTEGER* number) {
  const ossl::quiet_errors quiet;
  const ossl::bignum_ptr value(ASN1_INTEGER_to_BN(number, nullptr));
  if (!value) return {};
  std::vector<std::byte> octets(static_cast<std::size_t>(BN_num_bytes(value.get())));
  BN_bn2bin(value.get(), reinterpret_cast<unsigned char*>(octets.data()));
  return (BN_is_negative(value.get()) == 1 ? "-" : "") + (octets.empty() ? "00" : to_hex(octets));
}

std::string octets_of(const ASN1_STRING* s) {
  const int size = ASN1_STRING_length(s);
  if (size <= 0) return {};
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(s)), static_cast<std::size_t>(size)};
}

std::vector<std::byte> bytes_of(const ASN1_STRING* s) {
  const auto* data = reinterpret_cast<const std::byte*>(ASN1_STRING_get0_data(s));
  return {data, data + ASN1_STRING_length(s)};
}

std::string utf8_of(const ASN1_STRING* s) {
  const ossl::quiet_errors quiet;
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, s);
  const std::unique_ptr<unsigned char, openssl_freed> owned(utf8);
  if (size < 0) return octets_of(s);
  return {reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size)};
}

std::string shown(const ASN1_STRING* s) {
  return s == nullptr ? std::string() : base::printable(utf8_of(s));
}

std::string escaped(std::string_view octets) {
  std::string out;
  for (auto at = octets.find('\\'); at != octets.npos; at = octets.find('\\')) {
    out += base::printable(octets.substr(0, at)) + "\\5C";
    octets.remove_prefix(at + 1);
  }
  return out + base::printable(octets);
}

std::optional<std::string> unescaped(std::string_view text) {
  std::string out;
  for (; !text.empty(); text.remove_prefix(1)) {
    if (text[0] != '\\') {
      out += text[0];
      continue;
    }
    const auto octet = from_hex(text.substr(1, 2));
    if (!octet || octet->empty()) return std::nullopt;
    out += static_cast<char>(octet->front());
    text.remove_prefix(2);
  }
  return out;
}

std::optional<std::vector<std::byte>> from_hex(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdefABCDEF";
  std::vector<std::byte> out;
  out.reserve(text.size() / 2);
  for (; text.size() >= 2; text.remove_prefix(2)) {
    unsigned octet = 0;
    for (const char c : text.substr(0, 2)) {
      const auto at = digits.find(c);
      if (at == digits.npos) return std::nullopt;
      octet = octet * 16 + static_cast<unsigned>(at < 16 ? at : at - 6);
    }
    out.push_back(static_cast<std::byte>(octet));
  }
  if (!text.empty()) return std::nullopt;
  return out;
}

}  // namespace signet::x509
