#include "tls/context.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <new>

#include "base/access.hpp"
#include "base/file.hpp"
#include "base/printable.hpp"
#include "ossl/errors.hpp"
#include "tls/name_lists.hpp"
#include "x509/impl.hpp"

namespace signet {
namespace {

error refused(std::string_view option, const std::string& value, std::string hint) {
  auto queue = ossl::drain_errors();
  return error(error_parts{.code = errc::invalid_configuration,
                           .message = std::string(option) + ": OpenSSL has no use for " + base::quoted(value),
                           .hint = std::move(hint),
                           .library_errors = ossl::texts(queue)});
}

bool authenticates_nobody(const SSL_CIPHER* cipher) {
  return SSL_CIPHER_get_auth_nid(cipher) == NID_auth_null;
}

// Suites without authentication are out, whatever the list or the system's configuration says: with one, a handshake
// finishes although nobody was verified.
bool set_ciphers(SSL_CTX* ctx, const context_settings& settings) {
  std::string list = settings.ciphers;
  const bool old_versions = settings.min_version < protocol_version::tls1_2;
  if (list.empty() && settings.keys == key_use::instead) list = "kECDHEPSK:kDHEPSK";
  // Nothing without forward secrecy, and nothing that is half a certificate's.
  if (list.empty() && settings.keys == key_use::beside) list = "DEFAULT:!kRSAPSK:!kPSK";
  if (old_versions && list.empty()) list = "DEFAULT";
  if (!list.empty()) {
    list += ":!aNULL:!eNULL";
    // A server that does not know the key has nothing to choose.
    if (settings.keys == key_use::instead) list += ":!aRSA:!aECDSA:!aDSS";
    // TLS 1.0 and 1.1 sign with SHA-1, which OpenSSL 3 allows at level 0 only; who asks for them gets them.
    if (old_versions && list.find("@SECLEVEL") == std::string::npos) list += ":@SECLEVEL=0";
    if (SSL_CTX_set_cipher_list(ctx, list.c_str()) != 1) return false;
  }
  auto* chosen = SSL_CTX_get_ciphers(ctx);
  for (int i = 0; i < sk_SSL_CIPHER_num(chosen); ++i)
    if (authenticates_nobody(sk_SSL_CIPHER_value(chosen, i)))
      return SSL_CTX_set_cipher_list(ctx, "DEFAULT:!aNULL:!eNULL") == 1;
  return true;
}

// Those of RFC 7919 that fit the server's key, or the user's.
result<void> set_dh(SSL_CTX* ctx, const std::filesystem::path& file) {
  if (file.empty()) {
    SSL_CTX_set_dh_auto(ctx, 1);
    return {};
  }
  constexpr std::size_t most = std::size_t{64} << 10;
  auto text = base::read_file(file, most);
  if (!text) return error(text.error()).in("dh_parameters");
  const ossl::bio_ptr bio(BIO_new_mem_buf(text->data(), static_cast<int>(text->size())));
  ossl::pkey_ptr parameters(bio ? PEM_read_bio_Parameters(bio.get(), nullptr) : nullptr);
  const auto wrong = [&](const std::string& why) {
    return error(
        error_parts{.code = errc::file_malformed,
                    .message = "dh_parameters: " + base::shown(file) + ": " + why,
                    .hint = "`openssl dhparam -out FILE 2048` makes some; without the file those of RFC 7919 are used",
                    .library_errors = ossl::texts(ossl::drain_errors())});
  };
  if (!parameters || EVP_PKEY_is_a(parameters.get(), "DH") != 1) return wrong("it holds no Diffie-Hellman parameters");
  const int bits = EVP_PKEY_get_bits(parameters.get());
  if (bits < 2048 || bits > 8192)
    return wrong("they have " + std::to_string(bits) + " bits, which is not 2048 to 8192");
  if (SSL_CTX_set0_tmp_dh_pkey(ctx, parameters.get()) != 1) return wrong("they cannot be used");
  parameters.release();
  return {};
}

// With the hash that pre-shared keys are for.
const std::string suites_for_shared_keys = "TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256";

template <class Target>
result<void> use_identity_on(Target* target, const identity& who,
                             int (*use)(Target*, X509*, EVP_PKEY*, STACK_OF(X509) *, int)) {
  ossl::x509_view_ptr chain(sk_X509_new_null());
  if (!chain) throw std::bad_alloc();
  for (std::size_t i = 1; i < who.chain().size(); ++i)
    if (sk_X509_push(chain.get(), raw(who.chain()[i])) == 0) throw std::bad_alloc();
  if (use(target, raw(who.leaf()), raw(who.key()), chain.get(), 1) == 1) return {};
  const auto queue = ossl::drain_errors();
  const bool weak = ossl::holds(queue, ERR_LIB_SSL, SSL_R_EE_KEY_TOO_SMALL) ||
                    ossl::holds(queue, ERR_LIB_SSL, SSL_R_CA_KEY_TOO_SMALL) ||
                    ossl::holds(queue, ERR_LIB_SSL, SSL_R_CA_MD_TOO_WEAK);
  return error(error_parts{.code = weak ? errc::weak_key : errc::invalid_configuration,
                           .message = "the certificate of " + who.leaf().subject() +
                                      (weak ? " has a key or signature that is too weak" : " cannot be used"),
                           .hint = weak ? "make a new certificate with an EC P-256 or RSA 2048 key and SHA-256" : "",
                           .library_errors = ossl::texts(queue)});
}

}  // namespace

result<ossl::ssl_ctx_ptr> make_context(side which, const context_settings& settings) {
  ERR_clear_error();
  ossl::ssl_ctx_ptr made(SSL_CTX_new(which == side::client ? TLS_client_method() : TLS_server_method()));
  if (!made)
    return error(error_parts{.code = errc::internal,
                             .message = "OpenSSL cannot set up TLS",
                             .hint = "look at OpenSSL's own configuration (openssl.cnf, OPENSSL_CONF)",
                             .library_errors = ossl::texts(ossl::drain_errors())});
  auto* ctx = made.get();

  if (settings.min_version > settings.max_version)
    return error(errc::invalid_configuration, "the lowest version allowed, " + std::string(name(settings.min_version)) +
                                                  ", is above the highest, " + std::string(name(settings.max_version)));
  for (const auto& ok : {check_ciphers(settings.ciphers), check_ciphersuites(settings.ciphersuites),
                         check_groups(settings.groups), check_signature_algorithms(settings.signature_algorithms)})
    if (!ok) return ok.error();
  SSL_CTX_set_min_proto_version(ctx, static_cast<int>(settings.min_version));
  SSL_CTX_set_max_proto_version(ctx, static_cast<int>(settings.max_version));
  SSL_CTX_set_options(ctx, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
  if (which == side::server && settings.order == preference::server)
    SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  // Chains are what the user gave: OpenSSL's own search would list the CA folder on every handshake.
  // Read-ahead stays off (docs/proven.md 18).
  SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN | SSL_MODE_AUTO_RETRY);

  if (!set_ciphers(ctx, settings))
    return refused("ciphers", settings.ciphers, "`openssl ciphers -v 'LIST'` shows what a list stands for");
  if (!settings.ciphersuites.empty() && SSL_CTX_set_ciphersuites(ctx, settings.ciphersuites.c_str()) != 1)
    return refused("ciphersuites", settings.ciphersuites,
                   "the names of TLS 1.3, such as TLS_AES_128_GCM_SHA256, separated by colons");
  if (!settings.groups.empty() && SSL_CTX_set1_groups_list(ctx, settings.groups.c_str()) != 1)
    return refused("groups", settings.groups, "names such as X25519:P-256:P-384, separated by colons");
  if (!settings.signature_algorithms.empty() &&
      SSL_CTX_set1_sigalgs_list(ctx, settings.signature_algorithms.c_str()) != 1)
    return refused("signature_algorithms", settings.signature_algorithms,
                   "names such as ECDSA+SHA256:RSA-PSS+SHA256:ed25519, separated by colons");
  if (settings.security_level) {
    if (*settings.security_level < 1 || *settings.security_level > 5)
      return error(errc::invalid_configuration, "security_level is " + std::to_string(*settings.security_level),
                   "1 to 5");
    SSL_CTX_set_security_level(ctx, *settings.security_level);
  }
  constexpr std::size_t least = 512;
  constexpr std::size_t most = 16384;
  if (settings.max_record_size < least || settings.max_record_size > most)
    return error(errc::invalid_configuration, "max_record_size is " + std::to_string(settings.max_record_size),
                 "512 to 16384 octets");
  if (settings.max_record_size != most) SSL_CTX_set_max_send_fragment(ctx, static_cast<long>(settings.max_record_size));
  if (which == side::server)
    if (auto ok = set_dh(ctx, *settings.dh_parameters); !ok) return ok.error();
  ossl::drain_errors();
  return made;
}

context_settings settings_of(const client_options& o) {
  return {.min_version = o.min_version,
          .max_version = o.max_version,
          .ciphers = o.ciphers,
          .ciphersuites = o.shared_key && o.ciphersuites.empty() ? suites_for_shared_keys : o.ciphersuites,
          .groups = o.groups,
          .signature_algorithms = o.signature_algorithms,
          .security_level = o.security_level,
          .max_record_size = o.max_record_size,
          .keys = o.shared_key ? key_use::instead : key_use::none};
}

context_settings settings_of(const server_options& o) {
  return {.min_version = o.min_version,
          .max_version = o.max_version,
          .ciphers = o.ciphers,
          .ciphersuites = o.ciphersuites,
          .groups = o.groups,
          .signature_algorithms = o.signature_algorithms,
          .security_level = o.security_level,
          .max_record_size = o.max_record_size,
          .dh_parameters = &o.dh_parameters,
          .order = o.order,
          .keys = o.pre_shared_keys.empty() && !o.find_pre_shared_key ? key_use::none : key_use::beside};
}

result<void> check_lifetime(std::chrono::seconds of_sessions) {
  if (of_sessions >= std::chrono::seconds(1) && of_sessions <= std::chrono::days(7)) return {};
  return error(errc::invalid_configuration, "session_lifetime is " + std::to_string(of_sessions.count()) + " s",
               "1 second to 7 days (RFC 8446 section 4.6.1)");
}

void call_hook(const context_hook& hook, SSL_CTX* ctx) {
  if (const auto& function = detail::access::shared(hook)) (*function)(ctx);
}

result<std::string> alpn_wire_form(const std::vector<std::string>& names) {
  if (auto ok = check_alpn(names); !ok) return ok.error();
  std::string out;
  for (const auto& protocol : names) {
    out.push_back(static_cast<char>(protocol.size()));
    out += protocol;
  }
  return out;
}

result<void> use_identity(SSL_CTX* ctx, const identity& who) {
  return use_identity_on(ctx, who, SSL_CTX_use_cert_and_key);
}
result<void> use_identity(SSL* ssl, const identity& who) {
  return use_identity_on(ssl, who, SSL_use_cert_and_key);
}

}  // namespace signet
