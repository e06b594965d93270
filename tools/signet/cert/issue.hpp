// Where the subcommands that make something put it, and what they say of it.
#pragma once

#include <string>
#include <vector>

#include <signet/x509/identity.hpp>

#include "cert/options.hpp"

namespace tool {

/// --out, --out-p12, --force and --json, beside the key's own place.
struct output_flags {
  std::string out = {};
  std::string out_p12 = {};
  bool force = false;
  bool json = false;

  void add_to(command_line& line, const char* what);
  /// Throws failure: stdout cannot hold both.
  void check(const std::string& command, const output_files& files) const;
  [[nodiscard]] output_files files(const std::string& command) const {
    return {command, force ? signet::existing_file::replace : signet::existing_file::keep};
  }
};

/// A key and a certificate, from the check of the options to the files.
class new_identity {
 public:
  explicit new_identity(std::string command) : command_(std::move(command)) {}
  void add_to(command_line& line);
  /// Opens what will be written. Throws failure.
  void prepare();
  [[nodiscard]] signet::private_key key() const { return key_.key(); }
  /// Writes it all and says so, and where it is not as `wanted`.
  void store(const signet::identity& made, const signet::certificate_options& wanted);

 private:
  std::string command_;
  key_flags key_;
  output_flags output_;
  std::optional<output_files> files_;
};

/// A certificate whose key is elsewhere: to --out, and said so.
void store_certificate(const std::vector<signet::certificate>& chain, const signet::certificate_options& wanted,
                       const output_flags& output, output_files& files);

}  // namespace tool
