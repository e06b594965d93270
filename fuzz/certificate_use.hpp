// Asks a certificate everything, and checks what has to hold for each.
#pragma once

#include <signet/x509/certificate.hpp>

#include <algorithm>

#include "check.hpp"

namespace signet::fuzz {

inline void check_name(const distinguished_name& name) {
  for (const auto& a : name.attributes) {
    check_printable(a.type);
    check_printable(a.value);
  }
  const auto text = name.text();
  check_printable(text);
  // More parts, or stranger types, than anybody writes are read but not parsed.
  if (const auto again = distinguished_name::parse(text)) check(*again == name, "a name's text says all of it");
}

inline void check_names(const std::vector<general_name>& names) {
  for (const auto& name : names) check_printable(name.value);
}

inline void check_id(const object_id& id) {
  check_printable(id.oid);
  check_printable(id.name);
}

inline void use_extensions(const certificate& c) {
  check_names(c.alternative_names());
  (void)c.basic_constraints();
  (void)c.key_usage();
  for (const auto& id : c.extended_key_usage()) check_id(id);
  (void)c.subject_key_id();
  if (const auto authority = c.authority_key_id()) {
    check_names(authority->issuer);
    check_printable(authority->serial_number);
  }
  for (const auto& access : c.authority_access()) {
    check_id(access.method);
    check_printable(access.location.value);
  }
  for (const auto& urls : {c.ocsp_urls(), c.ca_issuer_urls(), c.crl_urls()})
    for (const auto& url : urls) check_printable(url);
  for (const auto& point : c.crl_distribution_points()) {
    check_names(point.names);
    check_names(point.crl_issuer);
    check_printable(point.relative_name);
  }
  for (const auto& policy : c.policies()) {
    check_id(policy.policy);
    for (const auto& url : policy.statement_urls) check_printable(url);
    for (const auto& notice : policy.notices) check_printable(notice);
  }
  if (const auto constraints = c.name_constraints()) {
    check_names(constraints->permitted);
    check_names(constraints->excluded);
  }
  for (const auto& timestamp : c.signed_timestamps()) check(timestamp.log_id.size() == 32, "a log has 32 octets");
  (void)c.must_staple();
  const auto all = c.extensions();
  for (const auto& e : all) {
    check_id(e.id);
    auto text = printed(e);
    std::replace(text.begin(), text.end(), '\n', ' ');
    check_printable(text);
  }
  check(c.broken_extensions().size() <= all.size(), "only what is there is broken");
}

inline void use(const certificate& c) {
  check(c.version() >= 0 && c.version() <= 3, "a version is 1 to 3, or 0");
  check_printable(c.subject());
  check_printable(c.issuer());
  check_name(c.subject_name());
  check_name(c.issuer_name());
  check_printable(c.last_common_name());
  check_printable(c.serial_number());
  check_printable(c.public_key_type());
  for (const auto& name : c.dns_names()) check_printable(name);
  for (const auto& address : c.ip_addresses()) check_printable(address);
  check(to_rfc3339(c.not_before()).size() == 20, "a time has a year of four digits");
  check(to_rfc3339(c.not_after()).size() == 20, "a time has a year of four digits");
  check(!c.public_key_der().empty(), "a certificate has a key");
  check_id(c.signature_algorithm());
  (void)c.signature();
  use_extensions(c);
  (void)c.is_self_issued();
  check(to_hex(c.fingerprint("sha256").value()) == to_hex(c.fingerprint_sha256()), "a digest is the same by its name");
  for (const auto part : {fingerprint_of::public_key, fingerprint_of::public_key_info})
    check(c.fingerprint("sha1", part).value().size() == 20, "any part has a digest");
  const auto again = certificate::from_der(c.der());
  check(again.has_value() && *again == c, "what was read is written and read again");
  const auto from_text = certificate::from_pem(c.pem());
  check(from_text.has_value() && *from_text == c, "the same in PEM");
  check_queue();
}

}  // namespace signet::fuzz
