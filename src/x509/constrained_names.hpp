// Names as sentences about name constraints show them, and one name by itself for OpenSSL to judge.
#pragma once

#include <string>

#include <signet/x509/general_name.hpp>

#include "ossl/handles.hpp"

namespace signet::x509 {

// "DNS:a.test", "IP:192.0.2.1", "directory name CN=a".
[[nodiscard]] std::string label_of(const general_name& name);

// A certificate with this name and nothing else; none when it cannot be made. Takes the entry.
[[nodiscard]] ossl::x509_ptr holder_of(GENERAL_NAME* entry);

}  // namespace signet::x509
