// signet cert check: what is about to go wrong with certificates that are served, and the chain in the right order.
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <utility>

#include <signet/verify/certificate_check.hpp>
#include <signet/verify/verify_peer.hpp>

#include "cert/cert_files.hpp"
#include "cert/json.hpp"
#include "cert/options.hpp"
#include "cert/subcommands.hpp"
#include "cert/text.hpp"
#include "output.hpp"

namespace tool {
namespace {

using json = nlohmann::ordered_json;

struct checked {
  std::string name;
  std::vector<signet::certificate> certificates = {};
  // Those that stand in the same file.
  std::vector<signet::private_key> keys = {};
  std::vector<signet::certificate_finding> findings = {};
  // Its verdict is among the findings already.
  bool is_peer = false;
  // Why it could not be read.
  json failure = nullptr;

  [[nodiscard]] signet::severity worst() const noexcept {
    auto most = signet::severity::ok;
    for (const auto& one : findings) most = std::max(most, one.weight);
    return most;
  }
  [[nodiscard]] bool bad() const noexcept {
    return worst() == signet::severity::problem ||
           std::any_of(findings.begin(), findings.end(), [](const auto& one) { return one.id == "expires_soon"; });
  }
};

std::optional<std::size_t> place_of(const signet::certificate& cert, const checked& one) {
  const auto found = std::ranges::find(one.certificates, cert);
  if (found == one.certificates.end()) return {};
  return static_cast<std::size_t>(found - one.certificates.begin());
}

void add_verdict(checked& one, const std::vector<signet::finding>& objections,
                 const std::vector<signet::certificate>& chain) {
  for (const auto& objection : objections) {
    std::optional<std::size_t> index;
    if (objection.depth < chain.size()) index = place_of(chain[objection.depth], one);
    one.findings.push_back({signet::severity::problem, std::string(signet::name(objection.code)), index,
                            objection.message, objection.hint, objection.expected, objection.presented});
  }
}

// Where nobody said whom to trust, that an issuer is not at hand is worth a note.
void add_open_end(checked& one, const std::vector<signet::certificate>& chain, std::chrono::sys_seconds at) {
  signet::verify_request request{.sent = chain, .role = signet::peer_role::any};
  request.options.clock = [at] { return at; };
  const auto judged = signet::verify_peer(request);
  const auto& end = judged.chain().back();
  const bool is_open = std::ranges::any_of(judged.findings(), [](const signet::finding& objection) {
    return objection.code == signet::errc::unknown_issuer || objection.code == signet::errc::no_trust_anchors;
  });
  const bool is_told =
      std::ranges::any_of(one.findings, [](const auto& finding) { return finding.id == "missing_intermediate"; });
  // Of one that cannot be read to its end no issuer was looked for.
  if (!is_open || is_told || end.is_self_issued() || !end.broken_extensions().empty()) return;
  one.findings.push_back({signet::severity::note, "unknown_issuer", place_of(end, one),
                          title_of(end) + " was issued by '" + end.issuer() + "', which is not in " + one.name +
                              ": an intermediate is missing, or the issuer is a root of somebody's own",
                          "put the intermediate behind it, or name the root with --ca FILE"});
}

// Days that were asked for count as they are, for short-lived certificates too.
void add_expiries(checked& one, std::chrono::days within, std::chrono::sys_seconds at) {
  for (std::size_t i = 0; i < one.certificates.size(); ++i) {
    const auto& cert = one.certificates[i];
    const bool told = std::any_of(one.findings.begin(), one.findings.end(), [&](const auto& finding) {
      return finding.index == i && (finding.id == "expires_soon" || finding.id == "expired");
    });
    if (told || at > cert.not_after() || cert.not_after() - at >= within) continue;
    one.findings.push_back({signet::severity::warning, "expires_soon", i,
                            title_of(cert) + " expires on " + signet::to_rfc3339(cert.not_after()), "renew it"});
  }
}

// What the verdict and the check tell is told once: of an issuer that is not at hand by the check, if it was told whom
// to trust.
void add_checked(checked& one, std::vector<signet::certificate_finding> found) {
  const auto of_verdict = one.findings.size();
  for (auto& finding : found) {
    const auto end = one.findings.begin() + static_cast<std::ptrdiff_t>(of_verdict);
    const auto same = std::find_if(one.findings.begin(), end, [&finding](const auto& other) {
      return other.message == finding.message ||
             (other.index == finding.index &&
              (other.id == finding.id || (other.id == "invalid_purpose" && finding.id == "wrong_purpose") ||
               (other.id == "unknown_issuer" && finding.id == "missing_intermediate")));
    });
    if (same == end) {
      one.findings.push_back(std::move(finding));
    } else if (finding.id == "missing_intermediate" && finding.weight == signet::severity::problem) {
      *same = std::move(finding);
    }
  }
}

std::string report_of(const checked& one, std::chrono::sys_seconds at, time_source source) {
  std::string text = painted(printable(one.name), color::bold) + "\n";
  for (std::size_t i = 0; i < one.certificates.size(); ++i) {
    const auto& cert = one.certificates[i];
    text += "  " + std::to_string(i + 1) + ". " + title_of(cert) + ", until " + signet::to_rfc3339(cert.not_after()) +
            " (" + life_text(cert, at, source) + ")\n";
    for (const auto& finding : one.findings) {
      if (finding.index == i) text += text_of(finding, "     ");
    }
  }
  for (const auto& finding : one.findings) {
    if (!finding.index) text += text_of(finding, "  ");
  }
  if (one.findings.empty()) text += "  " + painted("ok:", color::green) + " nothing to say against it\n";
  return text;
}

json report_json(const checked& one, std::chrono::sys_seconds at) {
  auto certificates = json::array();
  for (const auto& cert : one.certificates) {
    certificates.push_back({{"subject", cert.subject()},
                            {"serial_number", cert.serial_number()},
                            {"not_before", signet::to_rfc3339(cert.not_before())},
                            {"not_after", signet::to_rfc3339(cert.not_after())},
                            {"days_left", days_left(cert, at)},
                            {"remaining_life", signet::remaining_life(cert, at)},
                            {"fingerprint_sha256", signet::to_hex(cert.fingerprint_sha256())}});
  }
  auto findings = json::array();
  for (const auto& finding : one.findings) findings.push_back(json_of(finding));
  return {{"source", one.name},
          {"worst", name(one.worst())},
          {"certificates", std::move(certificates)},
          {"findings", std::move(findings)},
          {"failure", one.failure}};
}

bool is_folder(const std::string& name) {
  std::error_code ignored;
  return name != "-" && std::filesystem::is_directory(name, ignored);
}

checked read_source(const std::string& name, const signet::password_callback& password, const client_flags& client) {
  if (const auto peer = as_peer(name)) {
    auto seen = look_at(*peer, client);
    // Any other verdict is among the findings.
    if (seen.verified()) say_verdict(seen);
    checked result{.name = signet::to_string(*peer), .certificates = seen.chain, .is_peer = true};
    add_verdict(result, seen.objections(), seen.judged ? seen.judged->chain() : seen.chain);
    return result;
  }
  if (is_folder(name)) {
    // Which says so if it cannot be read.
    (void)files_in(name);
    refuse_source(name, "no file in it holds a certificate");
  }
  auto contents = read_for_a_look(name, password);
  if (contents.certificates.empty()) refuse_source(name, "it holds no certificate");
  return {name == "-" ? "stdin" : name, std::move(contents.certificates), std::move(contents.keys)};
}

bool may_hold_certificates(const std::string& file) {
  try {
    const auto text = whole_file(file, std::size_t{64} << 20);
    return text.starts_with('0') || text.find("CERTIFICATE-----") != text.npos || text.find("PKCS7") != text.npos;
  } catch (const failure&) {
    // It is told of as any that cannot be read.
    return true;
  }
}

// Keys, notes and the like beside them are none of our business. Nothing where the folder cannot be read.
std::vector<std::string> certificates_in(const std::string& folder) {
  try {
    auto files = files_in(folder);
    std::erase_if(files, [](const std::string& file) { return !may_hold_certificates(file); });
    return files;
  } catch (const signet::exception&) {
    return {};
  }
}

// A folder stands for the files in it; one without any, for itself.
std::vector<std::string> sources_in(const std::vector<std::string>& names) {
  std::vector<std::string> out;
  for (const auto& name : names) {
    auto files = is_folder(name) ? certificates_in(name) : std::vector<std::string>();
    if (files.empty()) files.push_back(name);
    std::ranges::move(files, std::back_inserter(out));
  }
  return out;
}

struct judgement {
  signet::certificate_check_options options = {};
  // --days was asked for.
  bool days_as_asked = false;
  // What `signet verify` would be asked of a file: there when the command line says more than whom to trust.
  std::optional<signet::verify_request> rules = {};

