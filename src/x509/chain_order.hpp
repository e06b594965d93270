// Which certificate issued which, among those that came together in no order that can be relied on.
#pragma once

#include <cstddef>
#include <vector>

#include <signet/x509/certificate.hpp>

namespace signet::x509 {

// Moves certificate `leaf` to the front and its issuers behind it, as far as they are there; the others keep their
// order. Returns how many the chain has.
std::size_t order_chain(std::vector<certificate>& certificates, std::size_t leaf);

}  // namespace signet::x509
