#include "x509/key_usages.hpp"

#include <algorithm>

namespace signet::x509 {
namespace {

enum class kind : unsigned char { rsa, ec, signing, agreement };

kind kind_of(const EVP_PKEY* key) {
  const auto is = [&](const char* name) { return EVP_PKEY_is_a(key, name) == 1; };
  if (is("RSA")) return kind::rsa;
  if (is("EC") || is("SM2")) return kind::ec;
  return is("X25519") || is("X448") || is("DH") || is("DHX") ? kind::agreement : kind::signing;
}

bool holds(const std::vector<key_usage>& all, key_usage usage) {
  return std::find(all.begin(), all.end(), usage) != all.end();
}

}  // namespace

bool is_possible(key_usage usage, const EVP_PKEY* key) {
  const auto of = kind_of(key);
  switch (usage) {
    case key_usage::digital_signature:
    case key_usage::non_repudiation:
    case key_usage::key_cert_sign:
    case key_usage::crl_sign:
      return of != kind::agreement;
    case key_usage::key_encipherment:
    case key_usage::data_encipherment:
      return of == kind::rsa;
    case key_usage::key_agreement:
    case key_usage::encipher_only:
    case key_usage::decipher_only:
      return of == kind::ec || of == kind::agreement;
  }
  return false;
}

std::vector<key_usage> usages_for(const std::vector<std::string>& extended, const EVP_PKEY* key) {
  const auto of = kind_of(key);
  if (of == kind::agreement) return {key_usage::key_agreement};
  const auto is_for = [&](const char* oid) {
    return std::find(extended.begin(), extended.end(), oid) != extended.end();
  };
  std::vector<key_usage> out{key_usage::digital_signature};
  // Key exchange of TLS 1.2 without forward secrecy, and mail that is encrypted to the key.
  if (of == kind::rsa && (is_for(server_auth) || is_for(email_protection))) out.push_back(key_usage::key_encipherment);
  if (of == kind::ec && is_for(email_protection)) out.push_back(key_usage::key_agreement);
  return out;
}

std::vector<key_usage> adapted(const std::vector<key_usage>& usages, const EVP_PKEY* key) {
  std::vector<key_usage> out;
  for (const auto usage : usages)
    if (is_possible(usage, key)) out.push_back(usage);
  const auto instead =
      is_possible(key_usage::digital_signature, key) ? key_usage::digital_signature : key_usage::key_agreement;
  if (out.size() != usages.size() && !holds(out, instead)) out.insert(out.begin(), instead);
  return out;
}

}  // namespace signet::x509
