// The options that say how a peer's certificate is judged, the same for connections and for `signet verify`.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <signet/verify/verify_peer.hpp>

#include "options/arguments.hpp"

namespace tool {

/// What --name says. Throws failure (usage).
signet::server_name expected_name(const std::string& command, const std::string& text);

/// "server", "client" or "any"; nothing for another word.
std::optional<signet::peer_role> role_of(const std::string& purpose);

/// The certificates of a PKCS#12 file that `option` named; nothing for a file of another kind. Throws failure and
/// signet::exception when the password is missing or wrong.
std::optional<std::vector<signet::certificate>> pkcs12_certificates(
    const std::string& option, const std::string& file, const std::string& password_file,
    const std::string& password_option = "--ca-password-file");

/// Of a file that its password does not open: how to give the one that does. What the library advises is kept.
signet::error with_password_hint(const signet::error& why, const std::string& password_file,
                                 const std::string& password_option);

class verify_flags {
 public:
  void add_to(command_line& line, const std::string& group);
  /// After the line was read: the scheme, the profile and the pins. Throws failure (usage).
  void check(const std::string& command);
  /// Reads the files. `folders` are those trust was taken from, for --check-crl. Throws failure and signet::exception.
  void apply(signet::verify_options& options, const std::vector<std::string>& folders) const;
  /// The file with the password of PKCS#12 among the files of trust; empty when none was named.
  [[nodiscard]] const std::string& ca_password_file() const noexcept { return ca_password_file_; }

 private:
  std::string scheme_text_;
  std::string profile_text_;
  std::string public_suffix_;
  std::vector<std::string> intermediates_;
  std::string ca_password_file_;
  std::vector<std::string> pin_texts_;
  std::vector<std::string> accepted_pin_texts_;
  std::vector<std::string> crls_;
  bool whole_chain_ = false;
  bool look_for_crls_ = false;
  std::string known_peers_;

  signet::hostname_scheme scheme_ = signet::hostname_scheme::rfc9525;
  signet::verify_profile profile_ = signet::verify_profile::automatic;
  std::vector<signet::certificate_pin> pins_;
  std::vector<signet::certificate_pin> accepted_pins_;
};

}  // namespace tool
