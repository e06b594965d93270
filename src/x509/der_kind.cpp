#include "x509/der_kind.hpp"

#include <openssl/asn1.h>

#include <cstddef>
#include <optional>

namespace signet::x509 {
namespace {

using namespace std::string_view_literals;

constexpr unsigned sequence = V_ASN1_CONSTRUCTED | V_ASN1_SEQUENCE;
constexpr unsigned set = V_ASN1_CONSTRUCTED | V_ASN1_SET;

struct element {
  unsigned tag = 0;
  // Of content that is cut off, what there is. With BER's indefinite length that is all that follows.
  std::string_view content = {};
  std::string_view rest = {};
};

std::optional<element> first_of(std::string_view der) noexcept {
  const auto octet = [&](std::size_t i) -> std::size_t { return static_cast<unsigned char>(der[i]); };
  if (der.size() < 2) return std::nullopt;
  const auto tag = static_cast<unsigned>(octet(0));
  std::size_t length = octet(1);
  std::size_t header = 2;
  if (length == 0x80) return element{tag, der.substr(header), {}};
  if (length > 0x80) {
    header += length & 0x7f;
    if (header > 2 + sizeof(length) || der.size() < header) return std::nullopt;
    length = 0;
    for (std::size_t i = 2; i < header; ++i) length = length << 8 | octet(i);
  }
  const auto content = der.substr(header, length);
  return element{tag, content, der.substr(header + content.size())};
}

// Takes the first element off the front of `der`; a tag of 0 at its end.
element take(std::string_view& der) noexcept {
  const auto found = first_of(der).value_or(element{});
  der = found.rest;
  return found;
}

bool begins_with(const element& e, unsigned tag) noexcept {
  const auto first = first_of(e.content);
  return e.tag == sequence && first && first->tag == tag;
}

// What the signed structures hold inside: TBSCertificate, CertificationRequestInfo or TBSCertList.
der_kind kind_of_signed(std::string_view inside) noexcept {
  auto next = take(inside);
  if (next.tag == (V_ASN1_CONTEXT_SPECIFIC | V_ASN1_CONSTRUCTED)) return der_kind::certificate;
  const bool has_number = next.tag == V_ASN1_INTEGER;
  if (has_number) next = take(inside);
  if (next.tag != sequence) return der_kind::unknown;
  if (!begins_with(next, V_ASN1_OBJECT)) {
    // A name, and the key it asks a certificate for.
    const bool is_name = next.content.empty() || begins_with(next, set);
    return has_number && is_name && take(inside).tag == sequence ? der_kind::request : der_kind::unknown;
  }
  // An algorithm, the issuer's name, then the period of a certificate of version 1 or the time of a list.
  if (take(inside).tag != sequence) return der_kind::unknown;
  next = take(inside);
  if (next.tag == V_ASN1_UTCTIME || next.tag == V_ASN1_GENERALIZEDTIME) return der_kind::crl;
  return has_number && next.tag == sequence ? der_kind::certificate : der_kind::unknown;
}

// What begins with a small number: the version of a key or of PKCS#12.
der_kind kind_of_versioned(std::string_view version, std::string_view after) noexcept {
  auto rest = after;
  const auto next = take(rest);
  const bool is_0 = version == "\0"sv;
  const bool is_1 = version == "\1"sv;
  if (begins_with(next, V_ASN1_OBJECT))
    return is_0 || is_1 ? der_kind::pkcs8 : version == "\3"sv ? der_kind::pkcs12 : der_kind::unknown;
  if (is_1 && next.tag == V_ASN1_OCTET_STRING) return der_kind::ec_key;
  if (!is_0 || next.tag != V_ASN1_INTEGER) return der_kind::unknown;
  int numbers = 1;
  while (take(rest).tag == V_ASN1_INTEGER) ++numbers;
  return numbers == 5 ? der_kind::dsa_key : der_kind::rsa_key;
}

}  // namespace

der_kind kind_of(std::string_view der) noexcept {
  const auto whole = first_of(der);
  if (!whole || whole->tag != sequence) return der_kind::unknown;
  auto inside = whole->content;
  const auto first = take(inside);
  if (first.tag == V_ASN1_INTEGER) return kind_of_versioned(first.content, inside);
  if (first.tag == V_ASN1_OBJECT)
    return first.content.starts_with("\x2a\x86\x48\x86\xf7\x0d\x01\x07"sv) ? der_kind::pkcs7 : der_kind::unknown;
  if (first.tag != sequence) return der_kind::unknown;
  if (!begins_with(first, V_ASN1_OBJECT)) return kind_of_signed(first.content);
  const auto second = take(inside).tag;
  if (second == V_ASN1_OCTET_STRING) return der_kind::encrypted_pkcs8;
  return second == V_ASN1_BIT_STRING ? der_kind::public_key : der_kind::unknown;
}

std::string_view name(der_kind kind) noexcept {
  switch (kind) {
    case der_kind::unknown:
      return {};
    case der_kind::certificate:
      return "a certificate";
    case der_kind::request:
      return "a certificate request";
    case der_kind::crl:
      return "a revocation list";
    case der_kind::pkcs8:
    case der_kind::rsa_key:
    case der_kind::dsa_key:
    case der_kind::ec_key:
      return "a private key";
    case der_kind::encrypted_pkcs8:
      return "an encrypted private key";
    case der_kind::pkcs12:
      return "a PKCS#12 file";
    case der_kind::pkcs7:
      return "a PKCS#7 file";
    case der_kind::public_key:
      return "a public key";
  }
  return {};
}

bool is_private_key(der_kind kind) noexcept {
  return kind >= der_kind::pkcs8 && kind <= der_kind::ec_key;
}

}  // namespace signet::x509
