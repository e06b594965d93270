#include "options/connection.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <net/if.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <memory>

#include <signet/dangerous.hpp>
#include <signet/x509/x509_file.hpp>

#include "files.hpp"
#include "output.hpp"

namespace tool {
namespace {

struct named_version {
  const char* name;
  signet::protocol_version version;
};
constexpr std::array versions{
    named_version{"1.0", signet::protocol_version::tls1_0}, named_version{"1.1", signet::protocol_version::tls1_1},
    named_version{"1.2", signet::protocol_version::tls1_2}, named_version{"1.3", signet::protocol_version::tls1_3}};

signet::protocol_version version_of(const std::string& text) {
  for (const auto& one : versions) {
    if (text == one.name) return one.version;
  }
  return signet::protocol_version::tls1_3;
}

constexpr const char* trust_group = "Trust and identity";
constexpr const char* connection_group = "Connection";

// The file the key log's lines are appended to. One write a line, so that several processes can share it.
class key_log_file {
 public:
  explicit key_log_file(int fd) noexcept : fd_(fd) {}
  key_log_file(const key_log_file&) = delete;
  key_log_file& operator=(const key_log_file&) = delete;
  ~key_log_file() { ::close(fd_); }
  void append(std::string_view line) const {
    const std::string text = std::string(line) + "\n";
    if (::write(fd_, text.data(), text.size()) != static_cast<ssize_t>(text.size()))
      warn("the key log could not be written");
  }

