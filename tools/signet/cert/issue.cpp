#include "cert/issue.hpp"

#include <nlohmann/json.hpp>

#include <signet/x509/pkcs12.hpp>

#include "cert/json.hpp"
#include "output.hpp"

namespace tool {
namespace {

// Where what was made is.
struct places_made {
  std::string certificate;
  std::string key = {};
  std::string pkcs12 = {};
};

// What a script wants to know at once; `cert show --json` has the rest.
nlohmann::ordered_json summary(const std::vector<signet::certificate>& chain, const places_made& files) {
  const auto& leaf = chain.front();
  return {{"certificate", text_or_null(files.certificate)},
          {"key", text_or_null(files.key)},
          {"pkcs12", text_or_null(files.pkcs12)},
          {"subject", leaf.subject()},
          {"issuer", leaf.issuer()},
          {"serial_number", leaf.serial_number()},
          {"not_before", signet::to_rfc3339(leaf.not_before())},
          {"not_after", signet::to_rfc3339(leaf.not_after())},
          {"dns_names", leaf.dns_names()},
          {"ip_addresses", leaf.ip_addresses()},
          {"alternative_names", json_of(leaf.alternative_names())},
          {"public_key", leaf.public_key_type()},
          {"fingerprint_sha256", signet::to_hex(leaf.fingerprint_sha256())},
          {"pem", pem_of(chain)}};
}

std::string place(const std::string& file) {
  return file == "-" ? "stdout" : file;
}

// No certificate outlives its CA. What the clock moved on between two commands is no matter.
void warn_if_cut_short(const signet::certificate& made, const signet::certificate_options& wanted) {
  if (wanted.lifetime.count() == 0 || wanted.not_after ||
      std::chrono::system_clock::now() + wanted.lifetime - made.not_after() <= std::chrono::days(1))
    return;
  warn("--days " + std::to_string(wanted.lifetime.count()) + ": the certificate ends with its CA, on " +
       signet::to_rfc3339(made.not_after()));
}

void say_made(const std::string& places, const signet::certificate& leaf) {
  auto name = leaf.subject();
  if (const auto others = leaf.alternative_names(); name.empty() && !others.empty()) name = others.front().value;
  say("made " + places + " (" + name + ", valid until " + signet::to_rfc3339(leaf.not_after()) + ")");
}

}  // namespace

void output_flags::add_to(command_line& line, const char* what) {
  const std::string group = "Output";
  line.add_option("--out", out, what).type_name("FILE").group(group);
  line.add_flag("--force", force, "replace files that exist").group(group);
  line.add_flag("--json", json, "print what was made as a JSON object").group(group);
}

void output_flags::check(const std::string& command, const output_files& files) const {
  if (json && files.uses_stdout())
    throw failure(exit_status::usage, command + ": --json and an output named - both want stdout");
}

void new_identity::add_to(command_line& line) {
  key_.add_to(line);
  output_.add_to(line, "where the certificate and its chain go (-: stdout)");
  line.add_option("--out-p12", output_.out_p12, "where both go as PKCS#12; needs --out-password-file")
      .type_name("FILE")
      .group("Output");
}

void new_identity::prepare() {
  if (output_.out.empty() && output_.out_p12.empty())
    throw failure(exit_status::usage, command_ + ": --out FILE is needed, or --out-p12 FILE");
  key_.check(command_, !output_.out_p12.empty());
  key_.read_password();
  if (!output_.out_p12.empty() && !key_.password())
    throw failure(exit_status::usage, command_ + ": --out-p12 needs --out-password-file FILE");
  files_.emplace(output_.files(command_));
  key_.open(*files_);
  files_->open(output_.out_p12, secrecy::secret);
  files_->open(output_.out, secrecy::open);
  output_.check(command_, *files_);
}

void new_identity::store(const signet::identity& made, const signet::certificate_options& wanted) {
  key_.fill(*files_, made.key());
  if (!output_.out_p12.empty())
    files_->fill(output_.out_p12,
                 value_in("making " + output_.out_p12, signet::make_pkcs12(made, *key_.password(), {})));
  files_->fill(output_.out, pem_of(made.chain()));
  files_->commit();
  warn_if_cut_short(made.leaf(), wanted);
  if (output_.json) return print_json(summary(made.chain(), {output_.out, key_.out(), output_.out_p12}));
  std::string places;
  for (const auto& [what, file] : {std::pair<std::string, std::string>("", output_.out),
                                   {"its key ", key_.out()},
                                   {"PKCS#12 ", output_.out_p12}}) {
    if (!file.empty()) places += (places.empty() ? "" : ", ") + what + place(file);
  }
  say_made(places, made.leaf());
}

void store_certificate(const std::vector<signet::certificate>& chain, const signet::certificate_options& wanted,
                       const output_flags& output, output_files& files) {
  files.fill(output.out, pem_of(chain));
  files.commit();
  warn_if_cut_short(chain.front(), wanted);
  if (output.json) return print_json(summary(chain, {output.out}));
  if (output.out != "-") say_made(output.out, chain.front());
}

}  // namespace tool
