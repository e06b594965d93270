#include <signet/x509/certificate.hpp>
#include <signet/x509/distinguished_name.hpp>

#include <openssl/objects.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/ascii.hpp"
#include "base/printable.hpp"
#include "ossl/errors.hpp"
#include "x509/der.hpp"
#include "x509/names.hpp"
#include "x509/text.hpp"

namespace signet {
namespace {

// More than any name needs; what is longer is no name.
constexpr std::size_t longest_text = 65536;
constexpr std::size_t most_attributes = 256;
constexpr std::size_t longest_type = 256;

using type_ptr = ossl::handle<ASN1_TYPE, ASN1_TYPE_free>;
using entry_ptr = ossl::handle<X509_NAME_ENTRY, X509_NAME_ENTRY_free>;

error invalid(std::string message, std::string hint = {}) {
  return error(errc::invalid_name, std::move(message), std::move(hint));
}

// What RFC 5280 appendix A.1 has on a type of attribute. Lengths are in characters.
struct rule {
  int nid;
  int string_type;
  std::size_t most;
};
constexpr std::array rules{
    rule{NID_commonName, V_ASN1_UTF8STRING, 64},
    rule{NID_organizationName, V_ASN1_UTF8STRING, 64},
    rule{NID_organizationalUnitName, V_ASN1_UTF8STRING, 64},
    rule{NID_title, V_ASN1_UTF8STRING, 64},
    rule{NID_localityName, V_ASN1_UTF8STRING, 128},
    rule{NID_stateOrProvinceName, V_ASN1_UTF8STRING, 128},
    rule{NID_pseudonym, V_ASN1_UTF8STRING, 128},
    rule{NID_countryName, V_ASN1_PRINTABLESTRING, 2},
    rule{NID_serialNumber, V_ASN1_PRINTABLESTRING, 64},
    rule{NID_dnQualifier, V_ASN1_PRINTABLESTRING, 32768},
    rule{NID_domainComponent, V_ASN1_IA5STRING, 63},
    rule{NID_pkcs9_emailAddress, V_ASN1_IA5STRING, 255},
};
constexpr rule any_other{NID_undef, V_ASN1_UTF8STRING, 32768};

const rule& rule_of(const ASN1_OBJECT* type) {
  const auto* const found =
      std::find_if(rules.begin(), rules.end(), [nid = OBJ_obj2nid(type)](const rule& r) { return r.nid == nid; });
  return found == rules.end() ? any_other : *found;
}

// RFC 4514 section 3 has these in any case.
std::string_view usual_case(std::string_view type) {
  constexpr std::array<std::string_view, 11> names{"CN", "L",   "ST",           "O",           "OU", "C", "street",
                                                   "DC", "UID", "emailAddress", "serialNumber"};
  for (const auto name : names)
    if (base::same_ignoring_case(type, name)) return name;
  return type;
}

result<x509::object_ptr> attribute_type(std::string_view text) {
  auto object = x509::encode_object(usual_case(text));
  if (!object) return invalid(base::quoted(text) + " is not a type of attribute", "CN, O, or a dotted OID");
  return object;
}

std::string type_text(const ASN1_OBJECT* type) {
  auto id = x509::decode(type);
  return id.name.empty() ? std::move(id.oid) : std::move(id.name);
}

bool is_text(int string_type) {
  constexpr std::array types{V_ASN1_UTF8STRING, V_ASN1_PRINTABLESTRING, V_ASN1_IA5STRING,     V_ASN1_T61STRING,
                             V_ASN1_BMPSTRING,  V_ASN1_UNIVERSALSTRING, V_ASN1_NUMERICSTRING, V_ASN1_VISIBLESTRING};
  return std::find(types.begin(), types.end(), string_type) != types.end();
}

std::string hex_of_der(const ASN1_STRING* value) {
  const type_ptr typed(ASN1_TYPE_new());
  if (!typed || ASN1_TYPE_set1(typed.get(), ASN1_STRING_type(value), value) != 1) return "#";
  auto hex = to_hex(x509::der_of(typed.get(), i2d_ASN1_TYPE));
  std::transform(hex.begin(), hex.end(), hex.begin(), [](char c) { return c >= 'a' ? static_cast<char>(c - 32) : c; });
  return '#' + hex;
}

// The DER behind "#0403...", if that is what a value is.
std::optional<std::vector<std::byte>> der_in(std::string_view value) {
  if (value.size() < 3 || value[0] != '#') return std::nullopt;
  return x509::from_hex(value.substr(1));
}

std::string value_of(std::string_view octets) {
  auto out = x509::escaped(octets);
  if (der_in(out)) out.replace(0, 1, "\\23");
  return out;
}

// RFC 4514 section 2.4.
std::string rfc4514(std::string_view octets) {
  constexpr std::string_view special = "\"+,;<>\\";
  std::string out;
  for (std::size_t i = 0; i < octets.size(); ++i) {
    const char c = octets[i];
    const bool is_first = i == 0 && (c == '#' || c == ' ');
    const bool is_last = i + 1 == octets.size() && c == ' ';
    if (is_first || is_last || special.find(c) != special.npos) out += '\\';
    out += c;
  }
  return base::printable(out);
}

class parser {
 public:
  explicit parser(std::string_view text) : whole_(text), rest_(text) {}