 private:
  int fd_;
};

}  // namespace

signet::trust_store trust_at(const std::string& option, const std::string& place, const std::string& password_file,
                             const std::string& password_option) {
  std::error_code ignored;
  if (std::filesystem::is_directory(place, ignored)) return value_in(option, signet::trust_store::directory(place));
  auto stored = signet::trust_store::pem_file(place);
  if (stored) return *std::move(stored);
  // PKCS#12, as Java keeps it, may need a password.
  if (auto all = pkcs12_certificates(option, place, password_file, password_option))
    return signet::trust_store::of(*std::move(all));
  return value_in(option, std::move(stored));
}

signet::trust_store trust_of(const std::vector<std::string>& ca, const std::vector<std::string>& add_ca,
                             const std::string& password_file) {
  auto all = ca.empty() ? signet::trust_store::system() : trust_at("--ca", ca.front(), password_file);
  for (std::size_t i = 1; i < ca.size(); ++i) all = all + trust_at("--ca", ca[i], password_file);
  for (const auto& one : add_ca) all = all + trust_at("--add-ca", one, password_file);
  return all;
}

namespace {

std::string interfaces_here() {
  std::string names;
  auto* const all = ::if_nameindex();
  for (const auto* one = all; one != nullptr && one->if_name != nullptr; ++one)
    names += (names.empty() ? "" : ", ") + std::string(one->if_name);
  if (all != nullptr) ::if_freenameindex(all);
  return names;
}

bool is_interface(const std::string& zone) {
  if (::if_nametoindex(zone.c_str()) != 0) return true;
  unsigned number = 0;
  const auto [end, why] = std::from_chars(zone.data(), zone.data() + zone.size(), number);
  char name[IF_NAMESIZE];
  return why == std::errc() && end == zone.data() + zone.size() && ::if_indextoname(number, name) != nullptr;
}

}  // namespace

void check_zone(const signet::endpoint& to, written how) {
  const auto mark = std::min(to.host.find('%'), to.host.size());
  const auto address = to.host.substr(0, mark);
  in6_addr parsed{};
  if (::inet_pton(AF_INET6, address.c_str(), &parsed) != 1) return;
  const auto zone = to.host.substr(std::min(mark + 1, to.host.size()));
  const bool is_local = IN6_IS_ADDR_LINKLOCAL(&parsed) || IN6_IS_ADDR_MC_LINKLOCAL(&parsed);
  const auto refuse = [&](const std::string& why, std::string hint) {
    const auto whom = signet::to_string(to);
    throw signet::exception(signet::error(
        {.code = signet::errc::invalid_endpoint, .message = whom + ": " + why, .hint = std::move(hint), .whom = whom}));
  };
  if (zone.empty() && is_local)
    refuse("a link-local address needs a zone: the network interface that leads to it",
           "write it behind the address: [" + address + (how == written::in_url ? "%25" : "%") +
               "eth0]; the interfaces here are " + interfaces_here());
  if (zone.empty()) return;
  if (!is_interface(zone))
    refuse("there is no network interface \"" + zone + '"', "the interfaces here are " + interfaces_here());
  // The system takes names for these only.
  if (!is_local && ::if_nametoindex(zone.c_str()) != 0)
    refuse(address + " is no link-local address, and has no zone", "leave the zone out");
}

signet::error client_flags::told(const signet::error& why) const {
  if (why.code() != signet::errc::timed_out || !max_time_text_ || !whole_.passed()) return why;
  auto parts = why.parts();
  signet::error said(parts.code, "timed out: the time for everything (--max-time, " + *max_time_text_ + " s) is over");
  if (!parts.phase.empty()) said = said.in(parts.phase);
  if (!parts.whom.empty()) said = said.in(parts.whom);
  parts.message = said.message();
  parts.hint = "give it more time with --max-time";
  return signet::error(std::move(parts));
}

void tls_flags::add_to(command_line& line) {
  const std::string group = "TLS";
  const std::vector<std::string> known{"1.0", "1.1", "1.2", "1.3"};
  line.add_option("--tls-min", min_text_, "oldest version to speak (1.0 and 1.1 are not safe)")
      .one_of(known)
      .type_name("VERSION")
      .group(group);
  line.add_option("--tls-max", max_text_, "newest version to speak").one_of(known).type_name("VERSION").group(group);
  line.add_option("--ciphers", ciphers_, "suites of TLS 1.2 and older, in OpenSSL's syntax")
      .type_name("LIST")
      .group(group);
  line.add_option("--ciphersuites", ciphersuites_, "suites of TLS 1.3").type_name("LIST").group(group);
  line.add_option("--groups", groups_, "groups for the key exchange").type_name("LIST").group(group);
  line.add_option("--alpn", alpn_, "application protocols, most wanted first: imap,pop3")
      .type_name("LIST")
      .group(group);
  line.add_option("--keylog", key_log_, "append the connection's secrets to a file (also: SSLKEYLOGFILE)")
      .type_name("FILE")
      .group(group);
}

void tls_flags::check(const std::string& command) {
  version_ = version_of(min_text_);
  max_version_ = version_of(max_text_);
  if (version_ > max_version_)
    throw failure(exit_status::usage, command + ": --tls-min " + min_text_ + " is newer than --tls-max " + max_text_);
  if (version_ < signet::protocol_version::tls1_2)
    warn("TLS 1.0 and 1.1 can be broken (RFC 8996): what they carry may be read or changed");
}

void tls_flags::allow_alpn(const std::string& command, std::initializer_list<std::string_view> spoken) const {
  for (const auto& one : split_list(alpn_))
    if (std::find(spoken.begin(), spoken.end(), one) == spoken.end())
      throw failure(exit_status::usage, command + ": --alpn: " + one + " is not spoken here",
                    "HTTP/1.1 is: http/1.1, or leave --alpn out");
}

signet::key_log_sink tls_flags::open_key_log() const {
  const char* from_environment = std::getenv("SSLKEYLOGFILE");
  const bool asked = !key_log_.empty();
  const std::string file = asked ? key_log_ : from_environment != nullptr ? from_environment : "";
  if (file.empty()) return {};
  const int fd = ::open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0600);
  if (fd < 0) {
    const std::string why = "opening the key log " + file + ": " + std::strerror(errno);
    if (asked) throw failure(exit_status::local, why);
    warn(why + " (SSLKEYLOGFILE)");
    return {};
  }
  auto log = std::make_shared<key_log_file>(fd);
  return [log](std::string_view line) { log->append(line); };
}

std::chrono::milliseconds parse_seconds(const std::string& command, const std::string& option,
                                        const std::string& text) {
  double seconds = 0;
  const auto [end, why] = std::from_chars(text.data(), text.data() + text.size(), seconds, std::chars_format::fixed);
  constexpr double most = 31536000;
  if (why != std::errc() || end != text.data() + text.size() || !std::isfinite(seconds) || seconds <= 0 ||
      seconds > most)
    throw failure(exit_status::usage, command + ": " + option + ": " + text + " is not a number of seconds");
  return std::chrono::milliseconds(std::max<std::int64_t>(1, std::llround(seconds * 1000)));
}

