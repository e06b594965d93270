#include "support/named_certificate.hpp"

#include <arpa/inet.h>

#include <array>
#include <sstream>
#include <stdexcept>

#include "x509/impl.hpp"

namespace signet::test {
namespace {

void check(bool ok) {
  if (!ok) throw std::runtime_error("a certificate for a test cannot be made");
}

void push(GENERAL_NAMES* all, int type, int string_type, const std::string& octets) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_STRING* value = ASN1_STRING_type_new(string_type);
  check(name != nullptr && value != nullptr &&
        ASN1_STRING_set(value, octets.data(), static_cast<int>(octets.size())) == 1);
  GENERAL_NAME_set0_value(name, type, value);
  check(sk_GENERAL_NAME_push(all, name) > 0);
}

void push_service(GENERAL_NAMES* all, const std::string& text) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  ASN1_TYPE* value = ASN1_TYPE_new();
  ASN1_STRING* octets = ASN1_IA5STRING_new();
  check(name != nullptr && value != nullptr && octets != nullptr &&
        ASN1_STRING_set(octets, text.data(), static_cast<int>(text.size())) == 1);
  ASN1_TYPE_set(value, V_ASN1_IA5STRING, octets);
  check(GENERAL_NAME_set0_othername(name, OBJ_txt2obj("1.3.6.1.5.5.7.8.7", 1), value) == 1);
  check(sk_GENERAL_NAME_push(all, name) > 0);
}

std::string octets_of(const std::string& ip) {
  std::string out;
  if (ip.starts_with('x')) {
    for (std::size_t i = 1; i + 1 < ip.size(); i += 2)
      out += static_cast<char>(std::stoi(ip.substr(i, 2), nullptr, 16));
    return out;
  }
  std::array<char, 16> buffer{};
  if (inet_pton(AF_INET, ip.c_str(), buffer.data()) == 1) return {buffer.data(), 4};
  check(inet_pton(AF_INET6, ip.c_str(), buffer.data()) == 1);
  return {buffer.data(), 16};
}

void add_cn(X509* x, const std::string& cn) {
  check(X509_NAME_add_entry_by_NID(X509_get_subject_name(x), NID_commonName, MBSTRING_UTF8,
                                   reinterpret_cast<const unsigned char*>(cn.data()), static_cast<int>(cn.size()), -1,
                                   0) == 1);
}

}  // namespace

certificate certificate_with(const names_of_a_certificate& names) {
  ossl::x509_ptr x(X509_new());
  check(x && X509_set_version(x.get(), X509_VERSION_3) == 1);
  if (names.cn) add_cn(x.get(), *names.cn);
  for (const auto& cn : names.further_cns) add_cn(x.get(), cn);
  const ossl::general_names_ptr all(GENERAL_NAMES_new());
  for (const auto& one : names.dns) push(all.get(), GEN_DNS, V_ASN1_IA5STRING, one);
  for (const auto& one : names.ip) push(all.get(), GEN_IPADD, V_ASN1_OCTET_STRING, octets_of(one));
  for (const auto& one : names.uri) push(all.get(), GEN_URI, V_ASN1_IA5STRING, one);
  for (const auto& one : names.email) push(all.get(), GEN_EMAIL, V_ASN1_IA5STRING, one);
  for (const auto& one : names.srv) push_service(all.get(), one);
  if (sk_GENERAL_NAME_num(all.get()) > 0)
    check(X509_add1_ext_i2d(x.get(), NID_subject_alt_name, all.get(), 0, X509V3_ADD_DEFAULT) == 1);
  return adopt(std::move(x));
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string part; std::getline(in, part, ',');)
    if (!part.empty()) out.push_back(part);
  return out;
}

}  // namespace signet::test
