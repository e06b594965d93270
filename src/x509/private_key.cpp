#include <signet/x509/private_key.hpp>

#include <openssl/asn1t.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <array>
#include <charconv>

#include "base/file.hpp"
#include "base/printable.hpp"
#include "ossl/errors.hpp"
#include "x509/encrypted_key.hpp"
#include "x509/impl.hpp"
#include "x509/pem.hpp"
#include "x509/text.hpp"

namespace signet {
namespace {

using x509::wiped;

error malformed(std::string message, std::string hint = {}) {
  error_parts parts;
  parts.code = errc::file_malformed;
  parts.message = std::move(message);
  parts.hint = std::move(hint);
  parts.library_errors = ossl::texts(ossl::drain_errors());
  return error(std::move(parts));
}

ossl::pkey_ptr decode_pkcs8(std::string_view der) {
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  const auto* const end = at + der.size();
  const x509::pkcs8_ptr info(d2i_PKCS8_PRIV_KEY_INFO(nullptr, &at, static_cast<long>(der.size())));
  if (!info || at != end) return nullptr;
  return ossl::pkey_ptr(EVP_PKCS82PKEY(info.get()));
}

// RFC 8017's and RFC 5915's own structures, which OpenSSL calls traditional.
ossl::pkey_ptr decode_traditional(std::string_view label, std::string_view der) {
  const int type = label == "RSA PRIVATE KEY" ? EVP_PKEY_RSA : label == "EC PRIVATE KEY" ? EVP_PKEY_EC : EVP_PKEY_DSA;
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

result<private_key> decode(const pem::block& block, const password_callback& password) {
  ERR_clear_error();
  if (block.label == "OPENSSH PRIVATE KEY")
    return malformed("holds a key in OpenSSH's own format", "ssh-keygen -p -m PKCS8 -f FILE turns it into PKCS#8");
  const bool is_pkcs8 = block.label == "PRIVATE KEY";
  const bool is_encrypted_pkcs8 = block.label == "ENCRYPTED PRIVATE KEY";
  const bool is_traditional =
      block.label == "RSA PRIVATE KEY" || block.label == "EC PRIVATE KEY" || block.label == "DSA PRIVATE KEY";
  if (!is_pkcs8 && !is_encrypted_pkcs8 && !is_traditional)
    return malformed("holds a PEM block " + base::quoted(block.label) + ", which is no kind of private key known here");

  auto text = pem::decode_base64(block.base64);
  if (!text) return malformed("the private key is not base64");
  const wiped der(*std::move(text));
  if (is_encrypted_pkcs8) {
    auto key = x509::decrypt_pkcs8(der.text, password);
    if (!key) return std::move(key).error();
    return finish(*std::move(key));
  }
  if (is_traditional && !block.headers.empty()) {
    auto plain = x509::decrypt_traditional(block.headers, der.text, password);
    if (!plain) return std::move(plain).error();
    auto key = decode_traditional(block.label, plain->text);
    // One wrong password in 256 leaves a padding that looks right.
    if (!key) return x509::wrong_password();
    return finish(std::move(key));
  }
  if (!block.headers.empty()) return malformed("the private key is not base64");
  return finish(is_pkcs8 ? decode_pkcs8(der.text) : decode_traditional(block.label, der.text));
}

ossl::pkey_ptr generate_ec(const char* curve) {
  return ossl::pkey_ptr(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", curve));
}

}  // namespace

private_key::private_key(std::shared_ptr<const impl> key) noexcept : impl_(std::move(key)) {}

result<private_key> private_key::from_pem(std::string_view pem, const password_callback& password) {
  pem::reader in(pem);
  for (;;) {
    auto block = in.next();
    if (!block) return std::move(block).error();
    if (!block->has_value()) break;
    if (pem::is_private_key((*block)->label)) return decode(**block, password);
  }
  const auto holds = pem::contents(pem);
  std::string hint;
  if (holds.starts_with("DER")) hint = "openssl pkey -inform DER turns a DER key into PEM";
  return malformed("holds " + holds + ", not a private key", std::move(hint));
}

result<private_key> private_key::load(const std::filesystem::path& file, const password_callback& password) {
  auto text = base::read_file(file);
  if (!text) return std::move(text).error();
  const wiped content(*std::move(text));
  auto key = from_pem(content.text, password);
  if (!key) return std::move(key).error().in(base::shown(file));
  return key;
}

result<private_key> private_key::generate(std::string_view type) {
  ERR_clear_error();
  ossl::pkey_ptr key;
  if (type == "ec:P-256" || type == "ec:P-384" || type == "ec:P-521") {
    key = generate_ec(std::string(type.substr(3)).c_str());
  } else if (type == "ed25519") {
    key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
  } else if (type == "ed448") {
    key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED448"));
  } else if (type.starts_with("rsa:")) {
    std::size_t bits = 0;
    const auto number = type.substr(4);
    const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), bits);
    if (problem != std::errc() || end != number.data() + number.size() || bits < 2048 || bits > 8192)
      return error(errc::invalid_argument, base::quoted(type) + " is not a key type: RSA keys have 2048 to 8192 bits");
    key.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", bits));
  } else {
    return error(errc::invalid_argument, base::quoted(type) + " is not a key type",
                 "one of ec:P-256, ec:P-384, ec:P-521, rsa:2048 to rsa:8192, ed25519, ed448");
  }
  if (!key) {
    error_parts parts;
    parts.code = errc::not_supported;
    parts.message = "OpenSSL cannot make a key of type " + std::string(type);
    parts.library_errors = ossl::texts(ossl::drain_errors());
    return error(std::move(parts));
  }
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

std::string private_key::pem() const {
  const ossl::quiet_errors quiet;
  // Memory that is wiped when it is freed.
  const ossl::bio_ptr memory(BIO_new(BIO_s_secmem()));
  char* text = nullptr;
  if (!memory || PEM_write_bio_PKCS8PrivateKey(memory.get(), raw(*this), nullptr, nullptr, 0, nullptr, nullptr) != 1)
    return {};
  const long size = BIO_get_mem_data(memory.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

}  // namespace signet
