// signet cert: makes certificates. Keys are private from the moment they exist, and nothing is overwritten unasked.
#include <nlohmann/json.hpp>

#include <charconv>
#include <filesystem>
#include <optional>

#include <signet/verify/server_name.hpp>
#include <signet/x509/certificate_builder.hpp>

#include "commands.hpp"
#include "connection_options.hpp"
#include "files.hpp"
#include "output.hpp"

namespace tool {
namespace {

// What `cert ca` and `cert create` share.
struct new_certificate {
  std::string common_name = {};
  std::string organization = {};
  std::string key_type = "ec:P-256";
  std::string days = {};
  std::string out = {};
  std::string out_key = {};
  bool force = false;
  bool json = false;

  void add_to(command_line& line, bool name_required) {
    auto* cn = line.add_option("--cn", common_name, "common name")->type_name("NAME");
    if (name_required) cn->required();
    line.add_option("--org", organization, "organization")->type_name("NAME");
    line.add_option("--key-type", key_type,
                    "ec:P-256, ec:P-384, ec:P-521, rsa:2048 to rsa:8192, ed25519 or ed448 (ec:P-256)")
        ->type_name("TYPE");
    line.add_option("--days", days, "days it is valid")->type_name("N");
    line.add_option("--out", out, "where the certificate goes")->required()->type_name("FILE");
    line.add_option("--out-key", out_key, "where the key goes, readable by its owner only")
        ->required()
        ->type_name("FILE");
    line.add_flag("--force", force, "replace files that exist");
    line.add_flag("--json", json, "print the certificate as a JSON object");
  }

  signet::certificate_options request(const std::string& command) const {
    signet::certificate_options wanted{.common_name = common_name, .organization = organization};
    if (!days.empty()) {
      int number = 0;
      const auto [end, why] = std::from_chars(days.data(), days.data() + days.size(), number);
      if (why != std::errc() || end != days.data() + days.size() || number < 1 || number > 36500)
        throw failure(exit_status::usage, command + ": --days: " + days + " is not a number from 1 to 36500");
      wanted.lifetime = std::chrono::days(number);
    }
    return wanted;
  }

