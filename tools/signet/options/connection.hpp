// The options that are the same wherever a peer is verified or a connection is made, and what they become.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <signet/net/connect.hpp>
#include <signet/net/starttls.hpp>
#include <signet/tls/client_config.hpp>
#include <signet/tls/server_config.hpp>

#include "options/arguments.hpp"
#include "options/verify.hpp"

namespace tool {

/// How TLS is spoken, on either side.
class tls_flags {
 public:
  void add_to(command_line& line);

  /// Throws failure. Warns of versions that are no longer safe.
  template <class Options>
  void apply(Options& options) const {
    options.min_version = version_;
    options.max_version = max_version_;
    options.ciphers = ciphers_;
    options.ciphersuites = ciphersuites_;
    options.groups = groups_;
    options.alpn = split_list(alpn_);
    options.key_log = open_key_log();
  }
  /// After the line was read: what CLI11 cannot check. Throws failure.
  void check(const std::string& command);
  /// Refuses protocols that the command does not speak. Throws failure.
  void allow_alpn(const std::string& command, std::initializer_list<std::string_view> spoken) const;

 private:
  [[nodiscard]] signet::key_log_sink open_key_log() const;

  std::string min_text_ = "1.2";
  std::string max_text_ = "1.3";
  std::string ciphers_;
  std::string ciphersuites_;
  std::string groups_;
  std::string alpn_;
  std::string key_log_;
  signet::protocol_version version_ = signet::protocol_version::tls1_2;
  signet::protocol_version max_version_ = signet::protocol_version::tls1_3;
};

/// A decimal number of seconds, more than nothing. Throws failure (usage).
std::chrono::milliseconds parse_seconds(const std::string& command, const std::string& option, const std::string& text);

/// The certificates of a file or a folder that `option` named, as trust. Throws failure and signet::exception.
signet::trust_store trust_at(const std::string& option, const std::string& place, const std::string& password_file = {},
                             const std::string& password_option = "--ca-password-file");
/// All of `ca`, or the system's when there are none, and `add_ca`.
signet::trust_store trust_of(const std::vector<std::string>& ca, const std::vector<std::string>& add_ca,
                             const std::string& password_file = {});
/// IDENTITY:HEX, split at the last colon. Throws failure (usage), which never shows the key.
signet::pre_shared_key parse_shared_key(const std::string& command, const std::string& text);

/// Whether what --key and the like name is no file but a key elsewhere: "pkcs11:...".
bool is_key_uri(std::string_view named);
/// What an identity is loaded from, its key named as a file or by its URI.
signet::identity_files identity_files_of(const std::string& certificate, const std::string& key,
                                         signet::password_callback password);
/// Our own certificate and its key. Throws failure and signet::exception, which name the option.
signet::identity identity_of(const std::string& certificate, const std::string& key, const std::string& password_file);

/// How an address is written where its zone stands.
enum class written : unsigned char { as_endpoint, in_url };
/// A link-local address needs the network interface it is meant for, one that this machine has. Throws
/// signet::exception (invalid_endpoint).
void check_zone(const signet::endpoint& to, written how);

enum class verbosity : unsigned char { quiet, verbose };

/// Whom a client trusts, who it is, and how it connects.
class client_flags {
 public:
  void add_to(command_line& line);
  /// --starttls, where what follows the handshake is the caller's.
  void add_starttls_to(command_line& line);
  /// For subcommands that look at a peer: no --insecure. With --starttls.
  void add_for_a_look_to(command_line& line);
  /// The certificate to show, where the options that name it are the subcommand's.
  void show_ourselves_as(std::string certificate, std::string key, std::string password_file);
  /// -v and -vv.
  void add_verbose_to(command_line& line);
  /// Whether to tell whom we talk to.
  [[nodiscard]] bool verbose() const noexcept { return verbose_ > 0; }
  /// After the line was read. Throws failure.
  void check(const std::string& command);

