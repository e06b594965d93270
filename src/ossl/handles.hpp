// Typed handles: each OpenSSL object is freed by its own function, or the code does not compile.
#pragma once

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>

namespace signet::ossl {

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* p) const noexcept {
    Free(p);
  }
};
template <class T, auto Free>
using handle = std::unique_ptr<T, freed_by<Free>>;

// Whatever a token's provider has to say when a key is freed stays out of the error queue.
template <class T, void (*Free)(T*)>
void free_quietly(T* p) noexcept {
  ERR_set_mark();
  Free(p);
  ERR_pop_to_mark();
}

using ssl_ptr = handle<SSL, SSL_free>;
using ssl_ctx_ptr = handle<SSL_CTX, SSL_CTX_free>;
using ssl_session_ptr = handle<SSL_SESSION, SSL_SESSION_free>;
using x509_ptr = handle<X509, free_quietly<X509, X509_free>>;
using x509_store_ptr = handle<X509_STORE, X509_STORE_free>;
using x509_store_ctx_ptr = handle<X509_STORE_CTX, X509_STORE_CTX_free>;
using x509_name_ptr = handle<X509_NAME, X509_NAME_free>;
using x509_extension_ptr = handle<X509_EXTENSION, X509_EXTENSION_free>;
using general_names_ptr = handle<GENERAL_NAMES, GENERAL_NAMES_free>;
using pkey_ptr = handle<EVP_PKEY, free_quietly<EVP_PKEY, EVP_PKEY_free>>;
using pkey_ctx_ptr = handle<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;
using md_ctx_ptr = handle<EVP_MD_CTX, EVP_MD_CTX_free>;
using bio_ptr = handle<BIO, BIO_free_all>;
using bignum_ptr = handle<BIGNUM, BN_free>;

// A stack that owns the reference it holds on each certificate.
inline void free_x509_stack(STACK_OF(X509) * s) noexcept {
  sk_X509_pop_free(s, X509_free);
}
// A stack that borrows its certificates.
inline void free_x509_view(STACK_OF(X509) * s) noexcept {
  sk_X509_free(s);
}
inline void free_x509_names(STACK_OF(X509_NAME) * s) noexcept {
  sk_X509_NAME_pop_free(s, X509_NAME_free);
}
using x509_names_ptr = handle<STACK_OF(X509_NAME), free_x509_names>;
using x509_stack_ptr = handle<STACK_OF(X509), free_x509_stack>;
using x509_view_ptr = handle<STACK_OF(X509), free_x509_view>;

inline x509_ptr share(X509* x) noexcept {
  X509_up_ref(x);
  return x509_ptr(x);
}

}  // namespace signet::ossl
