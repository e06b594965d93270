#include "cert/cert_files.hpp"

#include <algorithm>
#include <filesystem>
#include <utility>

#include <signet/net/connect.hpp>
#include <signet/verify/verdict.hpp>

#include "connection_report.hpp"
#include "hints.hpp"
#include "output.hpp"

namespace tool {
namespace {

constexpr std::size_t most_input = std::size_t{64} << 20;

// stdin can be read once only, and its content may have to be looked at twice.
class x509_input {
 public:
  explicit x509_input(std::string file) : file_(std::move(file)) {
    static bool is_stdin_read = false;
    if (file_ != "-") return;
    if (std::exchange(is_stdin_read, true))
      throw failure(exit_status::usage, "reading stdin: it can be read once only", "name a file for all but one -");
    piped_ = whole_file("/dev/stdin", most_input);
  }
  [[nodiscard]] signet::result<signet::x509_contents> read(const signet::password_callback& password,
                                                           signet::private_keys keys) const {
    return file_ == "-" ? signet::parse_x509(piped_, password, keys) : signet::load_x509(file_, password, keys);
  }

 private:
  std::string file_;
  std::string piped_;
};

// A file that cannot be used is 5, whatever the library calls the reason.
[[noreturn]] void cannot_read(const std::string& file, const signet::error& why,
                              const std::string& password_option = "--password-file") {
  auto parts = why.parts();
  if (file == "-") parts.message = "reading stdin: " + parts.message;
  if (parts.whom.empty()) parts.whom = file == "-" ? "stdin" : file;
  if (parts.phase.empty()) parts.phase = "reading";
  if (parts.code == signet::errc::password_required) parts.hint = "give its password: " + password_option + " FILE";
  if (status_of(parts.code) == exit_status::usage)
    throw failure(exit_status::local, parts.message, parts.hint, parts.details);
  throw signet::exception(signet::error(std::move(parts)));
}

}  // namespace

signet::x509_contents read_x509(const std::string& file, const signet::password_callback& password) {
  auto contents = x509_input(file).read(password, signet::private_keys::read);
  if (!contents) cannot_read(file, contents.error());
  return *std::move(contents);
}

signet::x509_contents read_for_a_look(const std::string& file, const signet::password_callback& password) {
  const x509_input input(file);
  auto contents = input.read(password, signet::private_keys::read);
  if (contents) return *std::move(contents);
  if (contents.error().code() == signet::errc::password_required && !password) {
    auto rest = input.read(password, signet::private_keys::skip);
    if (rest && !(rest->certificates.empty() && rest->requests.empty() && rest->crls.empty())) {
      warn((file == "-" ? "stdin" : file) + ": the private key is encrypted and not shown (--password-file FILE)");
      return *std::move(rest);
    }
  }
  cannot_read(file, contents.error());
}

void refuse_source(const std::string& file, const std::string& why, signet::errc code) {
  const auto whom = file == "-" ? "stdin" : file;
  throw signet::exception(
      signet::error({.code = code, .message = "reading " + whom + ": " + why, .whom = whom, .phase = "reading"}));
}

std::vector<std::string> files_in(const std::filesystem::path& folder) {
  std::vector<std::string> files;
  std::error_code why;
  for (std::filesystem::directory_iterator next(folder, why), end; !why && next != end; next.increment(why)) {
    std::error_code ignored;
    if (next->is_regular_file(ignored)) files.push_back(next->path().string());
  }
  if (why) refuse_source(folder.string(), why.message(), signet::errc::file_not_readable);
  std::ranges::sort(files);
  return files;
}

signet::private_key read_key(const std::string& file, const std::string& password_file) {
  if (is_key_uri(file)) {
    auto key = signet::private_key::from_uri(file, password_from(password_file));
    if (!key) cannot_read(key.error().whom(), key.error());
    return *std::move(key);
  }
  auto keys = read_x509(file, password_from(password_file)).keys;
  if (keys.empty()) refuse_source(file, "it holds no private key");
  return keys.front();
}

signet::identity read_ca(const std::string& certificate, const std::string& key, const std::string& password_file) {
  auto loaded = signet::identity::load(identity_files_of(certificate, key, password_from(password_file)));
  if (!loaded) cannot_read(certificate, loaded.error(), "--ca-password-file");
  return *std::move(loaded);
}

std::string pem_of(const std::vector<signet::certificate>& chain) {
  std::string text;
  for (const auto& one : chain) text += one.pem();
  return text;
}

std::optional<signet::endpoint> as_peer(const std::string& text) {
  std::error_code ignored;
  if (text == "-" || text.find(':') == std::string::npos || text.find('/') != std::string::npos ||
      std::filesystem::exists(std::filesystem::symlink_status(text, ignored)))
    return {};
  return signet::endpoint::parse(text).value();
}

void refuse_options_of_peers(const command_line& line, const std::string& command,
                             const std::vector<std::string>& sources, file_rules judged_by) {
  if (std::ranges::any_of(sources, [](const auto& one) { return as_peer(one).has_value(); })) return;
  for (const auto& one : line.options()) {
    const auto name = one.name();
    const auto& group = one.group();
    const bool connects = group == "Connection" || group == "TLS" || name == "--sni";
    if (one.count() == 0) continue;
    if (connects) throw failure(exit_status::usage, command + ": " + name + " is for HOST:PORT, and no source is one");
    if (group == trust_group && judged_by == file_rules::none)
      throw failure(exit_status::usage, command + ": " + name + " is for HOST:PORT: a file is not judged here",
                    "signet verify FILE judges one");
  }
}

void own_certificate::add_certificate_to(command_line& line) {
  line.add_option("--cert", certificate_, "our own certificate and its chain, for a HOST:PORT that asks for one")
      .type_name("FILE")
      .group("Connection");
}

void own_certificate::add_to(command_line& line) {
  add_certificate_to(line);
  line.add_option("--key", key_, "its key, when it is not in the same file: a file, or pkcs11:...")
      .type_name("FILE|URI")
      .group("Connection");
}

void own_certificate::apply(const std::string& command, const std::string& password_file, client_flags& client) const {
  if (certificate_.empty() && !key_.empty()) throw failure(exit_status::usage, command + ": --key needs --cert");
  if (is_given()) client.show_ourselves_as(certificate_, key_, password_file);
}

namespace {

void say_request(const std::string& who, const signet::connection_info& info) {
  if (const auto what = requested_of_us(info); !what.empty()) say(who + ": asks for " + what);
}

// As far as the handshake came.
struct looked {
  peer_look seen;
  std::optional<signet::tls_socket> socket = {};
};

looked shake_hands(const signet::endpoint& peer, const client_flags& flags) {
  const auto who = signet::to_string(peer);
  try {
    auto socket =
        flags.connect(peer, flags.config_for_a_look(), flags.verbose() ? verbosity::verbose : verbosity::quiet);
    const auto info = socket.info();
    if (flags.verbose())
      say_connection(socket);
    else
      say_request(who, info);
    return {{.peer = peer, .chain = info.peer_chain, .judged = socket.peer_verdict()}, std::move(socket)};
  } catch (const signet::exception& e) {
    if (flags.verbose()) say_what_was_reached(e.error());
    const auto info = e.error().reached();
    if (!info || info->peer_chain.empty()) throw;
    warn(who + ": its handshake did not come to an end: " + e.error().message());
    if (!flags.verbose()) say_request(who, *info);
    return {{.peer = peer, .chain = info->peer_chain, .judged = e.error().verdict()}};
  }
}

}  // namespace

peer_look look_at(const signet::endpoint& peer, const client_flags& flags) {
  auto [seen, socket] = shake_hands(peer, flags);
  const auto who = signet::to_string(peer);
  if (seen.chain.empty()) throw failure(exit_status::judged_bad, "looking at " + who + ": it sent no certificate");
  // It was shown that we leave; whether the peer takes the word changes nothing about what it sent.
  if (auto closed = socket ? socket->close() : signet::result<void>(); !closed)
    say(who + ": closing: " + closed.error().message());
  return seen;
}

void say_verdict(const peer_look& seen) {
  const auto who = signet::to_string(seen.peer);
  if (seen.verified()) return say(who + ": verified, trusted by " + seen.judged->trust());
  std::string hint;
  for (const auto& finding : seen.objections()) {
    warn(who + " is not verified: " + finding.message);
    if (hint.empty()) hint = finding.hint;
  }
  if (!hint.empty()) say("hint: " + in_options(hint));
}

void output_files::open(const std::string& target, secrecy how) {
  if (target.empty()) return;
  if (target == "-") {
    if (!uses_stdout()) outputs_.push_back({target, {}, {}});
    return;
  }
  std::error_code ignored;
  for (const auto& other : outputs_) {
    if (other.file &&
        std::filesystem::weakly_canonical(other.target, ignored) == std::filesystem::weakly_canonical(target, ignored))
      throw failure(exit_status::usage, command_ + ": two outputs name the same file, " + target);
  }
  const auto access = how == secrecy::secret ? signet::file_access::owner_only : signet::file_access::others_read;
  outputs_.push_back({target, signet::new_file::begin(target, access, policy_).value(), {}});
}

void output_files::fill(const std::string& target, signet::byte_view content) {
  if (target.empty()) return;
  for (auto& one : outputs_) {
    if (one.target == target) one.content += content.text();
  }
}

void output_files::commit() {
  for (auto& one : outputs_) {
    if (one.file) one.file->write(one.content).value();
  }
  try {
    for (const auto& one : outputs_) {
      if (!one.file) print(one.content);
    }
  } catch (const output_closed& closed) {
    // What was made is lost to whoever asked for it.
    throw failure(exit_status::local, std::string("writing: ") + closed.what());
  }
  auto next = outputs_.begin();
  try {
    for (; next != outputs_.end(); ++next) {
      if (next->file) next->file->commit().value();
    }
  } catch (...) {
    std::for_each(outputs_.begin(), next, [](output& made) {
      if (made.file) made.file->withdraw();
    });
    throw;
  }
}

bool output_files::uses_stdout() const noexcept {
  return std::any_of(outputs_.begin(), outputs_.end(), [](const output& one) { return !one.file; });
}

}  // namespace tool
