// Certificates by options, for keys whose private half is elsewhere, too.
#pragma once

#include <signet/x509/certificate_builder.hpp>

#include "x509/certificate_plan.hpp"

namespace signet::x509 {

// Without a CA the key signs for itself.
result<certificate> issue(const certificate_options& options, role made, EVP_PKEY* key, const identity* ca);

}  // namespace signet::x509
