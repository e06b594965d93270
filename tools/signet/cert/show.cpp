// signet cert show: what a file, a folder or stdin holds, and what a server sends. It judges nothing.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>

#include <signet/verify/verdict.hpp>

#include "cert/cert_files.hpp"
#include "cert/json.hpp"
#include "cert/subcommands.hpp"
#include "cert/text.hpp"
#include "hints.hpp"
#include "output.hpp"

namespace tool {
namespace {

using json = nlohmann::ordered_json;

struct source {
  std::string name;
  signet::x509_contents contents;
  std::optional<peer_look> peer = {};
};

struct skipped_file {
  std::string name;
  std::string why;
};

// What lies in a folder beside certificates is noted and passed over.
void read_folder(const std::filesystem::path& folder, const signet::password_callback& password,
                 std::vector<source>& found, std::vector<skipped_file>& skipped) {
  const auto files = files_in(folder);
  const auto before = found.size();
  for (const auto& file : files) {
    try {
      found.push_back({file, read_for_a_look(file, password)});
    } catch (const signet::exception& unreadable) {
      skipped.push_back({file, unreadable.error().message()});
    } catch (const failure& unreadable) {
      skipped.push_back({file, unreadable.what()});
    }
  }
  for (const auto& one : skipped) say("passed over: " + one.why);
  if (found.size() == before)
    throw failure(exit_status::local, "reading " + folder.string() + ": none of its " + std::to_string(files.size()) +
                                          " files holds a certificate, key, request or revocation list");
}

json peer_json(const source& from) {
  auto findings = json::array();
  for (const auto& one : from.peer->objections()) {
    findings.push_back({{"code", name(one.code)},
                        {"depth", one.depth},
                        {"subject", one.subject},
                        {"message", one.message},
                        {"hint", in_options(one.hint)}});
  }
  return {{"source", from.name}, {"verified", from.peer->verified()}, {"findings", findings}};
}

void show_json(const std::vector<source>& sources, const std::vector<skipped_file>& skipped,
               std::chrono::sys_seconds now) {
  json document = {{"certificates", json::array()}, {"keys", json::array()},  {"requests", json::array()},
                   {"crls", json::array()},         {"peers", json::array()}, {"skipped", json::array()}};
  const auto add = [&](const char* kind, const source& from, const json& object) {
    json entry = {{"source", from.name}};
    entry.update(object);
    document[kind].push_back(std::move(entry));
  };
  for (const auto& from : sources) {
    for (const auto& one : from.contents.certificates) add("certificates", from, json_of(one, now));
    for (const auto& one : from.contents.keys) add("keys", from, json_of(one));
    for (const auto& one : from.contents.requests) add("requests", from, json_of(one));
    for (const auto& one : from.contents.crls) add("crls", from, json_of(one));
    if (from.peer) document["peers"].push_back(peer_json(from));
  }
  for (const auto& one : skipped) document["skipped"].push_back({{"source", one.name}, {"reason", one.why}});
  print_json(document);
}

void show_pem(const std::vector<source>& sources) {
  std::string text;
  for (const auto& [name, contents, peer] : sources) {
    text += pem_of(contents.certificates);
    for (const auto& one : contents.keys) text += one.public_pem();
    for (const auto& one : contents.requests) text += one.pem();
    for (const auto& one : contents.crls) text += one.pem();
  }
  print(text);
}

// Numbered as soon as there are two.
class short_form {
 public:
  explicit short_form(std::size_t total) : total_(total) {}
  void add(const char* kind, const source& from, const std::string& lines) {
    ++number_;
    if (number_ > 1) text_ += "\n";
    const auto count = total_ > 1 ? std::to_string(number_) + " of " + std::to_string(total_) + ": " : std::string();
    text_ += painted(count + kind, color::bold) + " (" + printable(from.name) + ")\n" + lines;
  }
  void print() const { tool::print(text_); }

 private:
  std::size_t total_;
  std::size_t number_ = 0;
  std::string text_;
};

void show_text(const std::vector<source>& sources, std::chrono::sys_seconds now) {
  std::size_t total = 0;
  for (const auto& [name, contents, peer] : sources)
    total += contents.certificates.size() + contents.keys.size() + contents.requests.size() + contents.crls.size();
  short_form form(total);
  for (const auto& from : sources) {
    for (const auto& one : from.contents.certificates) form.add("certificate", from, text_of(one, now));
    for (const auto& one : from.contents.keys) form.add("private key", from, text_of(one));
    for (const auto& one : from.contents.requests) form.add("signing request", from, text_of(one));
    for (const auto& one : from.contents.crls) form.add("revocation list", from, text_of(one, now));
  }
  form.print();
}

}  // namespace

exit_status run_cert_show(arguments args) {
  command_line line(
      "signet cert show",
      "Shows certificates, keys (their public half), signing requests and revocation lists: what a file, a folder or "
      "stdin (-) holds, in PEM, DER or PKCS#12, or what a server sends. Nothing is judged: a server that does not "
      "verify is shown all the same, and stderr says so.",
      "  signet cert show cert.pem\n"
      "  signet cert show --json bundle.p12 --password-file password.txt\n"
      "  signet cert show www.example.org:443\n"
      "  signet cert show --pem --sni www.example.org 192.0.2.1:443 > chain.pem\n"
      "  signet cert show /etc/ssl/certs\n");
  std::vector<std::string> names;
  std::string password_file;
  bool as_json = false, as_pem = false;
  client_flags client;
  line.add_option("source", names, "a file, a folder, - or HOST:PORT")
      .required()
      .takes_all()
      .type_name("FILE|DIR|-|HOST:PORT");
  line.add_option("--password-file", password_file, "the password of what is encrypted: the first line of a file")
      .type_name("FILE");
  const auto json_flag = line.add_flag("--json", as_json, "print a JSON object with every field");
  line.add_flag("--pem", as_pem, "print PEM").excludes(json_flag);
  own_certificate own;
  own.add_to(line);
  client.add_for_a_look_to(line);
  client.add_verbose_to(line);
  if (const auto over = line.read(args)) return *over;
  own.apply("cert show", password_file, client);
  client.check("cert show");
  refuse_options_of_peers(line, "cert show", names, file_rules::none);

  const auto password = password_from(password_file);
  std::vector<source> sources;
  std::vector<skipped_file> skipped;
  for (const auto& one : names) {
    std::error_code ignored;
    if (const auto peer = as_peer(one)) {
      auto seen = look_at(*peer, client);
      say_verdict(seen);
      signet::x509_contents contents{.certificates = seen.chain};
      sources.push_back({signet::to_string(*peer), std::move(contents), std::move(seen)});
    } else if (one != "-" && std::filesystem::is_directory(one, ignored)) {
      read_folder(one, password, sources, skipped);
    } else {
      sources.push_back({one == "-" ? "stdin" : one, read_for_a_look(one, password)});
    }
  }
  const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  if (as_json) {
    show_json(sources, skipped, now);
  } else if (as_pem) {
    show_pem(sources);
  } else {
    show_text(sources, now);
  }
  return exit_status::ok;
}

}  // namespace tool
