#include <signet/x509/certificate.hpp>
#include <signet/x509/general_name.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <optional>

#include "base/ascii.hpp"
#include "base/host_name.hpp"
#include "base/printable.hpp"
#include "ossl/errors.hpp"
#include "x509/der.hpp"
#include "x509/names.hpp"
#include "x509/text.hpp"

namespace signet {
namespace {

using x509::name_place;

using type_ptr = ossl::handle<ASN1_TYPE, ASN1_TYPE_free>;
using octets_ptr = ossl::handle<ASN1_STRING, ASN1_STRING_free>;

constexpr std::array<std::string_view, 9> kind_names{
    "otherName", "rfc822Name",  "dNSName", "x400Address", "directoryName", "ediPartyName", "uniformResourceIdentifier",
    "iPAddress", "registeredID"};

// Any octet that is not plainly part of a name is escaped, so that "a\0b", "a,b" and a real backslash stay what they
// are. Commas belong into URLs.
std::string escaped_name(std::string_view name, general_name_kind kind) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : name) {
    if (c > ' ' && c < 0x7f && c != '\\' && (c != ',' || kind == general_name_kind::uri)) {
      out += c;
    } else {
      const auto octet = static_cast<unsigned char>(c);
      out += '\\';
      out += digits[octet >> 4];
      out += digits[octet & 15];
    }
  }
  return out;
}

// The number of leading ones; nothing for a mask that is not just that.
std::optional<std::size_t> prefix_length(std::string_view mask) {
  std::size_t length = 0;
  bool is_over = false;
  for (const char c : mask) {
    const auto octet = static_cast<std::uint8_t>(c);
    const auto ones = static_cast<std::size_t>(std::countl_one(octet));
    if (is_over ? octet != 0 : std::popcount(octet) != static_cast<int>(ones)) return std::nullopt;
    length += ones;
    is_over = is_over || ones < 8;
  }
  return length;
}

std::string address_text(std::string_view octets) {
  return base::address_text(reinterpret_cast<const std::uint8_t*>(octets.data()), octets.size());
}

std::string address_of(const std::string& octets, name_place place) {
  const std::string_view all = octets;
  const bool is_subnet = place == name_place::constraint;
  const auto half = is_subnet ? all.size() / 2 : all.size();
  auto text = is_subnet && all.size() % 2 != 0 ? std::string() : address_text(all.substr(0, half));
  if (text.empty()) return "malformed:" + to_hex(octets);
  if (!is_subnet) return text;
  const auto mask = all.substr(half);
  const auto length = prefix_length(mask);
  return text + '/' + (length ? std::to_string(*length) : address_text(mask));
}

error invalid(std::string_view text, std::string_view why, std::string hint = {}) {
  return error(errc::invalid_name, base::quoted(text) + ' ' + std::string(why), std::move(hint));
}

result<std::string> plain_host(std::string_view text) {
  auto parsed = base::parse_host_name(text);
  if (!parsed) return std::move(parsed).error();
  if (parsed->address_size != 0) return invalid(text, "is an address, not a DNS name", "give it as an address");
  return std::move(parsed->ascii);
}

result<std::string> dns_name(std::string_view text) {
  const bool is_wildcard = text.starts_with("*.");
  const std::string_view prefix = is_wildcard ? "*." : "";
  auto host = plain_host(text.substr(prefix.size()));
  if (!host) return std::move(host).error();
  if (is_wildcard && host->find('.') == host->npos)
    return invalid(text, "is too wide: a wildcard needs two labels behind it");
  auto out = std::string(prefix) + *host;
  if (out.size() > 253) return invalid(text, "is longer than 253 octets");
  return out;
}

// A host, or with a dot in front all below it.
result<std::string> host_or_domain(std::string_view text) {
  const std::string_view prefix = text.starts_with('.') ? "." : "";
  auto host = plain_host(text.substr(prefix.size()));
  if (!host) return std::move(host).error();
  return std::string(prefix) + *host;
}

// A Mailbox of RFC 5321 whose local part is not quoted.
result<std::string> email(std::string_view text) {
  constexpr std::string_view others = "!#$%&'*+-/=?^_`{|}~";
  const auto at = text.rfind('@');
  if (at == text.npos) return invalid(text, "is not a mail address: it has no '@'");
  const auto local = text.substr(0, at);
  if (local.empty() || local.size() > 64)
    return invalid(text, "is not a mail address: 1 to 64 octets go before the '@'");
  bool is_after_dot = true;
  for (const char c : local) {
    const bool is_dot = c == '.';
    if (is_dot ? is_after_dot : !base::is_letter_or_digit(c) && others.find(c) == others.npos)
      return invalid(text, "is not a mail address: " + base::quoted(local) + " is none of its names");
    is_after_dot = is_dot;
  }
  if (is_after_dot) return invalid(text, "is not a mail address: a dot stands before the '@'");
  auto domain = plain_host(text.substr(at + 1));
  if (!domain) return std::move(domain).error();
  return std::string(local) + '@' + *domain;
}