  result<distinguished_name> run() {
    if (whole_.size() > longest_text)
      return invalid("a distinguished name of " + std::to_string(whole_.size()) + " octets is too long");
    distinguished_name out;
    skip_blanks();
    bool is_joined = false;
    // Whether each shares its RDN with the one before it in the text, which is after it in the name.
    std::vector<bool> joined;
    while (!rest_.empty() || !out.attributes.empty()) {
      if (out.attributes.size() == most_attributes) return refused("it has more than 256 attributes");
      auto attribute = next();
      if (!attribute) return std::move(attribute).error();
      out.attributes.push_back(*std::move(attribute));
      joined.push_back(is_joined);
      skip_blanks();
      if (rest_.empty()) break;
      is_joined = rest_[0] == '+';
      if (!is_joined && rest_[0] != ',') return refused("there is something behind a value that has ended");
      rest_.remove_prefix(1);
      skip_blanks();
    }
    std::reverse(out.attributes.begin(), out.attributes.end());
    for (std::size_t i = 1; i < joined.size(); ++i) out.attributes[joined.size() - i].is_joined = joined[i];
    return out;
  }

 private:
  [[nodiscard]] error refused(std::string_view why) const {
    return invalid(base::quoted(whole_) + " is not a distinguished name: " + std::string(why),
                   "RFC 4514: CN=www.example.org,O=Example");
  }

  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size())); }

  result<name_attribute> next() {
    const auto equals = rest_.find('=');
    if (equals == rest_.npos) return refused("an attribute has no '='");
    auto type = rest_.substr(0, equals);
    type = type.substr(0, type.find_last_not_of(' ') + 1);
    auto object = attribute_type(type);
    if (!object) return refused(object.error().message());
    rest_.remove_prefix(equals + 1);
    skip_blanks();
    name_attribute out;
    out.type = type_text(object->get());
    if (rest_.starts_with('#')) {
      out.value = rest_.substr(0, rest_.find_first_of(" ,+"));
      if (!der_in(out.value)) return refused("behind '#' there is no hex; a '#' of its own is \\#");
      rest_.remove_prefix(out.value.size());
      return out;
    }
    auto octets = rest_.starts_with('"') ? quoted_value() : plain_value();
    if (!octets) return std::move(octets).error();
    out.value = value_of(*octets);
    return out;
  }

  // Takes the escape in front, its backslash included.
  result<char> escape() {
    constexpr std::string_view special = " \"#+,;<=>\\";
    if (const auto octet = x509::from_hex(rest_.substr(1, 2)); octet && octet->size() == 1) {
      rest_.remove_prefix(3);
      return static_cast<char>(octet->front());
    }
    if (rest_.size() < 2 || special.find(rest_[1]) == special.npos)
      return refused("a backslash has to be followed by two hex digits or by one of " + std::string(special.substr(1)));
    const char c = rest_[1];
    rest_.remove_prefix(2);
    return c;
  }

  result<std::string> quoted_value() {
    std::string out;
    rest_.remove_prefix(1);
    while (!rest_.empty() && rest_[0] != '"') {
      if (auto ok = take(out); !ok) return std::move(ok).error();
    }
    if (rest_.empty()) return refused("a quote is not closed");
    rest_.remove_prefix(1);
    return out;
  }

  result<std::string> plain_value() {
    std::string out;
    // Blanks at the end count when they are escaped only.
    std::size_t kept = 0;
    while (!rest_.empty() && rest_[0] != ',' && rest_[0] != '+') {
      if (std::string_view("\";<>").find(rest_[0]) != std::string_view::npos)
        return refused("a " + base::quoted(rest_.substr(0, 1)) + " has to be escaped with a backslash");
      const bool is_blank = rest_[0] == ' ';
      if (auto ok = take(out); !ok) return std::move(ok).error();
      if (!is_blank) kept = out.size();
    }
    out.resize(kept);
    return out;
  }

  result<void> take(std::string& out) {
    if (rest_[0] == '\0') return refused("it holds a NUL");
    if (rest_[0] == '\\') {
      auto c = escape();
      if (!c) return std::move(c).error();
      out += *c;
    } else {
      out += rest_[0];
      rest_.remove_prefix(1);
    }
    return {};
  }

  std::string_view whole_;
  std::string_view rest_;
};