void client_flags::add_to(command_line& line) {
  add_trust_to(line);
  line.repeatable("--cert", certificates_, "our own certificate and its chain (again for servers of other CAs)")
      .type_name("FILE")
      .group(trust_group);
  line.repeatable("--key", keys_, "the key of the --cert in the same place, when it is not in the same file: a file, or pkcs11:...")
      .type_name("FILE|URI")
      .group(trust_group);
  line.add_option("--password-file", password_file_, "the key's password or PIN: the first line of a file")
      .type_name("FILE")
      .group(trust_group);
  line.add_option("--psk", shared_key_text_, "a key that the server knows too, in place of certificates")
      .type_name("IDENTITY:HEX")
      .group(trust_group);
  line.add_option("--session-file", session_file_, "keep sessions in this file, and resume those in it")
      .type_name("FILE")
      .group(connection_group);
  line.add_flag("--insecure", insecure_, "take whatever certificate comes: for looking, never for secrets")
      .group(trust_group);
  add_connection_to(line);
}

void client_flags::add_starttls_to(command_line& line) {
  line.add_option("--starttls", starttls_text_,
                  "begin in plain and change to TLS: smtp, lmtp, imap, pop3, ftp, ldap, xmpp, xmpp-server, nntp, "
                  "sieve, postgres, mysql, http-upgrade, or through a proxy by http-connect:HOST:PORT")
      .type_name("PROTO")
      .group(connection_group);
}

void client_flags::add_for_a_look_to(command_line& line) {
  add_trust_to(line);
  add_connection_to(line);
  add_starttls_to(line);
}

void client_flags::add_verbose_to(command_line& line) {
  line.add_flag("-v,--verbose", verbose_, "tell on stderr whom we talk to; -vv: each step with its time");
}

void client_flags::show_ourselves_as(std::string certificate, std::string key, std::string password_file) {
  certificates_.clear();
  keys_.clear();
  if (!certificate.empty()) certificates_.push_back(std::move(certificate));
  if (!key.empty()) keys_.push_back(std::move(key));
  password_file_ = std::move(password_file);
}

void client_flags::add_trust_to(command_line& line) {
  line.repeatable("--ca", ca_, "trust these certificates instead of the system's (again for more)")
      .type_name("FILE|DIR")
      .group(trust_group);
  line.repeatable("--add-ca", add_ca_, "trust these certificates too").type_name("FILE").group(trust_group);
  line.add_option("--name", name_, "the name the peer has to prove, instead of the one connected to")
      .type_name("NAME")
      .group(trust_group);
  line.add_option("--sni", sni_, "the name to send, or none").type_name("NAME|none").group(trust_group);
  rules_.add_to(line, trust_group);
}

void client_flags::add_connection_to(command_line& line) {
  line.add_option(
          "--timeout", timeout_text_,
          "for connecting with its handshake, and for each time in which nothing moves where something is due (30)")
      .type_name("SECONDS")
      .group(connection_group);
  line.add_option("--max-time", max_time_text_, "for everything together").type_name("SECONDS").group(connection_group);
  line.add_flag("-4,--ipv4", ipv4_, "connect by IPv4 only").group(connection_group);
  line.add_flag("-6,--ipv6", ipv6_, "connect by IPv6 only").group(connection_group);
  tls_.add_to(line);
}

void client_flags::check(const std::string& command) {
  timeout_ = parse_seconds(command, "--timeout", timeout_text_);
  if (max_time_text_) whole_ = parse_seconds(command, "--max-time", *max_time_text_);
  if (verbose_ > 1) {
    const auto began = std::chrono::steady_clock::now();
    trace_ = {.sink =
                  [began](const signet::trace_event& event) {
                    const auto since = std::chrono::duration_cast<std::chrono::microseconds>(event.at - began).count();
                    char time[32];
                    std::snprintf(time, sizeof time, "%9.3f ms  ", static_cast<double>(since) / 1000);
                    say(time + event.text);
                  },
              .level = signet::trace_level::messages};
  }
  if (ipv4_ && ipv6_) throw failure(exit_status::usage, command + ": -4 and -6 exclude each other");
  if (certificates_.empty() && !keys_.empty()) throw failure(exit_status::usage, command + ": --key needs --cert");
  if (!keys_.empty() && keys_.size() != certificates_.size())
    throw failure(exit_status::usage,
                  command + ": each --cert has its --key, or none has one and the keys are in the same files");
  if (certificates_.empty() && !password_file_.empty())
    throw failure(exit_status::usage, command + ": --password-file needs --cert");
  if (!shared_key_text_.empty()) shared_key_ = parse_shared_key(command, shared_key_text_);
  rules_.check(command);
  tls_.check(command);
  check_starttls(command);
}

