#include <signet/x509/private_key.hpp>

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <charconv>

#include "base/file.hpp"
#include "base/printable.hpp"
#include "ossl/errors.hpp"
#include "x509/der_kind.hpp"
#include "x509/encrypted_key.hpp"
#include "x509/impl.hpp"
#include "x509/password_encryption.hpp"
#include "x509/pem.hpp"
#include "x509/pkcs12.hpp"
#include "x509/private_key.hpp"
#include "x509/text.hpp"

namespace signet {
namespace {

using x509::der_kind;
using x509::wiped;

error malformed(std::string message, std::string hint = {}) {
  return x509::explained(errc::file_malformed, std::move(message), std::move(hint));
}

ossl::pkey_ptr decode_pkcs8(std::string_view der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = at + der.size();
  const x509::pkcs8_ptr info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(der.size())));
  if (!info || at != end) return nullptr;
  return ossl::pkey_ptr(EVP_PKCS82PKEY(info.get()));
}

// RFC 8017's and RFC 5915's own structures, which OpenSSL calls traditional.
ossl::pkey_ptr decode_traditional(der_kind kind, std::string_view der) {
  const int type = kind == der_kind::rsa_key ? EVP_PKEY_RSA : kind == der_kind::ec_key ? EVP_PKEY_EC : EVP_PKEY_DSA;
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = at + der.size();
  ossl::pkey_ptr key(d2i_PrivateKey(type, nullptr, &at, static_cast<long>(der.size())));
  if (at != end) return nullptr;
  return key;
}

result<private_key> finish(ossl::pkey_ptr key) {
  if (!key) return malformed("the private key is damaged or of a kind that OpenSSL does not know");
  ERR_clear_error();
  return adopt(std::move(key));
}

result<private_key> decode(der_kind kind, std::string_view der, const password_callback& password) {
  ERR_clear_error();
  if (kind == der_kind::encrypted_pkcs8) {
    auto key = x509::decrypt_pkcs8(der, password);
    if (!key) return std::move(key).error();
    return finish(*std::move(key));
  }
  return finish(kind == der_kind::pkcs8 ? decode_pkcs8(der) : decode_traditional(kind, der));
}

der_kind kind_of_label(std::string_view label) {
  if (label == "PRIVATE KEY") return der_kind::pkcs8;
  if (label == "ENCRYPTED PRIVATE KEY") return der_kind::encrypted_pkcs8;
  if (label == "RSA PRIVATE KEY") return der_kind::rsa_key;
  if (label == "EC PRIVATE KEY") return der_kind::ec_key;
  if (label == "DSA PRIVATE KEY") return der_kind::dsa_key;
  return der_kind::unknown;
}

error no_key(std::string_view content, std::string hint = {}) {
  return malformed("holds " + pem::contents(content) + ", not a private key", std::move(hint));
}

// The group's name is OpenSSL's ("secp256k1", "prime256v1") or NIST's ("P-256").
ossl::pkey_ptr generate_ec(const std::string& curve) {
  return ossl::pkey_ptr(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve.c_str()));
}

bool is_curve(const std::string& name) {
  return name.find('\0') == name.npos &&
         (EC_curve_nist2nid(name.c_str()) != NID_undef || OBJ_txt2nid(name.c_str()) != NID_undef);
}

constexpr int least_curve_bits = 224;

error no_type(std::string_view type, std::string_view why = {}) {
  return x509::explained(errc::invalid_argument, base::quoted(type) + " is not a key type" + std::string(why),
                         "one of ec:P-256, ec:P-384, ec:P-521 or another curve of OpenSSL's, rsa:2048 to rsa:8192, "
                         "ed25519, ed448");
}

}  // namespace

private_key::private_key(std::shared_ptr<const impl> key) noexcept : impl_(std::move(key)) {}