  // Asked for, in options, or the clock's.
  std::chrono::sys_seconds now = {};
  [[nodiscard]] std::chrono::sys_seconds at() const { return options.at.value_or(now); }
  [[nodiscard]] time_source source() const noexcept { return options.at ? time_source::given : time_source::clock; }

  /// The key that was named, or else the one that stands in the file.
  [[nodiscard]] std::optional<signet::private_key> key_of(const checked& one) const {
    if (options.key || one.keys.empty()) return options.key;
    return one.keys.front();
  }

  void judge(checked& one) const {
    auto asked = options;
    asked.key = key_of(one);
    if (one.is_peer) asked.role = signet::peer_role::server;
    const auto chain = signet::in_chain_order(one.certificates, asked.key, signet::chain_root::keep);
    if (rules && !one.is_peer) {
      auto request = *rules;
      request.sent = chain;
      const auto judged = signet::verify_peer(request);
      add_verdict(one, judged.findings(), judged.chain());
      asked.trust.reset();
    }
    add_checked(one, signet::check_certificates(one.certificates, asked));
    if (!rules && !options.trust && !one.is_peer) add_open_end(one, chain, at());
    if (days_as_asked) add_expiries(one, options.warn_within, at());
  }
};

// The chain in its order, and a key that stood in the file. What is wrong with the rest stays wrong.
checked write_fixed(const checked& one, const judgement& rules, const std::string& out, signet::existing_file policy) {
  checked fixed{out, signet::in_chain_order(one.certificates, rules.key_of(one)), one.keys};
  output_files files("cert check", policy);
  files.open(out, one.keys.empty() ? secrecy::open : secrecy::secret);
  files.fill(out, pem_of(fixed.certificates));
  for (const auto& key : one.keys) files.fill(out, key.pem());
  files.commit();
  rules.judge(fixed);
  return fixed;
}

// The rules for files, where the command line says more than whom to trust.
std::optional<signet::verify_request> rules_of(const command_line& line, const std::string& command,
                                               const client_flags& client, signet::peer_role role,
                                               std::optional<std::chrono::sys_seconds> at) {
  const bool any = std::ranges::any_of(line.options(), [](const option& one) {
    const auto name = one.name();
    return one.count() > 0 && one.group() == trust_group && name != "--ca" && name != "--add-ca";
  });
  if (!any) return {};
  signet::verify_request request{.trust = client.trust(), .role = role};
  request.options = client.verify_options();
  if (at) request.options.clock = [at = *at] { return at; };
  if (!client.name().empty()) request.expected = expected_name(command, client.name());
  return request;
}

// The source that the exception being handled kept from being read.
checked unreadable(const std::string& name) {
  auto why = failure_json();
  const auto text = [&why](const char* key) { return why[key].is_string() ? why[key].get<std::string>() : ""; };
  signet::certificate_finding finding{.weight = signet::severity::problem,
                                      .id = "unreadable",
                                      .message = text("message"),
                                      .hint = text("hint"),
                                      .expected = text("expected"),
                                      .presented = text("presented")};
  return {.name = name, .findings = {std::move(finding)}, .failure = std::move(why)};
}

struct readings {
  std::vector<checked> all = {};
  // Of the last that could not be read.
  exit_status unread = exit_status::ok;
};

// What cannot be read is a finding, and keeps nobody from the rest. One alone is an error as any, unless what is
// printed has to be whole.
readings read_all(const std::vector<std::string>& sources, const signet::password_callback& password,
                  const client_flags& client, const judgement& rules, bool as_json) {
  readings out;
  for (const auto& name : sources) {
    try {
      auto one = read_source(name, password, client);
      rules.judge(one);
      out.all.push_back(std::move(one));
    } catch (const output_closed&) {
      throw;
    } catch (const std::exception& why) {
      const auto* ours = dynamic_cast<const failure*>(&why);
      const bool is_alone = sources.size() == 1 && !as_json;
      if (is_alone || (ours != nullptr && ours->status() == exit_status::usage)) throw;
      out.unread = report_current_exception();
      out.all.push_back(unreadable(name));
    }
  }
  return out;
}

void print_reports(const std::vector<checked>& all, const judgement& rules, bool as_json) {
  auto worst = signet::severity::ok;
  auto list = json::array();
  std::string text;
  for (const auto& one : all) {
    worst = std::max(worst, one.worst());
    list.push_back(report_json(one, rules.at()));
    text += report_of(one, rules.at(), rules.source());
  }
  if (as_json) {
    print_json({{"worst", name(worst)}, {"sources", std::move(list)}, {"failure", nullptr}});
  } else {
    print(text);
  }
}

}  // namespace

exit_status run_cert_check(arguments args) {
  const std::string command = "cert check";
  command_line line(
      "signet cert check",
      "Says what is wrong, or about to go wrong, with certificates as a server would send them. Status 1 when there is "
      "a problem, or one of them expires within --days; with --fix, when one is left. With --name, --crl, --pin and "
      "others of that group a file is judged as signet verify judges it.",
      "  signet cert check cert.pem --key key.pem\n"
      "  signet cert check --days 14 --json /etc/mail/cert.pem www.example.org:443\n"
      "  signet cert check wrong-order.pem --key key.pem --fix --out chain.pem\n");
  std::vector<std::string> names;
  std::string key_file, password_file, days = "30", at_text, out, purpose = "server";
  bool fix = false, force = false, as_json = false;
  client_flags client;
  line.add_option("source", names, "a file with a chain, a folder of them, - or HOST:PORT")
      .required()
      .takes_all()
      .type_name("FILE|DIR|-|HOST:PORT");
  line.add_option("--key", key_file, "the key the first certificate should belong to; with --cert, the key of that")
      .type_name("FILE|URI");
  line.add_option("--password-file", password_file, "the password of what is encrypted: the first line of a file")
      .type_name("FILE");
  line.add_option("--days", days, "warn of what expires within so many days (30)").type_name("N");
  line.add_option("--at", at_text, "judge by this time, RFC 3339 (now)").type_name("TIME");
  line.add_option("--purpose", purpose, "whom a file has to identify: server, client or any (server)")
      .one_of({"server", "client", "any"})
      .type_name("PURPOSE");
  line.add_flag("--fix", fix, "write the chain in the right order, without copies and root, to --out");
  line.add_option("--out", out, "where --fix writes (-: stdout)").type_name("FILE");
  line.add_flag("--force", force, "replace a file that exists");
  line.add_flag("--json", as_json, "print a JSON object");
  client.add_for_a_look_to(line);
  client.add_verbose_to(line);
  own_certificate own;
  own.add_certificate_to(line);
  if (const auto over = line.read(args)) return *over;
  // The key of the certificate that is shown, then, and of none that is looked at.
  if (own.is_given()) own.set_key(std::exchange(key_file, {}));
  own.apply(command, password_file, client);
  client.check(command);
  refuse_options_of_peers(line, command, names, file_rules::trust);

  const std::chrono::days within(parse_number(command, "--days", days, 0, 36500));
  std::optional<std::chrono::sys_seconds> at;
  if (!at_text.empty()) at = parse_time(command, "--at", at_text);
  if (fix == out.empty()) throw failure(exit_status::usage, command + ": --fix and --out FILE go together");
  if (fix && as_json && out == "-")
    throw failure(exit_status::usage, command + ": --json and --out - both want stdout");

  const auto role = *role_of(purpose);
  const auto run = [&] {
    judgement rules{.options = {.warn_within = within, .at = at, .role = role},
                    .days_as_asked = line.given("--days"),
                    .now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())};
    if (client.names_trust()) rules.options.trust = client.trust();
    rules.rules = rules_of(line, command, client, role, at);
    if (!key_file.empty()) rules.options.key = read_key(key_file, password_file);
    const auto sources = sources_in(names);
    if (fix && sources.size() > 1) throw failure(exit_status::usage, command + ": --fix takes one chain");
    const auto [all, unread] = read_all(sources, password_from(password_file), client, rules, as_json);
    bool bad = std::ranges::any_of(all, [](const checked& one) { return one.bad(); });
    if (fix && unread == exit_status::ok)
      bad = write_fixed(all.front(), rules, out, force ? signet::existing_file::replace : signet::existing_file::keep)
                .bad();
    if (out != "-") print_reports(all, rules, as_json);
    if (unread != exit_status::ok) return unread;
    return bad ? exit_status::judged_bad : exit_status::ok;
  };
  try {
    return run();
  } catch (const output_closed&) {
    throw;
  } catch (const std::exception&) {
    if (as_json)
      print_json({{"worst", name(signet::severity::problem)}, {"sources", json::array()}, {"failure", failure_json()}});
    throw;
  }
}

}  // namespace tool