signet::pre_shared_key parse_shared_key(const std::string& command, const std::string& text) {
  const auto colon = text.rfind(':');
  const auto wrong = [&](const std::string& why) {
    return failure(exit_status::usage, command + ": --psk: " + why, "write IDENTITY:HEX, as in client1:8f3a...");
  };
  if (colon == std::string::npos) throw wrong("there is no colon between the identity and the key");
  const auto hex = std::string_view(text).substr(colon + 1);
  if (colon == 0) throw wrong("the identity is empty");
  if (hex.empty()) throw wrong("the key is empty");
  auto key = signet::from_hex(hex);
  if (!key) throw wrong("the key is not written in pairs of hexadecimal digits");
  return {.identity = text.substr(0, colon), .key = std::move(*key)};
}

void client_flags::check_starttls(const std::string& command) {
  if (starttls_text_.empty()) return;
  const auto refused = [&](const signet::error& why) {
    return failure(exit_status::usage, command + ": --starttls: " + why.message(), why.hint());
  };
  const auto proxy = std::string(signet::starttls::name(signet::starttls::protocol::http_connect)) + ':';
  const bool proxied = starttls_text_.starts_with(proxy);
  const auto parsed = signet::starttls::parse(proxied ? proxy.substr(0, proxy.size() - 1) : starttls_text_);
  if (!parsed) throw refused(parsed.error());
  starttls_ = *parsed;
  if (*parsed != signet::starttls::protocol::http_connect) return;
  if (!proxied)
    throw failure(exit_status::usage, command + ": --starttls: http-connect needs a proxy",
                  "write " + proxy + "HOST:PORT");
  auto at = signet::endpoint::parse(starttls_text_.substr(proxy.size()));
  if (!at) throw refused(at.error());
  proxy_ = *std::move(at);
}

signet::trust_store client_flags::trust() const {
  return trust_of(ca_, add_ca_, rules_.ca_password_file());
}

signet::client_options client_flags::options() const {
  signet::client_options options{.trust = trust()};
  rules_.apply(options.verify, ca_);
  tls_.apply(options);
  return options;
}

signet::client_config client_flags::config_for_a_look() const {
  auto options = this->options();
  options.loosened = signet::dangerous::accept_any_certificate("its certificates are looked at");
  options.resumption = signet::resumption::disabled;
  show_ourselves(options);
  return signet::client_config::make(std::move(options)).value();
}

void client_flags::show_ourselves(signet::client_options& options) const {
  for (std::size_t i = 0; i < certificates_.size(); ++i) {
    auto one = identity_of(certificates_[i], keys_.empty() ? "" : keys_[i], password_file_);
    if (i == 0)
      options.identity = std::move(one);
    else
      options.more_identities.push_back(std::move(one));
  }
}

signet::client_config client_flags::config() const {
  return config_with(shown::ours);
}

signet::client_config client_flags::config_for_others() const {
  return config_with(shown::nothing);
}

signet::client_config client_flags::config_with(shown what) const {
  auto options = this->options();
  if (what == shown::ours) {
    show_ourselves(options);
    options.shared_key = shared_key_;
  }
  if (!session_file_.empty()) options.sessions = value_in("--session-file", signet::session_file(session_file_));
  if (insecure_) {
    warn("--insecure: nobody checks who the peer is; an attacker may read and change everything");
    options.loosened = signet::dangerous::accept_any_certificate("--insecure on the command line");
  }
  return signet::client_config::make(std::move(options)).value();
}

signet::tls_socket client_flags::connect(const signet::endpoint& to, const signet::client_config& config,
                                         verbosity dialogue) const {
  check_zone(proxy_.host.empty() ? to : proxy_, written::as_endpoint);
  try {
    auto made = connect_anyhow(to, config, dialogue);
    made.set_deadline(whole_);
    return made;
  } catch (const signet::exception& failed) {
    throw signet::exception(told(failed.error()));
  }
}

signet::tls_socket client_flags::connect_anyhow(const signet::endpoint& to, const signet::client_config& config,
                                                verbosity dialogue) const {
  if (!starttls_) return signet::connect(to, config, connect_options()).value();
  signet::starttls::options with;
  with.proxy = proxy_;
  if (dialogue == verbosity::verbose) {
    with.trace = [](signet::starttls::direction way, std::string_view line) {
      say((way == signet::starttls::direction::sent ? "> " : "< ") + std::string(line));
    };
  }
  return signet::starttls::connect(to, *starttls_, config, connect_options(), std::move(with)).value();
}

