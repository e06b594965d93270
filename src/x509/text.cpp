#include "x509/text.hpp"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/objects.h>

#include <array>
#include <memory>
#include <string_view>

#include "base/printable.hpp"
#include "ossl/errors.hpp"
#include "ossl/handles.hpp"

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
  const ossl::quiet_errors quiet;
  const ossl::bio_ptr memory(BIO_new(BIO_s_mem()));
  constexpr unsigned long readable = XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
  if (!memory || X509_NAME_print_ex(memory.get(), name, 0, readable) < 0) return "(unreadable)";
  char* text = nullptr;
  const long size = BIO_get_mem_data(memory.get(), &text);
  return size > 0 ? base::printable({text, static_cast<std::size_t>(size)}) : std::string();
}

std::string common_name(const X509_NAME* name) {
  const ossl::quiet_errors quiet;
  int last = -1;
  for (int at = -1; (at = X509_NAME_get_index_by_NID(name, NID_commonName, at)) >= 0;) last = at;
  if (last < 0) return {};
  const ASN1_STRING* value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, last));
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, value);
  const std::unique_ptr<unsigned char, openssl_freed> owned(utf8);
  if (size >= 0) return base::printable({reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size)});
  const auto* data = reinterpret_cast<const char*>(ASN1_STRING_get0_data(value));
  return base::printable({data, static_cast<std::size_t>(ASN1_STRING_length(value))});
}

}  // namespace signet::x509
