// Keys behind the "pkcs11" engine, which is what Debian 12 has for tokens. OpenSSL 3 deprecates engines and OpenSSL 4
// has none, yet only its program, not its library, lets OSSL_STORE reach them. So this is the one place that calls what
// is deprecated; where OpenSSL is built without engines there is none.
#pragma once

#include <string>

#include "ossl/handles.hpp"
#include "x509/pin_prompt.hpp"

namespace signet::x509 {

// Whether the engine is there: named by OpenSSL's configuration, or in OpenSSL's folder of engines.
bool has_pkcs11_engine();
// The private key of a "pkcs11:" URI, the last one of several that match. Null when it fails, for which OpenSSL's queue
// and the prompt have the reasons.
ossl::pkey_ptr load_from_pkcs11_engine(const std::string& uri, pin_prompt& prompt);

}  // namespace signet::x509
