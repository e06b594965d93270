// signet cert fingerprint: what pins are made of.
#include <nlohmann/json.hpp>

#include "cert/cert_files.hpp"
#include "cert/json.hpp"
#include "cert/subcommands.hpp"
#include "output.hpp"

namespace tool {
namespace {

std::string base64(const std::vector<std::byte>& bytes) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    unsigned group = 0;
    for (std::size_t j = 0; j < 3; ++j)
      group = group << 8 | (i + j < bytes.size() ? std::to_integer<unsigned>(bytes[i + j]) : 0);
    for (std::size_t j = 0; j < 4; ++j) text += i + j > bytes.size() ? '=' : digits[group >> (18 - 6 * j) & 63];
  }
  return text;
}

enum class pin_form : unsigned char { certificate, public_key, curl };

std::string pin(const signet::certificate& cert, const std::string& digest, pin_form form) {
  using signet::fingerprint_of;
  const auto part = form == pin_form::certificate  ? fingerprint_of::certificate
                    : form == pin_form::public_key ? fingerprint_of::public_key
                                                   : fingerprint_of::public_key_info;
  const auto bytes = value_in("taking the fingerprint", cert.fingerprint(digest, part));
  switch (form) {
    case pin_form::certificate:
      return digest + "$" + signet::to_hex(bytes);
    case pin_form::public_key:
      return digest + "$pub$" + signet::to_hex(bytes);
    case pin_form::curl:
      break;
  }
  return digest + "//" + base64(bytes);
}

std::vector<signet::certificate> looked_at(const signet::endpoint& peer, const client_flags& client) {
  auto seen = look_at(peer, client);
  say_verdict(seen);
  return std::move(seen.chain);
}

}  // namespace

exit_status run_cert_fingerprint(arguments args) {
  const std::string command = "cert fingerprint";
  command_line line("signet cert fingerprint",
                    "Prints the fingerprint of each certificate as --pin takes it, one a line in their order.",
                    "  signet cert fingerprint cert.pem\n"
                    "  signet cert fingerprint --public-key --digest sha256,sha512 cert.pem\n"
                    "  curl --pinnedpubkey \"$(signet cert fingerprint --curl cert.pem | head -n 1)\" \\\n      "
                    "https://www.example.org/\n");
  std::string name, password_file;
  std::vector<std::string> digest_options;
  bool public_key = false, curl = false, as_json = false;
  client_flags client;
  line.add_option("source", name, "a file, - or HOST:PORT").required().type_name("FILE|-|HOST:PORT");
  line.repeatable("--digest", digest_options, "sha256, sha512, ... (sha256; a list, or again for more)")
      .type_name("NAME");
  auto of_key = line.add_flag("--public-key", public_key, "of the public key, which outlives a renewal");
  auto for_curl = line.add_flag("--curl", curl, "of the public key, as curl's --pinnedpubkey takes it");
  for_curl.excludes(of_key);
  line.add_flag("--json", as_json, "print all of them as a JSON object").excludes(of_key).excludes(for_curl);
  line.add_option("--password-file", password_file, "the password of a PKCS#12 file: the first line of a file")
      .type_name("FILE");
  own_certificate own;
  own.add_to(line);
  client.add_for_a_look_to(line);
  client.add_verbose_to(line);
  if (const auto over = line.read(args)) return *over;
  own.apply(command, password_file, client);
  client.check(command);
  refuse_options_of_peers(line, command, {name}, file_rules::none);

  std::vector<std::string> digests;
  for (const auto& list : digest_options) {
    for (auto& one : split_list(list)) digests.push_back(std::move(one));
  }
  if (digests.empty()) digests = {"sha256"};
  if (curl && digests != std::vector<std::string>{"sha256"})
    throw failure(exit_status::usage, command + ": --curl knows sha256 only");

  const auto peer = as_peer(name);
  const auto certificates =
      peer ? looked_at(*peer, client) : read_for_a_look(name, password_from(password_file)).certificates;
  if (certificates.empty()) refuse_source(name, "it holds no certificate");

  const auto form = curl ? pin_form::curl : public_key ? pin_form::public_key : pin_form::certificate;
  std::string text;
  auto list = nlohmann::ordered_json::array();
  for (const auto& cert : certificates) {
    nlohmann::ordered_json entry = {{"subject", cert.subject()}};
    auto pins = nlohmann::ordered_json::array();
    for (const auto& digest : digests) {
      text += pin(cert, digest, form) + "\n";
      pins.push_back(pin(cert, digest, pin_form::certificate));
      pins.push_back(pin(cert, digest, pin_form::public_key));
    }
    entry["pins"] = std::move(pins);
    entry["curl"] = pin(cert, "sha256", pin_form::curl);
    list.push_back(std::move(entry));
  }
  if (as_json) {
    print_json({{"certificates", list}});
  } else {
    print(text);
  }
  return exit_status::ok;
}

}  // namespace tool
