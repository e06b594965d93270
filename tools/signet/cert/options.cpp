#include "cert/options.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <signet/verify/server_name.hpp>

#include "output.hpp"
#include "times.hpp"

namespace tool {
namespace {

[[noreturn]] void refuse(const std::string& command, const std::string& option, const std::string& why) {
  throw failure(exit_status::usage, command + ": " + option + ": " + why);
}

struct named_purpose {
  std::string_view name;
  signet::certificate_purpose purpose;
};
constexpr std::array purposes{named_purpose{"server", signet::certificate_purpose::server},
                              named_purpose{"client", signet::certificate_purpose::client},
                              named_purpose{"code-signing", signet::certificate_purpose::code_signing},
                              named_purpose{"email", signet::certificate_purpose::email},
                              named_purpose{"time-stamping", signet::certificate_purpose::time_stamping},
                              named_purpose{"ocsp-signing", signet::certificate_purpose::ocsp_signing}};

std::vector<std::byte> serial_of(const std::string& command, const std::string& text) {
  std::string digits;
  for (const char c : text) {
    if (c != ':') digits += c;
  }
  if (digits.size() % 2 != 0) digits.insert(0, "0");
  std::vector<std::byte> bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    unsigned value = 0;
    const auto [end, why] = std::from_chars(digits.data() + i, digits.data() + i + 2, value, 16);
    if (why != std::errc() || end != digits.data() + i + 2) refuse(command, "--serial", text + " is not hex");
    bytes.push_back(static_cast<std::byte>(value));
  }
  return bytes;
}

// DNS names, mail addresses, and subnets; a single address is a subnet of its own.
signet::general_name constraint_of(const std::string& text) {
  using enum signet::general_name_kind;
  if (text.find('/') != std::string::npos) return {ip_address, text};
  if (const auto parsed = signet::server_name::parse(text); parsed && parsed->is_ip())
    return {ip_address, parsed->ascii() + (parsed->address().size() == 4 ? "/32" : "/128")};
  return {text.find('@') != std::string::npos ? email : dns, text};
}

}  // namespace

std::chrono::sys_seconds parse_time(const std::string& command, const std::string& option, const std::string& text) {
  constexpr std::size_t date_alone = 10;
  const auto time = parse_rfc3339(text.size() == date_alone ? text + "T00:00:00Z" : text);
  if (!time) refuse(command, option, text + " is not a time such as 2026-11-21T08:00:00Z");
  return *time;
}

int parse_number(const std::string& command, const std::string& option, const std::string& text, int least, int most) {
  int number = 0;
  const auto [end, why] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (why != std::errc() || end != text.data() + text.size() || number < least || number > most)
    refuse(command, option, text + " is not a number from " + std::to_string(least) + " to " + std::to_string(most));
  return number;
}

void subject_flags::add_to(command_line& line) {
  const std::string group = "What it says";
  const auto text = [&](const char* name, std::string& into, const char* description, const char* type) {
    line.add_option(name, into, description).type_name(type).group(group);
  };
  const auto several = [&](const char* name, std::vector<std::string>& into, const std::string& description,
                           const char* type) {
    line.repeatable(name, into, description + " (again for more)").type_name(type).group(group);
  };
  text("--cn", common_name_, kind_ == kind::ca ? "common name (CA of USER@HOST)" : "common name", "NAME");
  text("--org", organization_, "organization", "NAME");
  text("--subject", subject_, "the whole subject, RFC 4514: 'CN=www.example.org,O=Example,C=DE'", "NAME");
  if (kind_ == kind::ca) {
    text("--path-length", path_length_, "how many CAs may follow below this one (0)", "N");
    several("--permit", permit_, "issues for names in this domain, or addresses in this subnet, only", "DOMAIN|CIDR");
    several("--exclude", exclude_, "issues for no name in this domain, no address in this subnet", "DOMAIN|CIDR");
  } else {
    several("--dns", dns_, "a DNS name it is for", "NAME");
    several("--ip", ip_, "an IP address it is for", "ADDRESS");
    several("--email", email_, "a mail address it is for", "ADDRESS");
    several("--uri", uri_, "a URI it is for", "URI");
    text("--purpose", purpose_, "any of server, client, code-signing, email, time-stamping, ocsp-signing (server)",
         "LIST");
    text("--key-usage", key_usage_, "instead of the one that follows from purpose and key: digitalSignature,...",
         "LIST");
    several("--extended-key-usage", extended_key_usage_, "one more purpose, by its OID", "OID");
    line.add_flag("--must-staple", must_staple_, "its server has to staple an OCSP answer").group(group);
  }
  if (kind_ != kind::request) {
    text("--days", days_, kind_ == kind::ca ? "days it is valid (3650)" : "days it is valid (90)", "N");
    text("--not-before", not_before_, "when it begins, RFC 3339 (an hour ago)", "TIME");
    text("--not-after", not_after_, "when it ends, RFC 3339", "TIME");
    several("--ocsp-url", ocsp_url_, "where the issuer's OCSP responder is", "URL");
    several("--crl-url", crl_url_, "where the issuer's CRL is", "URL");
    several("--ca-issuer-url", ca_issuer_url_, "where the issuer's certificate is", "URL");
    several("--policy", policy_, "a policy it was issued under", "OID");
    text("--serial", serial_, "serial number, 1 to 20 octets (random)", "HEX");
  }
  several("--extension", extension_, "one more extension, in OpenSSL's notation: '1.2.3.4=critical,DER:0500'",
          "ID=VALUE");
  text("--digest", digest_, "for the signature: sha256, sha384, ... (as strong as the issuer's key)", "NAME");
}