result<private_key> x509::key_in(const pem::block& block, const password_callback& password) {
  ERR_clear_error();
  if (block.label == "OPENSSH PRIVATE KEY")
    return malformed("holds a key in OpenSSH's own format", "ssh-keygen -p -m PKCS8 -f FILE turns it into PKCS#8");
  auto kind = kind_of_label(block.label);
  if (kind == der_kind::unknown)
    return malformed("holds a PEM block " + base::quoted(block.label) + ", which is no kind of private key known here");
  auto text = pem::decode_base64(block.base64);
  if (!text) return malformed("the private key is not base64");
  const wiped der(*std::move(text));
  // Programs write labels that are not true of what follows.
  if (const auto told = x509::kind_of(der.text); block.headers.empty() && x509::is_private_key(told)) kind = told;
  if (block.headers.empty()) return decode(kind, der.text, password);
  if (kind == der_kind::pkcs8 || kind == der_kind::encrypted_pkcs8) return malformed("the private key is not base64");
  auto plain = x509::decrypt_traditional(block.headers, der.text, password);
  if (!plain) return std::move(plain).error();
  auto key = decode_traditional(kind, plain->text);
  // One wrong password in 256 leaves a padding that looks right.
  if (!key) return x509::wrong_password("the private key");
  return finish(std::move(key));
}

result<private_key> x509::key_of(const PKCS8_PRIV_KEY_INFO* info) {
  return finish(ossl::pkey_ptr(EVP_PKCS82PKEY(info)));
}

result<private_key> private_key::from_pem(std::string_view pem, const password_callback& password) {
  pem::reader in(pem);
  for (;;) {
    auto block = in.next();
    if (!block) return std::move(block).error();
    if (!block->has_value()) break;
    if (pem::is_private_key((*block)->label)) return x509::key_in(**block, password);
  }
  const bool is_der = x509::is_private_key(x509::kind_of(pem));
  return no_key(pem, is_der ? "openssl pkey -inform DER turns a DER key into PEM" : "");
}

result<private_key> private_key::from_der(byte_view der, const password_callback& password) {
  const auto kind = x509::kind_of(der.text());
  if (!x509::is_private_key(kind)) return no_key(der.text());
  if (der.size() > base::largest_file) return malformed("is too large for a private key");
  return decode(kind, der.text(), password);
}

result<private_key> private_key::load(const std::filesystem::path& file, const password_callback& password) {
  auto text = base::read_file(file);
  if (!text) return std::move(text).error();
  const wiped content(*std::move(text));
  auto key = x509::first_key(content.text, password);
  if (!key) return std::move(key).error().in(base::shown(file));
  return key;
}

result<private_key> x509::first_key(std::string_view content, const password_callback& password) {
  const auto kind = kind_of(content);
  if (kind == der_kind::pkcs12) {
    auto opened = open_pkcs12(content, password);
    if (!opened) return std::move(opened).error();
    if (opened->keys.empty()) return malformed("holds a PKCS#12 file without a private key");
    return opened->keys.front();
  }
  return is_private_key(kind) ? private_key::from_der(content, password) : private_key::from_pem(content, password);
}

result<private_key> private_key::generate(std::string_view type) {
  ERR_clear_error();
  ossl::pkey_ptr key;
  if (type.starts_with("ec:")) {
    const std::string curve(type.substr(3));
    if (!is_curve(curve)) return no_type(type, ": OpenSSL knows no curve " + base::quoted(curve));
    key = generate_ec(curve);
    if (!key) return no_type(type, ": OpenSSL makes no keys on the curve " + base::quoted(curve));
    if (EVP_PKEY_get_bits(key.get()) < least_curve_bits) return no_type(type, ": the curve is too small to be secure");
  } else if (type == "ed25519") {
    key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  } else if (type == "ed448") {
    key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448"));
  } else if (type.starts_with("rsa:")) {
    std::size_t bits = 0;
    const auto number = type.substr(4);
    const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), bits);
    if (problem != std::errc() || end != number.data() + number.size() || bits < 2048 || bits > 8192)
      return no_type(type, ": RSA keys have 2048 to 8192 bits");
    key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits));
  } else {
    return no_type(type);
  }
  if (!key) return x509::explained(errc::not_supported, "OpenSSL cannot make a key of type " + std::string(type));
  ERR_clear_error();
  return adopt(std::move(key));
}

std::string private_key::type() const {
  return x509::key_type(raw(*this));
}

bool private_key::belongs_to(const certificate& cert) const {
  const ossl::quiet_errors quiet;
  const EVP_PKEY* public_key = X509_get0_pubkey(raw(cert));
  return public_key != nullptr && EVP_PKEY_eq(public_key, raw(*this)) == 1;
}

}  // namespace signet
