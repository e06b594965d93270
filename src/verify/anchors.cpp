#include "verify/anchors.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <new>
#include <optional>
#include <set>
#include <utility>

#include "base/ascii.hpp"
#include "ossl/errors.hpp"
#include "x509/impl.hpp"

namespace signet {
namespace {

using std::byte;

// Just enough DER to find a subject in a certificate. OpenSSL parses for real what this points at.
struct element {
  std::uint8_t tag = 0;
  byte_view content = {};
  byte_view whole = {};
};

// Takes the first element off `from`; nothing when its header is broken or its content is cut.
std::optional<element> take(byte_view& from) {
  if (from.size() < 2) return {};
  const auto tag = std::to_integer<std::uint8_t>(from[0]);
  auto length = std::to_integer<std::size_t>(from[1]);
  std::size_t header = 2;
  if (length > 0x84 || length == 0x80) return {};
  if (length > 0x80) {
    const std::size_t octets = length - 0x80;
    if (from.size() < 2 + octets) return {};
    length = 0;
    for (std::size_t i = 0; i < octets; ++i) length = length << 8 | std::to_integer<std::size_t>(from[2 + i]);
    header += octets;
  }
  if (from.size() - header < length) return {};
  const element e{tag, from.subspan(header, length), from.first(header + length)};
  from = from.subspan(header + length);
  return e;
}

constexpr std::uint8_t tag_sequence = 0x30, tag_oid = 0x06, tag_version = 0xa0;
constexpr std::uint8_t tag_bmp_string = 0x1e, tag_universal_string = 0x1c;

// Certificate -> tbsCertificate -> [version] serial signature issuer validity subject.
std::optional<byte_view> subject_of(byte_view der) {
  auto outer = take(der);
  if (!outer || outer->tag != tag_sequence || !der.empty()) return {};
  byte_view inside = outer->content;
  auto tbs = take(inside);
  if (!tbs || tbs->tag != tag_sequence) return {};
  inside = tbs->content;
  auto e = take(inside);
  if (e && e->tag == tag_version) e = take(inside);
  for (int i = 0; i < 4 && e; ++i) e = take(inside);
  if (!e || e->tag != tag_sequence) return {};
  return e->whole;
}

std::optional<std::string> decode(std::string_view base64) {
  std::string der(base64.size() / 4 * 3 + 3, '\0');
  EVP_ENCODE_CTX* ctx = EVP_ENCODE_CTX_new();
  if (ctx == nullptr) throw std::bad_alloc();
  auto* out = reinterpret_cast<unsigned char*>(der.data());
  int size = 0;
  int last = 0;
  EVP_DecodeInit(ctx);
  const bool decoded = EVP_DecodeUpdate(ctx, out, &size, reinterpret_cast<const unsigned char*>(base64.data()),
                                        static_cast<int>(base64.size())) >= 0 &&
                       EVP_DecodeFinal(ctx, out + size, &last) == 1;
  EVP_ENCODE_CTX_free(ctx);
  if (!decoded) return {};
  der.resize(static_cast<std::size_t>(size) + static_cast<std::size_t>(last));
  return der;
}

bool bears(const certificate& c, const X509_NAME* name) {
  return X509_NAME_cmp(X509_get_subject_name(raw(c)), name) == 0;
}

}  // namespace

// X509_NAME_cmp folds ASCII case and blanks and disregards the string type. This hash takes in only what that leaves
// alone: attribute types, and of values the ASCII letters (folded) and digits.
std::uint64_t name_hash(byte_view name_der) noexcept {
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&hash](std::uint8_t octet) { hash = (hash ^ octet) * 0x100000001b3; };
  const auto add_character = [&add](std::uint32_t c) {
    if (c >= 0x80) return;
    const auto folded = base::lower(static_cast<char>(c));
    if (base::is_letter_or_digit(folded)) add(static_cast<std::uint8_t>(folded));
  };
  const auto outer = take(name_der);
  if (!outer) return hash;
  byte_view rdns = outer->content;
  while (auto rdn = take(rdns)) {
    byte_view attributes = rdn->content;
    while (auto attribute = take(attributes)) {
      byte_view inside = attribute->content;
      const auto type = take(inside);
      const auto value = take(inside);
      if (!type || !value || type->tag != tag_oid) continue;
      for (const byte b : type->content) add(std::to_integer<std::uint8_t>(b));
      const std::size_t width = value->tag == tag_bmp_string ? 2 : value->tag == tag_universal_string ? 4 : 1;
      for (std::size_t i = 0; i + width <= value->content.size(); i += width) {
        std::uint32_t c = 0;
        for (std::size_t k = 0; k < width; ++k) c = c << 8 | std::to_integer<std::uint32_t>(value->content[i + k]);
        add_character(c);
      }
    }
  }
  return hash;
}