  existing_file policy() const { return force ? existing_file::replace : existing_file::keep; }
};

std::string pem_of(const std::vector<signet::certificate>& chain) {
  std::string text;
  for (const auto& one : chain) text += one.pem();
  return text;
}

// Both files are opened before the first is made, so that the usual failures leave neither behind.
void store(const new_certificate& wanted, const signet::identity& made) {
  new_file key(wanted.out_key, 0600, wanted.policy());
  new_file certificate(wanted.out, 0644, wanted.policy());
  key.write(made.key().pem());
  certificate.write(pem_of(made.chain()));
  key.commit();
  try {
    certificate.commit();
  } catch (...) {
    std::error_code ignored;
    if (!wanted.force) std::filesystem::remove(wanted.out_key, ignored);
    throw;
  }
  const auto& leaf = made.leaf();
  if (wanted.json) {
    nlohmann::ordered_json document = {{"certificate", wanted.out},
                                       {"key", wanted.out_key},
                                       {"subject", leaf.subject()},
                                       {"issuer", leaf.issuer()},
                                       {"serial_number", leaf.serial_number()},
                                       {"not_before", signet::to_rfc3339(leaf.not_before())},
                                       {"not_after", signet::to_rfc3339(leaf.not_after())},
                                       {"dns_names", leaf.dns_names()},
                                       {"ip_addresses", leaf.ip_addresses()},
                                       {"public_key", leaf.public_key_type()},
                                       {"fingerprint_sha256", signet::to_hex(leaf.fingerprint_sha256())},
                                       {"pem", pem_of(made.chain())}};
    print(document.dump(2) + "\n");
  } else {
    say("made " + wanted.out + " (" + leaf.subject() + ", valid until " + signet::to_rfc3339(leaf.not_after()) +
        ") and its key " + wanted.out_key);
  }
}

// Known before a slow key is made.
void refuse_existing(const std::string& command, const new_certificate& wanted) {
  std::error_code ignored;
  if (std::filesystem::weakly_canonical(wanted.out, ignored) ==
      std::filesystem::weakly_canonical(wanted.out_key, ignored))
    throw failure(exit_status::usage, command + ": --out and --out-key name the same file");
  if (wanted.force) return;
  for (const auto& file : {wanted.out, wanted.out_key}) {
    const auto status = std::filesystem::symlink_status(file, ignored);
    if (std::filesystem::exists(status) && !std::filesystem::is_character_file(std::filesystem::status(file, ignored)))
      throw failure(exit_status::local, "writing " + file + ": it exists",
                    "choose another name, or allow it with --force");
  }
}

exit_status run_ca(arguments args) {
  command_line line("signet cert ca", "Makes a certification authority: a key and its self-signed certificate.",
                    "  signet cert ca --cn 'My test CA' --out ca.pem --out-key ca-key.pem\n"
                    "  signet cert ca --cn 'Lab' --org Example --key-type rsa:4096 --days 730 --out ca.pem --out-key "
                    "ca-key.pem\n");
  new_certificate wanted;
  wanted.add_to(line, true);
  if (const auto over = line.read(args)) return *over;
  const auto request = wanted.request("cert ca");
  refuse_existing("cert ca", wanted);
  auto key = value_in("making the key", signet::private_key::generate(wanted.key_type));
  store(wanted, value_in("making the CA", signet::make_ca(request, std::move(key))));
  return exit_status::ok;
}

exit_status run_create(arguments args) {
  command_line line(
      "signet cert create", "Makes a key and a certificate for it, issued by a CA or self-signed.",
      "  signet cert create --ca ca.pem --ca-key ca-key.pem --dns www.example.org --out cert.pem --out-key "
      "key.pem\n"
      "  signet cert create --ca ca.pem --ca-key ca-key.pem --ip 192.0.2.1 --purpose server,client --days 365 "
      "\\\n      --out cert.pem --out-key key.pem\n"
      "  signet cert create --self-signed --dns localhost --out cert.pem --out-key key.pem\n");
  new_certificate wanted;
  std::string ca, ca_key, password_file, purpose = "server";
  std::vector<std::string> dns, ip;
  bool self_signed = false;
  line.add_option("--ca", ca, "the CA's certificate")->type_name("FILE");
  line.add_option("--ca-key", ca_key, "the CA's key, when it is not in the same file")->type_name("FILE");
  line.add_option("--ca-password-file", password_file, "the CA key's password: the first line of a file")
      ->type_name("FILE");
  line.add_flag("--self-signed", self_signed, "no CA: the certificate vouches for itself");
  line.repeatable("--dns", dns, "a DNS name it is for (again for more)")->type_name("NAME");
  line.repeatable("--ip", ip, "an IP address it is for (again for more)")->type_name("ADDRESS");
  line.add_option("--purpose", purpose, "server, client or both (server)")->type_name("LIST");
  wanted.add_to(line, false);
  if (const auto over = line.read(args)) return *over;

  const std::string command = "cert create";
  if (ca.empty() != self_signed)
    throw failure(exit_status::usage, command + (self_signed ? ": --ca and --self-signed exclude each other"
                                                             : ": --ca FILE is needed, or --self-signed"));
  if (self_signed && (!ca_key.empty() || !password_file.empty()))
    throw failure(exit_status::usage, command + ": a self-signed certificate takes no CA key");
  auto request = wanted.request(command);
  request.dns_names = std::move(dns);
  request.ip_addresses = std::move(ip);
  if (request.dns_names.empty() && request.ip_addresses.empty())
    throw failure(exit_status::usage, command + ": at least one --dns or --ip is needed");
  request.purposes.clear();
  for (const auto& one : split_list(purpose)) {
    if (one != "server" && one != "client")
      // NOLINTNEXTLINE(performance-inefficient-string-concatenation): thrown, so made once
      throw failure(exit_status::usage, command + ": --purpose: " + one + " is neither server nor client");
    request.purposes.push_back(one == "server" ? signet::certificate_purpose::server
                                               : signet::certificate_purpose::client);
  }
  if (request.purposes.empty()) throw failure(exit_status::usage, command + ": --purpose names none");
  refuse_existing(command, wanted);

  std::optional<signet::identity> issuer;
  if (!self_signed) {
    issuer =
        signet::identity::load({.certificate = ca, .key = ca_key, .password = password_from(password_file)}).value();
  }
  auto key = value_in("making the key", signet::private_key::generate(wanted.key_type));
  store(wanted, value_in("making the certificate", issuer ? signet::issue_certificate(request, std::move(key), *issuer)
                                                          : signet::make_self_signed(request, std::move(key))));
  return exit_status::ok;
}

constexpr command cert_commands[] = {
    {"ca", "make a certification authority", run_ca},
    {"create", "make a key and a certificate for it", run_create},
};

}  // namespace

exit_status run_cert(arguments args) {
  return dispatch("signet cert", "signet cert: makes certificates.", cert_commands, args);
}

}  // namespace tool
