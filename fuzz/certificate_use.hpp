// Asks a certificate everything, and checks what has to hold for each.
#pragma once

#include <signet/x509/certificate.hpp>

#include "check.hpp"

namespace signet::fuzz {

inline void use(const certificate& c) {
  check_printable(c.subject());
  check_printable(c.issuer());
  check_printable(c.common_name());
  check_printable(c.serial_number());
  check_printable(c.public_key_type());
  for (const auto& name : c.dns_names()) check_printable(name);
  for (const auto& address : c.ip_addresses()) check_printable(address);
  check(to_rfc3339(c.not_before()).size() == 20, "a time has a year of four digits");
  check(to_rfc3339(c.not_after()).size() == 20, "a time has a year of four digits");
  (void)c.is_self_issued();
  (void)c.fingerprint_sha256();
  const auto again = certificate::from_der(c.der());
  check(again.has_value() && *again == c, "what was read is written and read again");
  const auto from_text = certificate::from_pem(c.pem());
  check(from_text.has_value() && *from_text == c, "the same in PEM");
  check_queue();
}

}  // namespace signet::fuzz
