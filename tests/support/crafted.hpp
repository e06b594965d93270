// Certificates as only a program of bad will makes them.
#pragma once

#include <signet/native.hpp>
#include <signet/x509/certificate.hpp>

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/x509v3.h>

#include <functional>
#include <string>

#include "ossl/handles.hpp"

namespace signet::test {

inline certificate crafted(const std::function<void(X509*)>& spoil) {
  static const ossl::pkey_ptr key(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
  const ossl::x509_ptr x(X509_new());
  X509_set_version(x.get(), X509_VERSION_3);
  X509_set_pubkey(x.get(), key.get());
  ASN1_INTEGER_set(X509_get_serialNumber(x.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(x.get()), 0);
  X509_gmtime_adj(X509_getm_notAfter(x.get()), 3600);
  spoil(x.get());
  EXPECT_GT(X509_sign(x.get(), key.get(), EVP_sha256()), 0);
  return native::share(x.get());
}

// The value's DER goes in as it is, one more beside those that are there.
inline void add_extension(X509* x, const std::string& oid, const std::string& der) {
  ASN1_OBJECT* id = OBJ_txt2obj(oid.c_str(), 0);
  ASN1_OCTET_STRING* value = ASN1_OCTET_STRING_new();
  ASN1_OCTET_STRING_set(value, reinterpret_cast<const unsigned char*>(der.data()), static_cast<int>(der.size()));
  X509_EXTENSION* e = X509_EXTENSION_create_by_OBJ(nullptr, id, 0, value);
  EXPECT_EQ(X509_add_ext(x, e, -1), 1);
  X509_EXTENSION_free(e);
  ASN1_OCTET_STRING_free(value);
  ASN1_OBJECT_free(id);
}

// A DER element of fewer than 65536 octets.
inline std::string element(unsigned char tag, const std::string& content) {
  std::string out(1, static_cast<char>(tag));
  const auto size = content.size();
  if (size >= 256) out += '\x82', out += static_cast<char>(size >> 8);
  if (size >= 128 && size < 256) out += '\x81';
  return out + static_cast<char>(size & 255) + content;
}

// An RSA public key of these numbers, the most significant octet first. Nobody need have the private one.
inline ossl::pkey_ptr rsa_public_key(const std::string& modulus, const std::string& exponent) {
  const auto number = [](const std::string& octets) {
    const bool looks_negative = (static_cast<unsigned char>(octets.front()) & 0x80) != 0;
    return element(0x02, std::string(looks_negative ? 1 : 0, '\0') + octets);
  };
  const std::string algorithm("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00", 15);
  const auto numbers = element(0x30, number(modulus) + number(exponent));
  const auto der = element(0x30, algorithm + element(0x03, std::string(1, '\0') + numbers));
  const auto* at = reinterpret_cast<const unsigned char*>(der.data());
  ossl::pkey_ptr key(d2i_PUBKEY(nullptr, &at, static_cast<long>(der.size())));
  EXPECT_TRUE(key);
  return key;
}

// A certificate as version 1, signed by `key`, whatever it holds: since 3.5 OpenSSL makes version 3 of what has
// extensions.
inline certificate as_version_1(const X509* x, EVP_PKEY* key) {
  const auto der_of = [](auto encode, auto* thing) {
    unsigned char* der = nullptr;
    const int size = encode(thing, &der);
    std::string out(reinterpret_cast<char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return out;
  };
  // SEQUENCE { [0] { INTEGER 2 }, the rest }, of 256 octets or more: so the length takes three. OpenSSL 3.0 leaves out
  // the version as it should.
  const auto whole = der_of(i2d_re_X509_tbs, const_cast<X509*>(x));
  constexpr std::size_t header = 4;
  const std::string version_3("\xa0\x03\x02\x01\x02", 5);
  const bool is_version_3 = whole.substr(header, version_3.size()) == version_3;
  const auto signed_part = element(0x30, whole.substr(header + (is_version_3 ? version_3.size() : 0)));

  const ossl::md_ctx_ptr signing(EVP_MD_CTX_new());
  std::string signature(256, '\0');
  auto size = signature.size();
  EXPECT_EQ(EVP_DigestSignInit(signing.get(), nullptr, EVP_sha256(), nullptr, key), 1);
  EXPECT_EQ(EVP_DigestSign(signing.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                           reinterpret_cast<const unsigned char*>(signed_part.data()), signed_part.size()),
            1);
  signature.resize(size);
  const auto algorithm = der_of(i2d_X509_ALGOR, X509_get0_tbs_sigalg(x));
  return certificate::from_der(element(0x30, signed_part + algorithm + element(0x03, std::string(1, '\0') + signature)))
      .value();
}

}  // namespace signet::test
