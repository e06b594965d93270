// The way down to OpenSSL, for what this library does not offer: handles of certificates and keys, engines and configs,
// sockets. These are the only public headers that name OpenSSL's types; <signet/signet.hpp> does not include them.
//
// Every pointer is borrowed: the caller does not free it, and it is valid as long as the object it came from. Use the
// pointers to ask. A setting that is changed through one can undo what this library promises, verification above all.
// Objects that were moved from have no handle and may not be passed here.
#pragma once

#include <signet/net/native.hpp>
#include <signet/tls/native.hpp>
#include <signet/x509/native.hpp>
