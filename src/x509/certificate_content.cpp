#include "x509/certificate_content.hpp"

#include <openssl/err.h>

#include <algorithm>

#include "ossl/errors.hpp"
#include "x509/impl.hpp"
#include "x509/key_usages.hpp"

namespace signet::x509 {
namespace {

using bits_ptr = ossl::handle<ASN1_BIT_STRING, ASN1_BIT_STRING_free>;

// A key usage that cannot be read stays what it is.
result<x509_extension_ptr> adapted_usage(X509_EXTENSION* e, EVP_PKEY* key) {
  const bits_ptr bits(static_cast<ASN1_BIT_STRING*>(X509V3_EXT_d2i(e)));
  ERR_clear_error();
  std::vector<key_usage> usages;
  for (int bit = 0; bits && bit <= static_cast<int>(key_usage::decipher_only); ++bit)
    if (ASN1_BIT_STRING_get_bit(bits.get(), bit) == 1) usages.push_back(static_cast<key_usage>(bit));
  auto possible = adapted(usages, key);
  if (possible == usages) {
    x509_extension_ptr same(X509_EXTENSION_dup(e));
    if (!same) return cannot_make("a key usage");
    return same;
  }
  return encode_key_usage(possible, X509_EXTENSION_get_critical(e) != 0 ? critical::yes : critical::no);
}

}  // namespace

result<certificate> make_certificate(const certificate_content& content, EVP_PKEY* key, const identity* ca) {
  const ossl::quiet_errors quiet;
  auto serial = serial_number(content.serial_number);
  if (!serial) return std::move(serial).error();
  EVP_PKEY* signing_key = ca != nullptr ? raw(ca->key()) : key;
  const auto digest = digest_for(signing_key, content.digest);
  if (!digest) return digest.error();

  ossl::x509_ptr made(X509_new());
  X509* x = made.get();
  if (x == nullptr || X509_set_version(x, content.version) != 1 || X509_set_pubkey(x, key) != 1)
    return cannot_make("a certificate of this key");
  if (X509_set_serialNumber(x, serial->get()) != 1) return cannot_make("a serial number");
  if (!content.not_before || !content.not_after || X509_set1_notBefore(x, content.not_before.get()) != 1 ||
      X509_set1_notAfter(x, content.not_after.get()) != 1)
    return cannot_make("the period of validity");
  const X509_NAME* issuer = ca != nullptr ? X509_get_subject_name(raw(ca->leaf())) : content.subject.get();
  if (X509_set_subject_name(x, content.subject.get()) != 1 || X509_set_issuer_name(x, issuer) != 1)
    return cannot_make("the names");
  for (const auto& e : content.extensions)
    if (X509_add_ext(x, e.get(), -1) != 1) return cannot_make("the extension " + name_of(e.get()));
  if (X509_sign(x, signing_key, *digest) <= 0) return cannot_make("the signature");
  return certificate::from_der(adopt(std::move(made)).der());
}

std::vector<certificate> chain_of(certificate leaf, const identity* ca) {
  std::vector<certificate> out{std::move(leaf)};
  if (ca == nullptr) return out;
  out.insert(out.end(), ca->chain().begin(), ca->chain().end());
  while (out.size() > 1 && out.back().is_self_issued()) out.pop_back();
  return out;
}

result<extension_list> copied_extensions(X509* from, EVP_PKEY* key, const identity* ca,
                                         const std::vector<int>& without) {
  const ossl::quiet_errors quiet;
  // A key that stays keeps the name that what it has signed knows it by.
  const EVP_PKEY* old = X509_get0_pubkey(from);
  const bool is_same_key = old != nullptr && EVP_PKEY_eq(old, key) == 1;
  const auto own = is_same_key ? key_identifier(from) : key_identifier(key);
  const auto issuer = ca != nullptr ? key_identifier(raw(ca->leaf())) : nullptr;
  auto subject_id = encode_subject_key_id(own.get());
  if (!subject_id) return std::move(subject_id).error();
  auto authority_id = encode_authority_key_id(ca != nullptr ? issuer.get() : own.get());
  if (!authority_id) return std::move(authority_id).error();

  extension_list out;
  for (int i = 0; i < X509_get_ext_count(from); ++i) {
    X509_EXTENSION* e = X509_get_ext(from, i);
    const int nid = OBJ_obj2nid(X509_EXTENSION_get_object(e));
    if (std::find(without.begin(), without.end(), nid) != without.end()) continue;
    if (nid == NID_subject_key_identifier || nid == NID_authority_key_identifier) {
      auto& id = nid == NID_subject_key_identifier ? *subject_id : *authority_id;
      if (id) out.push_back(std::move(id));
    } else if (nid == NID_key_usage) {
      auto usage = adapted_usage(e, key);
      if (!usage) return std::move(usage).error();
      out.push_back(*std::move(usage));
    } else {
      out.emplace_back(X509_EXTENSION_dup(e));
      if (!out.back()) return cannot_make("the extension " + name_of(e));
    }
  }
  for (auto* id : {&*subject_id, &*authority_id})
    if (*id) out.push_back(std::move(*id));
  return out;
}

}  // namespace signet::x509
