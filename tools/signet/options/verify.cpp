#include "options/verify.hpp"

#include <filesystem>

#include <signet/x509/x509_file.hpp>

#include "files.hpp"
#include "output.hpp"

namespace tool {
namespace {

// What the command line named: a failure there is a wrong call.
template <class T>
T named(const std::string& command, const std::string& option, signet::result<T> made) {
  if (!made)
    throw failure(exit_status::usage, command + ": " + option + ": " + made.error().message(), made.error().hint());
  return *std::move(made);
}

template <class T>
void append(std::vector<T>& to, std::vector<T> more) {
  for (auto& one : more) to.push_back(std::move(one));
}

std::vector<signet::certificate_pin> parse_pins(const std::string& command, const std::string& option,
                                                const std::vector<std::string>& texts) {
  std::vector<signet::certificate_pin> out;
  for (const auto& text : texts) out.push_back(named(command, option, signet::certificate_pin::parse(text)));
  return out;
}

}  // namespace

signet::server_name expected_name(const std::string& command, const std::string& text) {
  return named(command, "--name", signet::server_name::parse(text));
}

std::optional<std::vector<signet::certificate>> pkcs12_certificates(const std::string& option, const std::string& file,
                                                                    const std::string& password_file,
                                                                    const std::string& password_option) {
  signet::password_callback password;
  if (!password_file.empty())
    password = [text = first_line(password_file, password_option)]() -> std::optional<std::string> { return text; };
  auto all = signet::load_x509(file, password, signet::private_keys::skip);
  if (all && all->format == signet::file_format::pkcs12 && !all->certificates.empty())
    return std::move(all->certificates);
  if (all) return {};
  const auto code = all.error().code();
  if (code != signet::errc::password_required && code != signet::errc::wrong_password) return {};
  throw signet::exception(with_password_hint(all.error().in(option), password_file, password_option));
}

signet::error with_password_hint(const signet::error& why, const std::string& password_file,
                                 const std::string& password_option) {
  auto parts = why.parts();
  if (password_file.empty()) {
    parts.hint = "give its password: " + password_option + " FILE, whose first line it is";
  } else if (parts.hint.empty()) {
    parts.hint = "the password was the first line of " + password_file + " (" + password_option + ")";
  }
  return signet::error(std::move(parts));
}

std::optional<signet::peer_role> role_of(const std::string& purpose) {
  if (purpose == "server") return signet::peer_role::server;
  if (purpose == "client") return signet::peer_role::client;
  if (purpose == "any") return signet::peer_role::any;
  return std::nullopt;
}

void verify_flags::add_to(command_line& line, const std::string& group) {
  line.add_option("--scheme", scheme_text_,
                  "how names are compared: rfc9525 (when none is named), default, http, smtp, ldap, ... or none")
      .type_name("SCHEME")
      .group(group);
  line.add_option("--profile", profile_text_,
                  "how much is asked of certificates: compatible, webpki (with the system's store) or strict")
      .type_name("PROFILE")
      .group(group);
  line.add_option("--public-suffix", public_suffix_,
                  "the list of names under which anybody registers: default, none or a file")
      .type_name("default|none|FILE")
      .group(group);
  line.repeatable("--intermediates", intermediates_, "certificates to build the chain with")
      .type_name("FILE")
      .group(group);
  line.add_option("--ca-password-file", ca_password_file_,
                  "the password of PKCS#12 among these files: the first line of a file")
      .type_name("FILE")
      .group(group);
  line.repeatable("--pin", pin_texts_, "the certificate or key it has to be, beside chain and name (one must match)")
      .type_name("ALGO$[pub$]HEX")
      .group(group);
  line.repeatable("--accept-pin", accepted_pin_texts_, "a certificate or key that is taken instead of chain and name")
      .type_name("ALGO$[pub$]HEX")
      .group(group);
  line.repeatable("--crl", crls_, "revocation lists to look in").type_name("FILE").group(group);
  line.add_flag("--crl-all", whole_chain_, "look for every certificate of the chain, not the peer's only").group(group);
  line.add_flag("--check-crl", look_for_crls_, "look in the lists of the folders given with --ca").group(group);
  line.add_option("--known-peers", known_peers_,
                  "trust a key that was seen before, and remember new ones, in this file")
      .type_name("FILE")
      .group(group);
}

void verify_flags::check(const std::string& command) {
  if (!scheme_text_.empty()) scheme_ = named(command, "--scheme", signet::parse_hostname_scheme(scheme_text_));
  if (!profile_text_.empty()) profile_ = named(command, "--profile", signet::parse_verify_profile(profile_text_));
  pins_ = parse_pins(command, "--pin", pin_texts_);
  accepted_pins_ = parse_pins(command, "--accept-pin", accepted_pin_texts_);
  if (whole_chain_ && crls_.empty() && !look_for_crls_)
    throw failure(exit_status::usage, command + ": --crl-all needs --crl FILE or --check-crl");
}

void verify_flags::apply(signet::verify_options& options, const std::vector<std::string>& folders) const {
  options.scheme = scheme_;
  options.profile = profile_;
  options.pins = pins_;
  options.accepted_pins = accepted_pins_;
  if (public_suffix_ == "none")
    options.public_suffixes = signet::public_suffix_list::none();
  else if (!public_suffix_.empty() && public_suffix_ != "default")
    options.public_suffixes = value_in("--public-suffix", signet::public_suffix_list::load(public_suffix_));
  for (const auto& file : intermediates_) {
    auto loaded = signet::load_certificates(file);
    if (auto stored = loaded ? std::nullopt : pkcs12_certificates("--intermediates", file, ca_password_file_))
      loaded = *std::move(stored);
    append(options.intermediates, value_in("--intermediates", std::move(loaded)));
  }
  if (!known_peers_.empty()) options.first_use = value_in("--known-peers", signet::known_peers::open(known_peers_));
  if (crls_.empty() && !look_for_crls_) return;
  options.crls.emplace();
  options.crls->scope = whole_chain_ ? signet::crl_scope::chain : signet::crl_scope::leaf;
  auto& lists = options.crls->lists;
  for (const auto& file : crls_) append(lists, value_in("--crl", signet::load_crls(file)));
  if (!look_for_crls_) return;
  for (const auto& folder : folders) {
    std::error_code ignored;
    if (std::filesystem::is_directory(folder, ignored)) append(lists, signet::load_crl_directory(folder).value());
  }
}

}  // namespace tool
