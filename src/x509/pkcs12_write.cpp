#include <signet/x509/pkcs12.hpp>

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>

#include <optional>

#include "ossl/errors.hpp"
#include "x509/impl.hpp"
#include "x509/password_encryption.hpp"
#include "x509/wiped.hpp"

namespace signet {
namespace {

using pkcs12_ptr = ossl::handle<PKCS12, PKCS12_free>;

// Text that OpenSSL turns into UTF-16 for the file. What is not UTF-8 it would take for Latin-1, and stop at a NUL.
bool is_utf8_text(std::string_view text, unsigned long last = 0x10ffff) {
  const auto* at = reinterpret_cast<const unsigned char*>(text.data());
  for (auto left = static_cast<int>(text.size()); left > 0;) {
    unsigned long value = 0;
    const int size = UTF8_getc(at, left, &value);
    if (size <= 0 || value == 0 || value > last) return false;
    at += size;
    left -= size;
  }
  return true;
}

std::optional<std::string> objection(std::string_view password, const pkcs12_options& options) {
  if (password.size() > x509::longest_password || !is_utf8_text(password)) return "the password has to be UTF-8 text";
  // A BMPString: UTF-16 without surrogates.
  if (options.friendly_name.size() > 1024 || !is_utf8_text(options.friendly_name, 0xffff))
    return "the friendly name has to be UTF-8 text of at most 1024 octets, without characters beyond U+FFFF";
  if (options.iterations < 1 || options.iterations > x509::most_rounds)
    return "rounds of key derivation are 1 to 10,000,000";
  return std::nullopt;
}

}  // namespace

result<std::vector<std::byte>> make_pkcs12(const identity& who, std::string_view password,
                                           const pkcs12_options& options) {
  if (auto why = objection(password, options)) return error(errc::invalid_argument, *std::move(why));
  ERR_clear_error();
  const auto cannot = [] { return x509::explained(errc::internal, "the PKCS#12 file cannot be made"); };
  const ossl::x509_view_ptr issuers(sk_X509_new_null());
  for (std::size_t i = 1; i < who.chain().size(); ++i)
    if (!issuers || sk_X509_push(issuers.get(), raw(who.chain()[i])) <= 0) return cannot();
  const bool is_legacy = options.encryption == pkcs12_encryption::legacy;
  // In the files of old the key was under 3DES, so their readers know that for the certificates as well. RC2 with 40
  // bits, which was usual for those, protects nothing and needs the legacy provider.
  const int cipher = is_legacy ? NID_pbe_WithSHA1And3_Key_TripleDES_CBC : NID_aes_256_cbc;
  const auto rounds = static_cast<int>(options.iterations);
  const x509::wiped secret{std::string(password)};
  const char* name = options.friendly_name.empty() ? nullptr : options.friendly_name.c_str();
  constexpr int without_mac = -1;
  const pkcs12_ptr made(PKCS12_create(secret.text.c_str(), name, raw(who.key()), raw(who.leaf()), issuers.get(), cipher,
                                      cipher, rounds, without_mac, 0));
  // A salt of 128 bits, OpenSSL's to choose.
  constexpr int salt_size = 16;
  if (!made || PKCS12_set_mac(made.get(), secret.text.c_str(), static_cast<int>(secret.text.size()), nullptr, salt_size,
                              rounds, is_legacy ? EVP_sha1() : EVP_sha256()) != 1)
    return cannot();
  const int size = i2d_PKCS12(made.get(), nullptr);
  std::vector<std::byte> out(size > 0 ? static_cast<std::size_t>(size) : 0);
  auto* at = reinterpret_cast<unsigned char*>(out.data());
  if (out.empty() || i2d_PKCS12(made.get(), &at) != size) return cannot();
  ERR_clear_error();
  return out;
}

}  // namespace signet
