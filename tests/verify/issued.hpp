// Small hierarchies, made in a few lines, for tests of verification.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <signet/verify/verify_peer.hpp>
#include <signet/x509/certificate_builder.hpp>

namespace signet::test {

// A fixed day, so that nothing here expires.
inline constexpr std::chrono::sys_seconds noon =
    std::chrono::sys_days(std::chrono::year(2026) / 6 / 1) + std::chrono::hours(12);

inline private_key fresh_key() {
  return private_key::generate("ec:P-256").value();
}

inline identity root(const std::string& name, certificate_options options = {}) {
  options.common_name = name;
  options.at = noon - std::chrono::days(30);
  if (options.path_length == 0) options.path_length = 5;
  return make_ca(options, fresh_key()).value();
}

inline identity intermediate(const std::string& name, const identity& under, certificate_options options = {}) {
  options.common_name = name;
  options.at = noon - std::chrono::days(20);
  return issue_ca(options, fresh_key(), under).value();
}

inline identity leaf(const std::string& name, const identity& under, certificate_options options = {}) {
  if (options.dns_names.empty()) options.dns_names = {name};
  options.at = noon - std::chrono::days(10);
  return issue_certificate(options, fresh_key(), under).value();
}

// `sent` as a server for `name`, at noon.
inline verdict judge(const std::vector<certificate>& sent, const trust_store& trust, const std::string& name,
                     verify_options options = {}) {
  if (!options.clock) options.clock = [] { return noon; };
  return verify_peer({.sent = sent, .trust = trust, .expected = server_name::parse(name).value(), .options = options});
}

// The codes of all findings, in their order.
inline std::vector<std::string> codes(const std::vector<finding>& findings) {
  std::vector<std::string> out;
  for (const auto& f : findings) out.emplace_back(name(f.code));
  return out;
}

}  // namespace signet::test
