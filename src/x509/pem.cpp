#include "x509/pem.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <tuple>
#include <utility>

#include "base/printable.hpp"
#include "x509/der_kind.hpp"

namespace signet::pem {
namespace {

constexpr std::string_view begin_mark = "-----BEGIN ";
constexpr std::string_view end_mark = "-----END ";
constexpr std::string_view dashes = "-----";

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\v' || c == '\f';
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// A label is followed by five dashes on its own line; none when it is not.
std::optional<std::string_view> label_at(std::string_view text, std::size_t at) {
  const auto rest = text.substr(at, 128);
  const auto end = rest.find(dashes);
  if (end == rest.npos) return std::nullopt;
  const auto label = rest.substr(0, end);
  if (label.empty() || label.find_first_of("\r\n") != label.npos) return std::nullopt;
  return label;
}

// Header lines hold a colon, which base64 does not; they end at an empty line.
std::pair<std::string_view, std::string_view> split_headers(std::string_view body) {
  const auto first = trimmed(body);
  if (first.substr(0, first.find('\n')).find(':') == first.npos) return {{}, body};
  const auto lf = first.find("\n\n");
  const auto crlf = first.find("\r\n\r\n");
  const auto end = std::min(lf, crlf);
  if (end == first.npos) return {first, {}};
  return {first.substr(0, end + 1), first.substr(end)};
}

constexpr std::array<std::int8_t, 256> base64_values = [] {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < alphabet.size(); ++i)
    values[static_cast<std::uint8_t>(alphabet[i])] = static_cast<std::int8_t>(i);
  return values;
}();

std::string counted(std::size_t n, std::string_view one, std::string_view many) {
  return n == 1 ? std::string(one) : std::to_string(n) + ' ' + std::string(many);
}

bool is_text(std::string_view text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return (static_cast<std::uint8_t>(c) < 0x20 && !is_blank(c)); });
}

}  // namespace

error reader::broken(std::size_t at, std::string why) {
  position_ = text_.size();
  const auto line = 1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(at), '\n');
  return error(errc::file_malformed, "the PEM block at line " + std::to_string(line) + ' ' + std::move(why));
}

result<std::optional<block>> reader::next() {
  const auto begin = text_.find(begin_mark, position_);
  if (begin == text_.npos) {
    position_ = text_.size();
    return std::optional<block>();
  }
  const auto label = label_at(text_, begin + begin_mark.size());
  if (!label) return broken(begin, "has a broken BEGIN line");
  const auto body = begin + begin_mark.size() + label->size() + dashes.size();
  const auto end = text_.find(dashes, body);
  if (end == text_.npos || text_.substr(end, begin_mark.size()) == begin_mark)
    return broken(begin, "has no end (is the file cut off?)");
  if (text_.substr(end, end_mark.size()) != end_mark || label_at(text_, end + end_mark.size()) != label)
    return broken(begin, "has a broken END line");

  block out;
  out.label = *label;
  std::tie(out.headers, out.base64) = split_headers(text_.substr(body, end - body));
  const auto from = text_.begin() + static_cast<std::ptrdiff_t>(counted_to_);
  line_ += static_cast<std::size_t>(std::count(from, text_.begin() + static_cast<std::ptrdiff_t>(begin), '\n'));
  counted_to_ = begin;
  out.line = line_;
  position_ = end + end_mark.size() + label->size() + dashes.size();
  out.text = text_.substr(begin, position_ - begin);
  return std::optional<block>(out);
}

std::optional<std::string> decode_base64(std::string_view base64) {
  std::string out;
  out.reserve(base64.size() / 4 * 3);
  std::uint32_t gathered = 0;
  std::size_t digits = 0;
  std::size_t padding = 0;
  for (const char c : base64) {
    if (is_blank(c)) continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    const auto value = base64_values[static_cast<std::uint8_t>(c)];
    if (value < 0 || padding != 0) return std::nullopt;
    gathered = gathered << 6 | static_cast<std::uint32_t>(value);
    if (++digits % 4 == 0)
      for (const int shift : {16, 8, 0}) out += static_cast<char>(gathered >> shift & 0xff);
  }
  const auto left = digits % 4;
  if (left == 1 || padding != (left == 0 ? 0 : 4 - left)) return std::nullopt;
  if (left == 2) out += static_cast<char>(gathered >> 4 & 0xff);
  if (left == 3)
    for (const int shift : {10, 2}) out += static_cast<char>(gathered >> shift & 0xff);
  return out;
}

bool is_certificate(std::string_view label) noexcept {
  return label == "CERTIFICATE" || label == "X509 CERTIFICATE" || label == "TRUSTED CERTIFICATE";
}

bool is_pkcs7(std::string_view label) noexcept {
  return label == "PKCS7" || label == "PKCS #7 SIGNED DATA" || label == "CMS";
}

bool is_private_key(std::string_view label) noexcept {
  return label == "PRIVATE KEY" || label.ends_with(" PRIVATE KEY");
}

std::string contents(std::string_view text) {
  if (text.empty()) return "nothing (it is empty)";
  if (const auto kind = x509::name(x509::kind_of(text)); !kind.empty()) return "DER data (" + std::string(kind) + ')';
  std::size_t certificates = 0;
  std::size_t keys = 0;
  std::vector<std::string> parts;
  reader in(text);
  for (;;) {
    const auto found = in.next();
    if (!found) return "a PEM block that is cut off or damaged";
    if (!found->has_value()) break;
    const auto label = (*found)->label;
    if (is_certificate(label)) {
      ++certificates;
    } else if (is_private_key(label)) {
      ++keys;
    } else if (parts.size() < 3) {
      parts.push_back("a PEM block " + base::quoted(label));
    }
  }
  if (keys != 0) parts.insert(parts.begin(), counted(keys, "a private key", "private keys"));
  if (certificates != 0) parts.insert(parts.begin(), counted(certificates, "a certificate", "certificates"));
  if (parts.empty()) {
    if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) return "UTF-16 text";
    if (text.starts_with("0") && !is_text(text)) return "DER or other binary data";
    return is_text(text) ? "text that is not PEM" : "binary data";
  }
  std::string out = parts[0];
  for (std::size_t i = 1; i < parts.size(); ++i) out += (i + 1 == parts.size() ? " and " : ", ") + parts[i];
  return out;
}

}  // namespace signet::pem
