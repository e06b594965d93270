#include <signet/x509/pkcs12.hpp>

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/pkcs12.h>

#include <optional>

#include "ossl/errors.hpp"
#include "x509/der.hpp"
#include "x509/exportable.hpp"
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

error cannot() {
  return x509::explained(errc::internal, "the PKCS#12 file cannot be made");
}

// In the files of old the key was under 3DES, so their readers know that for the certificates as well. RC2 with 40
// bits, which was usual for those, protects nothing and needs the legacy provider.
int cipher_of(const pkcs12_options& options) noexcept {
  return options.encryption == pkcs12_encryption::legacy ? NID_pbe_WithSHA1And3_Key_TripleDES_CBC : NID_aes_256_cbc;
}

// With its integrity check.
result<std::vector<std::byte>> finished(PKCS12* made, const std::string& password, const pkcs12_options& options) {
  // A salt of 128 bits, OpenSSL's to choose.
  constexpr int salt_size = 16;
  const bool is_legacy = options.encryption == pkcs12_encryption::legacy;
  if (made == nullptr ||
      PKCS12_set_mac(made, password.c_str(), static_cast<int>(password.size()), nullptr, salt_size,
                     static_cast<int>(options.iterations), is_legacy ? EVP_sha1() : EVP_sha256()) != 1)
    return cannot();
  auto out = x509::der_of(static_cast<const PKCS12*>(made), i2d_PKCS12);
  if (out.empty()) return cannot();
  ERR_clear_error();
  return out;
}

// The attribute trustedKeyUsage of Oracle's with anyExtendedKeyUsage, without which Java takes a certificate for none
// of its own.
bool mark_as_trusted(PKCS12_SAFEBAG* bag) {
  const ossl::handle<ASN1_OBJECT, ASN1_OBJECT_free> usage(OBJ_txt2obj("2.16.840.1.113894.746875.1.1", 1));
  ossl::handle<X509_ATTRIBUTE, X509_ATTRIBUTE_free> made(
      X509_ATTRIBUTE_create_by_OBJ(nullptr, usage.get(), V_ASN1_OBJECT, OBJ_nid2obj(NID_anyExtendedKeyUsage), -1));
  if (!made) return false;
  auto* attributes = const_cast<STACK_OF(X509_ATTRIBUTE)*>(PKCS12_SAFEBAG_get0_attrs(bag));
  if (attributes == nullptr) return false;
  if (sk_X509_ATTRIBUTE_push(attributes, made.get()) <= 0) return false;
  static_cast<void>(made.release());
  return true;
}

}  // namespace

result<std::vector<std::byte>> make_pkcs12(const identity& who, std::string_view password,
                                           const pkcs12_options& options) {
  if (auto why = objection(password, options)) return error(errc::invalid_argument, *std::move(why));
  if (!who.key().is_exportable()) return x509::not_exportable();
  ERR_clear_error();
  const ossl::x509_view_ptr issuers(sk_X509_new_null());
  for (std::size_t i = 1; i < who.chain().size(); ++i)
    if (!issuers || sk_X509_push(issuers.get(), raw(who.chain()[i])) <= 0) return cannot();
  const int cipher = cipher_of(options);
  const auto rounds = static_cast<int>(options.iterations);
  const x509::wiped secret{std::string(password)};
  const char* name = options.friendly_name.empty() ? nullptr : options.friendly_name.c_str();
  constexpr int without_mac = -1;
  const pkcs12_ptr made(PKCS12_create(secret.text.c_str(), name, raw(who.key()), raw(who.leaf()), issuers.get(), cipher,
                                      cipher, rounds, without_mac, 0));
  return finished(made.get(), secret.text, options);
}

result<std::vector<std::byte>> make_pkcs12_trust_store(const std::vector<certificate>& trusted,
                                                       std::string_view password, const pkcs12_options& options) {
  if (auto why = objection(password, options)) return error(errc::invalid_argument, *std::move(why));
  if (trusted.empty()) return error(errc::invalid_argument, "a trust store needs a certificate");
  ERR_clear_error();
  const x509::wiped secret{std::string(password)};
  STACK_OF(PKCS12_SAFEBAG)* bags = nullptr;
  STACK_OF(PKCS7)* safes = nullptr;
  bool good = true;
  for (std::size_t i = 0; i < trusted.size() && good; ++i) {
    // Java keeps them by their names.
    const auto name =
        trusted.size() == 1 && !options.friendly_name.empty()
            ? options.friendly_name
            : (options.friendly_name.empty() ? "trusted" : options.friendly_name) + '-' + std::to_string(i + 1);
    auto* bag = PKCS12_add_cert(&bags, raw(trusted[i]));
    good = bag != nullptr && PKCS12_add_friendlyname_utf8(bag, name.c_str(), static_cast<int>(name.size())) == 1 &&
           mark_as_trusted(bag);
  }
  good = good && PKCS12_add_safe(&safes, bags, cipher_of(options), static_cast<int>(options.iterations),
                                 secret.text.c_str()) == 1;
  const pkcs12_ptr made(good ? PKCS12_add_safes(safes, 0) : nullptr);
  sk_PKCS12_SAFEBAG_pop_free(bags, PKCS12_SAFEBAG_free);
  sk_PKCS7_pop_free(safes, PKCS7_free);
  return finished(made.get(), secret.text, options);
}

}  // namespace signet