std::uint64_t name_hash(const X509_NAME* name) {
  const unsigned char* der = nullptr;
  std::size_t size = 0;
  if (X509_NAME_get0_der(name, &der, &size) != 1) return 0;
  return name_hash(std::as_bytes(std::span(der, size)));
}

std::array<std::uint8_t, 32> anchors::digest() const {
  std::call_once(digested_, [this] {
    std::set<std::array<std::uint8_t, 32>> each;
    for (const auto& c : all()) each.insert(c.fingerprint_sha256());
    std::string joined;
    for (const auto& one : each) joined.append(one.begin(), one.end());
    unsigned size = 0;
    if (EVP_Digest(joined.data(), joined.size(), digest_.data(), &size, EVP_sha256(), nullptr) != 1)
      throw std::bad_alloc();
  });
  return digest_;
}

parsed_anchors::parsed_anchors(std::vector<certificate> certificates) : certificates_(std::move(certificates)) {
  for (std::size_t i = 0; i < certificates_.size(); ++i)
    by_name_.emplace(name_hash(X509_get_subject_name(raw(certificates_[i]))), i);
}

void parsed_anchors::find(const X509_NAME* name, std::vector<certificate>& into) const {
  const auto [first, last] = by_name_.equal_range(name_hash(name));
  for (auto at = first; at != last; ++at)
    if (bears(certificates_[at->second], name)) into.push_back(certificates_[at->second]);
}

indexed_bundle::indexed_bundle(std::string pem) : pem_(std::move(pem)) {
  const ossl::quiet_errors forget;
  const std::string_view text = pem_;
  constexpr std::string_view begin = "-----BEGIN ", end = "-----END ", dashes = "-----";
  for (std::size_t at = 0; (at = text.find(begin, at)) != std::string_view::npos;) {
    at += begin.size();
    const auto label_end = text.find(dashes, at);
    if (label_end == std::string_view::npos) {
      ++skipped_;
      break;
    }
    const auto label = text.substr(at, label_end - at);
    const auto body = label_end + dashes.size();
    const auto next = text.find(begin, body);
    // No further than the next frame, or many that do not close would each be sought to the end of the file.
    const auto length = text.substr(body, next == std::string_view::npos ? next : next - body).find(end);
    const auto body_end = length == std::string_view::npos ? length : body + length;
    at = body;
    const bool plain = label == "CERTIFICATE" || label == "X509 CERTIFICATE";
    // "TRUSTED CERTIFICATE" carries settings that we do not apply, so it is not to be trusted without them.
    if (!plain && label != "TRUSTED CERTIFICATE") continue;
    // A frame that does not close before the next one opens is broken, and costs nobody else.
    if (!plain || body_end == std::string_view::npos) {
      ++skipped_;
      continue;
    }
    entry e{text.substr(body, body_end - body)};
    const auto der = decode(e.base64);
    const auto subject = der ? subject_of(*der) : std::nullopt;
    if (!subject) {
      ++skipped_;
      continue;
    }
    at = body_end;
    const auto hash = name_hash(*subject);
    const auto [first, last] = by_name_.equal_range(hash);
    const bool known =
        std::any_of(first, last, [&](const auto& other) { return entries_[other.second].base64 == e.base64; });
    if (known) continue;
    by_name_.emplace(hash, entries_.size());
    entries_.push_back(std::move(e));
  }
}

const certificate* indexed_bundle::parse(const entry& e) const {
  if (!e.parsed && !e.broken) {
    const auto der = decode(e.base64);
    auto made = der ? certificate::from_der(*der) : result<certificate>(error(errc::file_malformed, "no base64"));
    e.broken = !made;
    if (made) e.parsed = std::make_shared<const certificate>(*std::move(made));
  }
  return e.parsed.get();
}

void indexed_bundle::find(const X509_NAME* name, std::vector<certificate>& into) const {
  const auto [first, last] = by_name_.equal_range(name_hash(name));
  const std::lock_guard lock(mutex_);
  for (auto at = first; at != last; ++at)
    if (const auto* c = parse(entries_[at->second]); c != nullptr && bears(*c, name)) into.push_back(*c);
}

std::vector<certificate> indexed_bundle::all() const {
  std::vector<certificate> out;
  const std::lock_guard lock(mutex_);
  for (const auto& e : entries_)
    if (const auto* c = parse(e)) out.push_back(*c);
  return out;
}

}  // namespace signet