// RFC 3986. Where there is an authority, it has a host (RFC 5280 section 4.2.1.6).
result<std::string> uri(std::string_view text) {
  constexpr std::string_view others = "-._~:/?#[]@!$&'()*+,;=%";
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!base::is_letter_or_digit(text[i]) && others.find(text[i]) == others.npos)
      return invalid(text, "holds a character no URI has");
    if (text[i] == '%' && (i + 2 >= text.size() || !x509::from_hex(text.substr(i + 1, 2))))
      return invalid(text, "holds a '%' without its two hex digits");
  }
  const auto colon = text.find(':');
  const auto scheme = text.substr(0, colon);
  if (colon == text.npos || colon + 1 == text.size() || scheme.empty() || !base::is_letter(scheme[0]) ||
      !std::all_of(scheme.begin(), scheme.end(),
                   [](char c) { return base::is_letter_or_digit(c) || c == '+' || c == '-' || c == '.'; }))
    return invalid(text, "is not a URI", "https://host/path, urn:example:name");
  if (!text.substr(colon + 1).starts_with("//")) return std::string(text);
  auto authority = text.substr(colon + 3);
  authority = authority.substr(0, authority.find_first_of("/?#"));
  if (const auto at = authority.rfind('@'); at != authority.npos) authority.remove_prefix(at + 1);
  const auto end = authority.starts_with('[') ? authority.find(']') : authority.find(':');
  const auto host = authority.substr(0, authority.starts_with('[') && end != authority.npos ? end + 1 : end);
  const auto port = authority.substr(host.size());
  if (!port.empty() && (port[0] != ':' || !std::all_of(port.begin() + 1, port.end(), base::is_digit)))
    return invalid(text, "is not a URI: its port is not a number");
  if (auto parsed = base::parse_host_name(host); !parsed)
    return std::move(parsed).error().in("the URI " + base::quoted(text));
  return std::string(text);
}

result<std::string> address(std::string_view text, name_place place) {
  const auto slash = place == name_place::constraint ? text.find('/') : text.npos;
  auto parsed = base::parse_host_name(text.substr(0, slash));
  if (!parsed) return std::move(parsed).error();
  std::string octets(reinterpret_cast<const char*>(parsed->address.data()), parsed->address_size);
  if (octets.empty()) return invalid(text, "is not an address");
  if (place == name_place::name) return octets;
  const auto digits = slash == text.npos ? std::string_view() : text.substr(slash + 1);
  std::size_t length = 0;
  const auto [stop, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (digits.empty() || problem != std::errc() || stop != digits.data() + digits.size() || length > octets.size() * 8)
    return invalid(text, "is not a subnet", "192.0.2.0/24, 2001:db8::/32; /32 or /128 is a single address");
  std::string mask(octets.size(), '\0');
  for (std::size_t bit = 0; bit < length; ++bit)
    mask[bit / 8] = static_cast<char>(static_cast<unsigned char>(mask[bit / 8]) | (0x80U >> bit % 8));
  auto base_octets = octets;
  std::transform(octets.begin(), octets.end(), mask.begin(), base_octets.begin(),
                 [](char a, char b) { return static_cast<char>(a & b); });
  if (base_octets != octets)
    return invalid(text, "has bits set behind its prefix", address_text(base_octets) + '/' + std::to_string(length));
  return octets + mask;
}

// The text of the kinds that are strings.
result<std::string> string_value(const general_name& name, name_place place) {
  const bool is_constraint = place == name_place::constraint;
  switch (name.kind) {
    case general_name_kind::dns:
      // All names lie below the empty one.
      if (is_constraint && name.value.empty()) return std::string();
      return is_constraint ? host_or_domain(name.value) : dns_name(name.value);
    case general_name_kind::email:
      return is_constraint && name.value.find('@') == name.value.npos ? host_or_domain(name.value) : email(name.value);
    case general_name_kind::uri:
      return is_constraint ? host_or_domain(name.value) : uri(name.value);
    default:
      return address(name.value, place);
  }
}

error no_memory() {
  return error(errc::out_of_memory, "no memory left for a name");
}

result<x509::general_name_ptr> with_string(const general_name& name, name_place place, int type, int string_type) {
  auto text = string_value(name, place);
  if (!text) return std::move(text).error();
  x509::general_name_ptr out(GENERAL_NAME_new());
  octets_ptr value(ASN1_STRING_type_new(string_type));
  if (!out || !value || ASN1_STRING_set(value.get(), text->data(), static_cast<int>(text->size())) != 1)
    return no_memory();
  GENERAL_NAME_set0_value(out.get(), type, value.release());
  return out;
}

result<x509::general_name_ptr> other_name(std::string_view text) {
  const auto equals = text.find('=');
  const auto oid = text.substr(0, equals);
  const auto der = equals == text.npos ? std::nullopt : x509::from_hex(text.substr(equals + 1));
  auto type = x509::encode_object(oid);
  if (!type || !der || der->empty() || der->size() > 65536)
    return invalid(text, "is not an other name: its OID, '=' and its DER in hex", "1.3.6.1.4.1.311.20.2.3=0C0161");
  const auto* at = reinterpret_cast<const unsigned char*>(der->data());
  const auto* const end = at + der->size();
  type_ptr value(d2i_ASN1_TYPE(nullptr, &at, static_cast<long>(der->size())));
  if (!value || at != end || x509::der_of(value.get(), i2d_ASN1_TYPE) != *der)
    return invalid(text, "is not an other name: what it holds is not DER");
  x509::general_name_ptr out(GENERAL_NAME_new());
  if (!out || GENERAL_NAME_set0_othername(out.get(), type->get(), value.get()) != 1) return no_memory();
  (void)type->release();
  (void)value.release();
  return out;
}

result<x509::general_name_ptr> directory_name(std::string_view text, name_place place) {
  auto parsed = distinguished_name::parse(text);
  if (!parsed) return std::move(parsed).error();
  if (parsed->empty() && place == name_place::name) return invalid(text, "is not a directory name: it is empty");
  auto encoded = x509::encode(*parsed);
  if (!encoded) return std::move(encoded).error();
  x509::general_name_ptr out(GENERAL_NAME_new());
  if (!out) return no_memory();
  GENERAL_NAME_set0_value(out.get(), GEN_DIRNAME, encoded->release());
  return out;
}

result<x509::general_name_ptr> registered_id(std::string_view text) {
  auto object = x509::encode_object(text);
  if (!object || text.find_first_not_of("0123456789.") != text.npos) return invalid(text, "is not a dotted OID");
  x509::general_name_ptr out(GENERAL_NAME_new());
  if (!out) return no_memory();
  GENERAL_NAME_set0_value(out.get(), GEN_RID, object->release());
  return out;
}

}  // namespace

