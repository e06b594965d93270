// signet verify: judges a certificate off line, as a connection would.
#include <nlohmann/json.hpp>

#include <iostream>
#include <optional>

#include <signet/verify/verify_peer.hpp>

#include "cert/cert_files.hpp"
#include "cert/json.hpp"
#include "commands.hpp"
#include "hints.hpp"
#include "json_text.hpp"
#include "lines.hpp"
#include "options/connection.hpp"
#include "options/verify.hpp"
#include "output.hpp"
#include "times.hpp"
#include "verify_batch.hpp"

namespace tool {
namespace {

struct verify_command {
  std::string file = {};
  std::vector<std::string> ca = {};
  std::vector<std::string> add_ca = {};
  // Empty is not the same as absent: it is what an unset variable of a script leaves.
  std::optional<std::string> name = {};
  std::optional<std::string> at = {};
  std::string password_file = {};
  std::string purpose = "server";
  bool name_only = false;
  bool partial_chain = false;
  bool batch = false;
  bool json = false;
  verify_flags rules = {};

  void add_to(command_line& line) {
    const std::string trust = "Trust";
    line.add_option("CERT", file, "a certificate, and the chain a peer would send behind it; - for stdin");
    line.repeatable("--ca", ca, "trust these certificates instead of the system's (again for more)")
        .type_name("FILE|DIR")
        .group(trust);
    line.repeatable("--add-ca", add_ca, "trust these certificates too").type_name("FILE").group(trust);
    line.may_be_empty(
        line.add_option("--name", name, "the host name or address it has to be for").type_name("NAME").group(trust));
    rules.add_to(line, trust);
    line.add_option("--password-file", password_file, "the password of a PKCS#12 file: the first line of a file")
        .type_name("FILE");
    line.add_option("--at", at, "the time to judge by (now)").type_name("RFC3339");
    line.add_option("--purpose", purpose, "server, client or any (server)")
        .one_of({"server", "client", "any"})
        .type_name("PURPOSE");
    line.add_flag("--name-only", name_only, "look at the name and at nothing else");
    line.add_flag("--partial-chain", partial_chain,
                  "a trusted intermediate ends the chain, as it always does here; for scripts that say so");
    line.add_flag("--batch", batch, "read one JSON object a line on stdin and print one a line");
    line.add_flag("--json", json, "print a JSON object");
  }
};

std::vector<signet::certificate> certificates_of(const verify_command& asked) {
  auto content = read_for_a_look(asked.file, password_from(asked.password_file));
  if (content.certificates.empty()) refuse_source(asked.file, "it holds no certificate");
  return std::move(content.certificates);
}

nlohmann::ordered_json json_of(const signet::finding& f) {
  return {{"error", signet::name(f.code)}, {"depth", f.depth},       {"subject", f.subject},    {"message", f.message},
          {"hint", in_options(f.hint)},    {"expected", f.expected}, {"presented", f.presented}};
}

nlohmann::ordered_json json_of(const std::vector<signet::finding>& findings) {
  auto out = nlohmann::ordered_json::array();
  for (const auto& f : findings) out.push_back(json_of(f));
  return out;
}

std::string shown(const signet::certificate& c) {
  const auto subject = c.subject();
  return (subject.empty() ? "(no subject)" : subject) + ", " + c.public_key_type() + ", " +
         signet::to_rfc3339(c.not_before()) + " to " + signet::to_rfc3339(c.not_after());
}

void print_report(const signet::verdict& verdict) {
  std::string text = "trust: " + verdict.trust() + "\nchain:\n";
  for (std::size_t i = 0; i < verdict.chain().size(); ++i)
    text += "  " + std::to_string(i) + "  " + shown(verdict.chain()[i]) + '\n';
  const auto list = [&text](const char* title, const std::vector<signet::finding>& findings) {
    if (findings.empty()) return;
    text += title;
    for (const auto& f : findings) {
      text +=
          "  " + std::string(signet::name(f.code)) + " (depth " + std::to_string(f.depth) + "): " + f.message + '\n';
      if (!f.hint.empty()) text += "    " + in_options(f.hint) + '\n';
    }
  };
  list("problems:\n", verdict.findings());
  list("problems that do not count:\n", verdict.waived());
  list("let pass by this profile:\n", verdict.passed_over());
  if (!verdict.accepted_by().empty()) text += "accepted by: " + verdict.accepted_by() + '\n';
  print(text);
}

void print_json(const signet::verdict& verdict) {
  auto chain = nlohmann::ordered_json::array();
  for (const auto& c : verdict.chain()) chain.push_back(c.pem());
  print(to_text({{"ok", verdict.trusted()},
                 {"trust", verdict.trust()},
                 {"accepted_by", verdict.accepted_by()},
                 {"chain", chain},
                 {"findings", json_of(verdict.findings())},
                 {"waived", json_of(verdict.waived())},
                 {"passed_over", json_of(verdict.passed_over())}}) +
        "\n");
}

exit_status judge_name_only(const verify_command& asked, const signet::certificate& leaf,
                            const signet::verify_options& options) {
  const auto name = signet::server_name::parse(*asked.name);
  // Brackets are for URLs: no certificate holds them.
  const bool matches = name && !asked.name->starts_with('[') && signet::matches_name(leaf, *name, options);
  if (asked.json)
    print(to_text({{"ok", matches}, {"name", printable(*asked.name)}, {"error", matches ? "" : "name_mismatch"}}) +
          "\n");
  else if (matches)
    print("the certificate is for " + name->display() + "\n");
  if (matches) return exit_status::ok;
  say("signet: verify: the certificate is not for " + printable(*asked.name));
  return exit_status::judged_bad;
}

exit_status judge(const verify_command& asked) {
  const auto sent = certificates_of(asked);
  signet::verify_request request{.sent = sent};
  asked.rules.apply(request.options, asked.ca);
  if (asked.name_only) return judge_name_only(asked, sent.front(), request.options);
  request.trust = trust_of(asked.ca, asked.add_ca, asked.rules.ca_password_file());
  request.role = *role_of(asked.purpose);
  if (asked.name) request.expected = signet::server_name::parse(*asked.name).value();
  if (asked.at) request.options.clock = [when = *parse_rfc3339(*asked.at)] { return when; };

  const auto verdict = std::make_shared<const signet::verdict>(signet::verify_peer(request));
  asked.json ? print_json(*verdict) : print_report(*verdict);
  if (verdict->trusted()) return exit_status::ok;
  return report(signet::to_error(asked.file, verdict));
}

// Without a verdict, why there is none.
exit_status judge_or_say_why_not(const verify_command& asked) {
  try {
    return judge(asked);
  } catch (const output_closed&) {
    throw;
  } catch (const std::exception&) {
    if (asked.json) print(to_text({{"ok", false}, {"source", asked.file}, {"failure", failure_json()}}) + "\n");
    throw;
  }
}

// Answers are printed as they come, in blocks, so that whoever writes the questions line by line is not kept waiting
// for an answer.
exit_status run_batch() {
  constexpr std::size_t longest_line = std::size_t{64} << 20;
  std::ios::sync_with_stdio(false);
  bool all_were_read = true;
  std::string answers;
  for (std::string line; read_line(line, longest_line);) {
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    const auto answer = line.size() > longest_line ? refuse_line("longer than 64 MiB") : judge_line(line);
    all_were_read = all_were_read && !answer.was_bad_input;
    answers += answer.text + '\n';
    if (answers.size() > 65536 || std::cin.rdbuf()->in_avail() <= 0) {
      print(answers);
      answers.clear();
    }
  }
  print(answers);
  return all_were_read ? exit_status::ok : exit_status::local;
}

}  // namespace

exit_status run_verify(arguments args) {
  command_line line("signet verify", "Judges a certificate off line, by the rules connections have.",
                    "  signet verify server.pem --name www.example.org\n"
                    "  signet verify chain.pem --ca ca.pem --name www.example.org --at 2027-01-01T00:00:00Z\n"
                    "  signet verify cert.pem --name-only --name mail.example.org --scheme smtp\n"
                    "  signet verify --batch < questions.jsonl\n");
  verify_command asked;
  asked.add_to(line);
  if (const auto over = line.read(args)) return *over;
  const std::string command = "verify";
  if (asked.batch != asked.file.empty())
    throw failure(exit_status::usage, command + (asked.batch ? ": --batch reads its certificates from stdin"
                                                             : ": a certificate is needed, or --batch"));
  if (asked.batch) {
    refuse_together(line, command, "--batch",
                    {"--ca", "--add-ca", "--name", "--scheme", "--profile", "--public-suffix", "--intermediates",
                     "--pin", "--accept-pin", "--crl", "--crl-all", "--check-crl", "--known-peers", "--at",
                     "--name-only", "--password-file"});
    return run_batch();
  }
  asked.rules.check(command);
  if (asked.name_only && !asked.name) throw failure(exit_status::usage, command + ": --name-only needs --name");
  if (asked.at && !parse_rfc3339(*asked.at))
    throw failure(exit_status::usage, command + ": --at: " + printable(*asked.at) + " is no time as RFC 3339 has it",
                  "write it as 2026-11-21T08:00:00Z");
  if (!asked.name_only && asked.name) (void)expected_name(command, *asked.name);
  return judge_or_say_why_not(asked);
}

}  // namespace tool
