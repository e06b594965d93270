// What the subcommands of `signet cert` read and write: certificates and keys in whatever form they come, and files
// that belong together.
#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <signet/base/endpoint.hpp>
#include <signet/base/new_file.hpp>
#include <signet/x509/identity.hpp>
#include <signet/x509/x509_file.hpp>

#include "files.hpp"
#include "options/connection.hpp"

namespace tool {

/// What a file or stdin ("-") holds. Throws failure and signet::exception.
signet::x509_contents read_x509(const std::string& file, const signet::password_callback& password = {});
/// The same for looking: a key that is encrypted, and no password at hand, is passed over with a note on stderr as long
/// as something else is there.
signet::x509_contents read_for_a_look(const std::string& file, const signet::password_callback& password);
/// For what can be read and is not what was asked for: "reading FILE: it holds no certificate".
[[noreturn]] void refuse_source(const std::string& file, const std::string& why,
                                signet::errc code = signet::errc::file_malformed);
/// The regular files of a folder, by name. Throws signet::exception.
std::vector<std::string> files_in(const std::filesystem::path& folder);
/// A private key, or a CA with its key, from files.
signet::private_key read_key(const std::string& file, const std::string& password_file);
signet::identity read_ca(const std::string& certificate, const std::string& key, const std::string& password_file);
std::string pem_of(const std::vector<signet::certificate>& chain);

/// What a peer sent, and what verification would have said.
struct peer_look {
  signet::endpoint peer = {};
  std::vector<signet::certificate> chain = {};
  std::shared_ptr<const signet::verdict> judged = {};

  /// What a connection would have been refused for.
  [[nodiscard]] std::vector<signet::finding> objections() const {
    if (!judged) return {};
    // What no loosening waives, such as a pin that does not match, and what was waived to look at it.
    auto all = judged->findings();
    all.insert(all.end(), judged->waived().begin(), judged->waived().end());
    return all;
  }
  [[nodiscard]] bool verified() const noexcept { return judged && judged->trusted() && judged->waived().empty(); }
};
/// HOST:PORT, when the text is that and no file has the name; "-" never is. Throws signet::exception for a port that
/// is none.
std::optional<signet::endpoint> as_peer(const std::string& text);
/// The group in which client_flags puts whom to trust.
inline constexpr std::string_view trust_group = "Trust and identity";
enum class file_rules : unsigned char { none, trust };
/// Where no source is HOST:PORT: refuses the options for connecting, and those for trust unless files are judged by
/// them. Throws failure (usage).
void refuse_options_of_peers(const command_line& line, const std::string& command,
                             const std::vector<std::string>& sources, file_rules judged_by);
/// --cert and --key of subcommands that look at a peer: what to show it, should it ask.
class own_certificate {
 public:
  void add_to(command_line& line);
  /// Where --key is the subcommand's own.
  void add_certificate_to(command_line& line);
  /// Throws failure (usage).
  void apply(const std::string& command, const std::string& password_file, client_flags& client) const;
  [[nodiscard]] bool is_given() const noexcept { return !certificate_.empty(); }
  void set_key(std::string file) { key_ = std::move(file); }

 private:
  std::string certificate_;
  std::string key_;
};

/// Shakes hands and closes: no byte of data is sent. A peer whose handshake does not come to its end, for want of a
/// certificate of ours, has been seen all the same.
peer_look look_at(const signet::endpoint& peer, const client_flags& flags);
/// On stderr, for results that do not hold it.
void say_verdict(const peer_look& seen);

enum class secrecy : unsigned char { open, secret };

/// Files that belong together, and stdout ("-"): what can be known to fail does so when they are opened, before a slow
/// key is made, and all of them appear or none. Secret ones are readable by their owner only.
class output_files {
 public:
  output_files(std::string command, signet::existing_file policy) : command_(std::move(command)), policy_(policy) {}

  /// No name, no file. Throws failure.
  void open(const std::string& target, secrecy how);
  /// What goes there; for a target that was opened. Several parts for one target follow each other.
  void fill(const std::string& target, signet::byte_view content);
  void commit();
  [[nodiscard]] bool uses_stdout() const noexcept;

 private:
  struct output {
    std::string target;
    // None: stdout.
    std::optional<signet::new_file> file;
    std::string content;
  };

  std::string command_;
  signet::existing_file policy_;
  std::list<output> outputs_;
};

}  // namespace tool
