// The keys that a file of known peers has for one of them, for the verdict and its sentence.
#pragma once

#include <string>
#include <vector>

#include <signet/verify/known_peers.hpp>

namespace signet {

struct known_keys {
  known_peers::standing is = known_peers::standing::unknown;
  // Of the peer, as the file writes them, and the one of the certificate that was shown.
  std::vector<std::string> keys = {};
  std::string shown = {};
  // "server.test:8443".
  std::string peer = {};

  // What known_peers::look_up answers from.
  [[nodiscard]] static result<known_keys> at(const known_peers& peers, const server_name& name, std::uint16_t port,
                                             const certificate& shown);
};

}  // namespace signet
