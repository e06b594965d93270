#include "verify/renewed_issuer.hpp"

#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <new>

#include "x509/impl.hpp"

namespace signet {
namespace {

// Empty and shared: anchors come as a stack, and an X509_STORE would only remember what it should not (docs/proven.md
// 8).
X509_STORE* empty_store() {
  static X509_STORE* const made = X509_STORE_new();
  if (made == nullptr) throw std::bad_alloc();
  return made;
}

// The name beside the number, of whoever issued the issuer's certificate, changes at no renewal.
bool names_issuer_of(X509* subject, X509* issuer) {
  const auto* names = X509_get0_authority_issuer(subject);
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const auto* one = sk_GENERAL_NAME_value(names, i);
    if (one->type == GEN_DIRNAME && X509_NAME_cmp(one->d.directoryName, X509_get_issuer_name(issuer)) != 0)
      return false;
  }
  return true;
}

// A CA that renewed its certificate and kept its key: what it issued before names the old one by its serial number,
// which is a hint (RFC 5280 section 4.2.1.1), and the key by its identifier.
bool names_another_of_the_same_key(X509* subject, X509* issuer) {
  return X509_check_issued(issuer, subject) == X509_V_ERR_AKID_ISSUER_SERIAL_MISMATCH &&
         X509_get0_authority_key_id(subject) != nullptr && X509_get0_subject_key_id(issuer) != nullptr &&
         names_issuer_of(subject, issuer);
}

// With that let pass.
X509_STORE* empty_store_of_the_compatible() {
  static X509_STORE* const made = [] {
    X509_STORE* store = X509_STORE_new();
    if (store == nullptr) throw std::bad_alloc();
    X509_STORE_set_check_issued(store, [](X509_STORE_CTX*, X509* subject, X509* issuer) {
      switch (X509_check_issued(issuer, subject)) {
        case X509_V_OK:
        // Whether it may sign is looked at later, as OpenSSL's own function here leaves it.
        case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
        case X509_V_ERR_KEYUSAGE_NO_DIGITAL_SIGNATURE:
          return 1;
        default:
          return names_another_of_the_same_key(subject, issuer) ? 1 : 0;
      }
    });
    return store;
  }();
  return made;
}

}  // namespace

X509_STORE* empty_store(verify_profile profile) {
  return profile == verify_profile::compatible ? empty_store_of_the_compatible() : empty_store();
}

void check_serials_of_issuers(const std::vector<certificate>& chain, problems& passed_over) {
  for (std::size_t depth = 0; depth + 1 < chain.size(); ++depth)
    if (names_another_of_the_same_key(raw(chain[depth]), raw(chain[depth + 1])))
      passed_over.push_back(
          {errc::invalid_extension, depth,
           "names the certificate of its issuer by another serial number than the one at hand has, which "
           "is of the same key (RFC 5280 section 4.2.1.1)"});
}

}  // namespace signet