std::string_view name(general_name_kind kind) noexcept {
  const auto at = static_cast<std::size_t>(kind);
  return at < kind_names.size() ? kind_names[at] : "unknown";
}

namespace x509 {

general_name decode(const GENERAL_NAME* name, name_place place) {
  const ossl::quiet_errors quiet;
  const auto plain = [](general_name_kind kind, const ASN1_STRING* s) {
    return general_name{kind, escaped_name(octets_of(s), kind)};
  };
  switch (name->type) {
    case GEN_EMAIL:
      return plain(general_name_kind::email, name->d.rfc822Name);
    case GEN_DNS:
      return plain(general_name_kind::dns, name->d.dNSName);
    case GEN_URI:
      return plain(general_name_kind::uri, name->d.uniformResourceIdentifier);
    case GEN_IPADD:
      return {general_name_kind::ip_address, address_of(octets_of(name->d.iPAddress), place)};
    case GEN_DIRNAME:
      return {general_name_kind::directory_name, decode(name->d.directoryName).text()};
    case GEN_RID:
      return {general_name_kind::registered_id, decode(name->d.registeredID).oid};
    case GEN_OTHERNAME:
      return {general_name_kind::other_name,
              decode(name->d.otherName->type_id).oid + '=' + to_hex(der_of(name->d.otherName->value, i2d_ASN1_TYPE))};
    default:
      return {name->type == GEN_X400 ? general_name_kind::x400_address : general_name_kind::edi_party_name,
              to_hex(der_of(name, i2d_GENERAL_NAME))};
  }
}

std::vector<general_name> decode(const GENERAL_NAMES* names) {
  std::vector<general_name> out;
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) out.push_back(decode(sk_GENERAL_NAME_value(names, i)));
  return out;
}

result<general_name_ptr> encode(const general_name& name, name_place place) {
  const ossl::quiet_errors quiet;
  switch (name.kind) {
    case general_name_kind::email:
      return with_string(name, place, GEN_EMAIL, V_ASN1_IA5STRING);
    case general_name_kind::dns:
      return with_string(name, place, GEN_DNS, V_ASN1_IA5STRING);
    case general_name_kind::uri:
      return with_string(name, place, GEN_URI, V_ASN1_IA5STRING);
    case general_name_kind::ip_address:
      return with_string(name, place, GEN_IPADD, V_ASN1_OCTET_STRING);
    case general_name_kind::other_name:
      return other_name(name.value);
    case general_name_kind::directory_name:
      return directory_name(name.value, place);
    case general_name_kind::registered_id:
      return registered_id(name.value);
    default:
      return error(errc::not_supported, "names of the kind " + std::string(signet::name(name.kind)) + " are not made");
  }
}

result<ossl::general_names_ptr> encode(const std::vector<general_name>& names) {
  const ossl::quiet_errors quiet;
  ossl::general_names_ptr out(GENERAL_NAMES_new());
  for (const auto& name : names) {
    auto entry = encode(name);
    if (!entry) return std::move(entry).error();
    if (!out || sk_GENERAL_NAME_push(out.get(), entry->get()) <= 0) return no_memory();
    (void)entry->release();
  }
  if (!out) return no_memory();
  return out;
}

}  // namespace x509
}  // namespace signet
