// A SoftHSM token of the test's own, in a folder of its own, behind whichever of OpenSSL's ways to it is installed: the
// provider (Debian 13) or the engine (Debian 12). The test fails where neither is.
#pragma once

#include <signet/x509/private_key.hpp>

#include <filesystem>
#include <string>
#include <vector>

#include "support/pki.hpp"

namespace signet::test {

enum class way { provider, engine };

class token {
 public:
  // Made before OpenSSL reads its configuration, and kept until the process ends: a PKCS#11 library reads its own once.
  static const token& only();

  [[nodiscard]] way reached_by() const { return way_; }
  // "pkcs11:token=web;object=..." and its PIN. The token holds an EC key "ec", an RSA key "rsa" and twice the label
  // "twin". There are others for whoever needs one that nobody has opened, for a right PIN opens a token to the whole
  // process: "locked" (13579), "hasty" (97531), "other" (86420) and "stick" (11223), each with an EC key "ec".
  [[nodiscard]] static std::string uri(const std::string& object) { return "pkcs11:token=web;object=" + object; }
  [[nodiscard]] static password_callback pin();
  // Takes the token out of its slot, as far as SoftHSM can tell.
  void remove(const std::string& label) const;

 private:
  token();
  void add(const std::string& label, const std::string& pin) const;
  void make_key(const std::string& place, const std::string& pin, const std::string& type, const std::string& label,
                const std::string& id) const;

  temporary_folder folder_;
  way way_ = way::engine;
};

}  // namespace signet::test
