// Whether names in certificates have the form RFC 5280 gives them (sections 4.2.1.6 and 4.2.1.10).
#pragma once

#include <openssl/x509v3.h>

namespace signet {

[[nodiscard]] bool is_well_formed(const GENERAL_NAME* name);
// The same for what stands in name constraints: domains, domains of mailboxes, subnets.
[[nodiscard]] bool is_well_formed_constraint(const GENERAL_NAME* name);

}  // namespace signet
