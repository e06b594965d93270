#include "tls/cipher_words.hpp"

#include <algorithm>
#include <iterator>

#include "base/ascii.hpp"

namespace signet {
namespace {

// A keyword without a suite in this build of OpenSSL is to OpenSSL like no keyword, so they are listed here.
constexpr std::string_view keywords[] = {
    "ALL", "COMPLEMENTOFALL", "COMPLEMENTOFDEFAULT", "HIGH", "MEDIUM", "LOW", "FIPS",
    // versions
    "SSLv3", "TLSv1", "TLSv1.0", "TLSv1.2",
    // key exchange
    "kRSA", "kEDH", "kDHE", "DH", "kEECDH", "kECDHE", "ECDH", "kPSK", "kRSAPSK", "kECDHEPSK", "kDHEPSK", "kSRP",
    "kGOST", "kGOST18",
    // authentication, alone and with the key exchange
    "aRSA", "aDSS", "DSS", "aNULL", "aECDSA", "ECDSA", "aPSK", "aGOST01", "aGOST12", "aGOST", "aSRP", "EDH", "DHE",
    "EECDH", "ECDHE", "RSA", "ADH", "AECDH", "PSK", "SRP",
    // encryption
    "eNULL", "NULL", "3DES", "RC4", "RC2", "IDEA", "SEED", "GOST89", "AES128", "AES256", "AES", "AESGCM", "AESCCM",
    "AESCCM8", "CAMELLIA128", "CAMELLIA256", "CAMELLIA", "CHACHA20", "GOST2012-GOST8912-GOST8912", "ARIA", "ARIAGCM",
    "ARIA128", "ARIA256", "CBC",
    // digests
    "MD5", "SHA1", "SHA", "SHA256", "SHA384", "GOST94", "GOST89MAC", "GOST12",
    // suites under their old names
    "EDH-DSS-DES-CBC3-SHA", "EDH-RSA-DES-CBC3-SHA"};

constexpr std::string_view former_keywords[] = {
    // strength and version
    "EXP", "EXPORT", "EXPORT40", "EXPORT56", "SSLv2",
    // algorithms
    "DES", "FZA", "kFZA", "aFZA", "eFZA", "KRB5", "kKRB5", "aKRB5", "kDHr", "kDHd", "kDH", "aDH", "kECDHr", "kECDHe",
    "kECDH", "aECDH", "aGOST94",
    // suites
    "KRB5-DES-CBC3-SHA", "KRB5-DES-CBC3-MD5"};

template <class Range>
bool holds(const Range& range, std::string_view word) {
  return std::find(std::begin(range), std::end(range), word) != std::end(range);
}

// These mean something at the beginning of a list only.
bool is_for_the_beginning(std::string_view word) {
  return word.starts_with("DEFAULT") || word.starts_with("SUITEB");
}

}  // namespace

bool is_cipher_word(SSL_CTX* scratch, std::string_view word) {
  if (holds(keywords, word)) return true;
  return !word.empty() && !word.starts_with('-') && !is_for_the_beginning(word) &&
         SSL_CTX_set_cipher_list(scratch, std::string(word).c_str()) == 1;
}

bool is_former_cipher_word(std::string_view word) {
  return holds(former_keywords, word);
}

std::string hint_on_cipher_word(SSL_CTX* scratch, std::string_view word) {
  if (is_for_the_beginning(word)) return "DEFAULT and SUITEB128 stand at the beginning, and the latter alone";
  if (is_former_cipher_word(word)) return "OpenSSL has no such suites any more";
  const auto meant = [word](std::string_view name) { return base::same_ignoring_case(name, word); };
  if (const auto* const found = std::find_if(std::begin(keywords), std::end(keywords), meant);
      found != std::end(keywords))
    return "capitals matter: " + std::string(*found);
  if (SSL_CTX_set_cipher_list(scratch, "ALL:COMPLEMENTOFALL") == 1) {
    const auto* const suites = SSL_CTX_get_ciphers(scratch);
    for (int i = 0; i < sk_SSL_CIPHER_num(suites); ++i) {
      const auto* const suite = sk_SSL_CIPHER_value(suites, i);
      const std::string name = SSL_CIPHER_get_name(suite);
      if (!meant(name) && !meant(SSL_CIPHER_standard_name(suite))) continue;
      if (std::string_view(SSL_CIPHER_get_version(suite)) == "TLSv1.3")
        return "it is a suite of TLS 1.3: ciphersuites names those";
      return "OpenSSL calls it " + name;
    }
  }
  return "`openssl ciphers -v ALL:COMPLEMENTOFALL` lists the suites";
}

}  // namespace signet