std::uint16_t client_flags::default_port() const noexcept {
  return starttls_ ? signet::starttls::default_port(*starttls_) : std::uint16_t{0};
}

signet::connect_options client_flags::connect_options() const {
  auto options = connect_options_for_others();
  options.name = name_;
  if (sni_) options.sni = *sni_ == "none" ? "" : *sni_;
  return options;
}

signet::connect_options client_flags::connect_options_for_others() const {
  return {.timeout = timeout_, .until = whole_, .family = family(), .trace = trace_};
}

signet::tcp_connect_options client_flags::tcp_connect_options() const {
  return {.timeout = timeout_, .until = whole_, .family = family(), .trace = trace_};
}

signet::address_family client_flags::family() const noexcept {
  if (ipv4_) return signet::address_family::ipv4;
  return ipv6_ ? signet::address_family::ipv6 : signet::address_family::any;
}

namespace {

constexpr std::string_view key_scheme = "pkcs11:";

// "--key: key.pem: ...", so that it shows which option named the file.
signet::error with_option(const signet::error& why, const std::string& key, const std::string& password_file) {
  const auto& said = why.message();
  const bool of_the_key = !key.empty() && said.starts_with(is_key_uri(key) ? key_scheme : std::string_view(key));
  auto named = why.in(of_the_key ? "--key" : "--cert");
  if (why.code() == signet::errc::wrong_password || why.code() == signet::errc::password_required)
    return with_password_hint(named, password_file, "--password-file");
  if (why.code() != signet::errc::key_mismatch || !why.hint().empty()) return named;
  auto parts = named.parts();
  parts.hint = "give the key that belongs to the certificate: --key FILE";
  return signet::error(std::move(parts));
}

// The key in a PKCS#12 file comes before the one that is named beside it, which then has to be the same.
signet::result<void> check_key_beside(const signet::identity& loaded, const std::string& certificate,
                                      const std::string& key, const signet::password_callback& password) {
  const auto stored = signet::load_x509(certificate, password, signet::private_keys::skip);
  if (!stored || stored->format != signet::file_format::pkcs12) return {};
  const auto apart = signet::load_x509(key, password);
  if (!apart) return apart.error();
  const auto& leaf = loaded.chain().front();
  for (const auto& one : apart->keys)
    if (one.belongs_to(leaf)) return {};
  return signet::error(
      signet::errc::key_mismatch,
      key + (apart->keys.empty() ? ": holds no private key" : ": the private key does not belong to ") +
          (apart->keys.empty() ? "" : "the certificate in " + certificate + " (" + leaf.subject() + ')'),
      "leave --key out: " + certificate + " holds the key that belongs to it");
}

}  // namespace

bool is_key_uri(std::string_view named) {
  return named.starts_with(key_scheme);
}

signet::identity_files identity_files_of(const std::string& certificate, const std::string& key,
                                         signet::password_callback password) {
  signet::identity_files files{.certificate = certificate, .password = std::move(password)};
  if (is_key_uri(key))
    files.key_uri = key;
  else
    files.key = key;
  return files;
}

signet::identity identity_of(const std::string& certificate, const std::string& key, const std::string& password_file) {
  const auto password = password_from(password_file);
  auto loaded = signet::identity::load(identity_files_of(certificate, key, password));
  const auto refuse = [&](const signet::error& why) {
    const auto named = with_option(why, key, password_file);
    // Whatever it is that cannot be used of a file, it is the file's.
    if (status_of(named.code()) != exit_status::local) throw failure(exit_status::local, named.message(), named.hint());
    throw signet::exception(named);
  };
  if (!loaded) refuse(loaded.error());
  // What is no file is read once.
  if (std::error_code ignored;
      !key.empty() && !is_key_uri(key) && std::filesystem::is_regular_file(certificate, ignored))
    if (const auto fits = check_key_beside(*loaded, certificate, key, password); !fits) refuse(fits.error());
  return *std::move(loaded);
}

signet::password_callback password_from(const std::string& file, const std::string& option) {
  if (file.empty()) return {};
  return [password = first_line(file, option)]() -> std::optional<std::string> { return password; };
}

}  // namespace tool
