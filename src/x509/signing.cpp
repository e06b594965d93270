#include "x509/signing.hpp"

#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>

#include "base/printable.hpp"
#include "ossl/errors.hpp"
#include "x509/impl.hpp"

namespace signet::x509 {
namespace {

constexpr int weakest_digest = 28;   // octets: 112 bits against collisions
constexpr int longest_serial = 159;  // bits; one more makes 21 octets of DER

// The digest a key is restricted to, or one as strong as the key; null where the algorithm brings its own.
const EVP_MD* usual_digest(const EVP_PKEY* key) {
  constexpr int mandatory = 2;
  std::array<char, 80> usual{};
  const int found = EVP_PKEY_get_default_digest_name(const_cast<EVP_PKEY*>(key), usual.data(), usual.size());
  const std::string_view name = usual.data();
  if (found <= 0 || name.empty() || name == "UNDEF") return nullptr;
  if (found == mandatory) return EVP_get_digestbyname(usual.data());
  if (EVP_PKEY_is_a(key, "EC") != 1) return EVP_sha256();
  const int bits = EVP_PKEY_get_bits(key);
  return bits > 384 ? EVP_sha512() : bits > 256 ? EVP_sha384() : EVP_sha256();
}

}  // namespace

error invalid(std::string message, std::string hint) {
  return error(errc::invalid_argument, std::move(message), std::move(hint));
}

error cannot_make(std::string_view what) {
  error_parts parts;
  parts.code = errc::internal;
  parts.message = "OpenSSL cannot make " + std::string(what);
  parts.library_errors = ossl::texts(ossl::drain_errors());
  return error(std::move(parts));
}

result<void> check_issuer(const certificate& ca, signs what) {
  const ossl::quiet_errors quiet;
  X509* x = raw(ca);
  if (X509_check_ca(x) != 1 || (X509_get_key_usage(x) & (KU_KEY_CERT_SIGN | KU_CRL_SIGN)) == 0)
    return invalid("\"" + ca.subject() + "\" is not a CA: it may not issue certificates or lists");
  if (what == signs::certificates && (X509_get_key_usage(x) & KU_KEY_CERT_SIGN) == 0)
    return invalid("\"" + ca.subject() + "\" may not issue certificates: its key usage has no keyCertSign");
  if (what == signs::lists && (X509_get_key_usage(x) & KU_CRL_SIGN) == 0)
    return invalid("\"" + ca.subject() + "\" may not issue revocation lists: its key usage has no cRLSign");
  return {};
}

result<const EVP_MD*> digest_for(const EVP_PKEY* key, std::string_view wanted) {
  const ossl::quiet_errors quiet;
  const EVP_MD* usual = usual_digest(key);
  if (wanted.empty()) return usual;
  const auto name = base::quoted(wanted);
  const EVP_MD* digest =
      wanted.find('\0') == std::string_view::npos ? EVP_get_digestbyname(std::string(wanted).c_str()) : nullptr;
  if (digest == nullptr) return invalid(name + " is not a digest that OpenSSL knows", "sha256, sha384 and sha512 are");
  if (usual == nullptr) return invalid(name + " cannot be used: this kind of key brings its own digest");
  if (EVP_MD_get_size(digest) < weakest_digest)
    return invalid("the digest " + name + " is too weak to sign with", "take sha256");
  int algorithm = NID_undef;
  if (EVP_PKEY_is_a(key, "RSA-PSS") != 1 &&
      OBJ_find_sigid_by_algs(&algorithm, EVP_MD_get_type(digest), EVP_PKEY_get_base_id(key)) != 1)
    return invalid("there is no signature algorithm with the digest " + name + " for this kind of key", "take sha256");
  return digest;
}

result<integer_ptr> serial_number(byte_view wanted) {
  std::array<unsigned char, 16> random{};
  const auto is_zero = [](unsigned char c) { return c == 0; };
  if (wanted.empty()) {
    do {
      if (RAND_bytes(random.data(), static_cast<int>(random.size())) != 1) return cannot_make("a random number");
      random[0] &= 0x7f;
    } while (std::all_of(random.begin(), random.end(), is_zero));
    wanted = byte_view(std::as_bytes(std::span(random)));
  }
  if (wanted.size() > 20) return invalid("a serial number has at most 20 octets, not " + std::to_string(wanted.size()));
  const auto* data = reinterpret_cast<const unsigned char*>(wanted.data());
  const ossl::bignum_ptr number(BN_bin2bn(data, static_cast<int>(wanted.size()), nullptr));
  if (number && BN_is_zero(number.get())) return invalid("a serial number is not zero");
  if (number && BN_num_bits(number.get()) > longest_serial)
    return invalid("a serial number of 20 octets does not begin with a set bit: it would be negative or too long");
  integer_ptr serial(number ? BN_to_ASN1_INTEGER(number.get(), nullptr) : nullptr);
  if (!serial) return cannot_make("a serial number");
  return serial;
}

time_ptr asn1_time(std::chrono::sys_seconds when) {
  return time_ptr(ASN1_TIME_set(nullptr, static_cast<std::time_t>(when.time_since_epoch().count())));
}

octets_ptr octets(byte_view value) {
  octets_ptr out(ASN1_OCTET_STRING_new());
  const auto* data = reinterpret_cast<const unsigned char*>(value.data());
  if (!out || ASN1_OCTET_STRING_set(out.get(), data, static_cast<int>(value.size())) != 1) return nullptr;
  return out;
}

octets_ptr key_identifier(const X509_PUBKEY* key) {
  const unsigned char* bits = nullptr;
  int size = 0;
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  if (X509_PUBKEY_get0_param(nullptr, &bits, &size, nullptr, key) != 1 ||
      EVP_Digest(bits, static_cast<std::size_t>(size), digest.data(), nullptr, EVP_sha256(), nullptr) != 1)
    return nullptr;
  return octets(byte_view(std::as_bytes(std::span(digest).first(20))));
}

octets_ptr key_identifier(EVP_PKEY* key) {
  X509_PUBKEY* encoded = nullptr;
  if (X509_PUBKEY_set(&encoded, key) != 1) return nullptr;
  const ossl::handle<X509_PUBKEY, X509_PUBKEY_free> owned(encoded);
  return key_identifier(static_cast<const X509_PUBKEY*>(encoded));
}

octets_ptr key_identifier(X509* c) {
  const auto* known = X509_get0_subject_key_id(c);
  return known != nullptr ? octets_ptr(ASN1_OCTET_STRING_dup(known))
                          : key_identifier(static_cast<const X509_PUBKEY*>(X509_get_X509_PUBKEY(c)));
}

authority_key_id_ptr authority_key_identifier(octets_ptr key_id) {
  authority_key_id_ptr out(AUTHORITY_KEYID_new());
  if (!out || !key_id) return nullptr;
  out->keyid = key_id.release();
  return out;
}

}  // namespace signet::x509
