// Ways to loosen verification. A program that includes this file has a reason; the reason is asked for, and shows in
// connection_info and in the verdict of every connection it affected.
#pragma once

#include <stdexcept>
#include <string>

#include <signet/verify/verify_peer.hpp>

namespace signet {

struct dangerous {
  /// Verification runs and reports, and any certificate is accepted that matches the pins, if there are any: without
  /// them an attacker on the path reads and changes everything. Throws std::invalid_argument when the reason is empty.
  static loosened_verification accept_any_certificate(std::string reason) {
    if (reason.empty()) throw std::invalid_argument("loosened verification needs a reason");
    return loosened_verification(std::move(reason));
  }
  /// Only the findings that `waives` answers with true do not count; it is asked about each, from any thread.
  static loosened_verification accept_findings(std::string reason, loosened_verification::waiver waives) {
    if (reason.empty() || !waives) throw std::invalid_argument("loosened verification needs a reason and a waiver");
    return loosened_verification(std::move(reason), std::move(waives));
  }
};

}  // namespace signet
