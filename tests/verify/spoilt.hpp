// Certificates that our builder refuses to make, signed by a CA all the same.
#pragma once

#include <functional>
#include <string>

#include "issued.hpp"
#include "support/crafted.hpp"
#include "x509/impl.hpp"

namespace signet::test {

// Without extensions and without a subject, but for what `spoil` puts in.
inline certificate spoilt(const private_key& key, const identity& issuer, const std::function<void(X509*)>& spoil) {
  const ossl::x509_ptr x(X509_new());
  X509_set_version(x.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x.get()), 4711);
  ASN1_TIME_set(X509_getm_notBefore(x.get()), (noon - std::chrono::days(10)).time_since_epoch().count());
  ASN1_TIME_set(X509_getm_notAfter(x.get()), (noon + std::chrono::days(10)).time_since_epoch().count());
  X509_set_issuer_name(x.get(), X509_get_subject_name(raw(issuer.leaf())));
  X509_set_pubkey(x.get(), raw(key));
  spoil(x.get());
  EXPECT_GT(X509_sign(x.get(), raw(issuer.key()), EVP_sha256()), 0);
  return certificate::from_der(adopt(ossl::share(x.get())).der()).value();
}

// In OpenSSL's notation, beside what is there.
inline void put(X509* x, int nid, const std::string& value) {
  const ossl::x509_extension_ptr made(X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str()));
  ASSERT_TRUE(made) << value;
  X509_add_ext(x, made.get(), -1);
}

inline void put_common_name(X509* x, const std::string& name) {
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(name.data()), static_cast<int>(name.size()), -1, 0);
}

// A server's, with these subjectAltNames ("DNS:a.test,IP:192.0.2.1"; none when empty) and this common name.
inline certificate spoilt_leaf(const identity& issuer, const std::string& names, const std::string& common_name = "x",
                               const std::string& purpose = "serverAuth") {
  return spoilt(fresh_key(), issuer, [&](X509* x) {
    put_common_name(x, common_name);
    put(x, NID_ext_key_usage, purpose);
    if (!names.empty()) put(x, NID_subject_alt_name, names);
  });
}

// Octets that are no value of any extension.
inline const std::string unreadable("\x30\x01\x05", 3);

}  // namespace signet::test
