// What the sentences of findings share, and those that take a search of their own.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "verify/explain.hpp"

namespace signet {

// "1 intermediate", "2 intermediates".
[[nodiscard]] std::string counted(std::uint64_t number, const std::string& thing);
[[nodiscard]] std::string_view peer_is_a(peer_role role);
// "the certificate 'server.test'", "the intermediate 'Example CA' (depth 1)".
[[nodiscard]] std::string which(const certificate& c, std::size_t depth);

inline constexpr const char* trust_it =
    "if it is yours or you know it, add it to the trusted certificates (trust_store::pem_file)";

void explain_unknown_issuer(finding& f, const certificate& c, const circumstances& known);
void explain_mismatch(finding& f, const certificate& c, const circumstances& known);
void explain_constraint(finding& f, const certificate& c, const circumstances& known);

}  // namespace signet