signet::certificate_options subject_flags::options(const std::string& command) const {
  signet::certificate_options wanted{
      .common_name = common_name_, .organization = organization_, .dns_names = dns_, .ip_addresses = ip_};
  set_subject(command, wanted);
  for (const auto& one : email_) wanted.other_names.push_back({signet::general_name_kind::email, one});
  for (const auto& one : uri_) wanted.other_names.push_back({signet::general_name_kind::uri, one});
  set_period(command, wanted);
  set_usages(command, wanted);
  set_constraints(command, wanted);
  wanted.ocsp_urls = ocsp_url_;
  wanted.crl_urls = crl_url_;
  wanted.ca_issuer_urls = ca_issuer_url_;
  wanted.policies = policy_;
  if (must_staple_) wanted.staple = signet::stapling::required;
  set_extensions(command, wanted);
  if (!serial_.empty()) wanted.serial_number = serial_of(command, serial_);
  wanted.digest = digest_;
  return wanted;
}

bool subject_flags::names_somebody() const noexcept {
  return !(common_name_.empty() && subject_.empty() && dns_.empty() && ip_.empty() && email_.empty() && uri_.empty());
}

std::vector<std::string> subject_flags::hosts() const {
  auto names = dns_;
  names.insert(names.end(), ip_.begin(), ip_.end());
  return names;
}

void subject_flags::set_subject(const std::string& command, signet::certificate_options& wanted) const {
  if (subject_.empty()) return;
  if (!common_name_.empty() || !organization_.empty())
    refuse(command, "--subject", "it holds the common name and the organization: leave --cn and --org out");
  wanted.subject = value_in(command + ": --subject", signet::distinguished_name::parse(subject_));
}

// Of a period of which one end is given, the other follows as it does where none is.
void subject_flags::set_period(const std::string& command, signet::certificate_options& wanted) const {
  if (!days_.empty()) wanted.lifetime = std::chrono::days(parse_number(command, "--days", days_, 1, 36500));
  if (!not_before_.empty()) wanted.not_before = parse_time(command, "--not-before", not_before_);
  if (!not_after_.empty()) {
    if (!days_.empty()) refuse(command, "--not-after", "it says what --days says");
    wanted.not_after = parse_time(command, "--not-after", not_after_);
  }
  if (wanted.not_before && !wanted.not_after) {
    auto lifetime = wanted.lifetime;
    if (lifetime == std::chrono::days(0)) lifetime = std::chrono::days(kind_ == kind::ca ? 3650 : 90);
    // Both ends belong to the period (RFC 5280 section 4.1.2.5).
    wanted.not_after = *wanted.not_before + lifetime - std::chrono::seconds(1);
  } else if (wanted.not_after && !wanted.not_before) {
    wanted.not_before =
        std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()) - std::chrono::hours(1);
  }
}

void subject_flags::set_usages(const std::string& command, signet::certificate_options& wanted) const {
  wanted.purposes.clear();
  for (const auto& one : split_list(purpose_)) {
    const auto* found =
        std::find_if(purposes.begin(), purposes.end(), [&](const named_purpose& known) { return known.name == one; });
    if (found == purposes.end()) {
      refuse(command, "--purpose",
             one + " is none of server, client, code-signing, email, time-stamping and ocsp-signing");
    }
    wanted.purposes.push_back(found->purpose);
  }
  for (const auto& one : split_list(key_usage_)) {
    using signet::key_usage;
    auto usage = key_usage::digital_signature;
    while (name(usage) != one) {
      if (usage == key_usage::decipher_only) refuse(command, "--key-usage", one + " is not the name of a key usage");
      usage = static_cast<key_usage>(static_cast<unsigned char>(usage) + 1);
    }
    wanted.key_usages.push_back(usage);
  }
  wanted.extended_key_usages = extended_key_usage_;
}