  /// Throws failure and signet::exception. Warns when nobody is verified.
  [[nodiscard]] signet::client_config config() const;
  /// For a server that another one led us to: our certificate and the names on the command line are not for it.
  [[nodiscard]] signet::client_config config_for_others() const;
  [[nodiscard]] signet::connect_options connect_options_for_others() const;
  [[nodiscard]] bool has_certificate() const noexcept { return !certificates_.empty(); }
  /// Takes whatever certificate comes; the verdict tells what is wrong with it. For connections that carry nothing.
  [[nodiscard]] signet::client_config config_for_a_look() const;
  [[nodiscard]] signet::trust_store trust() const;
  /// Whether the command line said whom to trust.
  [[nodiscard]] bool names_trust() const noexcept { return !ca_.empty() || !add_ca_.empty(); }
  /// Where the time for everything is over, an error says so instead of how long the last wait was.
  [[nodiscard]] signet::error told(const signet::error& why) const;
  /// The name the peer has to prove, when it is not the one connected to.
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  /// How a peer is judged. Reads the files named. Throws failure and signet::exception.
  [[nodiscard]] signet::verify_options verify_options() const {
    signet::verify_options options;
    rules_.apply(options, ca_);
    return options;
  }
  /// Connects and shakes hands, after the dialogue of --starttls if there is one; verbose tells that on stderr. Throws
  /// signet::exception.
  [[nodiscard]] signet::tls_socket connect(const signet::endpoint& to, const signet::client_config& config,
                                           verbosity dialogue = verbosity::quiet) const;
  /// The port for an address without one: that of --starttls, or 0 for none.
  [[nodiscard]] std::uint16_t default_port() const noexcept;
  [[nodiscard]] signet::connect_options connect_options() const;
  [[nodiscard]] signet::tcp_connect_options tcp_connect_options() const;
  /// Of --timeout: for connecting with its handshake, and for each time without a byte that moves.
  [[nodiscard]] std::chrono::milliseconds timeout() const noexcept { return timeout_; }
  /// Of --max-time: for everything together.
  [[nodiscard]] signet::deadline whole() const noexcept { return whole_; }
  [[nodiscard]] const tls_flags& tls() const noexcept { return tls_; }
  [[nodiscard]] bool insecure() const noexcept { return insecure_; }

 private:
  void add_trust_to(command_line& line);
  void add_connection_to(command_line& line);
  void check_starttls(const std::string& command);
  [[nodiscard]] signet::client_options options() const;
  enum class shown : unsigned char { ours, nothing };
  [[nodiscard]] signet::client_config config_with(shown what) const;
  // The first is shown to whoever asks for one.
  void show_ourselves(signet::client_options& options) const;
  [[nodiscard]] signet::tls_socket connect_anyhow(const signet::endpoint& to, const signet::client_config& config,
                                                  verbosity dialogue) const;
  [[nodiscard]] signet::address_family family() const noexcept;

  std::vector<std::string> ca_;
  std::vector<std::string> add_ca_;
  std::string name_;
  std::optional<std::string> sni_;
  std::vector<std::string> certificates_;
  std::vector<std::string> keys_;
  std::string password_file_;
  std::string shared_key_text_;
  std::optional<signet::pre_shared_key> shared_key_;
  std::string session_file_;
  bool insecure_ = false;
  std::string timeout_text_ = "30";
  std::chrono::milliseconds timeout_ = std::chrono::seconds(30);
  int verbose_ = 0;
  // Of each step, to stderr, for -vv.
  signet::trace_options trace_;
  std::optional<std::string> max_time_text_;
  signet::deadline whole_ = signet::deadline::never();
  std::string starttls_text_;
  std::optional<signet::starttls::protocol> starttls_;
  signet::endpoint proxy_;
  bool ipv4_ = false;
  bool ipv6_ = false;
  verify_flags rules_;
  tls_flags tls_;
};

/// Answers with the first line of a file; no callback when no file is named. Throws failure when it cannot be read.
signet::password_callback password_from(const std::string& file, const std::string& option = "--password-file");

}  // namespace tool
