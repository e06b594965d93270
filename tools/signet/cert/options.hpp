// The options that the subcommands of `signet cert` share: what a certificate says, which key it is for, who issues it,
// and where all that goes.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <signet/x509/certificate_builder.hpp>

#include "cert/cert_files.hpp"
#include "options/arguments.hpp"

namespace tool {

/// "2026-11-21T08:00:00Z" (RFC 3339, any offset) or a date, which stands for its beginning in UTC. Throws failure
/// (usage).
std::chrono::sys_seconds parse_time(const std::string& command, const std::string& option, const std::string& text);
/// A whole number from `least` to `most`. Throws failure (usage).
int parse_number(const std::string& command, const std::string& option, const std::string& text, int least, int most);
/// What a certificate says.
class subject_flags {
 public:
  enum class kind : unsigned char { ca, leaf, request };

  explicit subject_flags(kind what) : kind_(what) {}
  void add_to(command_line& line);
  /// Throws failure (usage).
  [[nodiscard]] signet::certificate_options options(const std::string& command) const;
  [[nodiscard]] bool names_somebody() const noexcept;
  [[nodiscard]] std::vector<std::string> hosts() const;

 private:
  void set_subject(const std::string& command, signet::certificate_options& wanted) const;
  void set_period(const std::string& command, signet::certificate_options& wanted) const;
  void set_usages(const std::string& command, signet::certificate_options& wanted) const;
  void set_constraints(const std::string& command, signet::certificate_options& wanted) const;
  void set_extensions(const std::string& command, signet::certificate_options& wanted) const;

  kind kind_;
  std::string common_name_;
  std::string organization_;
  std::string subject_;
  std::vector<std::string> dns_;
  std::vector<std::string> ip_;
  std::vector<std::string> email_;
  std::vector<std::string> uri_;
  std::string purpose_ = "server";
  std::string key_usage_;
  std::vector<std::string> extended_key_usage_;
  std::string days_;
  std::string not_before_;
  std::string not_after_;
  std::string path_length_ = "0";
  std::vector<std::string> permit_;
  std::vector<std::string> exclude_;
  std::vector<std::string> ocsp_url_;
  std::vector<std::string> crl_url_;
  std::vector<std::string> ca_issuer_url_;
  std::vector<std::string> policy_;
  bool must_staple_ = false;
  std::vector<std::string> extension_;
  std::string serial_;
  std::string digest_;
};

/// The key a certificate is for: a new one that has to go somewhere, or one that is there.
class key_flags {
 public:
  void add_to(command_line& line);
  /// Whether there is a place for the new key: `elsewhere` when PKCS#12 takes it. Throws failure (usage).
  void check(const std::string& command, bool elsewhere) const;
  void open(output_files& outputs) const { outputs.open(out_key_, secrecy::secret); }
  /// Reads the key or makes it. Throws failure and signet::exception.
  [[nodiscard]] signet::private_key key() const;
  /// The key as PEM, encrypted when a password was named.
  void fill(output_files& outputs, const signet::private_key& key) const;
  /// What protects the key, when a password was named.
  [[nodiscard]] const std::optional<std::string>& password() const noexcept { return password_; }
  [[nodiscard]] const std::string& out() const noexcept { return out_key_; }
  /// Reads --out-password-file. Throws failure.
  void read_password();

 private:
  std::optional<std::string> key_type_;
  std::string key_;
  std::string password_file_;
  std::string out_key_;
  std::string out_password_file_;
  std::optional<std::string> password_;
};

/// The CA that signs.
struct issuer_flags {
  std::string ca = {};
  std::string key = {};
  std::string password_file = {};

  void add_to(command_line& line, bool required);
  /// --ca-key and --ca-password-file go with --ca. Throws failure (usage).
  void check(const std::string& command) const;
  [[nodiscard]] bool given() const noexcept { return !ca.empty(); }
  /// Throws failure, also for one that is no CA, and signet::exception.
  [[nodiscard]] signet::identity load() const;
};

}  // namespace tool
