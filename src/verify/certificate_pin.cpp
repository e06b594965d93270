#include <signet/verify/certificate_pin.hpp>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <algorithm>
#include <memory>
#include <optional>

#include "base/ascii.hpp"
#include "base/printable.hpp"
#include "ossl/digest.hpp"
#include "ossl/errors.hpp"

namespace signet {
namespace {

error refused(std::string_view text, const std::string& why) {
  return error(errc::invalid_argument, base::quoted(text) + " is no pin: " + why,
               "sha256$HEX pins a certificate, sha256$pub$HEX a public key");
}

std::optional<unsigned> hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  if (c >= 'a' && c <= 'f') return static_cast<unsigned>(c - 'a' + 10);
  return std::nullopt;
}

// Pairs of digits, with single colons between them or without.
std::optional<std::vector<std::byte>> octets_of(std::string_view hex) {
  std::vector<std::byte> out;
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    if (i != 0 && hex[i] == ':') ++i;
    if (i + 1 >= hex.size()) return std::nullopt;
    const auto high = hex_digit(hex[i]);
    const auto low = hex_digit(hex[i + 1]);
    if (!high || !low) return std::nullopt;
    out.push_back(static_cast<std::byte>(*high << 4 | *low));
  }
  return out;
}

}  // namespace

result<certificate_pin> certificate_pin::parse(std::string_view text) {
  constexpr std::size_t longest = 1024;
  if (text.size() > longest) return refused(text, "it is too long");
  const auto all = base::lower(text);
  certificate_pin out;
  std::string_view rest = all;
  const auto dollar = rest.find('$');
  if (dollar != rest.npos) {
    out.digest_ = rest.substr(0, dollar);
    rest.remove_prefix(dollar + 1);
    if (out.digest_.empty() || out.digest_ == "pub") return refused(text, "the digest has to be named first");
    if (rest.starts_with("pub$")) {
      out.part_ = fingerprint_of::public_key;
      rest.remove_prefix(4);
    }
  }
  auto value = octets_of(rest);
  if (!value || value->empty()) return refused(text, "it does not end in hex digits, two an octet");
  out.value_ = *std::move(value);
  if (out.digest_.empty()) {
    switch (out.value_.size()) {
      case 16:
        out.digest_ = "md5";
        break;
      case 20:
        out.digest_ = "sha1";
        break;
      case 32:
        out.digest_ = "sha256";
        break;
      default:
        return refused(text, "no digest is named, and none has " + std::to_string(out.value_.size()) + " octets");
    }
  }
  const ossl::quiet_errors quiet;
  const auto digest = ossl::digest_named(out.digest_);
  if (!digest) return error(errc::not_supported, base::quoted(out.digest_) + " is no digest that OpenSSL offers here");
  if (static_cast<std::size_t>(std::max(0, EVP_MD_get_size(digest.get()))) != out.value_.size())
    return refused(text, out.digest_ + " has " + std::to_string(EVP_MD_get_size(digest.get())) + " octets, not " +
                             std::to_string(out.value_.size()));
  return out;
}

bool certificate_pin::matches(const certificate& cert) const {
  const auto found = cert.fingerprint(digest_, part_);
  return found && found->size() == value_.size() && CRYPTO_memcmp(found->data(), value_.data(), value_.size()) == 0;
}

std::string certificate_pin::text_with(byte_view value) const {
  return digest_ + (part_ == fingerprint_of::public_key ? "$pub$" : "$") + to_hex(value);
}
std::string certificate_pin::text() const {
  return text_with(value_);
}
std::string certificate_pin::text_for(const certificate& cert) const {
  return text_with(cert.fingerprint(digest_, part_).value_or(std::vector<std::byte>{}));
}

}  // namespace signet