bool is_printable_string(std::string_view text) {
  constexpr std::string_view others = " '()+,-./:=?";
  return std::all_of(text.begin(), text.end(),
                     [&](char c) { return base::is_letter_or_digit(c) || others.find(c) != others.npos; });
}

result<void> check_value(std::string_view octets, const rule& r, const std::string& type) {
  if (octets.find_first_not_of(' ') == octets.npos) return invalid("the " + type + " of a name is empty");
  const auto what = "the " + type + ' ' + base::quoted(octets);
  if (base::printable(octets) != octets) return invalid(what + " holds characters that cannot be printed");
  const auto characters = static_cast<std::size_t>(std::count_if(
      octets.begin(), octets.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
  if (r.nid == NID_countryName) {
    const bool is_code =
        std::all_of(octets.begin(), octets.end(), [](char c) { return base::is_letter(c) && base::lower(c) != c; });
    if (characters != 2 || !is_code) return invalid(what + " is not a country's two capital letters", "DE, FR, US");
  }
  if (characters > r.most) return invalid(what + " is longer than " + std::to_string(r.most) + " characters");
  if (r.string_type == V_ASN1_PRINTABLESTRING && !is_printable_string(octets))
    return invalid(what + " holds more than letters, digits and blanks and '()+,-./:=?");
  if (r.string_type == V_ASN1_IA5STRING &&
      std::any_of(octets.begin(), octets.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }))
    return invalid(what + " holds characters that are not ASCII", "write a domain as A-labels (xn--...)");
  return {};
}

// The value behind "#0C03...". A type that has a rule takes text only.
result<entry_ptr> entry_of_der(const std::vector<std::byte>& der, const ASN1_OBJECT* type, std::string_view value) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const type_ptr typed(d2i_ASN1_TYPE(nullptr, &at, static_cast<long>(der.size())));
  const int kind = typed ? ASN1_TYPE_get(typed.get()) : 0;
  entry_ptr entry;
  if (is_text(kind) || kind == V_ASN1_BIT_STRING || kind == V_ASN1_SEQUENCE) {
    const ASN1_STRING* s = typed->value.asn1_string;
    entry.reset(X509_NAME_ENTRY_create_by_OBJ(nullptr, type, kind, ASN1_STRING_get0_data(s), ASN1_STRING_length(s)));
  }
  auto upper = std::string(value);
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' ? static_cast<char>(c - 32) : c; });
  if (!entry || hex_of_der(X509_NAME_ENTRY_get_data(entry.get())) != upper)
    return invalid(base::quoted(value) + " is not the DER of a string");
  return entry;
}

result<entry_ptr> entry_of_text(std::string_view octets, const ASN1_OBJECT* type, const std::string& type_name) {
  const auto& r = rule_of(type);
  if (auto ok = check_value(octets, r, type_name); !ok) return std::move(ok).error();
  entry_ptr entry(X509_NAME_ENTRY_create_by_OBJ(nullptr, type, r.string_type,
                                                reinterpret_cast<const unsigned char*>(octets.data()),
                                                static_cast<int>(octets.size())));
  if (!entry) return error(errc::out_of_memory, "no memory left for a name");
  return entry;
}

result<entry_ptr> entry_of(const name_attribute& attribute) {
  auto type = attribute_type(attribute.type);
  if (!type) return std::move(type).error();
  if (const auto der = der_in(attribute.value)) {
    auto entry = entry_of_der(*der, type->get(), attribute.value);
    if (!entry || rule_of(type->get()).nid == NID_undef) return entry;
    const ASN1_STRING* s = X509_NAME_ENTRY_get_data(entry->get());
    if (!is_text(ASN1_STRING_type(s)))
      return invalid("the " + attribute.type + ' ' + base::quoted(attribute.value) + " is not text");
    return entry_of_text(x509::utf8_of(s), type->get(), attribute.type);
  }
  const auto octets = x509::unescaped(attribute.value);
  if (!octets)
    return invalid("the " + attribute.type + ' ' + base::quoted(attribute.value) + " holds a lone backslash",
                   "a backslash is \\5C");
  return entry_of_text(*octets, type->get(), attribute.type);
}

}  // namespace

result<distinguished_name> distinguished_name::parse(std::string_view text) {
  const ossl::quiet_errors quiet;
  return parser(text).run();
}

std::string distinguished_name::text() const {
  std::string out;
  for (std::size_t i = attributes.size(); i-- > 0;) {
    const auto& a = attributes[i];
    out += base::printable(a.type) + '=' +
           (der_in(a.value) ? a.value : rfc4514(x509::unescaped(a.value).value_or(a.value)));
    if (i > 0) out += a.is_joined ? '+' : ',';
  }
  return out;
}

