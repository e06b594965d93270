// What everybody needs who signs with a CA, certificates and lists alike: whether it may, the digest, serial numbers,
// times and key identifiers.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include <signet/base/bytes.hpp>
#include <signet/base/result.hpp>
#include <signet/x509/certificate.hpp>

#include "ossl/handles.hpp"

namespace signet::x509 {

using integer_ptr = ossl::handle<ASN1_INTEGER, ASN1_INTEGER_free>;
using octets_ptr = ossl::handle<ASN1_OCTET_STRING, ASN1_OCTET_STRING_free>;
using time_ptr = ossl::handle<ASN1_TIME, ASN1_TIME_free>;
using authority_key_id_ptr = ossl::handle<AUTHORITY_KEYID, AUTHORITY_KEYID_free>;

// invalid_argument.
error invalid(std::string message, std::string hint = {});
// internal, "OpenSSL cannot make ...", with OpenSSL's queue, which is empty afterwards.
error cannot_make(std::string_view what);

enum class signs : unsigned char { certificates, lists };
// invalid_argument when it is no CA, or not one for this.
result<void> check_issuer(const certificate& ca, signs what);

// The digest this key signs with: the one that is wanted, or without a wish one as strong as the key. Null where the
// algorithm brings its own. invalid_argument when it is unknown, too weak, or not one for this kind of key.
result<const EVP_MD*> digest_for(const EVP_PKEY* key, std::string_view wanted);

// A positive number of at most 20 octets in DER; 127 random bits without a wish. invalid_argument.
result<integer_ptr> serial_number(byte_view wanted = {});

// UTCTime before 2050, GeneralizedTime from then on. Null where OpenSSL fails, as in the functions below.
time_ptr asn1_time(std::chrono::sys_seconds when);

octets_ptr octets(byte_view value);
// 160 bits of the SHA-256 of the public key, RFC 7093 section 2.
octets_ptr key_identifier(const X509_PUBKEY* key);
octets_ptr key_identifier(EVP_PKEY* key);
// What a certificate calls its own key; the above where it does not say.
octets_ptr key_identifier(X509* c);
authority_key_id_ptr authority_key_identifier(octets_ptr key_id);

}  // namespace signet::x509
