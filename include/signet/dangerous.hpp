// The ways to loosen the verification of peers. Put the result into client_options::loosened or
// server_options::loosened.
//
// Every way asks for a reason in words. The reason appears in connection_info and in the verdict of every connection
// that the config makes, so that a log shows what was let through and why. Such connections are never resumed.
//
// First look for a narrower way: a private CA belongs in a trust_store, and one known certificate into
// verify_options::accepted_pins. <signet/signet.hpp> does not include this header.
#pragma once

#include <stdexcept>
#include <string>

#include <signet/verify/verify_peer.hpp>

namespace signet {

/// A namespace in the form of a type, so that verification can befriend it.
struct dangerous {
  /// Accepts any certificate. Verification still runs, and its findings are in the verdict. Still refused are
  /// a mismatch with verify_options::pins, another key than `first_use` knows, what verify_options::further objects to,
  /// and a peer without a certificate. On a client without pins, an attacker on the path can read and change
  /// everything. A server that decides about its clients itself, by `further` or after the handshake, starts from here.
  /// Throws std::invalid_argument if the reason is empty.
  static loosened_verification accept_any_certificate(std::string reason) {
    if (reason.empty()) throw std::invalid_argument("loosened verification needs a reason");
    return loosened_verification(std::move(reason));
  }
  /// Accepts a certificate in spite of those findings for which `waives` returns true; every other finding still
  /// refuses. `waives` is called for each finding, with the certificate that it is about, from any thread.
  /// Throws std::invalid_argument if the reason is empty or there is no function.
  static loosened_verification accept_findings(std::string reason, loosened_verification::waiver waives) {
    if (reason.empty() || !waives) throw std::invalid_argument("loosened verification needs a reason and a waiver");
    return loosened_verification(std::move(reason), std::move(waives));
  }
};

}  // namespace signet