std::vector<std::string> distinguished_name::values(std::string_view type) const {
  const ossl::quiet_errors quiet;
  const auto usual = [](std::string_view t) {
    const auto object = attribute_type(t);
    return object ? type_text(object->get()) : std::string(t);
  };
  const auto wanted = usual(type);
  std::vector<std::string> out;
  for (const auto& a : attributes)
    if (a.type == wanted || usual(a.type) == wanted) out.push_back(a.value);
  return out;
}

namespace x509 {

distinguished_name decode(const X509_NAME* name) {
  const ossl::quiet_errors quiet;
  distinguished_name out;
  int set = -1;
  for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, i);
    const ASN1_OBJECT* type = X509_NAME_ENTRY_get_object(entry);
    const ASN1_STRING* value = X509_NAME_ENTRY_get_data(entry);
    // What has no name has its value in hex (RFC 4514 section 2.4).
    const bool is_named = OBJ_obj2nid(type) != NID_undef && is_text(ASN1_STRING_type(value));
    out.attributes.push_back({.type = type_text(type),
                              .value = is_named ? value_of(utf8_of(value)) : hex_of_der(value),
                              .is_joined = X509_NAME_ENTRY_set(entry) == set});
    set = X509_NAME_ENTRY_set(entry);
  }
  return out;
}

result<ossl::x509_name_ptr> encode(const distinguished_name& name) {
  const ossl::quiet_errors quiet;
  if (name.attributes.size() > most_attributes) return invalid("a name has more than 256 attributes");
  ossl::x509_name_ptr out(X509_NAME_new());
  if (!out) return error(errc::out_of_memory, "no memory left for a name");
  for (const auto& attribute : name.attributes) {
    if (attribute.is_joined && X509_NAME_entry_count(out.get()) == 0)
      return invalid("the first attribute of a name has none before it to be joined to");
    auto entry = entry_of(attribute);
    if (!entry) return std::move(entry).error();
    if (X509_NAME_add_entry(out.get(), entry->get(), -1, attribute.is_joined ? -1 : 0) != 1)
      return invalid("the " + attribute.type + ' ' + base::quoted(attribute.value) + " cannot stand in a name");
  }
  // Read back, so that the parts of a set stand in the order any reader gets.
  const unsigned char* der = nullptr;
  std::size_t size = 0;
  if (X509_NAME_get0_der(out.get(), &der, &size) != 1) return invalid("the name cannot be encoded");
  ossl::x509_name_ptr again(d2i_X509_NAME(nullptr, &der, static_cast<long>(size)));
  if (!again) return invalid("the name is too long");
  return again;
}

object_id decode(const ASN1_OBJECT* object) {
  const ossl::quiet_errors quiet;
  object_id out;
  if (object == nullptr) return out;
  std::string text(128, '\0');
  int size = OBJ_obj2txt(text.data(), static_cast<int>(text.size()), object, 1);
  if (size >= static_cast<int>(text.size())) {
    text.resize(static_cast<std::size_t>(size) + 1);
    size = OBJ_obj2txt(text.data(), static_cast<int>(text.size()), object, 1);
  }
  text.resize(static_cast<std::size_t>(std::max(size, 0)));
  out.oid = std::move(text);
  if (const int nid = OBJ_obj2nid(object); nid != NID_undef) out.name = OBJ_nid2sn(nid);
  return out;
}

namespace {

// RFC 4512 section 1.4: arcs in decimal, without leading zeros. OpenSSL takes blanks for dots and nothing for a zero.
bool is_dotted(std::string_view text) {
  for (;;) {
    const auto arc = text.substr(0, text.find('.'));
    if (arc.empty() || arc.find_first_not_of("0123456789") != arc.npos || (arc.size() > 1 && arc[0] == '0'))
      return false;
    if (arc.size() == text.size()) return true;
    text.remove_prefix(arc.size() + 1);
  }
}

// One to look up: what begins with a digit is none.
bool is_name(std::string_view text) {
  return !text.empty() && (text[0] < '0' || text[0] > '9') && text.find('\0') == text.npos;
}

}  // namespace

result<object_ptr> encode_object(std::string_view text) {
  const ossl::quiet_errors quiet;
  object_ptr object;
  if (text.size() <= longest_type && (is_dotted(text) || is_name(text)))
    object.reset(OBJ_txt2obj(std::string(text).c_str(), 0));
  if (!object || OBJ_length(object.get()) == 0)
    return error(errc::invalid_argument, base::quoted(text) + " is neither a dotted OID nor a name known for one");
  return object;
}

}  // namespace x509
}  // namespace signet
