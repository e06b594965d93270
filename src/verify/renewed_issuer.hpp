// A CA whose certificate was renewed with its key, where a profile lets the old serial number pass.
#pragma once

#include <openssl/types.h>

#include <vector>

#include <signet/verify/verify_peer.hpp>

#include "verify/problem.hpp"

namespace signet {

// For OpenSSL's verification, one a process: without certificates, with what counts as an issuer under `profile`.
[[nodiscard]] X509_STORE* empty_store(verify_profile profile);

// Adds where verify_profile::compatible let it pass.
void check_serials_of_issuers(const std::vector<certificate>& chain, problems& passed_over);

}  // namespace signet