void subject_flags::set_constraints(const std::string& command, signet::certificate_options& wanted) const {
  wanted.path_length = static_cast<std::uint32_t>(parse_number(command, "--path-length", path_length_, 0, 100));
  for (const auto& one : permit_) wanted.constraints.permitted.push_back(constraint_of(one));
  for (const auto& one : exclude_) wanted.constraints.excluded.push_back(constraint_of(one));
}

void subject_flags::set_extensions(const std::string& command, signet::certificate_options& wanted) const {
  constexpr std::string_view critical = "critical,";
  for (const auto& one : extension_) {
    const auto equals = one.find('=');
    if (equals == 0 || equals == std::string::npos) refuse(command, "--extension", one + " is not ID=VALUE");
    signet::further_extension made{.id = one.substr(0, equals), .text = one.substr(equals + 1)};
    if (made.text.starts_with(critical)) {
      made.is_critical = true;
      made.text.erase(0, critical.size());
    }
    wanted.extensions.push_back(std::move(made));
  }
}

void key_flags::add_to(command_line& line) {
  const std::string group = "Key";
  line.add_option("--key-type", key_type_,
                  "ec:P-256, ec:P-384, ec:P-521, rsa:2048 to rsa:8192, ed25519 or ed448 (ec:P-256)")
      .type_name("TYPE")
      .group(group);
  line.add_option("--key", key_, "a key that is there, instead of a new one: a file, or pkcs11:...")
      .type_name("FILE|URI")
      .group(group);
  line.add_option("--password-file", password_file_, "that key's password or PIN: the first line of a file")
      .type_name("FILE")
      .group(group);
  line.add_option("--out-key", out_key_, "where the new key goes, readable by its owner only (-: stdout)")
      .type_name("FILE")
      .group(group);
  line.add_option("--out-password-file", out_password_file_,
                  "encrypt the key that is written with the first line of a file")
      .type_name("FILE")
      .group(group);
}

void key_flags::check(const std::string& command, bool elsewhere) const {
  if (key_.empty() && !password_file_.empty()) refuse(command, "--password-file", "it belongs to --key FILE");
  if (!key_.empty() && key_type_) refuse(command, "--key-type", "it is for a new key, and --key FILE names one");
  if (!key_.empty() && !out_key_.empty()) refuse(command, "--out-key", "it is for a new key, and --key FILE names one");
  if (key_.empty() && out_key_.empty() && !elsewhere)
    throw failure(exit_status::usage, command +
                                          ": --out-key FILE is needed for the new key, or --key FILE for one "
                                          "that is there");
  if (!out_password_file_.empty() && out_key_.empty() && !elsewhere)
    refuse(command, "--out-password-file", "no key is written");
}

void key_flags::read_password() {
  if (out_password_file_.empty()) return;
  password_ = first_line(out_password_file_);
  if (password_->empty())
    throw failure(exit_status::local, "reading " + out_password_file_ + ": its first line holds no password");
}

signet::private_key key_flags::key() const {
  if (!key_.empty()) return read_key(key_, password_file_);
  return value_in("making the key", signet::private_key::generate(key_type_.value_or("ec:P-256")));
}

void key_flags::fill(output_files& outputs, const signet::private_key& key) const {
  if (out_key_.empty()) return;
  outputs.fill(out_key_, password_ ? value_in("encrypting the key", key.encrypted_pem(*password_)) : key.pem());
}

void issuer_flags::add_to(command_line& line, bool required) {
  const std::string group = "Issuer";
  auto issuer = line.add_option("--ca", ca, "the CA's certificate and its chain, PKCS#12 too");
  if (required) issuer.required();
  issuer.type_name("FILE").group(group);
  line.add_option("--ca-key", key, "the CA's key, when it is not in the same file: a file, or pkcs11:...")
      .type_name("FILE|URI")
      .group(group);
  line.add_option("--ca-password-file", password_file, "the CA key's password: the first line of a file")
      .type_name("FILE")
      .group(group);
}

void issuer_flags::check(const std::string& command) const {
  if (!given() && (!key.empty() || !password_file.empty()))
    throw failure(exit_status::usage, command + ": --ca-key and --ca-password-file go with --ca FILE");
}

signet::identity issuer_flags::load() const {
  auto loaded = read_ca(ca, key, password_file);
  const auto constraints = loaded.leaf().basic_constraints();
  if (!constraints || !constraints->is_ca)
    throw failure(exit_status::local,
                  "reading " + ca + ": \"" + loaded.leaf().subject() + "\" is not a CA: it may not issue certificates");
  return loaded;
}

}  // namespace tool
