// The words that OpenSSL's cipher strings are made of.
#pragma once

#include <openssl/ssl.h>

#include <string>
#include <string_view>

namespace signet {

// A keyword of OpenSSL, whether or not it stands for any suite here, or the name of a suite that `scratch` can have.
// `scratch` gets another list.
bool is_cipher_word(SSL_CTX* scratch, std::string_view word);
// What older versions of OpenSSL had: nobody can ask for it any more, but lists go on excluding it.
bool is_former_cipher_word(std::string_view word);
// What to do about a word that is none.
std::string hint_on_cipher_word(SSL_CTX* scratch, std::string_view word);

}  // namespace signet
